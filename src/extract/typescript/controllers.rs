//! Controllers written as classes with decorators, beside NestJS's: routing-controllers, tsoa, Ts.ED, `LoopBack` … What a
//! decorator means is a row of `rules/tables/controllers.toml`.

use std::sync::LazyLock;

use smol_str::{SmolStr, format_smolstr};

use super::names::Module;
use super::routing::path_text;
use super::symbols::decorators_of;
use crate::extract::Extract;
use crate::ir::{
    Call, Fact, FactKind, Field as Value, Guard, GuardScope, Map, Node, NodeKind, Ref, Route, Scope, Security, Service, ServiceKind, Span,
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
        let first = self.arguments().first();
        let first = first.map(|first| ["path", "route", "url"].iter().find_map(|key| first.get(key)).unwrap_or(first));
        let is_path = |first: &&Node| first.as_text().is_some() || first.as_ref().is_some();
        first.filter(is_path).cloned().unwrap_or_else(|| Node::text("", self.value.span))
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

/// The decorators of these frameworks on a class or a member, and all others, which the application or a library of its own
/// may ask with who calls.
fn decorators<'t>(module: &Module<'t>, node: Syntax<'t>) -> (Vec<Decorator<'t>>, Vec<Node>) {
    let (mut known, mut others) = (Vec::new(), Vec::new());
    for at in decorators_of(node) {
        let Some(value) = at.first().map(|value| module.lower(value)) else { continue };
        match row_of(&value) {
            Some((row, name)) => known.push(Decorator { at, value, name, row }),
            None => others.push(value),
        }
    }
    (known, others)
}

/// The framework that a decorator is of, and its name there.
fn row_of(decorator: &Node) -> Option<(&'static V, SmolStr)> {
    let name = decorator.as_call().map(|call| &call.callee).or_else(|| decorator.as_ref())?;
    let package = name.module()?;
    let is_of = |known: &str| known.strip_suffix('*').map_or(package == known, |start| package.starts_with(start));
    let row = ROWS.iter().find(|row| row.texts("packages").any(is_of))?;
    Some((row, SmolStr::new(name.last())))
}

/// The methods of a class that run in front of all its endpoints, as a marker of NestJS writes guards.
pub(super) fn hooks<'t>(module: &Module<'t>, class: Syntax<'t>) -> Option<Node> {
    let name = class.field(Field::Name)?;
    let is_hook = |value: &Node| row_of(value).is_some_and(|(row, name)| row.texts("hook").any(|hook| hook == name));
    let members = class.field(Field::Body).into_iter().flat_map(Syntax::children).filter(|member| member.kind() == Kind::Method);
    let hooked = members.filter(|member| decorators_of(*member).filter_map(Syntax::first).any(|value| is_hook(&module.lower(value))));
    let own = |called: Syntax<'t>| Node::new(called.span(), NodeKind::Ref(Ref::new(Scope::Local, [name.text(), called.text()])));
    let args: Vec<Node> = hooked.filter_map(|member| member.field(Field::Name)).map(own).collect();
    let call = Call { args, ..Call::of(Ref::import("@nestjs/common", "UseGuards")) };
    (!call.args.is_empty()).then(|| Node::new(name.span(), NodeKind::Call(Box::new(call))))
}

fn controller<'t>(module: &Module<'t>, class: Syntax<'t>, name: Syntax<'t>, facts: &mut Vec<Fact>) {
    let (written, mut markers) = decorators(module, class);
    markers.extend(hooks(module, class));
    let made = written.iter().find(|decorator| decorator.is("controller"));
    let members: Vec<_> = class
        .field(Field::Body)
        .into_iter()
        .flat_map(Syntax::children)
        .filter(|member| member.kind() == Kind::Method)
        .map(|member| (member, decorators(module, member)))
        .collect();
    let is_bare = |decorator: &Decorator<'_>| decorator.verb().is_some() && decorator.row.get("controller").is_none();
    if made.is_none() && !members.iter().any(|(_, (written, _))| written.iter().any(is_bare)) {
        return;
    }
    // Which application takes it, the class doesn't say.
    let binding = Ref::new(Scope::Local, [format_smolstr!("#{}", name.text())]);
    let package = made.or_else(|| members.iter().find_map(|(_, (written, _))| written.first())).map_or("", package_of);
    let span = made.map_or(name.span(), |made| made.at.span());
    add_service(&binding, package, made.map(Decorator::path), markers, span, facts);
    for guard in written.iter().flat_map(Decorator::guards) {
        let guard = Guard::new(guard, GuardScope::Controller, Some(binding.clone()), class.start());
        facts.push(Fact::new(guard.span, name.text(), FactKind::Guard(guard)));
    }
    for (member, (written, markers)) in &members {
        let Some(called) = member.field(Field::Name) else { continue };
        for endpoint in written.iter().filter(|decorator| !decorator.is("guard") && !decorator.is("use")) {
            let Some(method) = endpoint.verb() else { continue };
            let mut route = Route::new(binding.clone(), package, method.clone(), path_text(&endpoint.path()), endpoint.at.start());
            route.guards = written.iter().flat_map(Decorator::guards).collect();
            route.markers.clone_from(markers);
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

fn add_service(binding: &Ref, package: &str, path: Option<Node>, markers: Vec<Node>, span: Span, facts: &mut Vec<Fact>) {
    let mut service = Service::new(ServiceKind::App, package, binding.clone());
    let mut options = Map::default();
    if let Some(path) = path {
        options.push("prefix", path.span, path);
    }
    options.push("markers", span, Node::new(span, NodeKind::List(markers)));
    service.options = Some(Node::new(span, NodeKind::Map(options)));
    facts.push(Fact::new(span, super::shown(binding), FactKind::Service(service)));
}
