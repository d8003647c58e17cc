//! Masks every found secret in any text that leaves the program: reports, `seclint facts`, logs.

use std::borrow::Cow;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;

use crate::ir::{Fact, FactKind, SecretValue};

/// Replaces secrets by their masked form, as they are written and as JSON, URLs and base64 write them.
#[derive(Debug, Default)]
pub struct Masker {
    forms: Vec<String>,
    automaton: Option<AhoCorasick>,
}

impl Masker {
    /// A masker for these values.
    pub fn new<'v>(values: impl IntoIterator<Item = &'v SecretValue>) -> Self {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for value in values {
            let masked = value.masked();
            for form in spellings(value.reveal()) {
                pairs.push((form, masked.clone()));
            }
        }
        pairs.sort();
        pairs.dedup_by(|later, first| later.0 == first.0);
        let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(pairs.iter().map(|(form, _)| form)).ok();
        Self { forms: pairs.into_iter().map(|(_, masked)| masked).collect(), automaton }
    }

    /// A masker for the secrets among facts.
    pub fn of_facts<'f>(facts: impl IntoIterator<Item = &'f Fact>) -> Self {
        let values = facts.into_iter().filter_map(|fact| match &fact.kind {
            FactKind::Secret(secret) => Some(&secret.value),
            _ => None,
        });
        Self::new(values)
    }

    /// The text with every secret masked; borrowed if it holds none.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut out = String::new();
        let mut rest = 0;
        for (range, shown) in self.find(text) {
            out.push_str(&text[rest..range.start]);
            out.push_str(shown);
            rest = range.end;
        }
        if rest == 0 {
            return Cow::Borrowed(text);
        }
        out.push_str(&text[rest..]);
        Cow::Owned(out)
    }

    /// Where secrets stand in a text, and what is shown in their place.
    pub fn find<'s>(&'s self, text: &'s str) -> impl Iterator<Item = (Range<usize>, &'s str)> {
        let automaton = self.automaton.as_ref().filter(|_| !self.forms.is_empty());
        automaton
            .into_iter()
            .flat_map(move |automaton| automaton.find_iter(text))
            .map(|found| (found.range(), &*self.forms[found.pattern().as_usize()]))
    }
}

/// Bytes of a value that is masked wherever its letters stand, and not only where it was found.
const MIN_EVERYWHERE: usize = 8;
/// The same for one of letters alone.
const MIN_WORD: usize = 16;

/// The ways that a value may be written: as it is, line by line, escaped, percent-encoded, in base64.
fn spellings(value: &str) -> Vec<String> {
    // Masking `password` or another short word everywhere would say more about it than not; it is
    // masked where it stands.
    let is_word = value.len() < MIN_WORD && value.bytes().all(|byte| byte.is_ascii_alphabetic());
    if is_word || value.trim().len() < MIN_EVERYWHERE {
        return Vec::new();
    }
    let mut forms = vec![value.to_owned()];
    if value.contains('\n') || value.contains("\\n") {
        forms
            .extend(value.split('\n').flat_map(|line| line.split("\\n")).map(str::trim).filter(|line| line.len() >= 16).map(str::to_owned));
    }
    if let Ok(json) = serde_json::to_string(value) {
        forms.push(json[1..json.len() - 1].to_owned());
    }
    let percent: String =
        value
            .bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
            })
            .collect();
    forms.push(percent);
    forms.push(value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"));
    if value.len() >= 8 {
        forms.push(base64::engine::general_purpose::STANDARD_NO_PAD.encode(value));
        forms.push(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value));
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_masked() {
        let value = SecretValue::new("p&ss\"word-42");
        let masker = Masker::new([&value]);
        for text in
            ["a p&ss\"word-42 b", "a p&ss\\\"word-42 b", "a p%26ss%22word-42 b", "a cCZzcyJ3b3JkLTQy b", "a p&amp;ss&quot;word-42 b"]
        {
            assert_eq!(masker.mask(text), "a **** b");
        }
        assert!(matches!(masker.mask("nothing"), Cow::Borrowed(_)));
    }
}
