//! The shape of a token: literals and runs of byte classes, matched at one place without
//! backtracking, so that a fixed-format token needs no regular expression.
//!
//! Written as the part of regular expression syntax that such tokens need: literals, `[a-z0-9_]`,
//! `{36}`, `{20,40}`, `+`, `?`, and `(?:live|test)` over literals. A run is greedy and never gives
//! back; a pattern is therefore written so that what follows a run of varying length begins outside it.

/// A compiled shape.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    steps: Vec<Step>,
}

/// One part of a [`Shape`].
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// These bytes.
    Literal(Vec<u8>),
    /// One of these; the first that fits is taken, so a longer one stands before its prefix.
    OneOf(Vec<Vec<u8>>),
    /// `min` to `max` bytes of a class.
    Run {
        /// The class.
        class: Class,
        /// The least number.
        min: usize,
        /// The largest number.
        max: usize,
    },
}

/// A set of ASCII bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Class(u128);

impl Class {
    /// Whether the byte is in it.
    pub(super) fn has(self, byte: u8) -> bool {
        byte < 128 && self.0 >> byte & 1 == 1
    }

    /// The bytes in it, ascending.
    pub(super) fn bytes(self) -> impl Iterator<Item = u8> {
        (0..128).filter(move |byte| self.has(*byte))
    }

    fn with(self, first: u8, last: u8) -> Self {
        (first..=last.min(127)).fold(self, |class, byte| Self(class.0 | 1 << byte))
    }
}

impl Shape {
    /// Reads a pattern; `None` if it is not of the subset. Every detector's is read by a test.
    pub(super) fn parse(pattern: &str) -> Option<Self> {
        let mut rest = pattern.as_bytes();
        let mut steps: Vec<Step> = Vec::new();
        while let [first, after @ ..] = rest {
            let class = match first {
                b'(' => {
                    let inner = after.strip_prefix(b"?:")?;
                    let end = inner.iter().position(|byte| *byte == b')')?;
                    let mut options: Vec<Vec<u8>> = inner[..end].split(|byte| *byte == b'|').map(unescape).collect();
                    rest = &inner[end + 1..];
                    if let Some(after) = rest.strip_prefix(b"?") {
                        options.push(Vec::new());
                        rest = after;
                    }
                    steps.push(Step::OneOf(options));
                    continue;
                }
                b'[' => {
                    let (class, after) = class(after)?;
                    rest = after;
                    class
                }
                b'\\' => {
                    let (byte, after) = after.split_first()?;
                    rest = after;
                    Class(0).with(*byte, *byte)
                }
                b'{' | b'}' | b'*' | b'+' | b'?' | b'|' | b')' | b'.' | b'^' | b'$' => return None,
                byte => {
                    rest = after;
                    Class(0).with(*byte, *byte)
                }
            };
            let (min, max, after) = quantifier(rest)?;
            rest = after;
            let single = (class.0.is_power_of_two() && (min, max) == (1, 1)).then(|| class.0.trailing_zeros() as u8);
            match (single, steps.last_mut()) {
                (Some(byte), Some(Step::Literal(bytes))) => bytes.push(byte),
                (Some(byte), _) => steps.push(Step::Literal(vec![byte])),
                (None, _) => steps.push(Step::Run { class, min, max }),
            }
        }
        Some(Self { steps })
    }

    /// The parts in order.
    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The literals that a match begins with; empty if it begins with a class.
    pub(super) fn prefixes(&self) -> Vec<Vec<u8>> {
        match self.steps.as_slice() {
            [Step::Literal(bytes), Step::OneOf(options), ..] if bytes.len() < 3 => {
                options.iter().map(|option| [bytes.as_slice(), option].concat()).collect()
            }
            [Step::Literal(bytes), ..] => vec![bytes.clone()],
            [Step::OneOf(options), Step::Literal(next), ..] => options.iter().map(|option| [option.as_slice(), next].concat()).collect(),
            [Step::OneOf(options), ..] => options.clone(),
            _ => Vec::new(),
        }
    }

    /// The literals that lead to a match: at its beginning, or within it after a run.
    pub(super) fn literals(&self) -> Vec<Vec<u8>> {
        let prefixes = self.prefixes();
        if prefixes.is_empty() { self.infixes() } else { prefixes }
    }

    /// The literals inside a shape that begins with a run, for one whose middle says what it is:
    /// `.atlasv1.`, `AZDO`. Empty if there is none of three bytes right after the run.
    fn infixes(&self) -> Vec<Vec<u8>> {
        match self.steps.as_slice() {
            [Step::Run { .. }, Step::Literal(bytes), ..] if bytes.len() >= 3 => vec![bytes.clone()],
            [Step::Run { .. }, Step::OneOf(options), ..] if options.iter().all(|option| option.len() >= 3) => options.clone(),
            _ => Vec::new(),
        }
    }

    /// Where a match begins whose first literal stands at `at`: there, or a run before it.
    pub(super) fn start(&self, text: &[u8], at: usize) -> Option<usize> {
        let Some(Step::Run { class, min, max }) = self.steps.first() else { return Some(at) };
        let count = text[..at].iter().rev().take(*max).take_while(|byte| class.has(**byte)).count();
        let before = &text[..at - count];
        let goes_on = !is_escape(before) && before.last().is_some_and(|byte| class.has(*byte));
        (count >= *min && !goes_on).then_some(at - count)
    }

    /// Where a match that begins at `at` ends. A last run must end the token: a byte of its own
    /// class after it means that this is something longer.
    pub(super) fn end(&self, text: &[u8], at: usize) -> Option<usize> {
        let mut at = at;
        for (index, step) in self.steps.iter().enumerate() {
            match step {
                Step::Literal(bytes) => at += text.get(at..)?.starts_with(bytes).then_some(bytes.len())?,
                Step::OneOf(options) => {
                    let rest = text.get(at..)?;
                    at += options.iter().find(|option| rest.starts_with(option))?.len();
                }
                Step::Run { class, min, max } => {
                    let rest = text.get(at..)?;
                    let count = rest.iter().take(*max).take_while(|byte| class.has(**byte)).count();
                    let is_last = index + 1 == self.steps.len();
                    if count < *min || (is_last && rest.get(count).is_some_and(|byte| class.has(*byte))) {
                        return None;
                    }
                    at += count;
                }
            }
        }
        Some(at)
    }

    /// Whether the whole text is a match.
    pub(super) fn is_whole(&self, text: &[u8]) -> bool {
        self.end(text, 0) == Some(text.len())
    }
}

/// Whether a text ends in an escape: `\n`, `\x3d`, `\u003d`, `%3D`. Such letters are no part of a word.
pub(super) fn is_escape(before: &[u8]) -> bool {
    let hex = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
    match before {
        [.., b'\\', b'n' | b't' | b'r'] => true,
        [.., b'%', high, low] | [.., b'\\', b'x', high, low] => hex(&[*high, *low]),
        [.., b'\\', b'u', a, b, c, d] => hex(&[*a, *b, *c, *d]),
        _ => false,
    }
}

fn unescape(option: &[u8]) -> Vec<u8> {
    option.iter().copied().filter(|byte| *byte != b'\\').collect()
}

/// Reads a class after its `[`.
fn class(text: &[u8]) -> Option<(Class, &[u8])> {
    let (mut class, mut at) = (Class(0), 0);
    loop {
        let mut first = *text.get(at)?;
        if first == b']' {
            return Some((class, &text[at + 1..]));
        }
        if first == b'\\' {
            at += 1;
            first = *text.get(at)?;
        }
        if text.get(at + 1) == Some(&b'-') && text.get(at + 2).is_some_and(|byte| *byte != b']') {
            class = class.with(first, text[at + 2]);
            at += 3;
        } else {
            class = class.with(first, first);
            at += 1;
        }
    }
}

/// Reads `{n}`, `{n,m}`, `{n,}`, `+`, `?`, or nothing.
fn quantifier(text: &[u8]) -> Option<(usize, usize, &[u8])> {
    const UNBOUNDED: usize = 4096;
    match text {
        [b'+', rest @ ..] => Some((1, UNBOUNDED, rest)),
        [b'?', rest @ ..] => Some((0, 1, rest)),
        [b'{', rest @ ..] => {
            let end = rest.iter().position(|byte| *byte == b'}')?;
            let inner = std::str::from_utf8(&rest[..end]).ok()?;
            let (min, max) = match inner.split_once(',') {
                None => (inner.parse().ok()?, inner.parse().ok()?),
                Some((min, "")) => (min.parse().ok()?, UNBOUNDED),
                Some((min, max)) => (min.parse().ok()?, max.parse().ok()?),
            };
            Some((min, max, &rest[end + 1..]))
        }
        rest => Some((1, 1, rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_ends_where_its_alphabet_ends() {
        let shape = Shape::parse("k_(?:live|test)_[a-z0-9]{4,6}").unwrap();
        assert_eq!(shape.end(b"x k_test_ab12c;", 2), Some(14));
        assert_eq!(shape.end(b"k_test_ab12c9", 0), Some(13));
        assert_eq!(shape.end(b"k_test_ab12c9x", 0), None);
        assert_eq!(shape.end(b"k_prod_ab12c9", 0), None);
        assert_eq!(shape.prefixes(), [b"k_live".to_vec(), b"k_test".to_vec()]);
        assert!(Shape::parse(r"a\.[\-_\]x]{2}").unwrap().is_whole(b"a.]-"));
        assert!(Shape::parse("a*").is_none());
    }

    #[test]
    fn a_token_is_found_by_its_middle() {
        let shape = Shape::parse(r"[a-z0-9]{4}\.mid\.[a-z]{3}").unwrap();
        assert_eq!(shape.infixes(), [b".mid.".to_vec()]);
        assert_eq!(shape.start(b"x=ab12.mid.xyz", 6), Some(2));
        assert_eq!(shape.start(b"x=zab12.mid.xyz", 7), None);
        assert_eq!(shape.start(b"b12.mid.xyz", 3), None);
    }
}
