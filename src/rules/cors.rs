//! Cross-origin policies, whatever library or platform writes them.

use crate::finding::{Level, Severity};
use crate::ir::{Cors, Fact, Field, Node, Origins, Span, Text, Tri, Via};

use super::Check;

/// Every origin, without what would let it act as the visitor.
pub(super) fn any_origin(cx: &mut Check<'_>, fact: &Fact, cors: &Cors) {
    if let Some(null) = listed(cors).find(|origin| is_null(origin))
        && cors.credentials.value() != Some(&true)
    {
        let what = "the origin `null` is allowed, which any sandboxed frame and any file has";
        cx.report_by_place(cx.finding(fact, null.span, what).via(&null.via));
        return;
    }
    let Some((origins, span, via)) = open(cors) else { return };
    let credentials = cors.credentials.is(false);
    let what = match origins {
        Origins::Any if credentials.is_yes() => "every origin is allowed (`*`); with credentials, browsers and some servers refuse it",
        Origins::Any => "every origin is allowed (`*`)",
        Origins::Reflected if credentials.is_yes() => return,
        _ => "whatever origin asks is allowed",
    };
    let finding = cx.finding(fact, span, what).via(via);
    // Whoever says that others may read and no more has thought of them.
    cx.report_by_place(if only_reads(cors) && !credentials.is_yes() { finding.level(Level::Pedantic) } else { finding });
}

/// Whether a policy names the methods that it allows, and none of them writes.
fn only_reads(cors: &Cors) -> bool {
    let is_read =
        |method: &Text| method.as_str().is_some_and(|method| matches!(method.to_ascii_uppercase().as_str(), "GET" | "HEAD" | "OPTIONS"));
    cors.methods.value().is_some_and(|methods| !methods.is_empty() && methods.iter().all(is_read))
}

/// Every origin is sent back, with credentials.
pub(super) fn credentials_any_origin(cx: &mut Check<'_>, fact: &Fact, cors: &Cors) {
    if cors.credentials.is(false) != Tri::Yes {
        return;
    }
    let Field::Known { value, span, via } = &cors.origins else { return };
    let what = match value {
        Origins::Reflected => "whatever origin asks is allowed, with credentials",
        Origins::List(list) if list.iter().any(is_null) => "the origin `null`, which any sandboxed frame has, is allowed with credentials",
        _ => return,
    };
    let span = *span;
    let finding = cx.finding(fact, span, what).via(via);
    let finding = match cors.credentials.span() {
        Some(credentials) if credentials != span => finding.related(credentials, "credentials are allowed here"),
        _ => finding,
    };
    cx.report_by_place(finding);
}

/// Origins that are told by a part of their name, which others have too.
pub(super) fn loose_pattern(cx: &mut Check<'_>, fact: &Fact, cors: &Cors) {
    let Some((pattern, why)) = listed(cors).find_map(|origin| Some((origin, loose(origin.as_str()?)?))) else { return };
    let finding = cx.finding(fact, pattern.span, why.says()).via(&pattern.via);
    cx.report_by_place(match (why, cors.credentials.value()) {
        (Loose::Dot, _) => finding.severity(Severity::Low),
        (_, Some(true)) => finding.severity(Severity::High),
        _ => finding,
    });
}

/// What is open about a pattern of origins.
#[derive(Clone, Copy)]
enum Loose {
    Start,
    End,
    Dot,
}

impl Loose {
    fn says(self) -> &'static str {
        match self {
            Self::Start => "any origin that ends so is allowed, `https://evil-…` too",
            Self::End => "any origin that begins so is allowed, `….evil.example` too",
            Self::Dot => "a dot of the pattern stands for any character, so that other domains fit",
        }
    }
}

/// Whether a regular expression, as the text that it is, fits origins that nobody meant.
fn loose(pattern: &str) -> Option<Loose> {
    let body = pattern.strip_prefix('/')?.rsplit_once('/')?.0;
    let is_word = |char: char| char.is_ascii_alphanumeric();
    if !body.contains(is_word) || body.contains("localhost") || body.contains("127") {
        return None;
    }
    // A port, a slash or a bound says where the name ends.
    let is_ended = body.contains('$') || body.ends_with(':') || body.ends_with('/') || body.ends_with("\\b");
    if !is_ended {
        return Some(Loose::End);
    }
    let begins_open = !body.contains('^') && !body.starts_with("\\.") && !body.contains(":\\/\\/") && !body.contains("://");
    let after_anything = [".*", ".+", "\\w+", "\\w*"]
        .iter()
        .any(|any| body.match_indices(any).any(|(at, _)| body[at + any.len()..].trim_start_matches([')', '?']).starts_with(is_word)));
    if begins_open || after_anything {
        return Some(Loose::Start);
    }
    let bytes = body.as_bytes();
    let is_dot = |at: usize| bytes[at] == b'.' && at > 0 && bytes[at - 1].is_ascii_alphanumeric();
    let in_name = |at: usize| bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric);
    (0..bytes.len()).any(|at| is_dot(at) && in_name(at)).then_some(Loose::Dot)
}

fn listed(cors: &Cors) -> impl Iterator<Item = &Node> {
    match &cors.origins {
        Field::Known { value: Origins::List(list), .. } => list.as_slice(),
        _ => &[],
    }
    .iter()
}

fn open(cors: &Cors) -> Option<(&Origins, Span, &Via)> {
    match &cors.origins {
        Field::Known { value: value @ (Origins::Any | Origins::Reflected), span, via } => Some((value, *span, via)),
        _ => None,
    }
}

fn is_null(origin: &Node) -> bool {
    origin.as_text().is_some_and(|text| text.eq_str("null").is_yes())
}
