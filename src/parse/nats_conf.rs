//! The configuration grammar of nats-server: maps and arrays like JSON, with bare words, `:` or `=`
//! or neither between key and value, three kinds of comments, `include`, and `$NAME` for a value
//! that an enclosing map or the environment has.
//!
//! Tolerant: what does not fit is skipped to the end of its line. Keys keep their case (the server
//! ignores it). An `include` becomes a spread of the file's name; a variable is an unresolved name.
//!
//! A configuration may be a template of Helm or Jinja: `{{ … }}` is a hole in a value and, where entries stand,
//! leaves the map open; what a condition only may switch on is not taken for switched on.

use smol_str::SmolStr;

use super::{MAX_DEPTH, Parsed};
use crate::ir::{Entry, Map, Node, NodeKind, Problem, ProblemKind, Ref, Scope, Text, Why};
use crate::source::Src;

/// What ends a word without quotes in value position.
const BARE: &[u8] = b"{}[],;#\n\r\"'";

/// Reads a configuration as a map.
pub fn parse(src: &Src<'_>) -> Parsed<Node> {
    let mut reader = Reader { src, bytes: src.text.as_bytes(), at: 0, depth: 0, conditions: 0, problems: Vec::new() };
    let mut map = Map::default();
    while reader.at < reader.bytes.len() {
        reader.entries(&mut map);
        // A closing brace that nothing opened.
        reader.at += 1;
    }
    Parsed { tree: Node::new(src.span(0..src.text.len()), NodeKind::Map(map)), problems: reader.problems }
}

struct Reader<'s> {
    src: &'s Src<'s>,
    bytes: &'s [u8],
    at: usize,
    depth: usize,
    /// Conditions and loops of a template that are open.
    conditions: usize,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn done(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Skips white space, line breaks, separators and comments.
    fn skip(&mut self, also: &[u8]) {
        while let Some(&byte) = self.bytes.get(self.at) {
            let comment = byte == b'#' || (byte == b'/' && self.bytes.get(self.at + 1) == Some(&b'/'));
            if comment {
                self.at += memchr::memchr(b'\n', &self.bytes[self.at..]).unwrap_or(self.bytes.len() - self.at);
            } else if byte.is_ascii_whitespace() || also.contains(&byte) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// Entries up to a closing brace or the end.
    fn entries(&mut self, map: &mut Map) {
        loop {
            self.skip(b",;");
            if self.done() || self.peek() == b'}' {
                return;
            }
            if let Some(end) = action(&self.bytes[self.at..]) {
                self.action(end, map);
                continue;
            }
            let start = self.at;
            self.entry(map);
            if self.at == start {
                self.at += 1;
            }
        }
    }

    /// An action of a template between entries, which may leave out what stands there or put more in.
    fn action(&mut self, len: usize, map: &mut Map) {
        let text = self.slice(self.at, self.at + len);
        match text.trim_start_matches(['{', '%', '-', ' ']).split([' ', '}', '-', '%']).next() {
            Some("if" | "with" | "range" | "for" | "define" | "block") => self.conditions += 1,
            Some("end" | "endif" | "endfor" | "endwith") => self.conditions = self.conditions.saturating_sub(1),
            _ => {}
        }
        if !map.is_open() {
            map.entries.push(Entry::Spread(Node::unknown(Why::Opaque, self.src.span(self.at..self.at + len))));
        }
        self.at += len;
    }

    fn entry(&mut self, map: &mut Map) {
        let start = self.at;
        let key = match self.peek() {
            quote @ (b'"' | b'\'') => self.quoted(quote).1,
            _ => self.word(b":={}[],;#\"'"),
        };
        let key_span = self.src.span(start..self.at);
        while matches!(self.peek(), b' ' | b'\t' | b'\r') {
            self.at += 1;
        }
        if key.eq_ignore_ascii_case("include") && matches!(self.peek(), b'\'' | b'"' | b'.' | b'/' | b'a'..=b'z' | b'A'..=b'Z' | b'_') {
            let value = self.value();
            if let Some(path) = value.as_str() {
                let file = Ref::import(path, "*");
                map.entries.push(Entry::Spread(Node::new(value.span, NodeKind::Ref(file))));
            }
            return;
        }
        if matches!(self.peek(), b':' | b'=') {
            self.at += 1;
        }
        // The value may begin on the next line only after a separator or as a block.
        self.skip(b"");
        if self.done() || matches!(self.peek(), b'}' | b']' | b',' | b';') {
            if !key.is_empty() {
                map.push(key, key_span, Node::new(key_span, NodeKind::Null));
            }
            return;
        }
        let mut value = self.value();
        if self.conditions > 0 && matches!(value.kind, NodeKind::Bool(_)) {
            value = Node::unknown(Why::Opaque, value.span);
        }
        // The whole file in braces, as in JSON.
        if let (true, NodeKind::Map(inner)) = (key.is_empty() && self.depth == 0, &value.kind) {
            map.entries.extend(inner.entries.iter().cloned());
            return;
        }
        map.push(key, key_span, value);
    }

    fn value(&mut self) -> Node {
        let start = self.at;
        if self.depth >= MAX_DEPTH {
            let span = self.src.span(start..start + 1);
            if self.problems.is_empty() {
                let message = "nested deeper than any written configuration: the rest was not read";
                self.problems.push(Problem::new(ProblemKind::Depth, message, span));
            }
            self.at = self.bytes.len();
            return Node::unknown(crate::ir::Why::Bound, span);
        }
        match self.peek() {
            b'{' if action(&self.bytes[start..]).is_none() => {
                self.at += 1;
                self.depth += 1;
                let mut map = Map::default();
                self.entries(&mut map);
                self.depth -= 1;
                self.at = (self.at + 1).min(self.bytes.len());
                Node::new(self.src.span(start..self.at), NodeKind::Map(map))
            }
            b'[' => {
                self.at += 1;
                self.depth += 1;
                let mut items = Vec::new();
                loop {
                    self.skip(b",;");
                    if self.done() || matches!(self.peek(), b']' | b'}') {
                        break;
                    }
                    let before = self.at;
                    items.push(self.value());
                    if self.at == before {
                        self.at += 1;
                    }
                }
                self.depth -= 1;
                self.at = (self.at + 1).min(self.bytes.len());
                Node::new(self.src.span(start..self.at), NodeKind::List(items))
            }
            quote @ (b'"' | b'\'') => {
                let (inner, text) = self.quoted(quote);
                if text.contains("{{") { self.filled(inner) } else { Node::text(text, self.src.span(inner)) }
            }
            b'(' => {
                let end = memchr::memchr(b')', &self.bytes[start..]).map_or(self.bytes.len(), |found| start + found);
                self.at = (end + 1).min(self.bytes.len());
                Node::text(self.slice(start + 1, end), self.src.span(start + 1..end.max(start + 1)))
            }
            _ => self.bare(),
        }
    }

    /// A word without quotes, up to the line's end or a sign that ends it.
    fn bare(&mut self) -> Node {
        let start = self.at;
        let word = self.word(BARE);
        if action(&self.bytes[self.at..]).is_some() {
            while let Some(len) = action(&self.bytes[self.at..]) {
                self.at += len;
                self.word(BARE);
            }
            return self.filled(start..self.at);
        }
        let span = self.src.span(start..start + word.len());
        let lower = word.to_ascii_lowercase();
        let kind = match lower.as_str() {
            "true" | "yes" | "on" => NodeKind::Bool(true),
            "false" | "no" | "off" => NodeKind::Bool(false),
            // `$2a$` begins a bcrypt hash, not a name.
            _ if word.starts_with('$') && !word.starts_with("$2") => NodeKind::Ref(Ref::new(Scope::Local, [&word[1..]])),
            _ => match number(&lower) {
                Some(number) => NodeKind::Number(number),
                None => return Node::text(word, span),
            },
        };
        Node::new(span, kind)
    }

    /// Bytes up to white space or one of `stop`; `//` after white space begins a comment.
    fn word(&mut self, stop: &[u8]) -> SmolStr {
        let start = self.at;
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte.is_ascii_whitespace() || stop.contains(&byte) {
                break;
            }
            self.at += 1;
        }
        self.slice(start, self.at)
    }

    /// A quoted string: the range of its content and the text with escapes decoded.
    fn quoted(&mut self, quote: u8) -> (std::ops::Range<usize>, SmolStr) {
        let start = self.at + 1;
        self.at = start;
        let mut escaped = false;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\\' if quote == b'"' => {
                    escaped = true;
                    self.at += 1;
                }
                _ if byte == quote => break,
                _ => {}
            }
            self.at += 1;
        }
        let end = self.at.min(self.bytes.len());
        self.at = (end + 1).min(self.bytes.len());
        let text = self.slice(start.min(end), end);
        let text = if escaped { text.replace("\\\"", "\"").replace("\\n", "\n").replace("\\\\", "\\").into() } else { text };
        (start.min(end)..end, text)
    }

    /// A value with holes where a template puts something in.
    fn filled(&self, range: std::ops::Range<usize>) -> Node {
        let mut text = Text::default();
        let mut at = range.start;
        while at < range.end {
            let rest = &self.bytes[at..range.end];
            let hole = action(rest);
            let len = hole.unwrap_or_else(|| memchr::memmem::find(&rest[1..], b"{{").map_or(rest.len(), |found| found + 1));
            let span = self.src.span(at..at + len);
            text.push(if hole.is_some() { Node::unknown(Why::Opaque, span) } else { Node::text(self.slice(at, at + len), span) });
            at += len;
        }
        Node::new(self.src.span(range), NodeKind::Text(text))
    }

    fn slice(&self, start: usize, end: usize) -> SmolStr {
        self.src.text.get(start..end).unwrap_or_default().into()
    }
}

/// The length of an action of a template that a text begins with: `{{ .Values.port }}`, `{% if tls %}`.
fn action(bytes: &[u8]) -> Option<usize> {
    const LONGEST: usize = 512;
    let end = match bytes {
        [b'{', b'{', ..] => b"}}",
        [b'{', b'%', ..] => b"%}",
        _ => return None,
    };
    let found = memchr::memmem::find(&bytes[..bytes.len().min(LONGEST)], end)?;
    // A map within a map has another brace or a line break before it is closed.
    (!bytes[2..found].iter().any(|byte| matches!(byte, b'{' | b'\n'))).then_some(found + 2)
}

/// `4222`, `8MB`, `1k`: the number with its unit.
fn number(word: &str) -> Option<f64> {
    let digits = word.find(|byte: char| !byte.is_ascii_digit() && byte != '.' && byte != '-').unwrap_or(word.len());
    let number: f64 = word[..digits].parse().ok()?;
    let unit = match &word[digits..] {
        "" => 1.0,
        "k" => 1e3,
        "m" => 1e6,
        "g" => 1e9,
        "kb" | "ki" | "kib" => 1024.0,
        "mb" | "mi" | "mib" => 1_048_576.0,
        "gb" | "gi" | "gib" => 1_073_741_824.0,
        _ => return None,
    };
    Some(number * unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn shown(text: &str) -> String {
        parse(&Src::whole(FileId(0), text)).tree.to_string()
    }

    #[test]
    fn every_way_to_write_a_pair() {
        assert_eq!(shown("port: 4222\nhost = '0.0.0.0'\ndebug true\n"), "{port: 4222, host: 0.0.0.0, debug: true}");
        assert_eq!(shown("max_payload: 8MB # c\n// d\ncluster { routes = [ nats://a:b@h:6222, nats://c:6222 ] }").lines().count(), 1);
        assert_eq!(shown("{ \"port\": 4222, \"tls\": {\"verify\": true} }"), "{port: 4222, tls: {verify: true}}");
        assert_eq!(shown("tls {\n  verify: no;\n}\nx: (a\nb)"), "{tls: {verify: false}, x: a\nb}");
    }

    #[test]
    fn variables_hashes_and_includes() {
        assert_eq!(shown("P: $PASS\nq: $2a$11$abc\ninclude './auth.conf'"), "{P: PASS, q: $2a$11$abc, ..../auth.conf#*}");
        assert_eq!(shown("a {include auth.conf}"), "{a: {...auth.conf#*}}");
    }

    #[test]
    fn templates_leave_holes() {
        let text =
            "listen: 0.0.0.0:{{ .Values.port }}\n{{- if .Values.debug }}\ndebug: true\nuser: app\n{{- end }}\npass: \"{{ .Values.pass }}\"";
        assert_eq!(shown(text).matches("0.0.0.0:").count(), 1);
        let tree = parse(&Src::whole(FileId(0), text)).tree;
        assert!(tree.as_map().unwrap().is_open());
        assert_eq!(tree.get("debug").and_then(Node::as_bool), None);
        assert_eq!(tree.get("user").and_then(Node::as_str), Some("app"));
        assert!(tree.get("pass").and_then(Node::as_str).is_none());
        assert_eq!(shown("a {{ b: 1\n}}"), shown("a { { b: 1\n}}"));
    }

    #[test]
    fn broken_text_ends() {
        for text in ["{{{{", "{{é}}é{{", "é{% é", "a: x{{é}}é{{", "}}}}", "a: [1, {b: ", "'", "a:\n}", "[[[", "= = =", "$", "a: $"] {
            let _ = shown(text);
        }
        assert_eq!(parse(&Src::whole(FileId(0), &"a {".repeat(100_000))).problems.len(), 1);
    }
}
