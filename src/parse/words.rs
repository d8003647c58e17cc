//! Words as shells and Dockerfiles write them: quotes, escapes, `$X` and `${X:-default}`.

use std::ops::Range;

use memchr::memmem;
use smol_str::SmolStr;

use crate::ir::{Node, NodeKind, Op, Part, Piece, Ref, Scope, Text, Why};
use crate::source::Src;

/// Whose rules apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    /// A shell: operators end a word, `$(…)` runs commands.
    Shell,
    /// Arguments of a Dockerfile's instruction: only blanks end a word.
    Dockerfile,
    /// The rest of a line of a Dockerfile as one word: the old form `ENV key value`.
    Line,
}

/// A cursor over a range of a text.
#[derive(Debug)]
pub(super) struct Reader<'s, 'a> {
    src: &'s Src<'a>,
    at: usize,
    end: usize,
    /// Where the last word ended.
    word_end: usize,
    quoting: Quoting,
    escape: u8,
    /// Ranges of `$(…)` and backticks that words held.
    pub(super) substitutions: Vec<Range<usize>>,
}

/// Collects a word: runs of literal bytes, and holes.
#[derive(Default)]
struct Word {
    pieces: Vec<Piece>,
    run: String,
    start: usize,
    end: usize,
}

impl Word {
    fn push(&mut self, text: &str, from: usize, to: usize) {
        if self.run.is_empty() {
            self.start = from;
        }
        self.run.push_str(text);
        self.end = to;
    }

    fn hole(&mut self, src: &Src<'_>, node: Node) {
        self.flush(src);
        self.pieces.push(Piece { span: node.span, part: Part::Hole(Box::new(node)) });
    }

    fn flush(&mut self, src: &Src<'_>) {
        if !self.run.is_empty() {
            let part = Part::Lit(SmolStr::from(std::mem::take(&mut self.run)));
            self.pieces.push(Piece { span: src.span(self.start..self.end), part });
        }
    }

    fn finish(mut self, src: &Src<'_>, start: usize, end: usize) -> Text {
        self.flush(src);
        if self.pieces.is_empty() {
            return Text::lit("", src.span(start..end));
        }
        Text { pieces: self.pieces }
    }
}

impl<'s, 'a> Reader<'s, 'a> {
    pub(super) fn new(src: &'s Src<'a>, range: Range<usize>, quoting: Quoting, escape: u8) -> Self {
        let end = range.end.min(src.text.len());
        Self { src, at: range.start.min(end), end, word_end: range.start, quoting, escape, substitutions: Vec::new() }
    }

    pub(super) fn src(&self) -> &'s Src<'a> {
        self.src
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn word_end(&self) -> usize {
        self.word_end
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.bytes().get(self.at + ahead).copied()
    }

    pub(super) fn starts_with(&self, prefix: &[u8]) -> bool {
        self.bytes()[self.at..].starts_with(prefix)
    }

    pub(super) fn bump(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.end);
    }

    fn bytes(&self) -> &'a [u8] {
        &self.src.text.as_bytes()[..self.end]
    }

    /// Skips blanks and continued lines, with the comments that a Dockerfile allows between them.
    pub(super) fn skip_blanks(&mut self) {
        loop {
            while matches!(self.peek(), Some(b' ' | b'\t' | b'\r')) {
                self.at += 1;
            }
            if !self.skip_continuation() {
                return;
            }
        }
    }

    /// The escape character at the end of a line.
    fn skip_continuation(&mut self) -> bool {
        if self.peek() != Some(self.escape) {
            return false;
        }
        let rest = &self.bytes()[self.at + 1..];
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
        if rest.get(blanks) != Some(&b'\n') {
            return false;
        }
        self.at += blanks + 2;
        // Comment lines inside a continued instruction are no part of it.
        loop {
            let rest = &self.bytes()[self.at..];
            let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
            if rest.get(blanks) != Some(&b'#') {
                return true;
            }
            self.skip_line();
            self.bump(1);
        }
    }

    /// To the line break, which stays.
    pub(super) fn skip_line(&mut self) {
        self.at = memchr::memchr(b'\n', &self.bytes()[self.at..]).map_or(self.end, |line| self.at + line);
    }

    /// Past the line that ends a here-document.
    pub(super) fn skip_heredoc(&mut self, end: &str, strip: bool) {
        while self.at < self.end {
            let start = self.at;
            self.skip_line();
            let line = self.src.text.get(start..self.at).unwrap_or_default().trim_end_matches('\r');
            self.bump(1);
            if (if strip { line.trim_start_matches('\t') } else { line }) == end {
                return;
            }
        }
    }

    fn ends_word(&self, byte: u8) -> bool {
        match self.quoting {
            Quoting::Shell => matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')'),
            Quoting::Dockerfile => byte.is_ascii_whitespace(),
            Quoting::Line => byte == b'\n',
        }
    }

    /// The next word; stops before what ends it. Takes at least one byte unless at the end.
    pub(super) fn word(&mut self) -> Text {
        self.word_until(|_| false)
    }

    /// The next word, which one more byte may end: the `=` of `key=value`.
    pub(super) fn word_until(&mut self, stop: impl Fn(u8) -> bool) -> Text {
        let start = self.at;
        let mut word = Word::default();
        let text = self.src.text;
        while let Some(byte) = self.peek() {
            if self.skip_continuation() {
                continue;
            }
            if self.ends_word(byte) || stop(byte) {
                break;
            }
            match byte {
                b'\'' => {
                    let from = self.at + 1;
                    let to = memchr::memchr(b'\'', &self.bytes()[from..]).map_or(self.end, |close| from + close);
                    word.push(&text[from..to], from, to);
                    self.at = (to + 1).min(self.end);
                }
                b'"' => {
                    self.at += 1;
                    self.quoted(&mut word);
                }
                b'$' => self.dollar(&mut word),
                b'`' if self.quoting == Quoting::Shell && self.escape != b'`' => self.backtick(&mut word),
                _ if byte == self.escape => self.escaped(&mut word),
                _ => {
                    let from = self.at;
                    let special = |byte: &u8| matches!(byte, b'\'' | b'"' | b'$' | b'`') || *byte == self.escape;
                    let run = self.bytes()[from..].iter().take_while(|byte| !special(byte) && !self.ends_word(**byte) && !stop(**byte));
                    let to = from + run.count().max(1);
                    word.push(text.get(from..to).unwrap_or_default(), from, to);
                    self.at = to;
                }
            }
        }
        if self.at == start {
            self.bump(1);
        }
        self.word_end = self.at;
        word.finish(self.src, start, self.at)
    }

    /// Inside double quotes, to the closing one.
    fn quoted(&mut self, word: &mut Word) {
        let text = self.src.text;
        while let Some(byte) = self.peek() {
            if self.skip_continuation() {
                continue;
            }
            match byte {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'$' => self.dollar(word),
                b'`' if self.quoting == Quoting::Shell && self.escape != b'`' => self.backtick(word),
                _ if byte == self.escape => {
                    if matches!(self.peek_at(1), Some(b'"' | b'$' | b'\\' | b'`')) {
                        self.escaped(word);
                    } else {
                        word.push(&text[self.at..=self.at], self.at, self.at + 1);
                        self.at += 1;
                    }
                }
                _ => {
                    let from = self.at;
                    let special = |byte: &&u8| !matches!(**byte, b'"' | b'$' | b'`') && **byte != self.escape;
                    let to = from + self.bytes()[from..].iter().take_while(special).count().max(1);
                    word.push(text.get(from..to).unwrap_or_default(), from, to);
                    self.at = to;
                }
            }
        }
    }

    /// The character behind the escape.
    fn escaped(&mut self, word: &mut Word) {
        let rest = &self.src.text[self.at + 1..self.end];
        let Some(next) = rest.chars().next() else {
            self.at = self.end;
            return;
        };
        let to = self.at + 1 + next.len_utf8();
        word.push(&rest[..next.len_utf8()], self.at, to);
        self.at = to;
    }

    fn backtick(&mut self, word: &mut Word) {
        let from = self.at + 1;
        let to = memchr::memchr(b'`', &self.bytes()[from..]).map_or(self.end, |close| from + close);
        self.substitutions.push(from..to);
        let end = (to + 1).min(self.end);
        word.hole(self.src, Node::unknown(Why::Opaque, self.src.span(self.at..end)));
        self.at = end;
    }

    fn dollar(&mut self, word: &mut Word) {
        let start = self.at;
        match self.peek_at(1) {
            Some(b'(') if self.quoting == Quoting::Shell => {
                let close = self.closing(start + 2, b'(', b')');
                self.substitutions.push(start + 2..close);
                self.at = (close + 1).min(self.end);
                word.hole(self.src, Node::unknown(Why::Opaque, self.src.span(start..self.at)));
            }
            Some(b'{') => {
                let close = self.closing(start + 2, b'{', b'}');
                self.at = (close + 1).min(self.end);
                let node = expansion(self.src, start + 2..close, start..self.at);
                word.hole(self.src, node);
            }
            Some(next) if next.is_ascii_alphabetic() || next == b'_' => {
                let name = self.bytes()[start + 1..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
                self.at = start + 1 + name;
                let span = self.src.span(start..self.at);
                word.hole(self.src, Node::new(span, NodeKind::Ref(Ref::new(Scope::Env, [&self.src.text[start + 1..self.at]]))));
            }
            Some(b'1'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'!') if self.quoting == Quoting::Shell => {
                self.at += 2;
                word.hole(self.src, Node::unknown(Why::Opaque, self.src.span(start..self.at)));
            }
            _ => {
                word.push("$", start, start + 1);
                self.at += 1;
            }
        }
    }

    /// The bracket that closes the one before `from`. Unclosed ones end with the text; looking is
    /// bounded, so that a text of nothing but open brackets stays linear.
    fn closing(&self, from: usize, open: u8, close: u8) -> usize {
        const MAX_LENGTH: usize = 16 * 1024;
        let mut depth = 0;
        for (at, byte) in self.bytes().iter().enumerate().skip(from).take(MAX_LENGTH) {
            if *byte == open {
                depth += 1;
                if depth > 64 {
                    return at;
                }
            } else if *byte == close {
                if depth == 0 {
                    return at;
                }
                depth -= 1;
            }
        }
        // Nothing closes it: it is taken up to the end of its line.
        memmem::find(&self.bytes()[from..], b"\n").map_or(self.end, |line| from + line)
    }
}

/// `${X}`, `${X:-default}`, `${X-default}`; any other form is not followed.
pub(super) fn expansion(src: &Src<'_>, inner: Range<usize>, whole: Range<usize>) -> Node {
    let span = src.span(whole);
    let text = src.text.get(inner.clone()).unwrap_or_default();
    let name_len = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let (name, rest) = text.split_at(name_len);
    let reference = Node::new(src.span(inner.start..inner.start + name_len), NodeKind::Ref(Ref::new(Scope::Env, [name])));
    if name.is_empty() {
        return Node::unknown(Why::Opaque, span);
    }
    if rest.is_empty() {
        return Node { span, ..reference };
    }
    match rest.strip_prefix(":-").or_else(|| rest.strip_prefix('-')) {
        Some(default) => {
            let place = src.span(inner.end - default.len()..inner.end);
            let unquoted = default.trim_matches(['"', '\'']);
            let default = if default.contains('$') { Node::unknown(Why::Opaque, place) } else { Node::text(unquoted, place) };
            Node::new(span, NodeKind::Op(Op::Coalesce, vec![reference, default]))
        }
        None if rest.starts_with(":?") || rest.starts_with('?') => Node { span, ..reference },
        None => Node::unknown(Why::Opaque, span),
    }
}
