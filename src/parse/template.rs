//! Template actions in configuration: `{{ .Values.x }}` of Helm, `${{ secrets.X }}` of GitHub, `{% if %}`
//! of Jinja.
//!
//! The text is masked so that the format's own parser reads it: an action becomes a word of the same
//! length, a control line becomes blank, so that every offset stays; afterwards the words become holes.

use std::ops::Range;

use memchr::memmem;

use crate::ir::{Node, NodeKind, Part, Piece, Ref, Scope, Text};
use crate::source::Src;

/// Begins a masked action: two bytes, and no character of anybody's configuration.
pub(super) const OPEN: char = '\u{298}';
const CLOSE: char = '\u{297}';

/// Bytes that an action may be long.
const MAX_ACTION: usize = 4096;

/// Bytes around an action that are looked at, so that a line of a megabyte stays linear.
const MAX_LOOK: usize = 2048;

/// A text whose actions are masked, of the length of the original.
#[derive(Debug)]
pub(super) struct Masked {
    /// What the format's parser reads.
    pub(super) text: String,
    /// The actions that became words, in order.
    holes: Vec<Hole>,
}

/// An action that became a word.
#[derive(Debug)]
struct Hole {
    /// Where the word stands; output on its own line may be moved to its indentation.
    at: usize,
    /// The action in the source.
    source: Range<usize>,
}

/// Masks a text; `None` if it holds no action.
pub(super) fn mask(text: &str) -> Option<Masked> {
    let actions = actions(text);
    if actions.is_empty() {
        return None;
    }
    let mut out = Masked { text: String::with_capacity(text.len()), holes: Vec::new() };
    let mut at = 0;
    for range in actions {
        out.text.push_str(&text[at..range.start]);
        at = range.end;
        out.action(text, range.clone());
        if let Some(word) = switched(text, &range) {
            out.text.push_str(&text[at..word.start]);
            at = word.end;
            out.holes.push(Hole { at: out.text.len(), source: range });
            out.text.extend([OPEN, CLOSE]);
        }
    }
    out.text.push_str(&text[at..]);
    debug_assert_eq!(out.text.len(), text.len());
    Some(out)
}

/// Where the actions stand, with a `$` before them.
fn actions(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(open) = memchr::memchr_iter(b'{', &bytes[at..]).map(|hit| at + hit).find(|open| is_opening(bytes, *open)) {
        let closing: &[u8] = if bytes[open + 1] == b'%' { b"%}" } else { b"}}" };
        let limit = (open + MAX_ACTION).min(bytes.len());
        match memmem::find(&bytes[open + 2..limit], closing) {
            Some(close) => {
                let start = if open > at && bytes[open - 1] == b'$' { open - 1 } else { open };
                at = open + 2 + close + 2;
                found.push(start..at);
            }
            None => at = open + 2,
        }
    }
    found
}

/// `{{ if .Values.pod.hostNetwork }}` with `hostNetwork: true` below it: the word says what the value of the same
/// name says. Gives its place.
fn switched(text: &str, action: &Range<usize>) -> Option<Range<usize>> {
    let path = body(&text[action.clone()]).strip_prefix("if ")?.trim();
    let key = path.rsplit_once('.').map(|(_, key)| key).filter(|_| path.starts_with('.') && !path.contains(' '))?;
    let block = text[action.end..].split("{{").next()?;
    let mut at = action.end;
    for line in block.split_inclusive('\n').take(4) {
        let value = line.trim_start().strip_prefix(key).and_then(|rest| rest.strip_prefix(':'));
        if let Some(word) = value.filter(|value| value.trim() == "true").and_then(|_| line.rfind("true")) {
            return Some(at + word..at + word + 4);
        }
        at += line.len();
    }
    None
}

fn is_opening(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at + 1), Some(b'{' | b'%'))
}

impl Masked {
    fn action(&mut self, text: &str, range: Range<usize>) {
        let source = &text[range.clone()];
        let body = body(source);
        let line_start = self.blank_line_start();
        let alone = line_start.is_some() && is_blank_to_line_end(&text.as_bytes()[range.end..]);
        if source.contains('\n') || (alone && is_control(body)) {
            self.text.extend(source.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        } else if !alone || !line_start.is_some_and(|start| self.line(body, &range, start)) {
            self.holes.push(Hole { at: self.text.len(), source: range });
            self.text.push(OPEN);
            self.text.extend(std::iter::repeat_n('_', source.len() - 4));
            self.text.push(CLOSE);
        }
    }

    /// Where the current line begins, if nothing but blanks stand on it so far.
    fn blank_line_start(&self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let blanks = bytes.iter().rev().take(MAX_LOOK).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let start = bytes.len() - blanks;
        (start == 0 || bytes[start - 1] == b'\n').then_some(start)
    }

    /// Output on a line of its own stands for entries of the list or map at its indentation.
    fn line(&mut self, body: &str, source: &Range<usize>, line_start: usize) -> bool {
        let room = self.text.len() - line_start + source.len();
        let indent = indentation(body).unwrap_or(self.text.len() - line_start);
        let in_list = self.is_list_at(indent);
        // Indentation, `- ` of a list, the word, `:` of a map.
        let frame = indent + if in_list { 2 } else { 1 };
        if room < frame + 4 {
            return false;
        }
        self.text.truncate(line_start);
        self.text.extend(std::iter::repeat_n(' ', indent));
        if in_list {
            self.text.push_str("- ");
        }
        self.holes.push(Hole { at: self.text.len(), source: source.clone() });
        self.text.push(OPEN);
        self.text.extend(std::iter::repeat_n('_', room - frame - 4));
        self.text.push(CLOSE);
        if !in_list {
            self.text.push(':');
        }
        true
    }

    /// Whether the nearest line above at this indentation is an item of a list.
    fn is_list_at(&self, indent: usize) -> bool {
        let mut from = self.text.len().saturating_sub(MAX_LOOK);
        while !self.text.is_char_boundary(from) {
            from += 1;
        }
        for line in self.text[from..].lines().rev().filter(|line| !line.trim().is_empty()) {
            let own = line.len() - line.trim_start().len();
            if own == indent {
                return line.trim_start().starts_with("- ");
            }
            if own < indent {
                return false;
            }
        }
        false
    }
}

fn is_blank_to_line_end(bytes: &[u8]) -> bool {
    let next = bytes.iter().take(MAX_LOOK).find(|byte| !matches!(byte, b' ' | b'\t' | b'\r'));
    next.is_none_or(|byte| *byte == b'\n')
}

/// What stands between the braces.
fn body(action: &str) -> &str {
    action.trim_start_matches(['$', '{', '%', '-']).trim_end_matches(['}', '%', '-']).trim()
}

/// Whether an action writes nothing: conditions, loops, definitions, comments, assignments.
fn is_control(body: &str) -> bool {
    const WORDS: [&str; 16] = [
        "if", "else", "end", "range", "with", "define", "block", "break", "continue", "endif", "for", "endfor", "elif", "set", "macro",
        "endmacro",
    ];
    let word = body.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    WORDS.contains(&word) || body.starts_with("/*") || body.starts_with('#') || body.contains(":=") || body.is_empty()
}

/// The columns that `nindent 8` or `indent 8` moves output to.
fn indentation(body: &str) -> Option<usize> {
    let (_, rest) = body.rsplit_once("indent ")?;
    rest.trim().parse().ok().filter(|indent| *indent < 200)
}

/// A scalar of a masked text as text with holes. `range` is its place, quotes included.
pub(super) fn text(src: &Src<'_>, masked: &Masked, value: &str, range: Range<usize>) -> Text {
    let first = masked.holes.partition_point(|hole| hole.at < range.start);
    let mut holes = masked.holes[first..].iter().take_while(|hole| hole.at < range.end).map(|hole| &hole.source);
    let mut pieces = Vec::new();
    let mut rest = value;
    let mut at = range.start + usize::from(src.text[range.clone()].starts_with(['"', '\'']));
    let literal = |text: &str, from: usize, to: usize| Piece { span: src.span(from..to.max(from)), part: Part::Lit(text.into()) };
    while let Some((before, after)) = rest.split_once(OPEN) {
        let Some(hole) = holes.next() else { break };
        if !before.is_empty() {
            pieces.push(literal(before, at.min(hole.start), hole.start));
        }
        let span = src.span(hole.clone());
        let inner = Node::new(span, NodeKind::Ref(reference(&src.text[hole.clone()])));
        pieces.push(Piece { span, part: Part::Hole(Box::new(inner)) });
        at = hole.end;
        rest = after.split_once(CLOSE).map_or("", |(_, rest)| rest);
    }
    if !rest.is_empty() {
        let end = (at + rest.len()).min(range.end);
        pieces.push(literal(rest, at, end));
    }
    Text { pieces }
}

/// `{{ .Values.db.password }}` is the name `Values.db.password`; an expression is one name.
fn reference(action: &str) -> Ref {
    let body = body(action);
    let path = body.trim_start_matches('.');
    let is_path = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    if is_path && !path.is_empty() { Ref::new(Scope::Template, path.split('.')) } else { Ref::new(Scope::Template, [body]) }
}
