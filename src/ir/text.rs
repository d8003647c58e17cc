//! Strings of which some parts may not be known: `"arn:aws:s3:::${var.b}/*"` still ends in a wildcard.

use smol_str::SmolStr;

use super::{Node, NodeKind, Span, Tri};

/// A string as pieces. Questions about it answer [`Tri`]: a hole may hold anything.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Text {
    /// In order; without pieces the text is empty.
    pub pieces: Vec<Piece>,
}

/// One run of a [`Text`].
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// Where it stands. A literal whose length equals its span's maps byte for byte; otherwise
    /// escapes were decoded and the whole span stands for each of its bytes.
    pub span: Span,
    /// What it is.
    pub part: Part,
}

/// The content of a [`Piece`].
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Known text.
    Lit(SmolStr),
    /// An interpolated expression that is not (yet) known.
    Hole(Box<Node>),
}

impl Piece {
    /// Sets a literal to the run of literals that it began.
    fn close(&mut self, run: &mut String) {
        if let Part::Lit(text) = &mut self.part
            && text.len() != run.len()
        {
            *text = SmolStr::new(&*run);
        }
        run.clear();
    }
}

impl Text {
    /// A text that is known whole.
    pub fn lit(text: impl Into<SmolStr>, span: Span) -> Self {
        Self { pieces: vec![Piece { span, part: Part::Lit(text.into()) }] }
    }

    /// Adds a value at the end, as interpolation and concatenation do: the pieces of a text, the
    /// digits of a number, else a hole.
    pub fn push(&mut self, value: Node) {
        let span = value.span;
        match value.kind {
            NodeKind::Text(text) => self.pieces.extend(text.pieces),
            NodeKind::Number(number) => self.pieces.push(Piece { span, part: Part::Lit(SmolStr::new(number.to_string())) }),
            _ => self.pieces.push(Piece { span, part: Part::Hole(Box::new(value)) }),
        }
    }

    /// The text with those that stand in its holes as parts of it.
    #[must_use]
    pub fn flat(self) -> Self {
        let mut flat = Self::default();
        for piece in self.pieces {
            match piece.part {
                Part::Hole(hole) => flat.push(*hole),
                Part::Lit(_) => flat.pieces.push(piece),
            }
        }
        flat.join_literals();
        flat
    }

    /// Makes one piece of neighbouring literals, so that [`Self::as_str`] sees them whole.
    pub fn join_literals(&mut self) {
        if self.pieces.len() < 2 {
            return;
        }
        let mut joined: Vec<Piece> = Vec::with_capacity(self.pieces.len());
        let mut run = String::new();
        for piece in std::mem::take(&mut self.pieces) {
            match (&piece.part, joined.last_mut()) {
                (Part::Lit(text), Some(Piece { span, part: Part::Lit(_) })) => {
                    run.push_str(text);
                    // What was interpolated may stand before the text that takes it.
                    if piece.span.start >= span.start {
                        *span = span.to(piece.span);
                    }
                    continue;
                }
                (Part::Lit(text), _) => {
                    run.clear();
                    run.push_str(text);
                }
                (Part::Hole(_), Some(last)) => last.close(&mut run),
                (Part::Hole(_), None) => {}
            }
            joined.push(piece);
        }
        if let Some(last) = joined.last_mut() {
            last.close(&mut run);
        }
        self.pieces = joined;
    }

    /// The string, if no part of it is unknown. Borrows when it is one piece.
    pub fn known(&self) -> Option<std::borrow::Cow<'_, str>> {
        match self.pieces.as_slice() {
            [] => Some("".into()),
            [Piece { part: Part::Lit(text), .. }] => Some(text.as_str().into()),
            pieces => {
                let mut whole = String::new();
                for piece in pieces {
                    match &piece.part {
                        Part::Lit(text) => whole.push_str(text),
                        Part::Hole(_) => return None,
                    }
                }
                Some(whole.into())
            }
        }
    }

    /// The string if it is one known piece; the common case without allocation.
    pub fn as_str(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece { part: Part::Lit(text), .. }] => Some(text),
            _ => None,
        }
    }

    /// Whether any part is unknown.
    pub fn has_holes(&self) -> bool {
        self.holes().next().is_some()
    }

    /// The interpolated expressions.
    pub fn holes(&self) -> impl Iterator<Item = &Node> {
        self.pieces.iter().filter_map(|piece| match &piece.part {
            Part::Hole(node) => Some(&**node),
            Part::Lit(_) => None,
        })
    }

    /// Whether it equals `other`.
    pub fn eq_str(&self, other: &str) -> Tri {
        self.glob_with(other, |pattern_byte, byte| pattern_byte == byte, false)
    }

    /// Whether it equals `other`, ASCII case aside.
    pub fn eq_ignore_case(&self, other: &str) -> Tri {
        self.glob_with(other, |pattern_byte, byte| pattern_byte.eq_ignore_ascii_case(&byte), false)
    }

    /// Whether it begins with `prefix`.
    pub fn starts(&self, prefix: &str) -> Tri {
        let mut rest = prefix;
        for piece in &self.pieces {
            match &piece.part {
                Part::Lit(text) => {
                    let shared = text.len().min(rest.len());
                    if text.as_bytes()[..shared] != rest.as_bytes()[..shared] {
                        return Tri::No;
                    }
                    rest = &rest[shared..];
                }
                Part::Hole(_) if rest.is_empty() => break,
                Part::Hole(_) => return Tri::Maybe,
            }
        }
        rest.is_empty().into()
    }

    /// Whether it ends with `suffix`.
    pub fn ends(&self, suffix: &str) -> Tri {
        let mut rest = suffix.as_bytes();
        for piece in self.pieces.iter().rev() {
            match &piece.part {
                Part::Lit(text) => {
                    let shared = text.len().min(rest.len());
                    if text.as_bytes()[text.len() - shared..] != rest[rest.len() - shared..] {
                        return Tri::No;
                    }
                    rest = &rest[..rest.len() - shared];
                }
                Part::Hole(_) if rest.is_empty() => break,
                Part::Hole(_) => return Tri::Maybe,
            }
        }
        rest.is_empty().into()
    }

    /// Whether it holds `needle` anywhere.
    pub fn contains(&self, needle: &str) -> Tri {
        if needle.is_empty() {
            return Tri::Yes;
        }
        let mut run = String::new();
        let mut open = false;
        for piece in &self.pieces {
            match &piece.part {
                Part::Lit(text) => run.push_str(text),
                Part::Hole(_) => {
                    open = true;
                    if run.contains(needle) {
                        return Tri::Yes;
                    }
                    run.clear();
                }
            }
        }
        if run.contains(needle) {
            Tri::Yes
        } else if open {
            Tri::Maybe
        } else {
            Tri::No
        }
    }

    /// Whether it matches `pattern`, in which `*` stands for any run and `?` for one byte.
    pub fn glob(&self, pattern: &str) -> Tri {
        self.glob_with(pattern, |pattern_byte, byte| pattern_byte == byte, true)
    }

    /// [`Self::glob`] with ASCII case aside.
    pub fn glob_ignore_case(&self, pattern: &str) -> Tri {
        self.glob_with(pattern, |pattern_byte, byte| pattern_byte.eq_ignore_ascii_case(&byte), true)
    }

    /// Set-of-states simulation over pattern positions: linear in text times pattern, whatever the
    /// stars. A hole opens every later position, as a possibility only.
    fn glob_with(&self, pattern: &str, same: impl Fn(u8, u8) -> bool, wild: bool) -> Tri {
        let pattern = pattern.as_bytes();
        match self.pieces.as_slice() {
            [] => return known_glob(b"", pattern, same, wild).into(),
            [Piece { part: Part::Lit(text), .. }] => return known_glob(text.as_bytes(), pattern, same, wild).into(),
            _ => {}
        }
        let is_star = |at: usize| wild && pattern.get(at) == Some(&b'*');
        let close = |states: &mut Vec<Tri>| {
            for at in 0..pattern.len() {
                if is_star(at) {
                    let through = states[at].max(states[at + 1]);
                    states[at + 1] = through;
                }
            }
        };
        let mut states = vec![Tri::No; pattern.len() + 1];
        states[0] = Tri::Yes;
        close(&mut states);
        for piece in &self.pieces {
            match &piece.part {
                Part::Lit(text) => {
                    for byte in text.bytes() {
                        let mut next = vec![Tri::No; pattern.len() + 1];
                        for at in 0..pattern.len() {
                            if states[at].is_no() {
                                continue;
                            }
                            if is_star(at) {
                                next[at] = next[at].max(states[at]);
                            } else if (wild && pattern[at] == b'?') || same(pattern[at], byte) {
                                next[at + 1] = next[at + 1].max(states[at]);
                            }
                        }
                        close(&mut next);
                        states = next;
                        if states.iter().all(|state| state.is_no()) {
                            return Tri::No;
                        }
                    }
                }
                Part::Hole(_) => {
                    // Whatever the hole holds, a star that is open stays open: `*` matches all.
                    let first = states.iter().position(|state| !state.is_no()).unwrap_or(0);
                    for (at, state) in states.iter_mut().enumerate().skip(first) {
                        *state = if is_star(at) && state.is_yes() { Tri::Yes } else { Tri::Maybe };
                    }
                    close(&mut states);
                }
            }
        }
        states[pattern.len()]
    }
}

/// A glob on a text without holes: of several stars only the last can need another try.
fn known_glob(text: &[u8], pattern: &[u8], same: impl Fn(u8, u8) -> bool, wild: bool) -> bool {
    let (mut at, mut here) = (0, 0);
    let mut star = None;
    while here < text.len() {
        match pattern.get(at) {
            Some(b'*') if wild => {
                star = Some((at, here));
                at += 1;
            }
            Some(&byte) if (wild && byte == b'?') || same(byte, text[here]) => {
                at += 1;
                here += 1;
            }
            _ => {
                let Some((open, from)) = star else { return false };
                star = Some((open, from + 1));
                at = open + 1;
                here = from + 1;
            }
        }
    }
    pattern[at..].iter().all(|byte| wild && *byte == b'*')
}

/// Shows holes as `${…}`, for messages and `seclint facts`.
impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for piece in &self.pieces {
            match &piece.part {
                Part::Lit(text) => f.write_str(text)?,
                Part::Hole(node) => write!(f, "${{{node}}}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Ref, Scope};

    fn with_hole(before: &str, after: &str) -> Text {
        let hole = Node::new(Span::default(), NodeKind::Ref(Ref::new(Scope::Hcl, ["var", "x"])));
        let piece = |part| Piece { span: Span::default(), part };
        Text { pieces: vec![piece(Part::Lit(before.into())), piece(Part::Hole(Box::new(hole))), piece(Part::Lit(after.into()))] }
    }

    #[test]
    fn questions_about_a_hole_stay_open() {
        let arn = with_hole("arn:aws:iam::", ":role/*");
        assert_eq!(arn.starts("arn:aws:"), Tri::Yes);
        assert_eq!(arn.starts("arn:aws:iam::123"), Tri::Maybe);
        assert_eq!(arn.starts("arn:gcp"), Tri::No);
        assert_eq!(arn.ends("/*"), Tri::Yes);
        assert_eq!(arn.ends(":user/*"), Tri::No);
        assert_eq!(arn.contains("role"), Tri::Yes);
        assert_eq!(arn.contains("prod"), Tri::Maybe);
        assert_eq!(arn.eq_str("arn:aws:iam::1:role/*"), Tri::Maybe);
        assert_eq!(arn.eq_str("*"), Tri::No);
        assert_eq!(arn.to_string(), "arn:aws:iam::${var.x}:role/*");
    }

    #[test]
    fn globs_are_linear_and_three_valued() {
        let known = Text::lit("s3:GetObject", Span::default());
        assert_eq!(known.glob("s3:*"), Tri::Yes);
        assert_eq!(known.glob("S3:get*"), Tri::No);
        assert_eq!(known.glob_ignore_case("S3:get*"), Tri::Yes);
        assert_eq!(known.glob("s?:*Obj*"), Tri::Yes);
        assert_eq!(known.eq_str("s3:GetObject"), Tri::Yes);
        let open = with_hole("s3:", "");
        assert_eq!(open.glob("s3:*"), Tri::Yes);
        assert_eq!(open.glob("s3:Get*"), Tri::Maybe);
        assert_eq!(open.glob("ec2:*"), Tri::No);
        let evil = Text::lit("a".repeat(4000), Span::default());
        assert_eq!(evil.glob(&"*a".repeat(20).replace("aa", "a*a")), Tri::Yes);
        assert_eq!(evil.glob(&("*a".repeat(20) + "b")), Tri::No);
    }
}
