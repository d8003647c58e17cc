//! Routes that no call on an application makes: the path of a file does (Next.js, Remix, `SvelteKit`, Nuxt, Astro), or a
//! description (Strapi, Payload, Keystone).

use smol_str::{SmolStr, format_smolstr};

use super::names::Module;
use crate::extract::Extract;
use crate::ir::{Fact, FactKind, Node, NodeKind, Ref, Route, Scope, Service, ServiceKind, Span, Text};
use crate::parse::typescript::{Field, Kind, Syntax};

/// The routes of one file.
pub(super) struct Filed {
    package: &'static str,
    /// Routes, and guards that stand beside them.
    pub facts: Vec<Fact>,
}

impl Filed {
    /// No routes yet.
    pub(super) fn new(package: &'static str) -> Self {
        Self { package, facts: Vec::new() }
    }

    /// A route, at the place of its handler.
    pub(super) fn route(&self, method: &str, path: &str, handler: Node) -> Route {
        let span = handler.span;
        let mut route = Route::new(binding(), self.package, method, Text::lit(path, span), span.start);
        if let NodeKind::Func(func) = &handler.kind {
            route.body = Some(func.clone());
        }
        route.handler = Some(handler);
        route
    }

    /// Adds a route.
    pub(super) fn add(&mut self, route: Route) {
        let span = route.handler.as_ref().map(|handler| handler.span).unwrap_or_default();
        self.add_at(route, span);
    }

    /// Adds a route whose handler stands elsewhere.
    pub(super) fn add_at(&mut self, route: Route, span: Span) {
        let owner = format_smolstr!("{} {}", route.methods[0], route.path);
        self.facts.push(Fact::new(span, owner, FactKind::Route(Box::new(route))));
    }

    /// Hands out the facts, with the service that the routes are registered on.
    pub(super) fn emit(mut self, cx: &mut Extract<'_>) {
        if self.facts.iter().any(|fact| matches!(fact.kind, FactKind::Route(_))) {
            let span = Span { end: 0, ..cx.file.span() };
            let service = Service::new(ServiceKind::App, self.package, binding());
            self.facts.push(Fact::new(span, self.package, FactKind::Service(service)));
        }
        cx.out.facts.append(&mut self.facts);
    }
}

fn binding() -> Ref {
    Ref::new(Scope::Local, ["#routes"])
}

/// What a file exports, as the name that leads to it: `export { handler as GET }`.
pub(super) fn own(path: &str, name: &str, span: Span) -> Node {
    Node::new(span, NodeKind::Ref(own_name(path, name)))
}

/// The same as a name.
pub(super) fn own_name(path: &str, name: &str) -> Ref {
    let file = path.rsplit('/').next().unwrap_or(path);
    Ref::new(Scope::Import(format_smolstr!("./{file}")), [SmolStr::new(name)])
}

/// Names exported by declarations and clauses of the file itself, with where they stand.
pub(super) fn exported<'t>(module: &Module<'t>) -> Vec<(&'t str, Span)> {
    let mut names = Vec::new();
    for export in module.tree.root().children().filter(|node| node.kind() == Kind::Export) {
        if export.child(Kind::TypeToken).is_some() {
            continue;
        }
        if let Some(declaration) = export.field(Field::Declaration) {
            if matches!(declaration.kind(), Kind::Function | Kind::GeneratorDeclaration) {
                names.extend(declaration.field(Field::Name).map(|name| (name.text(), name.span())));
            }
            for declarator in declaration.children().filter(|child| child.kind() == Kind::VariableDeclarator) {
                let Some(name) = declarator.field(Field::Name) else { continue };
                if name.kind() == Kind::Identifier {
                    names.push((name.text(), name.span()));
                } else {
                    let inner = name.below().filter(|inner| matches!(inner.kind(), Kind::Identifier | Kind::ShorthandPattern));
                    names.extend(inner.map(|inner| (inner.text(), inner.span())));
                }
            }
        }
        let Some(clause) = export.child(Kind::ExportClause) else { continue };
        for specifier in clause.children().filter(|child| child.kind() == Kind::ExportSpecifier) {
            // `export { handler as GET }` needs a binding of that name: the exported one leads there.
            if let Some(name) = specifier.field(Field::Alias).or_else(|| specifier.field(Field::Name)) {
                names.push((name.text(), name.span()));
            }
        }
    }
    names
}

/// What a file exports by `export default`, where that is a value.
pub(super) fn default_export<'t>(module: &Module<'t>) -> Option<Syntax<'t>> {
    default_clause(module)?.field(Field::Value)
}

/// Where the default export stands: its name or the beginning of its value.
pub(super) fn default_span(module: &Module<'_>) -> Option<Span> {
    let export = default_clause(module)?;
    let declared = export.field(Field::Declaration).and_then(|declaration| declaration.field(Field::Name));
    Some(declared.or_else(|| export.field(Field::Value)).map_or(export.span(), |node| {
        const LONGEST: usize = 80;
        let text = node.text();
        let end = (0..=LONGEST.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        node.span_of(node.start(), node.start() + u32::try_from(end).unwrap_or_default())
    }))
}

fn default_clause<'t>(module: &Module<'t>) -> Option<Syntax<'t>> {
    module.tree.root().children().find(|node| node.kind() == Kind::Export && node.child(Kind::DefaultToken).is_some())
}
