//! Credentials by the attribute that takes them (`platform-secrets.toml`): a platform makes a password of
//! any literal, so that a word is one there, which the text alone could not say.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::tag;
use crate::ir::{
    Confidence, Fact, FactKind, Node, NodeKind, Part, Power, Resource, ResourceMode, Secret, SecretFamily, SecretValue, Span, Tri, Validity,
};
use crate::source::Files;
use crate::tables::table;

/// A row of the table.
struct Row {
    attr: &'static str,
    when: Option<(&'static str, &'static str)>,
}

static ROWS: LazyLock<FxHashMap<&'static str, Vec<Row>>> = LazyLock::new(|| {
    let mut rows: FxHashMap<&'static str, Vec<Row>> = FxHashMap::default();
    for row in table("platform-secrets").map_or(&[][..], |table| table.list("row")) {
        for ty in row.texts("types") {
            rows.entry(ty).or_default().push(Row { attr: row.text("attr"), when: row.text("when").split_once('=') });
        }
    }
    rows
});

/// Adds a secret for each literal that a resource takes as its credential, unless the text said so already.
pub fn credentials(facts: &[Fact], files: &Files, out: &mut Vec<Fact>) {
    let mut told: BTreeSet<Span> = BTreeSet::new();
    let mut found = Vec::new();
    for fact in facts {
        match &fact.kind {
            FactKind::Secret(_) => drop(told.insert(fact.span)),
            FactKind::Resource(resource) if resource.mode == ResourceMode::Managed => {
                for row in ROWS.get(resource.ty.as_str()).into_iter().flatten() {
                    found.extend(literals(row, resource, files));
                }
            }
            _ => {}
        }
    }
    for (span, value, key) in found {
        // Of a password in a longer text, the text's own finding tells it.
        let is_told = told.range(Span { end: 0, ..span }..).next().is_some_and(|next| next.file == span.file && next.start < span.end);
        if !is_told {
            told.insert(span);
            out.push(credential(span, value, key, SecretFamily::Generic));
        }
    }
}

/// What a row's attribute holds, where that is a literal of production as it stands in the source.
fn literals<'f>(row: &Row, resource: &Resource, files: &'f Files) -> Vec<(Span, &'f str, &'static str)> {
    let is_so = |(attr, value): (&str, &str)| resource.attrs.all(attr).iter().any(|node| node.as_str() == Some(value));
    if !row.when.is_none_or(is_so) {
        return Vec::new();
    }
    let key = row.attr.rsplit('.').next().unwrap_or(row.attr);
    // A first value that somebody replaces by hand, and Terraform leaves alone.
    let is_left = |node: &&Node| ["all", key].contains(&node.to_string().as_str());
    if resource.attrs.all("lifecycle.ignore_changes").iter().flat_map(|list| list.one_or_many()).any(|node| is_left(&node)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for node in resource.attrs.all(row.attr) {
        node.each(&mut |value| {
            let NodeKind::Text(text) = &value.kind else { return };
            let [piece] = text.pieces.as_slice() else { return };
            let (Part::Lit(literal), Some(written)) = (&piece.part, files.text(piece.span)) else { return };
            if literal == written && !files.class(piece.span).is_not_production() && is_meant(written) {
                found.push((piece.span, written, key));
            }
        });
    }
    found
}

/// A literal that a platform or a server takes as the credential `key`, whatever it looks like.
pub fn credential(span: Span, value: &str, key: &str, family: SecretFamily) -> Fact {
    let secret = Secret {
        detector: "generic-password".into(),
        name: "password".into(),
        family,
        power: Power::Some,
        value: SecretValue::new(value),
        key: Some(key.into()),
        span,
        pair: None,
        confidence: Confidence::High,
        validity: Validity::Unchecked,
        tag: tag::tag(value).into(),
        can_be_guessed: tag::can_be_guessed(value),
        harmless: None,
        in_environment: false,
        committed: Tri::Maybe,
        ignored: Tri::Maybe,
        in_image: None,
        in_use: None,
        history: None,
    };
    Fact::new(span, key, FactKind::Secret(Box::new(secret)))
}

/// Whether a literal in the place of a credential is one: no blank to fill in, and nothing that another
/// program replaces. A word is.
fn is_meant(value: &str) -> bool {
    const BLANKS: [&str; 8] = ["your", "xxx", "placeholder", "example", "replace", "todo", "dummy", "insert"];
    let lower = value.to_ascii_lowercase();
    value.len() >= 3
        && !value.contains(['<', '>', '{', '}', '$', ' '])
        && !lower.starts_with("arn:")
        && !BLANKS.iter().any(|blank| lower.contains(blank))
        && value.bytes().any(|byte| byte.is_ascii_alphanumeric())
}
