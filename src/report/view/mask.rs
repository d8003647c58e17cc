//! The secrets of a scan, and their places in any text.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::ir::SecretValue;
use crate::secrets::mask::Masker;
use crate::source::{FileId, Span};

/// A range of a text and what is shown in its place.
pub(super) type Mask = (Range<usize>, String);

/// Every detected secret.
#[derive(Debug, Default)]
pub struct Masks {
    places: BTreeMap<FileId, Vec<Mask>>,
    values: Masker,
}

impl Masks {
    /// The masks of these secrets; those that no finding names are masked as well.
    pub fn new(secrets: &[(Span, SecretValue)]) -> Self {
        let mut places: BTreeMap<FileId, Vec<Mask>> = BTreeMap::new();
        for (span, value) in secrets {
            places.entry(span.file).or_default().push((span.range(), value.masked()));
        }
        for list in places.values_mut() {
            list.sort_by_key(|(place, _)| (place.start, place.end));
            list.dedup_by(|later, first| {
                let overlaps = later.0.start < first.0.end;
                if overlaps {
                    first.0.end = first.0.end.max(later.0.end);
                }
                overlaps
            });
        }
        Self { places, values: Masker::new(secrets.iter().map(|(_, value)| value)) }
    }

    /// A text with every secret masked.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.values.mask(text)
    }

    /// What is to be masked in a range of a file's text, in order, without overlaps.
    pub fn within(&self, file: FileId, text: &str, range: Range<usize>) -> Vec<Mask> {
        let places = self.places.get(&file).map_or(&[][..], Vec::as_slice);
        let first = places.partition_point(|(place, _)| place.end <= range.start);
        let here = places[first..].iter().take_while(|(place, _)| place.start < range.end);
        let mut masks: Vec<Mask> =
            here.map(|(place, shown)| (place.start.max(range.start)..place.end.min(range.end), shown.clone())).collect();
        let elsewhere = self.values.find(&text[range.clone()]).map(|(at, shown)| (at.start + range.start..at.end + range.start, shown));
        for (at, shown) in elsewhere {
            if !masks.iter().any(|(masked, _)| masked.start < at.end && at.start < masked.end) {
                masks.push((at, shown.to_owned()));
            }
        }
        masks.sort_by_key(|(place, _)| place.start);
        masks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_masked_wherever_it_stands() {
        let file = FileId(0);
        let text = "a = hunter2hunter2hunter\nb = hunter2hunter2hunter # no";
        let masks = Masks::new(&[
            (Span::new(file, 4, 24), SecretValue::new("hunter2hunter2hunter")),
            (Span::new(file, 55, 57), SecretValue::new("no")),
        ]);
        assert_eq!(masks.text("no hunter2hunter2hunter!"), "no hunt****!");
        assert_eq!(masks.within(file, text, 0..24), [(4..24, "hunt****".to_owned())]);
        assert_eq!(masks.within(file, text, 25..text.len()), [(29..49, "hunt****".to_owned())]);
        assert_eq!(masks.text("nothing"), "nothing");
    }
}
