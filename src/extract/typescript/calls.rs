//! The calls that become facts: those of libraries that some table names, and of methods that may
//! be called on what such a library made.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;
use smol_str::{SmolStr, format_smolstr};

use super::names::{Module, unquoted};
use crate::extract::Extract;
use crate::ir::{FactKind, NodeKind, Ref, Scope, Span};
use crate::parse::typescript::{Field, Kind, Syntax};
use crate::tables::{V, table};

/// What the tables name.
struct Known {
    libraries: FxHashSet<&'static str>,
    methods: FxHashSet<&'static str>,
    route_methods: FxHashSet<&'static str>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let mut known = Known { libraries: FxHashSet::default(), methods: FxHashSet::default(), route_methods: FxHashSet::default() };
    for row in ["cors", "jwt", "settings"].into_iter().filter_map(table).flat_map(|table| table.list("javascript")) {
        known.libraries.insert(row.text("library"));
        known.methods.extend(row.get("method").and_then(V::as_text));
    }
    known.libraries.extend(table("sdks").map(|sdks| sdks.list("sdk")).unwrap_or_default().iter().map(|row| row.text("module")));
    if let Some(more) = table("javascript-calls") {
        known.libraries.extend(more.texts("libraries"));
        known.methods.extend(more.texts("methods"));
        known.route_methods.extend(more.texts("route-methods"));
    }
    known
});

/// Emits the calls of a file. `functions` gets the functions that they stand in.
pub(super) fn emit(module: &Module<'_>, cx: &mut Extract<'_>) -> Vec<Span> {
    let mut functions: Vec<Span> = Vec::new();
    for node in module.tree.all().filter(|node| matches!(node.kind(), Kind::Call | Kind::New)) {
        let Some(callee) = module.callee_of(node) else { continue };
        if !is_known(&callee, node) {
            continue;
        }
        let lowered = module.lower(node);
        let NodeKind::Call(call) = lowered.kind else { continue };
        let owner = owner_of(node, &callee);
        cx.fact(node.span(), owner, FactKind::Call(*call));
        for function in node.ancestors().filter(|outer| outer.kind().is_function()) {
            functions.push(function.span());
        }
    }
    functions.sort_unstable();
    functions.dedup();
    functions
}

fn is_known(callee: &Ref, node: Syntax<'_>) -> bool {
    let name = callee.last();
    let is_method = || KNOWN.methods.contains(name) || KNOWN.route_methods.contains(name) && (has_path(node) || is_on_route(node));
    match &callee.scope {
        Scope::Import(module) if module.starts_with('.') => callee.path.len() == 1 || is_method(),
        Scope::Import(module) => {
            let package = package_of(module);
            let scope = package.split('/').next().unwrap_or_default();
            KNOWN.libraries.contains(module.as_str())
                || KNOWN.libraries.contains(package)
                || KNOWN.libraries.contains(format_smolstr!("{scope}/*").as_str())
                || is_method()
        }
        Scope::Local => callee.path.len() > 1 && is_method(),
        // A method on the value of another call is its name alone.
        Scope::Global => {
            callee.path.len() == 1 && node.field(Field::Function).is_some_and(|function| function.kind() == Kind::Member) && is_method()
        }
        _ => false,
    }
}

/// Whether the first argument is a path.
fn has_path(call: Syntax<'_>) -> bool {
    call.field(Field::Arguments)
        .and_then(Syntax::first)
        .is_some_and(|first| matches!(first.kind(), Kind::String | Kind::TemplateString) && unquoted(first).starts_with(['/', '$']))
}

/// Whether a method is called on `….route('/path')`.
fn is_on_route(call: Syntax<'_>) -> bool {
    let object =
        call.field(Field::Function).and_then(|function| function.field(Field::Object)).filter(|object| object.kind() == Kind::Call);
    object.is_some_and(|object| {
        let name = object.field(Field::Function).and_then(|function| function.field(Field::Property));
        name.is_some_and(|name| name.text() == "route") && has_path(object)
    })
}

/// The package of a specifier: `aws-cdk-lib` of `aws-cdk-lib/aws-iam`.
pub(super) fn package_of(specifier: &str) -> &str {
    let slashes = usize::from(specifier.starts_with('@'));
    specifier.match_indices('/').nth(slashes).map_or(specifier, |(at, _)| &specifier[..at])
}

/// What a call is about, without positions: the declarations around it and what is called.
pub(super) fn owner_of(node: Syntax<'_>, callee: &Ref) -> SmolStr {
    let mut names: Vec<&str> = Vec::new();
    for outer in node.ancestors() {
        let name = match outer.kind() {
            Kind::VariableDeclarator | Kind::Function | Kind::Method | Kind::Class | Kind::AbstractClass => outer.field(Field::Name),
            Kind::Field | Kind::JsField => outer.field(Field::Name).or_else(|| outer.field(Field::Property)),
            _ => None,
        };
        names.extend(name.filter(|name| name.text().len() <= 64).map(unquoted));
    }
    names.truncate(3);
    names.reverse();
    if names.is_empty() { format_smolstr!("{}", callee.last()) } else { format_smolstr!("{}: {}", names.join("."), callee.last()) }
}
