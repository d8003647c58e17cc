//! `.env` files as a map of names to texts.
//!
//! Own, because the crates that read them have no spans and fill `${X}` from the machine that scans.
//! The union of what the usual readers accept: `export`, `=` and `: `, three sorts of quotes, values of
//! several lines, comments behind values. A quote that nothing closes ends with its line.

use std::ops::Range;

use super::Parsed;
use super::words::expansion;
use crate::ir::{Map, Node, NodeKind, Part, Piece, Ref, Scope, Text};
use crate::source::Src;

/// Reads every assignment; lines that are none say nothing.
pub fn parse(src: &Src<'_>) -> Parsed<Node> {
    let text = src.text;
    let mut map = Map::default();
    let mut at = 0;
    while at < text.len() {
        let end = line_end(text, at);
        at = match assignment(&text[at..end]) {
            Some((key, value)) => {
                let key = at + key.start..at + key.end;
                let (node, next) = value_at(src, at + value, end);
                map.push(&text[key.clone()], src.span(key), node);
                next
            }
            None => end,
        };
        at = line_end(text, at) + 1;
    }
    Parsed { tree: Node::new(src.span(0..text.len()), NodeKind::Map(map)), problems: Vec::new() }
}

fn line_end(text: &str, from: usize) -> usize {
    memchr::memchr(b'\n', &text.as_bytes()[from.min(text.len())..]).map_or(text.len(), |end| from + end)
}

/// The key of a line, and where its value begins.
fn assignment(line: &str) -> Option<(Range<usize>, usize)> {
    let mut start = line.len() - line.trim_start().len();
    for word in ["export", "set"] {
        if let Some(rest) = line[start..].strip_prefix(word)
            && rest.starts_with([' ', '\t'])
        {
            start = line.len() - rest.trim_start().len();
        }
    }
    let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let key = start..start + line.as_bytes()[start..].iter().take_while(|byte| is_key(byte)).count();
    let rest = line[key.end..].trim_start();
    let operator = line.len() - rest.len();
    let is_assignment = rest.starts_with('=') || (rest.starts_with(':') && rest[1..].starts_with([' ', '\t']));
    (!key.is_empty() && is_assignment).then_some((key, operator + 1))
}

/// The value from `from` on, and where reading goes on; `end` is the end of its line.
fn value_at(src: &Src<'_>, from: usize, end: usize) -> (Node, usize) {
    let line = &src.text[from..end];
    let start = from + line.len() - line.trim_start_matches([' ', '\t']).len();
    if let Some(quote) = src.text.as_bytes().get(start).copied().filter(|byte| matches!(byte, b'"' | b'\'' | b'`'))
        && start < end
        && let Some(close) = closing_quote(src.text, start + 1, quote)
    {
        let inner = start + 1..close;
        let text = if quote == b'"' { expanded(src, inner, true) } else { literal(src, inner) };
        return (Node::new(src.span(start..close + 1), NodeKind::Text(text)), close + 1);
    }
    let value = &src.text[start..end];
    let stop = comment_start(value).unwrap_or(value.len());
    let stop = start + value[..stop].trim_end().len();
    // What an unclosed quote holds is the value.
    let begin = if src.text[start..stop].starts_with(['"', '\'', '`']) { start + 1 } else { start };
    (Node::new(src.span(start..stop), NodeKind::Text(expanded(src, begin..stop, false))), end)
}

/// Where a comment begins behind an unquoted value: a `#` after a blank.
fn comment_start(value: &str) -> Option<usize> {
    let bytes = value.as_bytes();
    memchr::memchr_iter(b'#', bytes).find(|at| *at == 0 || bytes[at - 1].is_ascii_whitespace())
}

/// The quote that closes a value: the next one that is not escaped, if nothing but a comment follows it.
fn closing_quote(text: &str, from: usize, quote: u8) -> Option<usize> {
    let bytes = text.as_bytes();
    let close = memchr::memchr_iter(quote, &bytes[from..]).map(|at| from + at).find(|at| {
        let escapes = bytes[from..*at].iter().rev().take_while(|byte| **byte == b'\\').count();
        quote == b'\'' || escapes % 2 == 0
    })?;
    let rest = text[close + 1..].trim_start_matches([' ', '\t', '\r']);
    (rest.is_empty() || rest.starts_with(['\n', '#'])).then_some(close)
}

fn literal(src: &Src<'_>, range: Range<usize>) -> Text {
    Text::lit(&src.text[range.clone()], src.span(range))
}

/// A value in which `${X}` and `$X` are holes and, inside double quotes, escapes are decoded.
fn expanded(src: &Src<'_>, range: Range<usize>, quoted: bool) -> Text {
    let text = &src.text[range.clone()];
    if !text.contains(['$', '\\']) {
        return literal(src, range);
    }
    let mut pieces = Vec::new();
    let (mut run, mut run_start, mut at) = (String::new(), range.start, range.start);
    let flush = |run: &mut String, from: usize, to: usize, pieces: &mut Vec<Piece>| {
        if !run.is_empty() {
            pieces.push(Piece { span: src.span(from..to), part: Part::Lit(std::mem::take(run).into()) });
        }
    };
    while at < range.end {
        let rest = &src.text[at..range.end];
        if let Some((node, len)) = reference(src, at, rest, run.chars().next_back()) {
            flush(&mut run, run_start, at, &mut pieces);
            pieces.push(Piece { span: node.span, part: Part::Hole(Box::new(node)) });
            at += len;
            run_start = at;
            continue;
        }
        let mut chars = rest.chars();
        let Some(first) = chars.next() else { break };
        let decoded = match chars.next() {
            Some(next) if first == '\\' && quoted => match next {
                'n' => Some('\n'),
                'r' => Some('\r'),
                't' => Some('\t'),
                '"' | '\\' | '$' => Some(next),
                _ => None,
            },
            Some('$') if first == '\\' => Some('$'),
            _ => None,
        };
        run.push(decoded.unwrap_or(first));
        at += first.len_utf8() + usize::from(decoded.is_some());
    }
    flush(&mut run, run_start, range.end, &mut pieces);
    Text { pieces }
}

/// `${X}`, or `$X` where it can't be the middle of a password: an upper-case name that begins a word.
fn reference(src: &Src<'_>, at: usize, rest: &str, before: Option<char>) -> Option<(Node, usize)> {
    let after = rest.strip_prefix('$')?;
    if let Some(inner) = after.strip_prefix('{') {
        let close = inner.bytes().take(256).position(|byte| byte == b'}')?;
        let whole = at..at + close + 3;
        return Some((expansion(src, at + 2..at + 2 + close, whole), close + 3));
    }
    let len = after.bytes().take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_').count();
    let ends = after[len..].chars().next().is_none_or(|next| !next.is_alphanumeric());
    let begins = before.is_none_or(|before| !before.is_alphanumeric());
    if len < 2 || !after.starts_with(|first: char| first.is_ascii_uppercase()) || !ends || !begins {
        return None;
    }
    let node = Node::new(src.span(at..at + 1 + len), NodeKind::Ref(Ref::new(Scope::Env, [&after[..len]])));
    Some((node, len + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn read(text: &str) -> Node {
        parse(&Src::whole(FileId(0), text)).tree
    }

    #[test]
    fn the_usual_forms() {
        let text = "# c\nA=1\nexport B = two words # note\nC: yaml style\nD='a # $B'\nE=\"x\\ny\"\nF=`t`\nG=\nH=a#b\nnot a line\n";
        assert_eq!(read(text).to_string(), "{A: 1, B: two words, C: yaml style, D: a # $B, E: x\ny, F: t, G: , H: a#b}");
        let node = read(text);
        let piece = node.get("D").unwrap().as_text().unwrap().pieces[0].span;
        assert_eq!(&text[piece.range()], "a # $B");
    }

    #[test]
    fn values_of_several_lines_and_open_quotes() {
        let text = "KEY=\"-----BEGIN X-----\nabc\n-----END X-----\"\nA=\"open\nB=2\nC=\"x\"\nD='last\n";
        let node = read(text);
        assert_eq!(node.get("KEY").unwrap().as_str(), Some("-----BEGIN X-----\nabc\n-----END X-----"));
        assert_eq!(["A", "B", "C", "D"].map(|key| node.get(key).unwrap().to_string()), ["open", "2", "x", "last"]);
    }

    #[test]
    fn references_are_holes_and_passwords_are_not() {
        let node = read("URL=postgres://${USER}:$PASS@h/${DB:-app}\nP=abc$Def12\nQ=pa$$word\nR=x$ABC\nS=$TOKEN\n");
        assert_eq!(node.get("URL").unwrap().to_string(), "postgres://${env.USER}:${env.PASS}@h/${(Coalesce env.DB app)}");
        assert_eq!(["P", "Q", "R"].map(|key| node.get(key).unwrap().as_str().is_some()), [true, true, true]);
        assert_eq!(node.get("S").unwrap().to_string(), "${env.TOKEN}");
    }
}
