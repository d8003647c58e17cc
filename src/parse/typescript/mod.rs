//! TypeScript and JavaScript, by tree-sitter: the only module that names it.
//!
//! The grammar's tree is copied in one walk into a flat list of nodes in source order, each of which
//! knows where its subtree ends. Extractors read it through [`Syntax`]; to look at every node of a
//! function is to iterate over a range, so nobody needs recursion. A broken part is an
//! [`Kind::Error`] node and the rest is as it would be without it.

mod copy;
mod kind;
mod newer;

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use copy::copy;
pub use kind::{Field, Kind};
use tree_sitter::{Language, Node, ParseOptions, Parser, TreeCursor};

use super::{MAX_PARSED_BYTES, Parsed};
use crate::ir::{Problem, ProblemKind, Span};
use crate::source::{FileKind, Src};

/// Work that the parser may do for one byte before it is stopped, in its own steps. Written code
/// needs less than one; only error recovery on garbage needs more.
const STEPS_PER_BYTE: usize = 12;

/// A parsed file.
#[derive(Debug, Clone)]
pub struct Tree<'s> {
    src: Src<'s>,
    nodes: Vec<Raw>,
    /// What was asked of the whole text so far, and the answers.
    asked: RefCell<Vec<(&'static str, bool)>>,
}

/// A node as it is stored: 20 bytes, in source order.
#[derive(Debug, Clone, Copy)]
struct Raw {
    kind: Kind,
    field: Field,
    start: u32,
    end: u32,
    parent: u32,
    /// Index of the first node that is not below this one.
    after: u32,
}

/// A node of a [`Tree`]; cheap to copy.
#[derive(Clone, Copy)]
pub struct Syntax<'t> {
    tree: &'t Tree<'t>,
    index: u32,
}

/// The grammars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
enum Dialect {
    TypeScript,
    Tsx,
    JavaScript,
}

/// A grammar with its tables from the parser's numbers to our names.
struct Grammar {
    language: Language,
    kinds: Vec<(Kind, Keep)>,
    fields: Vec<Field>,
}

/// Which nodes of a kind are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    All,
    /// These, and nothing below them.
    Whole,
    /// Signs and keywords that have a role in their parent.
    WithRole,
    /// Comments, and signs that have no role anywhere.
    None,
}

/// Signs and keywords that stand in no field of any grammar, which is held by a test: half of all nodes, and to ask each
/// for its field was a tenth of copying a tree.
const SIGNS: [&str; 24] = [
    "(", ")", "{", "}", "[", "]", ",", ".", ":", "=>", "\"", "'", "`", "=", "?.", "return", "if", "new", "import", "from", "export", "${",
    "</", "/>",
];

/// Types of which the text alone is read.
const TYPES: [&str; 20] = [
    "array_type",
    "asserts_annotation",
    "conditional_type",
    "constructor_type",
    "function_type",
    "index_type_query",
    "infer_type",
    "intersection_type",
    "literal_type",
    "lookup_type",
    "object_type",
    "parenthesized_type",
    "predefined_type",
    "readonly_type",
    "template_literal_type",
    "tuple_type",
    "type_parameters",
    "type_predicate_annotation",
    "type_query",
    "union_type",
];

static GRAMMARS: LazyLock<[Grammar; 3]> = LazyLock::new(|| {
    [
        Grammar::new(tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into()),
        Grammar::new(tree_sitter_typescript::LANGUAGE_TSX.into()),
        Grammar::new(tree_sitter_javascript::LANGUAGE.into()),
    ]
});

thread_local! {
    /// One parser a thread and grammar: setting one up costs more than parsing a small file.
    static PARSERS: RefCell<[Option<Parser>; 3]> = const { RefCell::new([None, None, None]) };
}

impl Grammar {
    fn new(language: Language) -> Self {
        let kind = |id: usize| {
            let name = language.node_kind_for_id(id as u16).unwrap_or_default();
            let kind = Kind::of(name);
            // `class` and `import` are also keywords; only the named ones are nodes.
            match (language.node_kind_is_named(id as u16), kind.is_kept_token()) {
                (true, _) if matches!(name, "comment" | "html_comment" | "jsx_closing_element") => (kind, Keep::None),
                (true, _) if kind.is_leaf() || TYPES.contains(&name) => (kind, Keep::Whole),
                (true, _) | (false, true) => (kind, Keep::All),
                (false, false) if SIGNS.contains(&name) => (Kind::Other, Keep::None),
                (false, false) => (Kind::Other, Keep::WithRole),
            }
        };
        let kinds = (0..language.node_kind_count()).map(kind).collect();
        let fields = (0..=language.field_count()).map(|id| language.field_name_for_id(id as u16).map_or(Field::None, Field::of)).collect();
        Self { language, kinds, fields }
    }

    fn kind(&self, node: &Node<'_>) -> (Kind, Keep) {
        // ERROR has the largest number, outside of the table.
        self.kinds.get(node.kind_id() as usize).copied().unwrap_or((Kind::Error, Keep::All))
    }

    fn field(&self, cursor: &TreeCursor<'_>) -> Field {
        cursor.field_id().and_then(|id| self.fields.get(id.get() as usize).copied()).unwrap_or(Field::None)
    }
}

/// Parses a file, or the script blocks of a component. The tree is empty for a file over
/// [`MAX_PARSED_BYTES`].
pub fn parse<'s>(src: &Src<'s>, kind: FileKind) -> Parsed<Tree<'s>> {
    let dialect = match kind {
        FileKind::Tsx => Dialect::Tsx,
        FileKind::JavaScript => Dialect::JavaScript,
        _ => Dialect::TypeScript,
    };
    let whole = src.span(0..src.text.len());
    if src.text.len() > MAX_PARSED_BYTES {
        let message = format!("the file is larger than {MAX_PARSED_BYTES} bytes and was not parsed; text rules looked at it");
        return Parsed { tree: Tree::empty(*src), problems: vec![Problem::new(ProblemKind::Size, message, whole)] };
    }
    let grammar = &GRAMMARS[dialect as usize];
    let mut steps = 1000 + STEPS_PER_BYTE * src.text.len() / STEPS_PER_CALL;
    let mut read = |bytes: &[u8]| {
        PARSERS.with_borrow_mut(|parsers| {
            let parser = parsers[dialect as usize].get_or_insert_with(Parser::new);
            parser.set_language(&grammar.language).ok()?;
            let mut count_down = |_: &tree_sitter::ParseState| {
                steps = steps.saturating_sub(1);
                if steps == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            let options = ParseOptions::new().progress_callback(&mut count_down);
            let tree = parser.parse_with_options(&mut |at, _| &bytes[at.min(bytes.len())..], None, Some(options));
            if tree.is_none() {
                parser.reset();
            }
            tree
        })
    };
    let mut parsed = read(src.text.as_bytes());
    if let Some(first) = parsed.as_ref().filter(|tree| tree.root_node().has_error())
        && let Some(again) = newer::respelled(src.text, dialect).and_then(|text| read(&text))
        && newer::broken_parts(&again) < newer::broken_parts(first)
    {
        parsed = Some(again);
    }
    match parsed {
        Some(parsed) => copy(*src, grammar, &parsed),
        None => Parsed {
            tree: Tree::empty(*src),
            problems: vec![Problem::new(ProblemKind::Bound, "the file is too broken to parse; text rules looked at it", whole)],
        },
    }
}

/// Steps of the parser between two calls of its progress callback (a constant of tree-sitter).
const STEPS_PER_CALL: usize = 100;

impl<'s> Tree<'s> {
    fn empty(src: Src<'s>) -> Self {
        let root = Raw { kind: Kind::Program, field: Field::None, start: 0, end: 0, parent: 0, after: 1 };
        Self::new(src, vec![root])
    }

    fn new(src: Src<'s>, nodes: Vec<Raw>) -> Self {
        Self { src, nodes, asked: RefCell::default() }
    }

    /// Whether something holds of the whole text, which is looked at once for each `question`: at every node, it would be
    /// read as often as it has nodes.
    pub fn holds(&self, question: &'static str, of: impl FnOnce(&str) -> bool) -> bool {
        let known = self.asked.borrow().iter().find(|(asked, _)| *asked == question).map(|(_, answer)| *answer);
        known.unwrap_or_else(|| {
            let answer = of(self.root().text());
            self.asked.borrow_mut().push((question, answer));
            answer
        })
    }

    /// The whole program.
    pub fn root(&self) -> Syntax<'_> {
        Syntax { tree: self, index: 0 }
    }

    /// Every node, parents before children, in source order.
    pub fn all(&self) -> impl Iterator<Item = Syntax<'_>> {
        (0..self.nodes.len() as u32).map(|index| Syntax { tree: self, index })
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether nothing was parsed.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() <= 1
    }
}

impl<'t> Syntax<'t> {
    /// The tree that it is a node of.
    pub fn tree(self) -> &'t Tree<'t> {
        self.tree
    }

    #[inline]
    fn raw(self) -> &'t Raw {
        &self.tree.nodes[self.index as usize]
    }

    #[inline]
    fn at(self, index: u32) -> Self {
        Self { tree: self.tree, index }
    }

    /// What it is.
    #[inline]
    pub fn kind(self) -> Kind {
        self.raw().kind
    }

    /// Its role in its parent.
    #[inline]
    pub fn role(self) -> Field {
        self.raw().field
    }

    /// Its position in the order of the tree: an identity to compare and to look up.
    #[inline]
    pub fn id(self) -> u32 {
        self.index
    }

    /// Its text.
    #[inline]
    pub fn text(self) -> &'t str {
        self.tree.src.text.get(self.raw().start as usize..self.raw().end as usize).unwrap_or_default()
    }

    /// Offset of its first byte in the parsed text.
    #[inline]
    pub fn start(self) -> u32 {
        self.raw().start
    }

    /// Its place.
    pub fn span(self) -> Span {
        self.tree.src.span(self.raw().start as usize..self.raw().end as usize)
    }

    /// The place of a range of the parsed text.
    pub fn span_of(self, start: u32, end: u32) -> Span {
        self.tree.src.span(start as usize..end as usize)
    }

    /// What it stands in; the program stands in none.
    #[inline]
    pub fn parent(self) -> Option<Self> {
        (self.index > 0).then(|| self.at(self.raw().parent))
    }

    /// What it stands in, from the inside out.
    pub fn ancestors(self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.parent(), |node| node.parent())
    }

    /// Its children in order.
    #[inline]
    pub fn children(self) -> impl Iterator<Item = Self> + Clone {
        let end = self.raw().after;
        let first = (self.index + 1 < end).then(|| self.at(self.index + 1));
        std::iter::successors(first, move |child| {
            let next = child.raw().after;
            (next < end).then(|| child.at(next))
        })
    }

    /// Every node below it, in source order.
    pub fn below(self) -> impl Iterator<Item = Self> {
        (self.index + 1..self.raw().after).map(move |index| self.at(index))
    }

    /// How many nodes are below it.
    pub fn size(self) -> usize {
        (self.raw().after - self.index - 1) as usize
    }

    /// Whether `other` is this node or below it.
    pub fn holds(self, other: Self) -> bool {
        self.index <= other.index && other.index < self.raw().after
    }

    /// The node after its last descendant: where to go on after skipping it.
    pub fn after(self) -> u32 {
        self.raw().after
    }

    /// The node of an [`Self::id`].
    pub fn with_id(self, id: u32) -> Option<Self> {
        ((id as usize) < self.tree.nodes.len()).then(|| self.at(id))
    }

    /// The first child in a role. Of `await get<T>(url)`, which the grammar reads as `(await get)<T>(url)`, what is
    /// called is `get`.
    pub fn field(self, field: Field) -> Option<Self> {
        let found = self.children().find(|child| child.role() == field)?;
        let is_awaited = field == Field::Function && self.kind() == Kind::Call && found.kind() == Kind::Await;
        if is_awaited { found.first().or(Some(found)) } else { Some(found) }
    }

    /// The first child of a kind.
    pub fn child(self, kind: Kind) -> Option<Self> {
        self.children().find(|child| child.kind() == kind)
    }

    /// The first child.
    pub fn first(self) -> Option<Self> {
        self.children().next()
    }
}

/// Equal if it is the same node of the same tree.
impl PartialEq for Syntax<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.tree, other.tree) && self.index == other.index
    }
}

impl std::fmt::Debug for Syntax<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}", self.kind(), self.text())
    }
}

/// The text of a component file (Vue, Svelte, Astro) with all that is no script blanked out, so that
/// offsets stay those of the file.
pub fn script_of(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let mut keep = |from: usize, to: usize, at: &mut usize| {
        blank(&text[*at..from], &mut out);
        out.push_str(&text[from..to]);
        out.push('\n');
        // The newline takes the place of the `<` or `-` that ends the block.
        *at = (to + 1).min(text.len());
    };
    if text.starts_with("---")
        && let Some(end) = text[3..].find("\n---")
    {
        keep(3, 3 + end, &mut at);
    }
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("<script")) {
        let tag = at + found;
        let Some(open) = text[tag..].find('>').map(|end| tag + end + 1) else { break };
        let close = text[open..].find("</script").map_or(text.len(), |end| open + end);
        keep(open, close, &mut at);
    }
    let rest = &text[at.min(text.len())..];
    blank(rest, &mut out);
    out
}

/// As many spaces as there are bytes; newlines stay.
fn blank(text: &str, out: &mut String) {
    out.extend(text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn kinds(text: &str, kind: FileKind) -> (Vec<Kind>, usize) {
        let src = Src::whole(FileId(0), text);
        let parsed = parse(&src, kind);
        (parsed.tree.all().map(Syntax::kind).collect(), parsed.problems.len())
    }

    #[test]
    fn three_grammars_give_one_tree() {
        for kind in [FileKind::TypeScript, FileKind::Tsx, FileKind::JavaScript] {
            let (kinds, problems) = kinds("f(1, 'a') // note\n", kind);
            assert_eq!(problems, 0);
            assert_eq!(
                kinds,
                [
                    Kind::Program,
                    Kind::ExpressionStatement,
                    Kind::Call,
                    Kind::Identifier,
                    Kind::Arguments,
                    Kind::Number,
                    Kind::String,
                    Kind::Fragment
                ]
            );
        }
    }

    #[test]
    fn signs_have_no_role() {
        use tree_sitter_javascript::NODE_TYPES;
        use tree_sitter_typescript::{TSX_NODE_TYPES, TYPESCRIPT_NODE_TYPES};

        for grammar in [TYPESCRIPT_NODE_TYPES, TSX_NODE_TYPES, NODE_TYPES] {
            let kinds: Vec<serde_json::Value> = serde_json::from_str(grammar).unwrap();
            let fields = kinds.iter().filter_map(|kind| kind["fields"].as_object()).flat_map(serde_json::Map::values);
            let types: Vec<&str> = fields
                .flat_map(|field| field["types"].as_array().unwrap())
                // `import` is a node, too.
                .filter(|one| one["named"] == false)
                .filter_map(|one| one["type"].as_str())
                .collect();
            assert!(types.contains(&"typeof"), "signs and keywords that have a role are listed");
            assert!(SIGNS.iter().all(|sign| !types.contains(sign)));
        }
    }

    #[test]
    fn children_and_fields() {
        let src = Src::whole(FileId(0), "const a = b.c(1), d = 2;");
        let parsed = parse(&src, FileKind::TypeScript);
        let declaration = parsed.tree.root().first().unwrap();
        let names: Vec<&str> = declaration.children().filter_map(|child| child.field(Field::Name)).map(Syntax::text).collect();
        assert_eq!(names, ["a", "d"]);
        let call = parsed.tree.all().find(|node| node.kind() == Kind::Call).unwrap();
        assert_eq!(call.field(Field::Function).unwrap().text(), "b.c");
        assert_eq!(call.ancestors().last().unwrap().kind(), Kind::Program);
    }

    #[test]
    fn a_broken_part_loses_nothing_else() {
        let src = Src::whole(FileId(0), "const a = 1;\nfunction (((;\nconst b = cors({ origin: '*' });\n");
        let parsed = parse(&src, FileKind::TypeScript);
        assert_eq!(parsed.problems.len(), 1);
        assert!(parsed.tree.all().any(|node| node.kind() == Kind::Pair));
    }

    #[test]
    fn depth_and_garbage_are_bounded() {
        let deep = format!("x = {}1{}", "(".repeat(50_000), ")".repeat(50_000));
        let (_, problems) = kinds(&deep, FileKind::TypeScript);
        assert_eq!(problems, 1);
        let (kinds, problems) = kinds(&"<(`${[{".repeat(20_000), FileKind::Tsx);
        assert!(kinds.len() < 200_000 && problems >= 1);
    }

    #[test]
    fn scripts_of_components_keep_their_offsets() {
        let text = "<template><p>é {{ a }}</p></template>\n<script setup lang=\"ts\">\nimport a from 'a'\n</script>\n";
        let script = script_of(text);
        assert_eq!(script.len(), text.len());
        assert_eq!(script.find("import"), text.find("import"));
        assert!(!script.contains("template"));
    }
}
