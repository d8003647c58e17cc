//! `OpenAPI` documents: operations that ask for no security.

use std::collections::BTreeSet;

use super::Check;
use super::routes::{Registered, routes, weight};
use crate::ir::{Confidence, FactKind, FileId, Kind, Route, Security};
use crate::link::Model;

/// An operation that anybody may call, as its document says, although its neighbours ask for something; a document
/// that asks for nothing is one finding.
pub(super) fn without_security(cx: &mut Check<'_>) {
    let model = cx.model;
    let asking = asking(model);
    let mut told: BTreeSet<FileId> = BTreeSet::new();
    for (fact, route) in routes(model).filter(|registered| is_open(model, *registered)) {
        let file = fact.span.file;
        let Some(severity) = weight(route) else { continue };
        if asking.contains(&file) {
            let what = format!("`{}` asks for no security, though its document knows some", fact.owner);
            cx.report(cx.finding(fact, fact.span, what).severity(severity));
        } else if (!route.mounted || route.framework == Route::GATEWAY) && told.insert(file) {
            // Where code serves some of it, the code tells.
            let what = format!("no operation asks for security, such as `{}`", fact.owner);
            cx.report(cx.finding(fact, fact.span, what).confidence(Confidence::Low));
        }
    }
}

/// Whether a document alone tells of a route.
pub(super) fn is_documented(route: &Route) -> bool {
    matches!(route.framework.as_str(), Route::DESCRIPTION | Route::GATEWAY)
}

/// Whether a document's operation says of itself that anybody may call it, and isn't meant so by nature.
fn is_open(model: &Model, (fact, route): Registered<'_>) -> bool {
    let class = model.files.class(fact.span);
    is_documented(route)
        && route.public.is_none()
        && route.security.value() == Some(&Security::Off)
        && !(class.test || class.vendored || class.generated)
}

/// The documents of which some operation asks for something.
fn asking(model: &Model) -> BTreeSet<FileId> {
    let asks = model.of(Kind::Service).filter(|fact| match &fact.kind {
        FactKind::Service(service) => {
            matches!(service.framework.as_str(), Route::DESCRIPTION | Route::GATEWAY) && !service.security.is_absent()
        }
        _ => false,
    });
    asks.map(|fact| fact.span.file).collect()
}
