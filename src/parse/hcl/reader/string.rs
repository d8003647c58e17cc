//! Quoted strings and heredocs of the second reader.

use super::super::text::Pieces;
use super::Reader;
use crate::ir::{Node, Why};

impl Reader<'_> {
    /// A quoted string, from its first quote. Without its last one it ends with the line.
    pub(super) fn quoted(&mut self) -> Node {
        let open = self.at;
        self.at += 1;
        let mut pieces = Pieces::new(self.src, 0);
        let mut start = self.at;
        let mut decoded = String::new();
        let mut holes = false;
        loop {
            if self.is_end() || self.peek() == b'\n' {
                return self.fail("this string is never closed");
            }
            let rest = self.rest();
            if rest.starts_with('"') {
                break;
            }
            if rest.starts_with("$${") || rest.starts_with("%%{") {
                decoded.push_str(&rest[1..3]);
                self.at += 3;
            } else if rest.starts_with("${") || rest.starts_with("%{") {
                pieces.quoted(start, self.at, &decoded);
                decoded.clear();
                self.hole(&mut pieces);
                holes = true;
                start = self.at;
            } else if rest.starts_with('\\') {
                self.escape(&mut decoded);
            } else {
                let Some(c) = rest.chars().next() else { break };
                decoded.push(c);
                self.at += c.len_utf8();
            }
        }
        let end = self.at;
        self.at += 1;
        if !holes {
            return Node::text(decoded, self.src.span(start..end));
        }
        pieces.quoted(start, end, &decoded);
        pieces.finish(self.src.span(open..self.at), true)
    }

    fn escape(&mut self, decoded: &mut String) {
        let rest = self.rest().as_bytes();
        let digits = match rest.get(1) {
            Some(b'u') => 4,
            Some(b'U') => 8,
            _ => 0,
        };
        if digits > 0 {
            let code = self.rest().get(2..2 + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
            decoded.push(code.unwrap_or(char::REPLACEMENT_CHARACTER));
            self.at += if code.is_some() { 2 + digits } else { 2 };
            return;
        }
        self.at += 1;
        let Some(c) = self.rest().chars().next() else { return };
        decoded.push(match c {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            other => other,
        });
        self.at += c.len_utf8();
    }

    /// `${ … }` and `%{ … }`, from the dollar. Directives are not followed: their text stays, with
    /// an unknown at each marker.
    fn hole(&mut self, pieces: &mut Pieces<'_>) {
        let start = self.at;
        let directive = self.peek() == b'%';
        self.at += 2;
        let before_mark = self.eat("~");
        let mut node = Node::unknown(Why::Opaque, self.src.span(start..start));
        if directive {
            self.close(b'}');
        } else {
            self.newlines += 1;
            self.space();
            node = self.expr();
            self.space();
            self.newlines -= 1;
            if std::mem::take(&mut self.broken) {
                self.close(b'}');
            } else {
                self.eat("~");
                if !self.eat("}") {
                    self.fail("expected `}` of the interpolation");
                    self.broken = false;
                    self.close(b'}');
                }
            }
        }
        let after_mark = self.src.text[..self.at].ends_with("~}");
        pieces.hole(node, (before_mark, after_mark));
    }

    /// `<<EOT` and `<<-EOT`.
    pub(super) fn heredoc(&mut self) -> Node {
        let open = self.at;
        self.at += 2;
        let dedent = self.eat("-");
        let Some(delimiter) = self.ident() else {
            return self.fail("expected a delimiter after `<<`");
        };
        self.skip_line();
        let start = (self.at + 1).min(self.src.text.len());
        let Some((end, after)) = find_delimiter(self.src.text, start, delimiter) else {
            self.at = self.src.text.len();
            return self.fail(format!("the heredoc `{delimiter}` is never closed"));
        };
        let text = &self.src.text[start..end];
        let margin = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
        let indent = if dedent { text.lines().filter(|line| !line.trim().is_empty()).map(margin).min().unwrap_or(0) } else { 0 };
        let mut pieces = Pieces::new(self.src, indent);
        let mut from = start;
        self.at = start;
        while self.at < end {
            let rest = self.rest();
            if rest.starts_with("$${") || rest.starts_with("%%{") {
                self.at += 3;
            } else if rest.starts_with("${") || rest.starts_with("%{") {
                pieces.raw(from, self.at);
                self.hole(&mut pieces);
                from = self.at;
            } else {
                self.at += rest.chars().next().map_or(1, char::len_utf8);
            }
        }
        if from < end {
            pieces.raw(from, end);
        }
        self.at = after;
        pieces.finish(self.src.span(open..after), false)
    }
}

/// Where the text of a heredoc ends, and where its delimiter does.
fn find_delimiter(text: &str, start: usize, delimiter: &str) -> Option<(usize, usize)> {
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        if line.trim() == delimiter {
            let margin = line.len() - line.trim_start().len();
            return Some((at, at + margin + delimiter.len()));
        }
        at += line.len();
    }
    None
}
