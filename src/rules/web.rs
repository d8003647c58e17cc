//! What a web application of JavaScript leaves out: headers for browsers, a check of where a form comes from. Told
//! by the packages that its manifest names, since nothing else of these can be seen for certain.

use super::Check;
use crate::finding::{Level, Severity};
use crate::ir::{Call, Confidence, Fact, FactKind, Field, Kind, Map, Node, NodeKind, Part, Service, ServiceKind, Span};
use crate::lower::{is_public_name, option};

/// Packages that set the headers.
const HEADERS: [&str; 3] = ["helmet", "lusca", "hsts"];
/// Packages that check where a form comes from.
const FORMS: [&str; 3] = ["csrf", "csurf", "lusca"];

/// The library that calls are said to be of which stand in comments.
const COMMENTED_OUT: &str = "commented-out";

/// An application whose answers carry none of the headers that browsers ask for.
pub(super) fn no_headers(cx: &mut Check<'_>, fact: &Fact, service: &Service) {
    let is_app = service.kind == ServiceKind::App && matches!(service.framework.as_str(), "express" | "koa" | "fastify");
    if !is_app {
        return;
    }
    let is_set = guarded_by(cx, fact.span, &HEADERS);
    let was_set = commented_out(cx, &HEADERS).find(|place| is_near(cx, fact.span, *place));
    if let Some(place) = was_set.filter(|_| !is_set) {
        let what = "what sets the security headers is commented out";
        let finding = cx.finding(fact, fact.span, what).related(place, "it is commented out here");
        cx.report_by_place(finding.level(Level::Regular).confidence(Confidence::Medium));
    } else if names_none(cx, fact.span, &HEADERS) {
        let what = format!("no package of the application sets security headers (`helmet` does for {})", service.framework);
        cx.report_by_place(cx.finding(fact, fact.span, what));
    }
}

/// Sessions in cookies that forms of other sites are sent with. The finding stands where the check is commented out, else
/// where the application is made.
pub(super) fn forged_forms(cx: &mut Check<'_>, fact: &Fact, call: &Call) {
    let same_site = match call.callee.module() {
        Some("express-session") => "cookie.sameSite",
        Some("cookie-session") => "sameSite",
        _ => return,
    };
    let is_open = option(call.args.first(), same_site, |value| Some(value.clone()));
    let routes = || {
        cx.model.of(Kind::Route).filter_map(|fact| match &fact.kind {
            FactKind::Route(route) => Some(route),
            _ => None,
        })
    };
    let changes = routes().any(|route| route.methods.iter().any(|method| matches!(method.as_str(), "POST" | "PUT" | "DELETE" | "PATCH")));
    let is_checked = routes().any(|route| route.chain.iter().any(|guard| guard.csrf.is_yes() || names(&guard.what, &["csrf", "xsrf"])));
    let was_checked = commented_out(cx, &FORMS).find(|place| is_near(cx, fact.span, *place));
    let same_site_unsaid = matches!(is_open, Field::Absent);
    // For other sites it is sent on purpose.
    let is_for_others =
        matches!(&is_open, Field::Known { value, .. } if value.as_str().is_some_and(|value| value.eq_ignore_ascii_case("none")));
    let is_open = same_site_unsaid || is_for_others;
    // A package that is named and that nothing puts in front of anything checks nothing.
    let may_check = || !names_none(cx, fact.span, &FORMS) && (same_site_unsaid || uses(cx, &FORMS));
    if !is_open || !changes || is_checked || was_checked.is_none() && may_check() {
        return;
    }
    let reads_forms = guarded_by(cx, fact.span, &["urlencoded"]);
    let place = was_checked.or_else(|| app_of(cx, fact.span).filter(|_| !is_for_others)).unwrap_or(fact.span);
    let what = "the session's cookie goes with forms of other sites (no `sameSite`, no token)";
    let finding = cx.finding(fact, place, what).related(fact.span, "the session is made here");
    // What takes no forms takes JSON, which other sites are not let send.
    cx.report_by_place(if reads_forms { finding } else { finding.level(Level::Pedantic).confidence(Confidence::Low) });
}

/// Whether middleware with one of these words in its name stands near a place.
fn guarded_by(cx: &Check<'_>, place: Span, words: &[&str]) -> bool {
    cx.model.of(Kind::Guard).any(|other| match &other.kind {
        FactKind::Guard(guard) => names(&guard.what, words) && is_near(cx, place, other.span),
        _ => false,
    })
}

/// Whether something in the repository calls one of these packages.
fn uses(cx: &Check<'_>, packages: &[&str]) -> bool {
    let is_guard = cx.model.of(Kind::Guard).any(|other| matches!(&other.kind, FactKind::Guard(guard) if names(&guard.what, packages)));
    is_guard
        || cx.model.of(Kind::Call).any(|other| match &other.kind {
            FactKind::Call(call) => call.callee.module().is_some_and(|module| packages.contains(&module)),
            _ => false,
        })
}

/// Protection of one of these packages that is commented out.
fn commented_out<'c>(cx: &'c Check<'_>, packages: &'static [&str]) -> impl Iterator<Item = Span> + use<'c> {
    cx.model.of(Kind::Call).filter_map(move |fact| match &fact.kind {
        FactKind::Call(call) => {
            let is_of_it =
                call.callee.module() == Some(COMMENTED_OUT) && packages.iter().any(|package| call.callee.last().contains(package));
            is_of_it.then_some(fact.span)
        }
        _ => None,
    })
}

/// Whether two places are in folders of which one holds the other.
fn is_near(cx: &Check<'_>, one: Span, other: Span) -> bool {
    let folder = |span: Span| cx.model.files.path(span.file).rsplit_once('/').map_or("", |(folder, _)| folder);
    let (one, other) = (folder(one), folder(other));
    one.starts_with(other) || other.starts_with(one)
}

/// Where the application of a file is made.
fn app_of(cx: &Check<'_>, place: Span) -> Option<Span> {
    let is_app = |fact: &&Fact| matches!(&fact.kind, FactKind::Service(service) if service.kind == ServiceKind::App);
    cx.model.of_file(Kind::Service, place.file).find(is_app).map(|fact| fact.span)
}

/// Whether a value is made by something with one of these words in its name.
fn names(value: &Node, words: &[&str]) -> bool {
    let text = value.to_string().to_ascii_lowercase();
    words.iter().any(|word| text.contains(word))
}

/// Passwords that are shorter than anybody's patience.
pub(super) fn short_password(cx: &mut Check<'_>, fact: &Fact, call: &Call) {
    if call.callee.module() == Some("password-policy")
        && let Some(least) = call.args.first().and_then(Node::as_number)
    {
        cx.report_by_place(cx.finding(fact, fact.span, format!("a password of {least} characters is accepted")));
    }
}

/// Names of folders whose files are served as they are.
const SERVED: [&str; 6] = ["public", "static", "www", "wwwroot", "htdocs", "assets"];

/// Files whose kind their sender chooses, where the web sees them.
pub(super) fn kept_upload(cx: &mut Check<'_>, fact: &Fact, call: &Call) {
    if call.callee.module() != Some("uploads") {
        return;
    }
    let mut folders = Vec::new();
    call.args.iter().for_each(|folder| segments(folder, &mut folders, 6));
    if folders.iter().any(|folder| SERVED.contains(&folder.as_str())) || is_served(cx, fact.span, &folders) {
        let what = "the sender says what a file is called, in a folder that is served, and of which kind";
        cx.report_by_place(cx.finding(fact, fact.span, what));
    }
}

/// Whether one of these folders is served by the application that a place is in: `express.static('uploads')`.
fn is_served(cx: &Check<'_>, place: Span, folders: &[String]) -> bool {
    let top = |span: Span| cx.model.files.path(span.file).split('/').next().unwrap_or_default();
    cx.model.of(Kind::Call).any(|other| match &other.kind {
        FactKind::Call(call) => {
            let is_static = matches!(
                (call.callee.module(), call.callee.last()),
                (Some("express"), "static") | (Some("serve-static" | "koa-static" | "serve-index"), _)
            );
            let mut served = Vec::new();
            if is_static && (is_near(cx, place, other.span) || top(place) == top(other.span)) {
                call.args.iter().take(1).for_each(|root| segments(root, &mut served, 6));
            }
            served.last().is_some_and(|last| folders.contains(last))
        }
        _ => false,
    })
}

/// The names of the folders in a path, as far as they are known.
fn segments(path: &Node, found: &mut Vec<String>, depth: u32) {
    const MOST: usize = 24;
    let Some(depth) = depth.checked_sub(1).filter(|_| found.len() < MOST) else { return };
    let words = |text: &str, found: &mut Vec<String>| {
        found.extend(text.split('/').filter(|part| !part.is_empty() && !part.starts_with('.')).map(ToOwned::to_owned));
    };
    match &path.kind {
        NodeKind::Text(text) => {
            for piece in &text.pieces {
                match &piece.part {
                    Part::Lit(text) => words(text, found),
                    Part::Hole(hole) => segments(hole, found, depth),
                }
            }
        }
        NodeKind::Op(_, parts) | NodeKind::List(parts) => parts.iter().for_each(|part| segments(part, found, depth)),
        NodeKind::Call(call) => call.args.iter().for_each(|part| segments(part, found, depth)),
        _ => {}
    }
}

/// TLS that is commented out beside the server without it.
pub(super) fn plain_server(cx: &mut Check<'_>, fact: &Fact, call: &Call) {
    if call.callee.module() == Some(COMMENTED_OUT) && call.callee.last() == "https" {
        cx.report_by_place(cx.finding(fact, fact.span, "the server speaks plain HTTP, and the one with TLS is commented out"));
    }
}

/// Limits that count by a header of the caller's making.
pub(super) fn limit_by_header(cx: &mut Check<'_>, fact: &Fact, call: &Call) {
    if !matches!(call.callee.module(), Some("express-rate-limit" | "hono-rate-limiter" | "express-slow-down")) {
        return;
    }
    let key = call.args.first().and_then(|options| options.get("keyGenerator")).and_then(|key| match &key.kind {
        NodeKind::Func(func) => func.returns.as_ref(),
        _ => None,
    });
    if key.is_some_and(|key| reads_forwarded(key, 6)) {
        cx.report_by_place(cx.finding(fact, fact.span, "callers are counted by `X-Forwarded-For`, which they write themselves"));
    }
}

/// Networks that serve a package in a version that does not change, and let browsers check what they send.
const NETWORKS: [&str; 8] = [
    "unpkg.com",
    "cdn.jsdelivr.net",
    "cdnjs.cloudflare.com",
    "code.jquery.com",
    "stackpath.bootstrapcdn.com",
    "maxcdn.bootstrapcdn.com",
    "ajax.googleapis.com",
    "ajax.aspnetcdn.com",
];
/// Hosts that were sold, and sent other scripts then.
const SOLD: [&str; 6] = ["polyfill.io", "bootcss.com", "bootcdn.net", "staticfile.org", "staticfile.net", "unionadjs.com"];

/// Scripts of other machines that a page runs unseen.
pub(super) fn foreign_script(cx: &mut Check<'_>, fact: &Fact, call: &Call) {
    let is_script = call.callee.module() == Some("page") && call.callee.last() == "script";
    let Some(attributes) = call.args.first().filter(|_| is_script) else { return };
    let Some(address) = attributes.get("src") else { return };
    let class = cx.model.files.class(fact.span);
    if class.is_not_production() || class.generated {
        return;
    }
    let text = address.as_str().unwrap_or_default();
    let host = text.split("//").nth(1).and_then(|rest| rest.split(['/', ':', '?']).next()).unwrap_or_default();
    let (what, severity) = if SOLD.iter().any(|sold| host == *sold || host.strip_suffix(sold).is_some_and(|rest| rest.ends_with('.'))) {
        (format!("`{host}` was sold, and has sent malicious scripts since"), Severity::High)
    } else if text.starts_with("http://") && is_public_name(host) {
        (format!("the script of `{host}` comes over plain HTTP"), Severity::Medium)
    } else if attributes.get("integrity").is_none() && NETWORKS.contains(&host) && has_version(text) {
        (format!("whatever `{host}` sends is run: no `integrity` says what it must be"), Severity::Low)
    } else {
        return;
    };
    cx.report(cx.finding(fact, address.span, what).severity(severity));
}

/// Whether an address names a whole version, whose content stays: `jquery@3.7.1`, `jquery-3.7.1.min.js`.
fn has_version(address: &str) -> bool {
    address.split(['/', '@', '-']).any(|part| {
        let mut numbers = part.split('.');
        let is_number = |part: Option<&str>| part.is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        is_number(numbers.next()) && is_number(numbers.next())
    })
}

/// Whether a value is made of the header that names the addresses a request came through.
fn reads_forwarded(node: &Node, depth: u32) -> bool {
    let is_header = |name: &str| name.eq_ignore_ascii_case("x-forwarded-for");
    let reads = |node: &Node| depth > 0 && reads_forwarded(node, depth - 1);
    match &node.kind {
        NodeKind::Ref(name) => name.path.iter().any(|part| is_header(part)),
        NodeKind::Text(text) => node.as_str().is_some_and(is_header) || text.holes().any(reads),
        NodeKind::Op(_, operands) => operands.iter().any(reads),
        NodeKind::Call(call) => {
            call.callee.path.iter().any(|part| is_header(part)) || call.receiver.as_ref().is_some_and(reads) || call.args.iter().any(reads)
        }
        _ => false,
    }
}

/// Whether the manifests of the project that a place is in are there, and name no package with one of these parts.
pub(super) fn names_none(cx: &Check<'_>, place: Span, packages: &[&str]) -> bool {
    let path = cx.model.files.path(place.file);
    let manifests = cx.model.of(Kind::Resource).filter_map(|fact| {
        let resource = fact.resource().filter(|resource| resource.provider == "npm" && resource.ty == "package")?;
        let folder = cx.model.files.path(fact.span.file).rsplit_once('/').map_or("", |(folder, _)| folder);
        let holds = folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        holds.then_some(resource)
    });
    let mut dependencies = manifests.filter_map(|manifest| manifest.attrs.get("dependencies")).filter_map(Node::as_map).peekable();
    let names = |dependencies: &Map| dependencies.pairs().any(|(name, _)| packages.iter().any(|package| name.contains(package)));
    dependencies.peek().is_some() && !dependencies.any(names)
}
