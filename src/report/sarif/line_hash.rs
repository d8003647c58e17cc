//! `primaryLocationLineHash`, the one fingerprint that GitHub reads, as its upload action computes it
//! (github/codeql-action, `src/fingerprints.ts`).
//!
//! A line's hash is a polynomial in base 37 modulo 2⁶⁴ over the hundred UTF-16 code units that begin at
//! the line's first unit that is neither space nor tab. Spaces and tabs are dropped everywhere, CR and
//! CRLF read as LF, a unit 0xFFFF ends the file and zeros follow. `:n` counts equal hashes of a file.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::source::Encoding;

const WINDOW: usize = 100;
const BASE: u64 = 37;
const END: u16 = 0xFFFF;

/// The hashes of a file's lines.
#[derive(Debug)]
pub(super) struct LineHashes {
    lines: Vec<(u64, usize)>,
}

impl LineHashes {
    /// Of a text that was read from UTF-8; the action misreads other encodings, so there is nothing to
    /// agree with.
    pub(super) fn of(text: &str, encoding: Encoding) -> Option<Self> {
        let mark = match encoding {
            Encoding::Utf16 => return None,
            // The action does not take the mark away.
            Encoding::Utf8Bom => Some(0xFEFF),
            Encoding::Utf8 | Encoding::Lossy => None,
        };
        let mut window = Window::default();
        let mut at_start = true;
        let mut after_return = false;
        for unit in mark.into_iter().chain(text.encode_utf16()).chain([END]) {
            let skip = unit == u16::from(b' ') || unit == u16::from(b'\t') || (after_return && unit == u16::from(b'\n'));
            after_return = unit == u16::from(b'\r');
            if skip {
                continue;
            }
            let unit = if after_return { u16::from(b'\n') } else { unit };
            window.push(unit, at_start);
            at_start = unit == u16::from(b'\n');
        }
        for _ in 0..WINDOW {
            window.push(0, false);
        }
        Some(Self { lines: window.done })
    }

    /// The hash of a 1-based line.
    pub(super) fn line(&self, number: usize) -> Option<String> {
        let (hash, count) = self.lines.get(number.checked_sub(1)?)?;
        Some(format!("{hash:x}:{count}"))
    }
}

/// The last hundred units and their polynomial.
#[derive(Default)]
struct Window {
    units: VecDeque<(u16, bool)>,
    hash: u64,
    done: Vec<(u64, usize)>,
    seen: FxHashMap<u64, usize>,
}

impl Window {
    /// Adds a unit. The window is full when its oldest unit leaves: only then is that unit's line hashed.
    fn push(&mut self, unit: u16, starts_line: bool) {
        const TOP: u64 = BASE.wrapping_pow(WINDOW as u32);
        let leaving = if self.units.len() == WINDOW { self.units.pop_front() } else { None };
        if let Some((_, true)) = leaving {
            let count = self.seen.entry(self.hash).and_modify(|count| *count += 1).or_insert(1);
            self.done.push((self.hash, *count));
        }
        let old = leaving.map_or(0, |(unit, _)| u64::from(unit));
        self.hash = self.hash.wrapping_mul(BASE).wrapping_add(u64::from(unit)).wrapping_sub(TOP.wrapping_mul(old));
        self.units.push_back((unit, starts_line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(text: &str) -> Vec<String> {
        let hashes = LineHashes::of(text, Encoding::Utf8).unwrap();
        (1..).map_while(|line| hashes.line(line)).collect()
    }

    #[test]
    fn hashes_are_those_of_the_upload_action() {
        // The one-line vector can be worked out by hand: 'a' then the end mark, then 98 zeros.
        let by_hand =
            [u64::from(b'a'), u64::from(END)].into_iter().chain([0; 98]).fold(0_u64, |hash, unit| hash.wrapping_mul(37).wrapping_add(unit));
        assert_eq!(hashes("a"), [format!("{by_hand:x}:1")]);
        assert_eq!(hashes("a\r\n b\t\n"), hashes("a\nb\n"));
        assert_eq!(hashes("x\nx\n").len(), 3);
        assert_ne!(LineHashes::of("a", Encoding::Utf8Bom).unwrap().line(1), LineHashes::of("a", Encoding::Utf8).unwrap().line(1));
    }

    #[test]
    fn equal_lines_are_counted() {
        let text = "same\n".repeat(60) + &"other ".repeat(40);
        let all = hashes(&text);
        assert_eq!(all[0].split(':').next(), all[1].split(':').next());
        assert!(all[0].ends_with(":1") && all[1].ends_with(":2"));
    }
}
