//! TOML to a [`Node`], by `toml`'s recovering parser, which keeps what it can read of a broken file.

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::{MAX_DEPTH, Parsed, Problems};
use crate::ir::{Map, Node, NodeKind, ProblemKind, Span, Text, Why};
use crate::source::Src;

/// Reads a document as a map, its keys in the order of the source.
pub fn parse(src: &Src<'_>) -> Parsed<Node> {
    let (document, errors) = DeTable::parse_recoverable(src.text);
    let mut problems = Problems::default();
    for error in errors {
        let range = error.span().unwrap_or(0..0);
        problems.push(ProblemKind::Syntax, format!("this is not TOML: {}", error.message()), src.span(range));
    }
    let whole = src.span(0..src.text.len());
    let mut map = table(src, document.into_inner(), 0);
    if !problems.list.is_empty() {
        map.entries.push(crate::ir::Entry::Spread(Node::unknown(Why::Broken, whole)));
    }
    Parsed { tree: Node::new(whole, NodeKind::Map(map)), problems: problems.list }
}

fn table(src: &Src<'_>, table: DeTable<'_>, depth: usize) -> Map {
    let mut pairs: Vec<(Spanned<DeString<'_>>, Spanned<DeValue<'_>>)> = table.into_iter().collect();
    // The map sorts by key; people read by place.
    pairs.sort_by_key(|(key, _)| key.span().start);
    let mut map = Map::default();
    for (key, item) in pairs {
        let key_span = unquoted(src, key.span(), key.get_ref().len());
        map.push(key.get_ref().as_ref(), key_span, value(src, item, depth + 1));
    }
    map
}

fn value(src: &Src<'_>, value_: Spanned<DeValue<'_>>, depth: usize) -> Node {
    let range = value_.span();
    let span = src.span(range.clone());
    if depth > MAX_DEPTH {
        return Node::unknown(Why::Bound, span);
    }
    let kind = match value_.into_inner() {
        DeValue::String(text) => {
            let piece = unquoted(src, range, text.len());
            NodeKind::Text(Text::lit(text.as_ref(), piece))
        }
        DeValue::Integer(digits) => NodeKind::Number(integer(digits.as_str(), digits.radix())),
        DeValue::Float(digits) => NodeKind::Number(digits.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => NodeKind::Bool(flag),
        DeValue::Datetime(date) => NodeKind::Text(Text::lit(date.to_string(), span)),
        DeValue::Array(items) => NodeKind::List(items.into_iter().map(|item| value(src, item, depth + 1)).collect()),
        DeValue::Table(inner) => NodeKind::Map(table(src, inner, depth)),
    };
    Node::new(span, kind)
}

#[expect(clippy::cast_precision_loss, reason = "a number of the IR is a double")]
fn integer(digits: &str, radix: u32) -> f64 {
    i128::from_str_radix(digits, radix).map_or(f64::NAN, |value| value as f64)
}

/// The place of a string without its quotes, where its bytes are the value's; otherwise (escapes) all of it.
fn unquoted(src: &Src<'_>, range: std::ops::Range<usize>, value_len: usize) -> Span {
    let text = src.text.get(range.clone()).unwrap_or_default();
    for quote in ["\"\"\"", "'''", "\"", "'"] {
        if text.len() >= 2 * quote.len() && text.starts_with(quote) && text.ends_with(quote) {
            let (start, end) = (range.start + quote.len(), range.end - quote.len());
            // A line break right after three quotes is no part of the value.
            let start = end.saturating_sub(value_len).max(start);
            return src.span(start..end);
        }
    }
    src.span(range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn read(text: &str) -> Parsed<Node> {
        parse(&Src::whole(FileId(0), text))
    }

    #[test]
    fn values_have_spans_in_source_order() {
        let text = "name = \"x\"\na.b = 0x10\n[deps]\nserde = { version = '1' }\n[[bin]]\npath = \"\"\"\nlong\"\"\"\n";
        let parsed = read(text);
        assert_eq!(parsed.problems, []);
        assert_eq!(parsed.tree.to_string(), "{name: x, a: {b: 16}, deps: {serde: {version: 1}}, bin: [{path: long}]}");
        let path = parsed.tree.all("bin.path")[0].as_text().unwrap().pieces[0].span;
        assert_eq!(&text[path.range()], "long");
    }

    #[test]
    fn what_was_read_of_a_broken_text_stays() {
        let parsed = read("a = 1\nb = = 2\nc = 3\n[d\ne = 4\n");
        assert!(!parsed.problems.is_empty());
        assert_eq!(parsed.tree.get("a").and_then(Node::as_number), Some(1.0));
        assert_eq!(parsed.tree.get("c").and_then(Node::as_number), Some(3.0));
        assert!(parsed.tree.as_map().unwrap().is_open());
        read(&format!("a = {}", "[".repeat(100_000)));
        read(&"a.".repeat(100_000));
    }
}
