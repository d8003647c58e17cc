//! YAML to [`Node`]s, one a document, by granit-parser's events.
//!
//! Anchors are expanded up to a budget (a "billion laughs" stays small), merge keys are applied, tags
//! such as CloudFormation's `!Sub` become calls, template actions (`{{ .Values.x }}`) become holes,
//! and reading goes on at the next document after one that does not parse.

use granit_parser::{Event, Parser, ScalarStyle, Span as Mark, StructureStyle, Tag};
use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use super::template::{self, Masked};
use super::{Parsed, Problems};
use crate::ir::{Call, Entry, Hop, HopKind, Map, Node, NodeKind, Part, Piece, ProblemKind, Ref, Scope, Span, Text, Tri, Why};
use crate::source::Src;

/// Nodes that anchors may be copied to, a file.
const ALIAS_BUDGET: usize = 50_000;

/// Reads every document; one that does not parse gives what was read of it, open at the end.
pub fn parse(src: &Src<'_>) -> Parsed<Vec<Node>> {
    let masked = template::mask(src.text);
    let text = masked.as_ref().map_or(src.text, |masked| &masked.text);
    let mut builder = Builder::new(src, masked.as_ref());
    let options = granit_parser::options! { emit_comments: false, emit_unresolved_aliases: true };
    let mut parser = Parser::new_from_str_with_options(text, options);
    while let Some(next) = parser.next_event() {
        match next {
            Ok((event, mark)) => builder.event(event, mark),
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(src.text.len());
                builder.fail(&error.info(), at);
                if builder.problems.is_full() || !matches!(parser.proceed_next_document(), Ok(true)) {
                    break;
                }
            }
        }
    }
    Parsed { tree: builder.documents, problems: builder.problems.list }
}

/// A list or map that is not closed yet.
struct Open {
    start: usize,
    /// End of the last thing read in it: a block has no end of its own.
    end: usize,
    anchor: usize,
    tag: Option<SmolStr>,
    kind: OpenKind,
    /// Nodes in it, to account for copies.
    size: usize,
}

enum OpenKind {
    List(Vec<Node>),
    Map {
        map: Map,
        key: Option<Node>,
        /// What `<<` brings; own keys win over it.
        merged: Vec<Entry>,
    },
}

struct Builder<'s> {
    src: &'s Src<'s>,
    masked: Option<&'s Masked>,
    open: Vec<Open>,
    anchors: FxHashMap<usize, (Node, usize)>,
    budget: usize,
    documents: Vec<Node>,
    problems: Problems,
}

impl<'s> Builder<'s> {
    fn new(src: &'s Src<'s>, masked: Option<&'s Masked>) -> Self {
        Self {
            src,
            masked,
            open: Vec::new(),
            anchors: FxHashMap::default(),
            budget: ALIAS_BUDGET,
            documents: Vec::new(),
            problems: Problems::default(),
        }
    }

    fn event(&mut self, event: Event<'_>, mark: Mark) {
        let (start, end) = self.range(mark);
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let node = self.scalar(&value, style, tag.as_deref(), start, end);
                self.finish_node(node, 1, anchor, custom_tag(tag.as_deref()), end);
            }
            Event::SequenceStart(_, anchor, tag) => {
                let tag = custom_tag(tag.as_deref());
                self.open.push(Open { start, end, anchor, tag, kind: OpenKind::List(Vec::new()), size: 1 });
            }
            Event::MappingStart(style, anchor, tag) => {
                let kind = OpenKind::Map { map: Map::default(), key: None, merged: Vec::new() };
                // A block mapping begins at its first key, which a tag or anchor may precede.
                let start = if style == StructureStyle::Block { start.max(mark.start.byte_offset().unwrap_or(start)) } else { start };
                self.open.push(Open { start, end, anchor, tag: custom_tag(tag.as_deref()), kind, size: 1 });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                // A flow collection ends behind its bracket; the end of a block is where the next thing begins.
                let bracket = self.src.text.as_bytes().get(end.wrapping_sub(1)).is_some_and(|byte| matches!(byte, b']' | b'}'));
                self.close(if bracket && end > start { end } else { 0 });
            }
            Event::Alias(id) => self.alias(id, start, end),
            Event::UnresolvedAlias(_) => {
                let node = Node::unknown(Why::Broken, self.src.span(start..end));
                self.value(node, 1, end);
            }
            Event::DocumentStart(..) => self.anchors.clear(),
            _ => {}
        }
    }

    fn range(&self, mark: Mark) -> (usize, usize) {
        let len = self.src.text.len();
        let range = mark.byte_range().unwrap_or(0..0);
        (range.start.min(len), range.end.min(len).max(range.start.min(len)))
    }

    /// A copy of an anchored value, as far as the budget goes.
    fn alias(&mut self, id: usize, start: usize, end: usize) {
        let span = self.src.span(start..end);
        let name: SmolStr = self.src.text[start..end].trim_start_matches('*').into();
        match self.anchors.get(&id) {
            Some((node, size)) if *size <= self.budget => {
                self.budget -= size;
                let (mut node, size) = (node.clone(), *size);
                node.via = node.via.then(Hop { kind: HopKind::Local, name, span });
                self.value(node, size, end);
            }
            known => {
                if known.is_some() {
                    self.problems.push(
                        ProblemKind::Bound,
                        format!("anchors stand for more than {ALIAS_BUDGET} values; the rest is not read"),
                        span,
                    );
                }
                self.value(Node::unknown(Why::Bound, span), 1, end);
            }
        }
    }

    /// Keeps an anchored node, wraps a tagged one, and hands it to what it stands in.
    fn finish_node(&mut self, node: Node, size: usize, anchor: usize, tag: Option<SmolStr>, end: usize) {
        let node = match tag {
            Some(tag) => tagged(&tag, node),
            None => node,
        };
        if anchor != 0 && size <= self.budget {
            self.budget -= size;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        self.value(node, size, end);
    }

    fn value(&mut self, node: Node, size: usize, end: usize) {
        let Some(top) = self.open.last_mut() else {
            self.documents.push(node);
            return;
        };
        top.size += size;
        top.end = top.end.max(end);
        match &mut top.kind {
            OpenKind::List(items) => items.push(node),
            OpenKind::Map { map, key, merged } => match key.take() {
                None => *key = Some(node),
                Some(key) => entry(map, merged, key, node),
            },
        }
    }

    fn close(&mut self, end: usize) {
        let Some(open) = self.open.pop() else { return };
        let end = open.end.max(end).max(open.start);
        let span = self.src.span(open.start..end);
        let node = match open.kind {
            OpenKind::List(items) => Node::new(span, NodeKind::List(items)),
            OpenKind::Map { mut map, merged, .. } => {
                if !merged.is_empty() {
                    map.entries.splice(0..0, merged);
                }
                map_node(map, span)
            }
        };
        self.finish_node(node, open.size, open.anchor, open.tag, end);
    }

    /// Closes what is open; each open list and map may hold more than was read.
    fn fail(&mut self, message: &str, at: usize) {
        let at = at.min(self.src.text.len());
        let span = self.src.span(at..at);
        let kind = if message.contains("nesting") { ProblemKind::Depth } else { ProblemKind::Syntax };
        self.problems.push(kind, format!("this is not YAML: {message}"), span);
        while let Some(top) = self.open.last_mut() {
            let rest = Node::unknown(Why::Broken, span);
            match &mut top.kind {
                OpenKind::List(items) => items.push(rest),
                OpenKind::Map { map, .. } => map.entries.push(Entry::Spread(rest)),
            }
            self.close(at);
        }
    }

    fn scalar(&self, value: &str, style: ScalarStyle, tag: Option<&Tag>, start: usize, end: usize) -> Node {
        let span = self.src.span(start..end);
        if let Some(masked) = self.masked
            && value.contains(template::OPEN)
        {
            let text = match style {
                ScalarStyle::Literal | ScalarStyle::Folded => self.block(value, start, end),
                _ => template::text(self.src, masked, value, start..end),
            };
            return Node::new(span, NodeKind::Text(text));
        }
        let core = tag.and_then(Tag::core_suffix);
        match style {
            ScalarStyle::Plain if core.is_none_or(|core| core != "str") => Node::new(span, plain(value, span)),
            ScalarStyle::Literal | ScalarStyle::Folded => Node::new(span, NodeKind::Text(self.block(value, start, end))),
            _ => {
                let quote = usize::from(style != ScalarStyle::Plain && end >= start + 2);
                let inner = self.src.span(start + quote..end - quote);
                Node::new(span, NodeKind::Text(Text::lit(value, inner)))
            }
        }
    }

    /// A block scalar: one piece a line, so that text embedded in it keeps its lines.
    fn block(&self, value: &str, start: usize, end: usize) -> Text {
        let mut pieces = Vec::new();
        let mut at = start;
        let source = self.masked.map_or(self.src.text, |masked| masked.text.as_str());
        for line in value.split_inclusive('\n') {
            let content = line.trim_end_matches('\n');
            let found = source.get(at..end).and_then(|rest| if content.is_empty() { None } else { rest.find(content) });
            let Some(found) = found else {
                // A blank or a folded line: it has no bytes of its own, or not these.
                let place = self.src.span(at..at);
                pieces.push(Piece { span: place, part: Part::Lit(line.into()) });
                continue;
            };
            let from = at + found;
            let to = (from + line.len()).min(end.max(from + content.len())).min(source.len());
            match self.masked.filter(|_| content.contains(template::OPEN)) {
                Some(masked) => pieces.extend(template::text(self.src, masked, line, from..to).pieces),
                None => pieces.push(Piece { span: self.src.span(from..to), part: Part::Lit(line.into()) }),
            }
            at = from + content.len();
        }
        if let [Piece { part: Part::Lit(_), .. }] = pieces.as_slice() {
            pieces[0].span = pieces[0].span.to(self.src.span(at..at));
        }
        Text { pieces }
    }
}

/// A map; one that holds nothing but a template's output is that output.
fn map_node(map: Map, span: Span) -> Node {
    if let [Entry::Spread(only)] = map.entries.as_slice()
        && matches!(&only.kind, NodeKind::Ref(reference) if reference.scope == Scope::Template)
    {
        return Node { span, ..only.clone() };
    }
    Node::new(span, NodeKind::Map(map))
}

/// Adds a pair; applies `<<`.
fn entry(map: &mut Map, merged: &mut Vec<Entry>, key: Node, value: Node) {
    let key_span = match &key.kind {
        NodeKind::Text(text) if text.pieces.len() == 1 => text.pieces[0].span,
        _ => key.span,
    };
    match key.kind {
        NodeKind::Text(ref text) if text.as_str() == Some("<<") => merge(map, merged, value),
        // A template's output on a line of its own: any number of entries.
        NodeKind::Text(ref text) if matches!(text.pieces.as_slice(), [Piece { part: Part::Hole(_), .. }]) && is_null(&value) => {
            if let Some(hole) = text.holes().next() {
                map.entries.push(Entry::Spread(hole.clone()));
            }
        }
        NodeKind::Text(ref text) if !text.has_holes() => {
            let name: SmolStr = text.known().unwrap_or_default().as_ref().into();
            map.push(name, key_span, value);
        }
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) => map.push(format_smolstr!("{key}"), key_span, value),
        _ => map.entries.push(Entry::Computed { key, value }),
    }
}

fn is_null(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Null)
}

/// `<<: *a` or `<<: [*a, *b]`: the first of a list wins, and own keys win over all.
fn merge(map: &mut Map, merged: &mut Vec<Entry>, value: Node) {
    let items = match value.kind {
        NodeKind::List(items) => items,
        _ => vec![value],
    };
    for item in items.into_iter().rev() {
        match item.kind {
            NodeKind::Map(other) => merged.extend(other.entries),
            NodeKind::Null => {}
            _ => map.entries.push(Entry::Spread(item)),
        }
    }
}

/// A plain scalar by the core schema. `yes` and `0644` stay text: readers differ on them.
fn plain(value: &str, span: Span) -> NodeKind {
    match value {
        "" | "~" | "null" | "Null" | "NULL" => NodeKind::Null,
        "true" | "True" | "TRUE" => NodeKind::Bool(true),
        "false" | "False" | "FALSE" => NodeKind::Bool(false),
        _ => number(value).map_or_else(|| NodeKind::Text(Text::lit(value, span)), NodeKind::Number),
    }
}

/// A number, unless its digits say more than its value: leading zeros, more than a double holds.
fn number(value: &str) -> Option<f64> {
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    let first = *digits.as_bytes().first()?;
    if !(first.is_ascii_digit() || first == b'.') || digits.len() > 16 || (first == b'0' && digits.len() > 1 && !digits.starts_with("0.")) {
        return None;
    }
    if !digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'-' | b'+')) {
        return None;
    }
    value.parse().ok()
}

/// The name of a tag that is no part of YAML itself.
fn custom_tag(tag: Option<&Tag>) -> Option<SmolStr> {
    let tag = tag?;
    (tag.is_custom() && !tag.is_yaml_core_schema()).then(|| tag.suffix().into()).filter(|name: &SmolStr| !name.is_empty())
}

/// The intrinsic functions that CloudFormation writes as tags.
const INTRINSICS: &[&str] = &[
    "And",
    "Base64",
    "Cidr",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
];

/// `!Sub x` is the call `Fn::Sub(x)`; any other tag is a call of its name.
fn tagged(tag: &str, node: Node) -> Node {
    let span = node.span;
    let callee = if INTRINSICS.contains(&tag) {
        Ref::new(Scope::Cfn, [format_smolstr!("Fn::{tag}")])
    } else if matches!(tag, "Ref" | "Condition") {
        Ref::new(Scope::Cfn, [tag])
    } else {
        Ref::new(Scope::Global, [format_smolstr!("!{tag}")])
    };
    let call = Call { callee, receiver: None, args: vec![node], is_new: false, result_used: Tri::Yes };
    Node::new(span, NodeKind::Call(Box::new(call)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn read(text: &str) -> Parsed<Vec<Node>> {
        parse(&Src::whole(FileId(0), text))
    }

    fn one(text: &str) -> Node {
        let parsed = read(text);
        assert_eq!(parsed.problems, [], "{text}");
        parsed.tree.into_iter().next().unwrap()
    }

    fn at<'t>(text: &'t str, node: &Node, path: &str) -> &'t str {
        &text[node.all(path)[0].span.range()]
    }

    #[test]
    fn values_have_spans() {
        let text = "# c\na: 1\nb:\n  - x: \"y\\nz\"\n    t: 'q'\n  - {k: [v, w]}\nc: ~\nd: plain text # no\n";
        let node = one(text);
        assert_eq!(node.to_string(), "{a: 1, b: [{x: y\nz, t: q}, {k: [v, w]}], c: null, d: plain text}");
        assert_eq!(at(text, &node, "b.x"), "\"y\\nz\"");
        assert_eq!(at(text, &node, "d"), "plain text");
        assert_eq!(at(text, &node, "b.k"), "[v, w]");
        assert_eq!(at(text, &node, "b"), "- x: \"y\\nz\"\n    t: 'q'\n  - {k: [v, w]}");
        assert_eq!(&text[node.all("b.t")[0].as_text().unwrap().pieces[0].span.range()], "q");
        let (key, _) = node.as_map().unwrap().pair("d").unwrap();
        assert_eq!(&text[key.range()], "d");
    }

    #[test]
    fn scalars_keep_what_digits_say() {
        assert_eq!(
            one("[012345678901, 0644, 1.5, 22:22, 0, -3, yes, 1e3, 99999999999999999999]")
                .as_list()
                .unwrap()
                .iter()
                .map(|item| matches!(item.kind, NodeKind::Number(_)))
                .collect::<Vec<_>>(),
            [false, false, true, false, true, true, false, true, false]
        );
        assert_eq!(one("!!str 12").as_str(), Some("12"));
    }

    #[test]
    fn block_scalars_keep_their_lines() {
        let text = "a:\n  b: |\n    {\n      \"x\": 1\n\n    }\n  c: >-\n    one\n    two\n";
        let node = one(text);
        let block = node.all("a.b")[0].as_text().unwrap();
        assert_eq!(block.known().unwrap(), "{\n  \"x\": 1\n\n}\n");
        let pieces: Vec<&str> = block.pieces.iter().map(|piece| &text[piece.span.range()]).collect();
        assert_eq!(pieces, ["{\n", "  \"x\": 1\n", "", "}\n"]);
        assert_eq!(node.all("a.c")[0].as_text().unwrap().known().unwrap(), "one two");
    }

    #[test]
    fn anchors_and_merge_keys_are_expanded() {
        let text = "base: &b {a: 1, b: 2}\nmore: &m {b: 3, c: 3}\nx:\n  <<: [*b, *m]\n  a: 9\ny: *b\n";
        let node = one(text);
        let x = node.get("x").unwrap();
        assert_eq!(["a", "b", "c"].map(|key| x.get(key).and_then(Node::as_number)), [Some(9.0), Some(2.0), Some(3.0)]);
        assert!(!x.as_map().unwrap().is_open());
        let y = node.get("y").unwrap();
        assert_eq!(&text[y.via.hops()[0].span.range()], "*b");
        assert_eq!(y.via.hops()[0].name, "b");
    }

    #[test]
    fn a_billion_laughs_stay_small() {
        let mut text = "a0: &a0 [x]\n".to_owned();
        for level in 1..40 {
            let below = level - 1;
            let lines = ["a", ": &a", " [*a", ", *a", ", *a", "]\n"];
            let numbers = [level, level, below, below, below];
            for (at, part) in lines.iter().enumerate() {
                text += part;
                text += &numbers.get(at).map(ToString::to_string).unwrap_or_default();
            }
        }
        let parsed = read(&text);
        assert!(parsed.problems.iter().any(|problem| problem.kind == ProblemKind::Bound));
        assert!(parsed.problems.len() <= super::super::MAX_PROBLEMS);
        let own: Node = one("a: &a [1, *a]\n");
        assert!(matches!(own.all("a")[0].as_list().unwrap()[1].kind, NodeKind::Unknown(Why::Bound)));
    }

    #[test]
    fn tags_are_calls() {
        let node = one("a: !Ref P\nb: !Sub 'x-${P}'\nc: !GetAtt [R, Arn]\nd: !vault x\n");
        assert_eq!(node.to_string(), "{a: !Ref Ref(…), b: !Ref Fn::Sub(…), c: !Ref Fn::GetAtt(…), d: !vault(…)}");
        assert_eq!(node.get("b").unwrap().as_call().unwrap().args[0].as_str(), Some("x-${P}"));
    }

    #[test]
    fn a_broken_document_loses_neither_its_beginning_nor_the_next() {
        let parsed = read("a: 1\nb:\n  c: [1, 2\n---\nd: 2\n---\n@bad\n---\ne: 3\n");
        assert!(parsed.problems.len() >= 2);
        let shown: Vec<String> = parsed.tree.iter().map(ToString::to_string).collect();
        assert!(shown[0].starts_with("{a: 1"), "{shown:?}");
        assert!(shown.contains(&"{d: 2}".to_owned()) && shown.contains(&"{e: 3}".to_owned()), "{shown:?}");
        assert!(parsed.tree[0].as_map().unwrap().is_open());
    }

    #[test]
    fn depth_is_bounded() {
        for text in [
            "[".repeat(100_000),
            "{a: ".repeat(100_000),
            "- ".repeat(100_000),
            "? ".repeat(50_000),
            (0..3000).map(|n| " ".repeat(n) + "a:\n").collect(),
        ] {
            assert!(!read(&text).problems.is_empty());
        }
    }

    #[test]
    fn template_actions_are_holes() {
        let text = "{{- if .Values.on }}\napiVersion: v1\nname: \"{{ .Release.Name }}-x\"\nimage: {{ .Values.image }}:{{ default \"1\" .Values.tag }}\nargs:\n  - a\n  {{- range .Values.args }}\n  - {{ . }}\n  {{- end }}\n  {{- toYaml .Values.more | nindent 2 }}\nsecurityContext:\n  {{- toYaml .Values.sc | nindent 12 }}\nlabels:\n  app: x\n{{ include \"l\" . | indent 2 }}\nfixed: true\n{{- end }}\n";
        let node = one(text);
        assert_eq!(node.get("fixed").and_then(Node::as_bool), Some(true));
        let name = node.get("name").and_then(Node::as_text).unwrap();
        assert_eq!(name.to_string(), "${template:Release.Name}-x");
        assert_eq!(&text[name.pieces[0].span.range()], "{{ .Release.Name }}");
        assert_eq!(&text[name.pieces[1].span.range()], "-x");
        assert_eq!(node.get("image").unwrap().as_text().unwrap().ends(":"), Tri::Maybe);
        assert_eq!(node.get("args").unwrap().as_list().unwrap().len(), 3);
        assert!(node.get("securityContext").unwrap().as_ref().is_some(), "{}", node.get("securityContext").unwrap());
        assert!(node.get("labels").unwrap().as_map().unwrap().is_open());
        let github = one("env:\n  K: ${{ secrets.K }}\n");
        assert_eq!(github.all("env.K")[0].to_string(), "${template:secrets.K}");
    }

    #[test]
    fn many_actions_stay_linear() {
        let mut long = "a: ".to_owned();
        long.push_str(&"{{ x }} {{ if y }}".repeat(30_000));
        read(&long);
        read(&"{{".repeat(200_000));
        read(&"{{ x }}\n".repeat(50_000));
    }
}
