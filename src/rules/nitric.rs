//! Nitric: APIs that are open, on purpose or by the way the SDK reads its options.

use super::Check;
use crate::finding::Severity;
use crate::ir::{AuthScheme, Confidence, Fact, FactKind, Field, Kind, Node, Resource, Route, Security, Service, ServiceKind};
use crate::lower::nitric::has_middleware;
use crate::repair::without_element;
use crate::tables::table;

pub(super) const SDK: &str = "@nitric/sdk";

/// An API whose routes are open unless each says otherwise.
pub(super) fn api_open(cx: &mut Check<'_>, fact: &Fact, service: &Service) {
    if service.framework != SDK || service.kind != ServiceKind::Api || has_middleware(service.options.as_ref()) {
        return;
    }
    if !matches!(service.security, Field::Absent | Field::Known { value: Security::Off, .. }) {
        return;
    }
    let routes: Vec<&Route> = routes_of(cx, service).map(|(_, route)| route).collect();
    let is_open = |route: &&&Route| route.security.is_absent() && !route.auth.is_yes() && !is_public(route);
    // Where some of its routes ask who calls, each that does not is a finding of its own.
    if !routes.is_empty() && !routes.iter().any(|route| is_open(&route)) || routes.iter().any(|route| route.auth.is_yes()) {
        return;
    }
    // Another declaration of the same API may bring the security.
    let secured_elsewhere = cx.model.of(Kind::Service).any(|other| match &other.kind {
        FactKind::Service(other) => {
            other.binding == service.binding
                && matches!(other.security, Field::Known { value: Security::Schemes(_), .. } | Field::Unknown { .. })
        }
        _ => false,
    });
    if secured_elsewhere {
        return;
    }
    let name = service.name.as_ref().map(ToString::to_string).unwrap_or_default();
    let defined = cx.model.of(Kind::AuthScheme).find_map(|fact| match &fact.kind {
        FactKind::AuthScheme(scheme) if scheme.service.as_ref() == Some(&service.binding) => Some(fact.span),
        _ => None,
    });
    let mut finding = cx.finding(fact, fact.span, format!("anybody can call the API `{name}`: it has no `security`"));
    if let Some(definition) = defined {
        finding = finding
            .related(definition, "a scheme is defined here, but applied to nothing")
            .fix("Name the scheme in `security`; a definition alone protects no route.")
            .severity(Severity::High);
    } else if routes.is_empty() {
        finding = finding.confidence(Confidence::Medium);
    } else if routes.iter().any(|route| is_open(&route) && route.methods.iter().any(|method| method != "GET")) {
        finding = finding.severity(Severity::High);
    }
    for (place, route) in routes_of(cx, service).filter(|(_, route)| route.security.is_absent()).take(3) {
        finding = finding.related(place.span, format!("open: {} {}", route.methods.join(","), route.path));
    }
    cx.report(finding);
}

/// Security in a form that the installed SDK does not read.
pub(super) fn security_ignored(cx: &mut Check<'_>, fact: &Fact, service: &Service) {
    if let Field::Known { value: Security::Ignored(form), span, .. } = &service.security {
        let name = service.name.as_ref().map(ToString::to_string).unwrap_or_default();
        cx.report(cx.finding(fact, *span, format!("the security of the API `{name}` is ignored: it is {form}")));
    }
}

/// A route that switches the API's security off. One that reads, and shows nothing of anybody, does so on purpose.
pub(super) fn route_off(cx: &mut Check<'_>, fact: &Fact, route: &Route) {
    let Field::Known { value: Security::Off, span, via } = &route.security else { return };
    if route.framework != SDK || is_public(route) || route.auth.is_yes() {
        return;
    }
    let secured = cx.model.of(Kind::Service).find(|other| match &other.kind {
        FactKind::Service(service) => {
            service.binding == route.service && matches!(service.security, Field::Known { value: Security::Schemes(_), .. })
        }
        _ => false,
    });
    let (Some(api), Some(severity)) = (secured, super::routes::weight(route)) else { return };
    let method = route.methods.first().map_or("", |method| method.as_str());
    let finding = cx.finding(fact, fact.span, format!("`{method} {}` switches the API's security off", route.path)).via(via);
    let finding = finding.severity(severity.min(Severity::Medium)).related(*span, "it is switched off here");
    cx.report(finding.related(api.span, "the API asks for a token here"));
}

/// A route that takes away, or that administrators call, for whoever has a token of the issuer, where others ask for a scope.
pub(super) fn scope_missing(cx: &mut Check<'_>, fact: &Fact, route: &Route) {
    if route.framework != SDK || is_public(route) || !(route.methods.iter().any(|method| method == "DELETE") || is_of_admins(route)) {
        return;
    }
    let api = cx.model.of(Kind::Service).find_map(|other| match &other.kind {
        FactKind::Service(service) if service.binding == route.service => Some(&service.security),
        _ => None,
    });
    let own = if route.security.is_absent() { api } else { Some(&route.security) };
    let Some(Field::Known { value: Security::Schemes(asked), span, .. }) = own else { return };
    if asked.is_empty() || asked.iter().any(|(_, scopes)| !scopes.is_empty()) {
        return;
    }
    // An issuer that gives no scopes out has none to ask for.
    let has_scopes = |security: &Field<Security>| match security {
        Field::Known { value: Security::Schemes(schemes), .. } => {
            schemes.iter().any(|(scheme, scopes)| !scopes.is_empty() && asked.iter().any(|(own, _)| own == scheme))
        }
        _ => false,
    };
    let scoped = cx.model.of(Kind::Route).chain(cx.model.of(Kind::Service)).find(|other| match &other.kind {
        FactKind::Route(route) => has_scopes(&route.security),
        FactKind::Service(service) => has_scopes(&service.security),
        _ => false,
    });
    let Some(scoped) = scoped else { return };
    let method = route.methods.first().map_or("", |method| method.as_str());
    let finding =
        cx.finding(fact, fact.span, format!("`{method} {}` takes any token of the issuer: its rule asks for no scope", route.path));
    cx.report(finding.related(*span, "no scope is named here").related(scoped.span, "a scope is asked for here"));
}

/// Whether a path is below what administrators have.
fn is_of_admins(route: &Route) -> bool {
    route.path.to_string().split('/').any(|segment| matches!(segment, "admin" | "admins" | "administration"))
}

/// An API that another file of the project declares with security, and this one without.
pub(super) fn declared_twice(cx: &mut Check<'_>, fact: &Fact, service: &Service) {
    if service.framework != SDK || service.kind != ServiceKind::Api || !matches!(service.security, Field::Absent) {
        return;
    }
    let files = &cx.model.files;
    let folder = |fact: &Fact| project(cx, files.path(fact.span.file));
    let secured = cx.model.of(Kind::Service).find(|other| {
        matches!(&other.kind, FactKind::Service(it) if it.binding == service.binding && matches!(it.security, Field::Known { value: Security::Schemes(_), .. }))
            && folder(other) == folder(fact)
    });
    let Some(secured) = secured else { return };
    let name = service.name.as_ref().map(ToString::to_string).unwrap_or_default();
    let what = format!("the API `{name}` is declared here without the security that it has elsewhere");
    cx.report(cx.finding(fact, fact.span, what).related(secured.span, "with security here; the first declaration to run counts"));
}

/// The folder of the nearest `package.json`.
fn project<'p>(cx: &Check<'_>, path: &'p str) -> &'p str {
    let folders =
        std::iter::successors(path.rsplit_once('/').map(|(folder, _)| folder), |folder| folder.rsplit_once('/').map(|(outer, _)| outer));
    folders.into_iter().find(|folder| cx.model.files.find(&format!("{folder}/package.json")).is_some()).unwrap_or("")
}

/// A rule that no API and no route names.
pub(super) fn rule_unused(cx: &mut Check<'_>, fact: &Fact, scheme: &AuthScheme) {
    let Some(name) = scheme.name.as_str().filter(|name| scheme.kind == "oidc" && scheme.service.is_none() && !name.is_empty()) else {
        return;
    };
    let names_it = |security: &Field<Security>| match security {
        Field::Known { value: Security::Schemes(schemes), .. } => schemes.iter().any(|(scheme, _)| scheme.last() == name),
        // What is not known may name it.
        Field::Unknown { .. } => true,
        _ => false,
    };
    let is_used = cx.model.of(Kind::Service).chain(cx.model.of(Kind::Route)).any(|other| match &other.kind {
        FactKind::Service(service) => service.framework == SDK && names_it(&service.security),
        FactKind::Route(route) => {
            route.framework == SDK && route.methods.iter().all(|method| method != "CONNECT") && names_it(&route.security)
        }
        _ => false,
    });
    if !is_used {
        cx.report(cx.finding(fact, fact.span, format!("the rule `{name}` is defined, but no API and no route asks for it")));
    }
}

/// A scheme that accepts tokens made for anybody, asks for keys over plain HTTP, or names no issuer.
pub(super) fn weak_scheme(cx: &mut Check<'_>, fact: &Fact, scheme: &AuthScheme) {
    let issuer = scheme.issuer.value().filter(|issuer| issuer.starts("http://").is_yes() && !issuer.contains("localhost").is_yes());
    if let (Some(issuer), Some(span)) = (issuer, scheme.issuer.span()) {
        cx.report(cx.finding(fact, span, format!("the issuer's keys are fetched over plain HTTP (`{issuer}`)")));
    }
    if let Field::Known { value, span, .. } = &scheme.issuer
        && value.as_str().is_some_and(|issuer| issuer.trim().is_empty())
        && scheme.kind == "oidc"
    {
        cx.report(cx.finding(fact, *span, "the scheme trusts no issuer in particular: `issuer` is empty"));
    }
    if let Field::Known { value, span, .. } = &scheme.audiences
        && value.is_empty()
        && scheme.kind == "oidc"
    {
        cx.report(cx.finding(fact, *span, "the scheme accepts tokens of every audience: `audiences` is empty"));
    }
}

/// A permission that nothing in the service needs, by the methods it calls.
pub(super) fn unused_permission(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    let Some(kind) = resource.ty.strip_prefix("nitric:") else { return };
    let (Some(granted), Some(used)) = (resource.attrs.get("granted"), resource.attrs.get("used")) else { return };
    let granted: Vec<(&Node, &str)> =
        granted.as_list().unwrap_or_default().iter().filter_map(|word| Some((word, word.as_str()?))).collect();
    let needed: Vec<&str> = granted.iter().map(|(_, word)| *word).filter(|word| is_needed(kind, word, used)).collect();
    for (place, word) in granted.iter().filter(|(_, word)| !needed.contains(word)) {
        let what = format!("`{word}` is granted on the {kind} `{}`, but nothing here uses it", resource.name);
        let fix = match needed.as_slice() {
            [] => "Drop the grant, or grant it where the resource is used.".to_owned(),
            needed => format!("Grant only what is used: `{}`.", needed.join("`, `")),
        };
        // A grant of nothing is no grant: whether it goes, or moves to where it is used, a person knows.
        let text = cx.model.files.whole(place.span.file).unwrap_or_default();
        let narrowed = without_element(text, place.span).filter(|_| !needed.is_empty());
        let finding = cx.finding(fact, place.span, what).subject(format!("{kind} {} {word}", resource.name)).fix(fix);
        cx.report_by_place(finding.edits(narrowed.into_iter().collect()));
    }
    // Every service that imports a shared handle gets all of its words.
    for service in resource.attrs.get("services").and_then(Node::as_list).unwrap_or_default() {
        let Some(used) = service.get("used") else { continue };
        let (own, more): (Vec<&str>, Vec<&str>) = needed.iter().partition(|word| is_needed(kind, word, used));
        if own.is_empty() || more.is_empty() {
            continue;
        }
        let more = more.join("`, `");
        let what = format!("importing the {kind} `{}` grants `{more}` here too, which this file does not use", resource.name);
        let fix = format!("Grant here what is used, in place of the import: `{kind}('{}').allow('{}')`.", resource.name, own.join("', '"));
        let finding = cx.finding(fact, service.span, what).fix(fix).confidence(Confidence::Medium);
        cx.report_by_place(finding.subject(format!("{kind} {} import", resource.name)).related(fact.span, "it is granted here"));
    }
}

/// Whether one of the methods that are called needs a permission. Words that are not known may be needed.
fn is_needed(kind: &str, word: &str, used: &Node) -> bool {
    let used: Vec<&str> = used.as_list().unwrap_or_default().iter().filter_map(Node::as_str).collect();
    let rows = table("nitric").map(|table| table.list("permission")).unwrap_or_default();
    let row = rows.iter().find(|row| row.text("resource") == kind && row.texts("words").any(|name| name == word));
    row.is_none_or(|row| row.texts("methods").any(|method| used.contains(&method)))
}

fn routes_of<'c>(cx: &'c Check<'_>, service: &'c Service) -> impl Iterator<Item = (&'c Fact, &'c Route)> {
    cx.model.of(Kind::Route).filter_map(|fact| match &fact.kind {
        FactKind::Route(route) if route.service == service.binding => Some((fact, &**route)),
        _ => None,
    })
}

/// Whether a route is there for everybody: by its nature, or because browsers ask it before others.
fn is_public(route: &Route) -> bool {
    route.public.is_some() || route.methods.first().is_some_and(|method| method == "OPTIONS")
}
