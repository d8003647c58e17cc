//! `OpenAPI` documents beside the code: an operation that a route of the repository serves says what its author meant
//! for it; one that nothing here serves is all that is known of it.

use std::collections::{BTreeMap, BTreeSet};

use super::Linker;
use super::{nature, path::shape};
use crate::ir::{Fact, FactKind, Field, FileId, Guard, Node, NodeKind, Route, Security, ServiceKind, Text, Tri, Why};
use crate::source::paths::{folder_of, join};

/// Checks requests against the document, its security too.
const VALIDATOR: &str = "express-openapi-validator";

/// What a path is told by: the method, and the segments with parameters left blank.
type Key = (String, String);

/// The operations of all documents.
pub(super) struct Documents {
    operations: Vec<Fact>,
    /// The path that a document's operations stand below.
    prefixes: BTreeMap<FileId, Text>,
}

impl Documents {
    /// Takes the operations out of the facts.
    pub(super) fn take(facts: &mut Vec<Fact>) -> Self {
        let mut prefixes = BTreeMap::new();
        for fact in facts.iter() {
            if let FactKind::Service(service) = &fact.kind
                && service.kind == ServiceKind::Api
                && let Some(prefix) = service.options.as_ref().and_then(|options| options.get("prefix")).and_then(Node::as_text)
                && service.framework == Route::DESCRIPTION
            {
                prefixes.insert(fact.span.file, prefix.clone());
            }
        }
        let is_described = |fact: &Fact| matches!(&fact.kind, FactKind::Route(route) if route.framework == Route::DESCRIPTION);
        let (operations, others) = std::mem::take(facts).into_iter().partition(is_described);
        *facts = others;
        Self { operations, prefixes }
    }

    /// Tells the routes that are served what is documented of them, and adds what nothing here serves.
    pub(super) fn join(self, linker: &mut Linker) {
        if self.operations.is_empty() {
            linker.facts.iter_mut().for_each(undocumented);
            return;
        }
        let by_key: BTreeMap<Key, usize> = self.keys().collect();
        let mut served: BTreeSet<usize> = BTreeSet::new();
        for fact in &mut linker.facts {
            let FactKind::Route(route) = &mut fact.kind else { continue };
            let known = keys(route).into_iter().find_map(|key| by_key.get(&key).copied());
            let Some(at) = known else {
                undocumented(fact);
                continue;
            };
            served.insert(at);
            let operation = &self.operations[at];
            if let FactKind::Route(documented) = &operation.kind {
                tell(route, documented, linker.files.path(operation.span.file));
            }
        }
        let with_code: BTreeSet<FileId> = served.iter().map(|at| self.operations[*at].span.file).collect();
        let unserved = self.operations.into_iter().enumerate().filter(|(at, _)| !served.contains(at));
        for mut fact in unserved.map(|(_, fact)| fact) {
            let mounted = with_code.contains(&fact.span.file);
            if let FactKind::Route(route) = &mut fact.kind {
                describe(route, self.prefixes.get(&fact.span.file), mounted);
            }
            linker.facts.push(fact);
        }
    }

    /// What each operation is found by: below the server's path, and without it.
    fn keys(&self) -> impl Iterator<Item = (Key, usize)> {
        self.operations.iter().enumerate().flat_map(|(at, fact)| {
            let FactKind::Route(route) = &fact.kind else { return Vec::new() };
            let method = route.methods.first().map(ToString::to_string).unwrap_or_default();
            let own = blank(&route.path);
            let below = self.prefixes.get(&fact.span.file).map(|prefix| format!("{}{own}", blank(prefix)));
            below.into_iter().chain([own]).map(|path| ((method.clone(), path), at)).collect()
        })
    }
}

/// What a document says is not all that is asked where the template that deploys it asks for more.
pub(super) fn deploy(linker: &mut Linker) {
    let mut narrowed: BTreeMap<String, bool> = BTreeMap::new();
    for fact in &linker.facts {
        let Some((place, narrows)) = fact.resource().and_then(crate::lower::sam::document) else { continue };
        if let Some(path) = join(folder_of(linker.files.path(fact.span.file)), place) {
            *narrowed.entry(path).or_insert(true) &= narrows;
        }
    }
    for fact in &mut linker.facts {
        let FactKind::Route(route) = &mut fact.kind else { continue };
        if route.framework == Route::GATEWAY && narrowed.get(linker.files.path(fact.span.file)) == Some(&true) {
            route.security = Field::unknown(Why::Opaque, fact.span);
        }
    }
}

/// An operation that nothing in the repository serves.
fn describe(route: &mut Route, prefix: Option<&Text>, mounted: bool) {
    route.auth = Tri::Maybe;
    route.mounted = mounted;
    route.reason = match route.security.value() {
        Some(Security::Schemes(schemes)) => format!("`{}` is documented; what serves it is not here", schemes[0].0.last()),
        _ => "documented without security; what serves it is not here".to_owned(),
    };
    route.public = nature::public(route).map(Into::into);
    if let Some(prefix) = prefix {
        route.path = super::path::join(prefix, &route.path);
    }
}

/// What the document says of a route that is served.
fn tell(route: &mut Route, documented: &Route, document: &str) {
    match documented.security.value() {
        Some(Security::Schemes(schemes)) => {
            let scheme = schemes[0].0.last();
            let Some(enforced) = route.chain.iter().find_map(validator).map(|options| enforces(options, scheme)) else {
                if route.auth.is_no() {
                    route.reason = format!("{}, though `{document}` asks for `{scheme}`", route.reason);
                }
                return;
            };
            if enforced > route.auth {
                route.auth = enforced;
                route.reason = format!("`{VALIDATOR}` asks for `{scheme}`");
            }
        }
        // A whole list of people is not meant for all by leaving a line out.
        Some(Security::Off)
            if route.public.is_none() && !route.auth.is_yes() && nature::changes_nothing(route) && !nature::shows_people(route) =>
        {
            route.public = Some("documented without security".into());
        }
        _ => {}
    }
}

/// A route that no document of the repository describes: behind the validator it is answered with 404, unless that
/// leaves alone what it doesn't know; with a document that is elsewhere, nothing is known of it.
fn undocumented(fact: &mut Fact) {
    let FactKind::Route(route) = &mut fact.kind else { return };
    let Some(options) = route.chain.iter().find_map(validator) else { return };
    let is_left_alone = options
        .first()
        .is_some_and(|options| options.get("ignoreUndocumented").and_then(Node::as_bool) == Some(true) && options.get("apiSpec").is_some());
    if route.auth.is_no() && !is_left_alone {
        route.auth = Tri::Maybe;
        route.reason = format!("what `{VALIDATOR}` asks for it is not known");
    }
}

/// The arguments of a guard that checks requests against the document.
fn validator(guard: &Guard) -> Option<&[Node]> {
    let call = guard.what.as_call().filter(|call| call.callee.module() == Some(VALIDATOR))?;
    Some(&call.args)
}

/// Whether a validator asks for a scheme: its handlers decide, which it does without only if it is told so.
fn enforces(options: &[Node], scheme: &str) -> Tri {
    let Some(security) = options.first().and_then(|options| options.get("validateSecurity")) else { return Tri::Maybe };
    match &security.kind {
        NodeKind::Bool(asks) => (*asks).into(),
        // `handlers: { …shared }`, `handlers: securityHandlers` are not followed.
        NodeKind::Map(_) if security.get("handlers").is_some_and(|handlers| handlers.get(scheme).is_some()) => Tri::Yes,
        _ => Tri::Maybe,
    }
}

/// What a route may be documented by: its whole path, and without what stands in front of the application.
fn keys(route: &Route) -> Vec<Key> {
    let path = blank(&route.path);
    let starts: Vec<usize> = path.match_indices('/').map(|(at, _)| at).take(8).collect();
    let of_method = |method: &String| starts.iter().map(|at| (method.clone(), path[*at..].to_owned())).collect::<Vec<_>>();
    route.methods.iter().map(ToString::to_string).flat_map(|method| of_method(&method)).collect()
}

/// A path in lower case with its parameters left blank: `/orders/{id}` and `/orders/:orderId` are one.
fn blank(path: &Text) -> String {
    let mut blank = String::new();
    for segment in shape(path).split('/').filter(|segment| !segment.is_empty()) {
        blank.push('/');
        if !segment.starts_with([':', '{', '<', '*', '[', '\0']) {
            blank.push_str(&segment.to_ascii_lowercase());
        }
    }
    blank
}
