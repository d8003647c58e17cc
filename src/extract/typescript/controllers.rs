//! Controllers written as classes with decorators, beside NestJS's: routing-controllers, tsoa, Ts.ED, `LoopBack` … What a
//! decorator means is a row of `rules/tables/controllers.toml`.

use std::sync::LazyLock;

use smol_str::{SmolStr, format_smolstr};

use super::names::Module;
use super::routing::path_text;
use super::symbols::decorators_of;
use crate::extract::Extract;
use crate::ir::{
    Fact, FactKind, Field as Value, Guard, GuardScope, Node, NodeKind, Ref, Route, Scope, Security, Service, ServiceKind, Span,
};
use crate::parse::typescript::{Field, Kind, Syntax};
use crate::tables::{V, table};

static ROWS: LazyLock<&'static [V]> = LazyLock::new(|| table("controllers").map(|table| table.list("framework")).unwrap_or_default());

/// Adds the controllers of one file.
pub(super) fn extract(cx: &mut Extract<'_>, module: &Module<'_>) {
    for class in module.tree.all().filter(|node| matches!(node.kind(), Kind::Class | Kind::AbstractClass)) {
        if let Some(name) = class.field(Field::Name) {
            controller(module, class, name, &mut cx.out.facts);
        }
    }
}

/// A decorator of one of these frameworks.
struct Decorator<'t> {
    at: Syntax<'t>,
    value: Node,
    name: SmolStr,
    row: &'static V,
}

impl Decorator<'_> {
    fn is(&self, key: &str) -> bool {
        self.row.texts(key).any(|name| name == self.name)
    }

    fn arguments(&self) -> &[Node] {
        self.value.as_call().map_or(&[], |call| &call.args)
    }

    /// The path, where the first argument is one; of an object, its member.
    fn path(&self) -> Node {
        let first = self.arguments().first().map(|first| first.get("path").unwrap_or(first));
        first.filter(|first| first.as_text().is_some()).cloned().unwrap_or_else(|| Node::text("", self.value.span))
    }

    /// What it puts in front of what it decorates.
    fn guards(&self) -> Vec<Node> {
        if self.is("guard") {
            return vec![self.value.clone()];
        }
        let is_trailing = matches!(self.row.get("trailing"), Some(V::Bool(true)));
        let skipped = usize::from(!self.is("use"));
        if self.is("use") || is_trailing { self.arguments().iter().skip(skipped).cloned().collect() } else { Vec::new() }
    }

    /// The HTTP method of an endpoint: `Get`, `httpGet`, `get`.
    fn verb(&self) -> Option<SmolStr> {
        let name = self.name.strip_prefix("http").unwrap_or(&self.name).to_ascii_uppercase();
        match name.as_str() {
            "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "DEL" | "HEAD" => Some(super::routing::method_name(&name.to_ascii_lowercase())),
            "ALL" => Some("ANY".into()),
            _ => None,
        }
    }
}

fn decorators<'t>(module: &Module<'t>, node: Syntax<'t>) -> Vec<Decorator<'t>> {
    let known = |at: Syntax<'t>| {
        let value = module.lower(at.first()?);
        let name = value.as_call().map(|call| &call.callee).or_else(|| value.as_ref())?.clone();
        let package = name.module()?;
        let is_of = |known: &str| known.strip_suffix('*').map_or(package == known, |start| package.starts_with(start));
        let row = ROWS.iter().find(|row| row.texts("packages").any(is_of))?;
        Some(Decorator { at, value, name: SmolStr::new(name.last()), row })
    };
    decorators_of(node).filter_map(known).collect()
}

fn controller<'t>(module: &Module<'t>, class: Syntax<'t>, name: Syntax<'t>, facts: &mut Vec<Fact>) {
    let written = decorators(module, class);
    let made = written.iter().find(|decorator| decorator.is("controller"));
    let members: Vec<_> = class
        .field(Field::Body)
        .into_iter()
        .flat_map(Syntax::children)
        .filter(|member| member.kind() == Kind::Method)
        .map(|member| (member, decorators(module, member)))
        .collect();
    let is_bare = |decorator: &Decorator<'_>| decorator.verb().is_some() && decorator.row.get("controller").is_none();
    if made.is_none() && !members.iter().any(|(_, written)| written.iter().any(is_bare)) {
        return;
    }
    // Which application takes it, the class doesn't say.
    let binding = Ref::new(Scope::Local, [format_smolstr!("#{}", name.text())]);
    let package = made.or_else(|| members.iter().find_map(|(_, written)| written.first())).map_or("", package_of);
    let span = made.map_or(name.span(), |made| made.at.span());
    add_service(&binding, package, made.map(Decorator::path), span, facts);
    for guard in written.iter().flat_map(Decorator::guards) {
        let guard = Guard::new(guard, GuardScope::Controller, Some(binding.clone()), class.start());
        facts.push(Fact::new(guard.span, name.text(), FactKind::Guard(guard)));
    }
    for (member, written) in &members {
        let Some(called) = member.field(Field::Name) else { continue };
        for endpoint in written.iter().filter(|decorator| !decorator.is("guard") && !decorator.is("use")) {
            let Some(method) = endpoint.verb() else { continue };
            let mut route = Route::new(binding.clone(), package, method.clone(), path_text(&endpoint.path()), endpoint.at.start());
            route.guards = written.iter().flat_map(Decorator::guards).collect();
            route.handler = Some(Node::new(called.span(), NodeKind::Ref(Ref::new(Scope::Local, [name.text(), called.text()]))));
            if written.iter().any(|decorator| decorator.is("open")) {
                route.security = Value::known(Security::Off, endpoint.at.span());
                route.guards.clear();
            }
            let owner = format_smolstr!("{method} {}", route.path);
            facts.push(Fact::new(endpoint.at.span(), owner, FactKind::Route(Box::new(route))));
        }
    }
}

/// The package that a decorator's framework is known by.
fn package_of(decorator: &Decorator<'_>) -> &'static str {
    decorator.row.texts("packages").next().unwrap_or_default().trim_end_matches("/*")
}

fn add_service(binding: &Ref, package: &str, path: Option<Node>, span: Span, facts: &mut Vec<Fact>) {
    let mut service = Service::new(ServiceKind::App, package, binding.clone());
    service.options = path.map(super::routing::prefix_option);
    facts.push(Fact::new(span, super::shown(binding), FactKind::Service(service)));
}
