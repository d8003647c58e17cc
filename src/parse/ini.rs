//! INI and its relatives (`.npmrc`, `.pypirc`, AWS credentials, `.gitconfig`, Java properties): sections as
//! maps, values as texts with `${X}` as holes.

use std::ops::Range;

use super::Parsed;
use super::words::expansion;
use crate::ir::{Entry, Map, Node, NodeKind, Part, Piece, Span, Text};
use crate::source::Src;

/// Reads keys before the first section at the top, and each section as a map below its name.
pub fn parse(src: &Src<'_>) -> Parsed<Node> {
    let mut top = Map::default();
    let mut section: Option<(String, Span, Map)> = None;
    let mut at = 0;
    for line in src.text.split_inclusive('\n') {
        let start = at + line.len() - line.trim_start().len();
        at += line.len();
        let body = line.trim();
        if body.is_empty() || body.starts_with(['#', ';', '!']) {
            continue;
        }
        if let Some(name) = body.strip_prefix('[').and_then(|body| body.split(']').next()) {
            close(&mut top, section.take());
            section = Some((name.trim().to_owned(), src.span(start..start + body.len()), Map::default()));
            continue;
        }
        let Some(split) = separator(body) else { continue };
        let key = body[..split].trim_end();
        let value = start + split + 1..start + body.len();
        let map = section.as_mut().map_or(&mut top, |(_, _, map)| map);
        map.push(key, src.span(start..start + key.len()), text(src, value));
    }
    close(&mut top, section);
    Parsed { tree: Node::new(src.span(0..src.text.len()), NodeKind::Map(top)), problems: Vec::new() }
}

fn close(top: &mut Map, section: Option<(String, Span, Map)>) {
    if let Some((name, span, map)) = section {
        let end =
            map.entries.iter().filter_map(|entry| if let Entry::Pair { value, .. } = entry { Some(value.span) } else { None }).next_back();
        let whole = end.map_or(span, |end| span.to(end));
        top.push(name, span, Node::new(whole, NodeKind::Map(map)));
    }
}

/// The `=` of a line; a `:` before it counts if a blank follows (`key: a=b`), as npm writes colons into keys.
fn separator(line: &str) -> Option<usize> {
    let equals = line.find('=');
    let colon = line.find(": ").or_else(|| if equals.is_none() { line.find(':') } else { None });
    match (equals, colon) {
        (Some(equals), Some(colon)) => Some(equals.min(colon)),
        (equals, colon) => equals.or(colon),
    }
}

fn text(src: &Src<'_>, range: Range<usize>) -> Node {
    let raw = &src.text[range.clone()];
    let mut start = range.start + raw.len() - raw.trim_start().len();
    let mut end = range.end.max(start);
    let span = src.span(start..end);
    let value = &src.text[start..end];
    for quote in ['"', '\''] {
        if value.len() >= 2 && value.starts_with(quote) && value.ends_with(quote) {
            (start, end) = (start + 1, end - 1);
            break;
        }
    }
    let mut pieces = Vec::new();
    let mut at = start;
    while let Some(open) = src.text[at..end].find("${").map(|open| at + open) {
        let Some(close) = src.text[open..end].find('}').map(|close| open + close) else { break };
        if open > at {
            pieces.push(Piece { span: src.span(at..open), part: Part::Lit(src.text[at..open].into()) });
        }
        let node = expansion(src, open + 2..close, open..close + 1);
        pieces.push(Piece { span: node.span, part: Part::Hole(Box::new(node)) });
        at = close + 1;
    }
    if at < end || pieces.is_empty() {
        pieces.push(Piece { span: src.span(at..end), part: Part::Lit(src.text[at..end].into()) });
    }
    Node::new(span, NodeKind::Text(Text { pieces }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    #[test]
    fn sections_keys_and_references() {
        let text = "//registry.npmjs.org/:_authToken=${NPM_TOKEN}\nstrict-ssl = false\n; c\n[default]\naws_secret_access_key = \"abc\"\nurl: a=b\n[other]\nx:1\n";
        let node = parse(&Src::whole(FileId(0), text)).tree;
        assert_eq!(
            node.to_string(),
            "{//registry.npmjs.org/:_authToken: ${env.NPM_TOKEN}, strict-ssl: false, default: {aws_secret_access_key: abc, url: a=b}, other: {x: 1}}"
        );
        assert_eq!(&text[node.all("default.aws_secret_access_key")[0].as_text().unwrap().pieces[0].span.range()], "abc");
    }
}
