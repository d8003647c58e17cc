//! Many literals in one pass: a table of the three bytes that is rarest in each says at which few
//! places of a text a literal can stand, and those are compared byte by byte.
//!
//! An automaton over the same literals takes milliseconds to build, which is most of the work of
//! scanning one small file, and a dependent load for every byte; this takes microseconds, and a place
//! does not wait for the one before it.

use std::ops::Range;

/// What one pass looks for.
#[derive(Debug)]
pub struct Needles {
    /// A bit for each hash of three bytes, letters in one case.
    filter: Box<[u64; FILTER_BITS / 64]>,
    /// Open addressing by the same hash, half empty at least.
    slots: Vec<Slot>,
    /// Ordered by their three bytes.
    literals: Vec<Literal>,
    /// Those of fewer bytes: compared at every place, so they are for short texts alone.
    short: Vec<Literal>,
    /// Bytes of the longest.
    longest: usize,
}

/// Where a literal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// Its first byte.
    pub start: u32,
    /// Its length.
    pub len: u16,
    /// Which one: its index in the list that [`Needles::new`] got.
    pub needle: u16,
}

impl Hit {
    /// Its bytes.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.start as usize + usize::from(self.len)
    }
}

#[derive(Debug)]
struct Literal {
    bytes: Box<[u8]>,
    any_case: bool,
    /// Where its three bytes stand in it.
    offset: usize,
    /// What stands from there on, and what before: eight bytes at the most, letters in one case.
    after: Eight,
    before: Eight,
    needle: u16,
}

/// Up to eight bytes of a literal, and a mask of how many there are.
#[derive(Debug, Clone, Copy)]
struct Eight {
    bytes: u64,
    mask: u64,
}

impl Eight {
    const fn new(bytes: u64, mask: u64) -> Self {
        Self { bytes: fold(bytes) & mask, mask }
    }

    const fn is(self, folded: u64) -> bool {
        folded & self.mask == self.bytes
    }
}

/// The literals of the same three bytes; an empty range if the slot is free.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    gram: u32,
    from: u16,
    to: u16,
}

/// Small enough to stay in the first cache, large enough that one place in fifty passes.
const FILTER_BITS: usize = 1 << 16;

/// The first three of folded bytes.
const fn gram(folded: u64) -> u32 {
    folded as u32 & 0xff_ffff
}

/// Eight bytes with the bit that tells small letters from capitals set in each; some signs fall together.
const fn fold(word: u64) -> u64 {
    word | 0x2020_2020_2020_2020
}

/// The first eight bytes and a mask of how many there are.
fn first_eight(bytes: &[u8]) -> (u64, u64) {
    if let Some(eight) = bytes.first_chunk() {
        return (u64::from_le_bytes(*eight), u64::MAX);
    }
    let mut eight = [0; 8];
    eight[..bytes.len()].copy_from_slice(bytes);
    (u64::from_le_bytes(eight), (1 << (8 * bytes.len())) - 1)
}

/// The last eight bytes, the last of them the highest, and a mask of how many there are.
fn last_eight(bytes: &[u8]) -> (u64, u64) {
    if let Some(eight) = bytes.last_chunk() {
        return (u64::from_le_bytes(*eight), u64::MAX);
    }
    let mut eight = [0; 8];
    eight[8 - bytes.len()..].copy_from_slice(bytes);
    (u64::from_le_bytes(eight), !(u64::MAX >> (8 * bytes.len())))
}

const fn hash(gram: u32) -> usize {
    (gram.wrapping_mul(0x9e37_79b1) >> 16) as usize
}

impl Needles {
    /// The table of these literals, each with whether ASCII case does not matter.
    pub fn new<'l>(list: impl IntoIterator<Item = (&'l [u8], bool)>) -> Self {
        let mut literals: Vec<(u32, Literal)> = Vec::new();
        let mut short = Vec::new();
        let mut longest = 0;
        for (needle, (bytes, any_case)) in list.into_iter().enumerate() {
            longest = longest.max(bytes.len());
            let rarest = (0..=bytes.len().saturating_sub(3))
                .min_by_key(|at| bytes[*at..].iter().take(3).map(|byte| commonness(*byte)).sum::<usize>());
            let offset = rarest.unwrap_or_default();
            let (after, after_mask) = first_eight(&bytes[offset..]);
            let (before, before_mask) = last_eight(&bytes[..offset]);
            let (after, before) = (Eight::new(after, after_mask), Eight::new(before, before_mask));
            let literal = Literal { bytes: bytes.into(), any_case, offset, after, before, needle: needle as u16 };
            match bytes[offset..] {
                [a, b, c, ..] => literals.push((gram(fold(u64::from_le_bytes([a, b, c, 0, 0, 0, 0, 0]))), literal)),
                _ => short.push(literal),
            }
        }
        literals.sort_by_key(|(gram, _)| *gram);
        let mut filter = Box::new([0; FILTER_BITS / 64]);
        let mut slots = vec![Slot::default(); (literals.len() * 2).next_power_of_two()];
        let mut from = 0;
        for group in literals.chunk_by(|a, b| a.0 == b.0) {
            let gram = group[0].0;
            let hash = hash(gram);
            filter[hash / 64] |= 1 << (hash % 64);
            let free = (0..slots.len()).map(|step| (hash + step) % slots.len()).find(|at| slots[*at].to == 0);
            let to = from + group.len();
            slots[free.unwrap_or_default()] = Slot { gram, from: from as u16, to: to as u16 };
            from = to;
        }
        Self { filter, slots, literals: literals.into_iter().map(|(_, literal)| literal).collect(), short, longest }
    }

    /// Every place of every literal, by place.
    pub fn find(&self, text: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        let mut at = 0;
        // Eight bytes hold three bytes at six places.
        while let Some(bytes) = text.get(at..).and_then(<[u8]>::first_chunk) {
            let word = fold(u64::from_le_bytes(*bytes));
            (0..6).for_each(|step| self.probe(text, at + step, word >> (8 * step), &mut hits));
            at += 6;
        }
        while let [a, b, c, ..] = text[at..] {
            self.probe(text, at, fold(u64::from_le_bytes([a, b, c, 0, 0, 0, 0, 0])), &mut hits);
            at += 1;
        }
        for literal in &self.short {
            (0..text.len()).for_each(|at| literal.compare(text, at, &mut hits));
        }
        hits.sort_unstable();
        hits
    }

    /// Whether any of the literals stands in a text.
    pub fn stand_in(&self, text: &[u8]) -> bool {
        // Most often one of them stands near the beginning.
        const PIECE: usize = 1_024;
        (0..text.len()).step_by(PIECE).any(|from| !self.find(&text[from..text.len().min(from + PIECE + self.longest)]).is_empty())
    }

    /// Looks at the three bytes that stand at `at`, with which the folded `word` begins.
    #[expect(clippy::inline_always, reason = "where this stays a call, the pass takes twice as long")]
    #[inline(always)]
    fn probe(&self, text: &[u8], at: usize, word: u64, hits: &mut Vec<Hit>) {
        let gram = gram(word);
        let hash = hash(gram);
        if self.filter[hash / 64] >> (hash % 64) & 1 == 1 {
            self.compare(text, at, gram, hash, hits);
        }
    }

    /// Adds the literals whose three bytes stand at a place.
    fn compare(&self, text: &[u8], at: usize, gram: u32, hash: usize, hits: &mut Vec<Hit>) {
        let mask = self.slots.len() - 1;
        let mut slot = self.slots[hash & mask];
        let mut step = 0;
        while slot.to > 0 && slot.gram != gram {
            step += 1;
            slot = self.slots[(hash + step) & mask];
        }
        let (after, before) = (fold(first_eight(&text[at..]).0), fold(last_eight(&text[..at]).0));
        for literal in &self.literals[usize::from(slot.from)..usize::from(slot.to)] {
            if literal.after.is(after) && literal.before.is(before) {
                literal.compare(text, at, hits);
            }
        }
    }
}

impl Literal {
    /// Adds a hit if the literal stands where its rarest bytes are at `at`.
    fn compare(&self, text: &[u8], at: usize, hits: &mut Vec<Hit>) {
        let Some(start) = at.checked_sub(self.offset) else { return };
        let Some(found) = text.get(start..start + self.bytes.len()) else { return };
        if *found == *self.bytes || self.any_case && found.eq_ignore_ascii_case(&self.bytes) {
            hits.push(Hit { start: start as u32, len: self.bytes.len() as u16, needle: self.needle });
        }
    }
}

/// How common a byte is in source code and configuration, roughly: 0 is rare.
fn commonness(byte: u8) -> usize {
    const BY_FREQUENCY: &[u8] = b" etoainrsc\nldu\"pm.:ghf,b_y-)(v/w{}=0k;12x*3[]>45j6'#879<qz";
    let small = byte.to_ascii_lowercase();
    BY_FREQUENCY.iter().position(|common| *common == small).map_or(0, |at| BY_FREQUENCY.len() - at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slowly(text: &[u8], list: &[(&[u8], bool)]) -> Vec<Hit> {
        let found = |start: usize, (literal, any_case): (&[u8], bool)| {
            text.get(start..start + literal.len())
                .is_some_and(|rest| if any_case { rest.eq_ignore_ascii_case(literal) } else { rest == literal })
        };
        let at = |start: usize| (0..list.len()).filter(move |needle| found(start, list[*needle])).map(move |needle| (start, needle));
        (0..text.len())
            .flat_map(at)
            .map(|(start, needle)| Hit { start: start as u32, len: list[needle].0.len() as u16, needle: needle as u16 })
            .collect()
    }

    proptest! {
        #[test]
        fn what_a_slow_search_finds_is_found(text in "[aAbB:/]{0,40}", words in prop::collection::vec(("[abA:/]{1,6}", any::<bool>()), 0..6)) {
            let list: Vec<(&[u8], bool)> = words.iter().map(|(word, any_case)| (word.as_bytes(), *any_case)).collect();
            let mut wanted = slowly(text.as_bytes(), &list);
            wanted.sort();
            prop_assert_eq!(Needles::new(list.iter().copied()).find(text.as_bytes()), wanted);
        }
    }

    #[test]
    fn a_literal_stands_in_a_text_wherever_it_is() {
        let needles = Needles::new([(b"execute".as_slice(), true)]);
        for before in [0, 1_000, 1_020, 1_024, 5_000] {
            assert!(needles.stand_in((" ".repeat(before) + "EXECUTE").as_bytes()));
        }
        assert!(!needles.stand_in(" ".repeat(5_000).as_bytes()) && !needles.stand_in(b""));
    }
}
