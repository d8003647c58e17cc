//! Recall and false alarms of the secrets engine on lines of every class: `testdata/secrets/recall.txt`
//! has them as templates, this fills them in with made-up values (the same ones each time) and holds
//! the counts of each class to a golden and to the bars. `UPDATE=1` rewrites the golden.
#![expect(clippy::disallowed_methods, reason = "reads and rewrites the golden")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use seclint::secrets::{sample, trail};
use seclint::source::{FileId, LineIndex, SourceFile};

/// Percent of a class that is found at least.
const BARS: &[(&str, usize)] =
    &[("nkey", 98), ("header", 98), ("jwk", 98), ("pem", 98), ("jwt", 98), ("aws", 98), ("url", 95), ("token", 95), ("generic", 90)];
/// Clean lines in a thousand that may alarm.
const MAX_ALARMS: usize = 8;

/// Numbers that a text determines.
struct Random(u64);

impl Random {
    fn new(seed: &str) -> Self {
        Self(seed.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)) | 1)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound
    }

    fn of(&mut self, alphabet: &str, length: usize) -> String {
        (0..length).map(|_| char::from(alphabet.as_bytes()[self.below(alphabet.len())])).collect()
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| u8::try_from(self.below(256)).unwrap_or(0)).collect()
    }

    fn one_of(&mut self, words: &str) -> String {
        let words: Vec<&str> = words.split(' ').collect();
        words[self.below(words.len())].to_owned()
    }

    /// A password as people choose it, with these signs.
    fn password(&mut self, signs: &str) -> String {
        let (word, other) = (self.one_of(WORDS), self.one_of(WORDS));
        let (year, number) = (1990 + self.below(36), 10 + self.below(990));
        let sign = if signs.is_empty() { "7".to_owned() } else { self.of(signs, 1) };
        let capital = word[..1].to_uppercase() + &word[1..];
        match self.below(7) {
            0 => format!("{capital}{year}{sign}"),
            1 => self.of(LETTERS, 8) + &self.of(DIGITS, 3),
            2 => format!("{word}{other}{number}"),
            3 => self.of(&format!("{LETTERS}{DIGITS}{signs}"), 12) + &self.of(DIGITS, 2),
            4 => format!("{}{number}", capital.replace('e', "3").replace('o', "0")),
            5 => format!("{}x{other}{number}{sign}", &word[..3]),
            _ => self.of("bcdfghjklmnpqrstvwxz", 3) + &self.of(DIGITS, 4) + &self.of("QWERTZUIOP", 3) + &sign,
        }
    }
}

const WORDS: &str = "tiger moon river stone apple falcon winter coffee rocket silver pirate dragon billing orders atlas nova orbit ledger";
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";

/// What a field of a template stands for.
fn value(field: &str, random: &mut Random) -> String {
    let (kind, argument) = field.split_once(':').unwrap_or((field, ""));
    let length = argument.split(':').next().and_then(|length| length.parse().ok()).unwrap_or(0);
    match kind {
        "sample" => sample::sample(argument, random.below(1000) as u64).unwrap_or_else(|| panic!("no sample `{argument}`")),
        "pw" => random.password("!@#%^&*-_=?."),
        "pwx" => random.password("!@#%^*-_=."),
        "pws" => random.password(""),
        "enc" => random.password("!@#&/:?").bytes().fold(String::new(), |mut text, byte| {
            let _ = if byte.is_ascii_alphanumeric() { write!(text, "{}", char::from(byte)) } else { write!(text, "%{byte:02X}") };
            text
        }),
        "low" => random.one_of("hunter2 letmein1 qwerty12 admin123 tiger77 sommer21 root123 abc123xyz welcome1 trustno1 1q2w3e4r master88"),
        "w" => random.one_of(WORDS),
        "W" => random.one_of("Tiger Moon River Stone Apple Falcon"),
        "user" => random.one_of("alex maria svc deploy app admin root backup monitor bob wiki airflow"),
        "host" => format!("{}.{}", random.one_of("db prod int core eu1"), random.one_of("tiger.io moon.internal river.com stone.corp.net")),
        "hex" => random.of("0123456789abcdef", length),
        "HEX" => random.of("0123456789ABCDEF", length),
        "num" => "1".to_owned() + &random.of(DIGITS, length - 1),
        "b62" | "alnumcap" => random.of(&format!("{LETTERS}{DIGITS}"), length),
        "alpha" => random.of("abcdefghijklmnopqrstuvwxyz", length),
        "cap" => random.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", length),
        "b64" if argument.ends_with(":u") => URL_SAFE_NO_PAD.encode(random.bytes(length)),
        "b64" => STANDARD.encode(random.bytes(length)),
        "b64u" => URL_SAFE_NO_PAD.encode(random.bytes(length)),
        "b64pw" => STANDARD.encode(random.password("!%-")),
        "basic" => STANDARD.encode(format!("admin:{}", random.password("!%-"))),
        "uuid" => [8, 4, 4, 4, 12].map(|length| random.of("0123456789abcdef", length)).join("-"),
        _ => panic!("no value for `{field}`"),
    }
}

/// A template with its fields filled in.
fn filled(template: &str) -> String {
    let mut random = Random::new(template);
    template.split('«').enumerate().fold(String::new(), |text, (index, part)| match part.split_once('»') {
        Some((field, rest)) if index > 0 => text + &value(field, &mut random) + rest,
        _ => text + part,
    })
}

/// A file of the labelled set: its class, its text, and each labelled template with the lines that it became.
struct Labelled<'t> {
    path: &'t str,
    class: &'t str,
    text: String,
    lines: Vec<(bool, std::ops::RangeInclusive<usize>, &'t str)>,
}

fn labelled(set: &str) -> Vec<Labelled<'_>> {
    let mut files: Vec<Labelled<'_>> = Vec::new();
    for line in set.lines() {
        if let Some((path, class)) = line.strip_prefix("=== ").and_then(|head| head.split_once(" | ")) {
            files.push(Labelled { path, class, text: String::new(), lines: Vec::new() });
        } else if let Some(file) = files.last_mut() {
            let template = line.get(2..).unwrap_or_default();
            let first = file.text.lines().count() + 1;
            file.text += &filled(template);
            file.text.push('\n');
            if line.starts_with(['+', '-']) {
                file.lines.push((line.starts_with('+'), first..=file.text.lines().count(), template));
            }
        }
    }
    files
}

#[test]
fn every_class_is_found_and_clean_lines_are_silent() {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut missed = String::new();
    let mut alarms = String::new();
    for Labelled { path, class, text, lines } in labelled(include_str!("../testdata/secrets/recall.txt")) {
        let index = LineIndex::new(&text);
        let file = SourceFile::new(FileId(0), path, text.clone());
        let found: Vec<_> = trail(&file).into_iter().filter(|judged| judged.confidence.is_some()).map(|judged| judged.span).collect();
        for (is_secret, range, template) in lines {
            let is_found = found.iter().any(|span| {
                index.line(span.start as usize) <= *range.end() && *range.start() <= index.line(span.end.saturating_sub(1) as usize)
            });
            let (hits, all) = counts.entry(if is_secret { class } else { "clean" }).or_default();
            *all += 1;
            *hits += usize::from(is_found);
            let _ = match (is_secret, is_found) {
                (true, false) => writeln!(missed, "  {path}: {template}"),
                (false, true) => writeln!(alarms, "  {path}: {template}"),
                _ => Ok(()),
            };
        }
    }
    let lines: Vec<String> = counts.iter().map(|(class, (hits, all))| format!("{class}: {hits} of {all}")).collect();
    let got = format!("{}\n\nmissed:\n{missed}\nfalse:\n{alarms}", lines.join("\n"));
    for (class, bar) in BARS {
        let (hits, all) = counts[class];
        assert!(hits * 100 >= all * bar, "{class}: {hits} of {all} found, {bar} % are due\n{got}");
    }
    let (hits, all) = counts["clean"];
    assert!(hits * 1000 <= all * MAX_ALARMS, "{hits} of {all} clean lines alarm\n{got}");
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/secrets/recall.golden.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(golden, &got).expect("the golden is writable");
    }
    let wanted = std::fs::read_to_string(golden).unwrap_or_default();
    assert_eq!(got, wanted, "what is found changed: if that is meant, UPDATE=1 cargo test --test recall");
}
