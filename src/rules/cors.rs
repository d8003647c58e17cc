//! Cross-origin policies, whatever library or platform writes them.

use crate::ir::{Cors, Fact, Field, Node, Origins, Span, Tri, Via};

use super::Check;

/// Every origin, without what would let it act as the visitor.
pub(super) fn any_origin(cx: &mut Check<'_>, fact: &Fact, cors: &Cors) {
    let Some((origins, span, via)) = open(cors) else { return };
    let credentials = cors.credentials.is(false);
    let what = match origins {
        Origins::Any if credentials.is_yes() => "every origin is allowed (`*`); with credentials, browsers and some servers refuse it",
        Origins::Any => "every origin is allowed (`*`)",
        Origins::Reflected if credentials.is_yes() => return,
        _ => "whatever origin asks is allowed",
    };
    cx.report_by_place(cx.finding(fact, span, what).via(via));
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

fn open(cors: &Cors) -> Option<(&Origins, Span, &Via)> {
    match &cors.origins {
        Field::Known { value: value @ (Origins::Any | Origins::Reflected), span, via } => Some((value, *span, via)),
        _ => None,
    }
}

fn is_null(origin: &Node) -> bool {
    origin.as_text().is_some_and(|text| text.eq_str("null").is_yes())
}
