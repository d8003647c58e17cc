//! Text in text: JSON in a heredoc, YAML in a string, a template file. The value tree that comes out
//! has the places of the host file, and what was a hole in the text is a hole or a value in the tree.

use std::borrow::Cow;
use std::fmt::Write as _;

use smol_str::SmolStr;

use crate::ir::{Entry, FileId, Node, NodeKind, Part, Piece, ShellCommand, Span, Text};
use crate::source::{MapPiece, Src};

/// Marks of a hole: private-use characters that no configuration holds.
const IN_STRING: char = '\u{E000}';
const BARE: char = '\u{E002}';
const END: char = '\u{E001}';

/// Texts longer than this are not parsed.
const MAX_BYTES: usize = 1 << 20;

/// The value of a JSON text, or nothing if it does not parse as a map or list.
pub fn json(text: &Text) -> Option<Node> {
    parse(text, true, |src| {
        let parsed = crate::parse::json::parse(src);
        parsed.problems.is_empty().then_some(parsed.tree)
    })
}

/// The document that a value holds as text, `jsonencode(…)` or JSON in a string; any other value itself.
pub fn document(node: &Node) -> Cow<'_, Node> {
    match &node.kind {
        NodeKind::Call(call) if matches!(call.callee.last(), "jsonencode" | "yamlencode") => {
            call.args.first().map_or(Cow::Borrowed(node), Cow::Borrowed)
        }
        NodeKind::Text(text) => json(text).map_or(Cow::Borrowed(node), Cow::Owned),
        _ => Cow::Borrowed(node),
    }
}

/// The value of a YAML text of one document.
pub fn yaml(text: &Text) -> Option<Node> {
    parse(text, false, |src| {
        let mut parsed = crate::parse::yaml::parse(src);
        let tree = parsed.tree.pop()?;
        (parsed.problems.is_empty() && parsed.tree.is_empty()).then_some(tree)
    })
}

/// The configuration of nats-server that a text holds.
pub fn nats(text: &Text) -> Option<Node> {
    parse(text, false, |src| Some(crate::parse::nats_conf::parse(src).tree))
}

/// The simple commands of a shell script.
pub fn shell(text: &Text) -> Vec<ShellCommand> {
    let Some(flat) = Flat::of(text, false) else { return Vec::new() };
    let mut commands = crate::parse::shell::commands(&flat.src(text), 0..flat.text.len(), b'\\');
    if !flat.holes.is_empty() {
        for word in commands.iter_mut().flat_map(|command| &mut command.words) {
            fill(word, &flat.holes);
        }
    }
    commands
}

/// Puts the holes back into a text that is known between others that are none.
fn fill(text: &mut Text, holes: &[&Node]) {
    let is_marked = |piece: &Piece| matches!(&piece.part, Part::Lit(literal) if literal.contains(IN_STRING));
    if !text.pieces.iter().any(is_marked) {
        return;
    }
    let pieces = std::mem::take(&mut text.pieces);
    text.pieces = pieces
        .into_iter()
        .flat_map(|piece| match &piece.part {
            Part::Lit(literal) if literal.contains(IN_STRING) => split(literal, piece.span, holes),
            _ => vec![piece],
        })
        .collect();
}

/// The expression of Terraform that a text is, which stands at `span`.
pub fn expression(text: &Text, span: Span) -> Node {
    crate::parse::hcl::parse_expression(text, span)
}

/// A template file of Terraform (`templatefile`), unevaluated: a text with holes.
pub fn template(text: &str, file: FileId) -> Option<Node> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let parsed = crate::parse::hcl::parse_template(&Src::whole(file, text));
    parsed.problems.is_empty().then_some(parsed.tree)
}

/// A template that stands in a string (`templatestring`, `template_file`), unevaluated.
pub fn template_in(text: &Text) -> Option<Node> {
    if text.has_holes() || text.pieces.is_empty() {
        return None;
    }
    let mut flat = Flat::default();
    for piece in &text.pieces {
        if let Part::Lit(literal) = &piece.part {
            flat.literal(literal, piece);
        }
    }
    let file = text.pieces.first().map_or(FileId::default(), |piece| piece.span.file);
    let parsed = crate::parse::hcl::parse_template(&Src::embedded(file, &flat.text, &flat.map));
    parsed.problems.is_empty().then_some(parsed.tree)
}

fn parse(text: &Text, quoted_holes: bool, read: impl FnOnce(&Src<'_>) -> Option<Node>) -> Option<Node> {
    let flat = Flat::of(text, quoted_holes)?;
    let mut tree = read(&flat.src(text))?;
    if !flat.holes.is_empty() {
        restore(&mut tree, &flat.holes);
    }
    matches!(tree.kind, NodeKind::Map(_) | NodeKind::List(_)).then_some(tree)
}

/// The text with marks instead of holes, and the way back.
#[derive(Debug, Default)]
struct Flat<'t> {
    text: String,
    map: Vec<MapPiece>,
    holes: Vec<&'t Node>,
    in_string: bool,
    escaped: bool,
}

impl<'t> Flat<'t> {
    /// A text that is not too long, with marks that stand in quotes where holes are whole values.
    fn of(text: &'t Text, quoted_holes: bool) -> Option<Self> {
        let mut flat = Self::default();
        for piece in &text.pieces {
            match &piece.part {
                Part::Lit(literal) => flat.literal(literal, piece),
                Part::Hole(node) => flat.hole(node, piece, quoted_holes),
            }
            if flat.text.len() > MAX_BYTES {
                return None;
            }
        }
        Some(flat)
    }

    /// What a parser reads, with the way back to the file of `text`.
    fn src(&self, text: &Text) -> Src<'_> {
        let file = text.pieces.first().map_or(FileId::default(), |piece| piece.span.file);
        Src::embedded(file, &self.text, &self.map)
    }

    fn literal(&mut self, literal: &str, piece: &Piece) {
        self.map.push(MapPiece { at: self.text.len() as u32, len: literal.len() as u32, host: piece.span });
        self.text.push_str(literal);
        for byte in literal.bytes() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = self.in_string,
                b'"' => self.in_string = !self.in_string,
                _ => {}
            }
        }
    }

    fn hole(&mut self, node: &'t Node, piece: &Piece, quoted: bool) {
        let at = self.text.len();
        let index = self.holes.len();
        let _ = if self.in_string || !quoted {
            write!(self.text, "{IN_STRING}{index}{END}")
        } else {
            write!(self.text, "\"{BARE}{index}{END}\"")
        };
        self.map.push(MapPiece { at: at as u32, len: (self.text.len() - at) as u32, host: piece.span });
        self.holes.push(node);
    }
}

fn restore(node: &mut Node, holes: &[&Node]) {
    match &mut node.kind {
        NodeKind::List(items) => items.iter_mut().for_each(|item| restore(item, holes)),
        NodeKind::Map(map) => {
            for entry in &mut map.entries {
                if let Entry::Pair { key, value, .. } = entry {
                    restore(value, holes);
                    if key.contains([IN_STRING, BARE]) {
                        *entry = Entry::Spread(Node::unknown(crate::ir::Why::NoValue, value.span));
                    }
                }
            }
        }
        NodeKind::Text(text) => {
            let Some(whole) = text.as_str().filter(|whole| whole.contains([IN_STRING, BARE])) else { return };
            let bare =
                whole.strip_prefix(BARE).and_then(|rest| rest.strip_suffix(END)).and_then(|index| holes.get(index.parse::<usize>().ok()?));
            if let Some(hole) = bare {
                *node = decoded(hole);
                return;
            }
            let pieces = split(whole, node.span, holes);
            node.kind = NodeKind::Text(Text { pieces });
        }
        _ => {}
    }
}

/// What a hole stands for where a whole value stands: `${jsonencode(x)}` is `x`.
fn decoded(hole: &Node) -> Node {
    match &hole.kind {
        NodeKind::Call(call) if matches!(call.callee.last(), "jsonencode" | "yamlencode") && call.args.len() == 1 => call.args[0].clone(),
        _ => hole.clone(),
    }
}

fn split(whole: &str, span: crate::ir::Span, holes: &[&Node]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = whole;
    while let Some(start) = rest.find([IN_STRING, BARE]) {
        let mark = rest[start..].chars().next().map_or(1, char::len_utf8);
        let Some(end) = rest[start..].find(END) else { break };
        if start > 0 {
            pieces.push(Piece { span, part: Part::Lit(SmolStr::new(&rest[..start])) });
        }
        if let Some(hole) = rest[start + mark..start + end].parse::<usize>().ok().and_then(|index| holes.get(index)) {
            pieces.push(Piece { span: hole.span, part: Part::Hole(Box::new(Node::clone(hole))) });
        }
        rest = &rest[start + end + END.len_utf8()..];
    }
    if !rest.is_empty() {
        pieces.push(Piece { span, part: Part::Lit(SmolStr::new(rest)) });
    }
    pieces
}
