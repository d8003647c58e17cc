//! Variables of the environment that a build writes into the code for browsers: those that code reads by
//! a name which the tool inlines, and those that the settings of a bundler hand over.

use super::expr::is_env;
use super::names::{Form, Module, unquoted};
use crate::extract::Extract;
use crate::ir::{EnvEntry, FactKind, Node, Ref, Scope};
use crate::lower::variable::{inlined, is_secret_for_browsers};
use crate::parse::typescript::{Field, Kind, Syntax};
use crate::prefilter::Gate;

/// Whether a file names a variable that is inlined and should not be: most do not, and need not be parsed
/// for it.
pub(super) fn is_named_in(cx: &Extract<'_>) -> bool {
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let is_candidate = |name: &&str| name.contains('_') && name.starts_with(|first: char| first.is_ascii_uppercase());
    cx.gates.has(Gate::BrowserEnv)
        && cx
            .file
            .text
            .split(|character| !is_name(character))
            .filter(is_candidate)
            .any(|name| inlined(name).is_some() && is_secret_for_browsers(name))
}

/// Whether a file holds the settings of a bundler or framework.
pub(super) fn is_settings(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    ["next.config.", "nuxt.config.", "vite.config.", "webpack.config."].iter().any(|start| name.starts_with(start))
}

/// Emits what a file reads and hands over.
pub(super) fn emit(module: &Module<'_>, cx: &mut Extract<'_>) {
    if is_named_in(cx) {
        for node in module.tree.all() {
            if let Some(name) = read(module, node).filter(|name| inlined(name).is_some()) {
                let value = Node::new(node.span(), crate::ir::NodeKind::Ref(Ref::new(Scope::Env, [name])));
                entry(cx, name, value, "source", node);
            }
        }
    }
    if is_settings(&cx.file.path) {
        for pair in module.tree.all().filter(|node| node.kind() == Kind::Pair && is_in_bundle(*node)) {
            if let (Some(key), Some(value)) = (pair.field(Field::Key), pair.field(Field::Value)) {
                entry(cx, unquoted(key), module.lower(value), "bundle", pair);
            }
        }
    }
}

fn entry(cx: &mut Extract<'_>, name: &str, value: Node, place: &str, node: Syntax<'_>) {
    let entry = EnvEntry { key: name.into(), value, place: place.into() };
    cx.fact(node.span(), name, FactKind::EnvEntry(entry));
}

/// The name that an expression reads: `process.env.X`, `import.meta.env['X']`, `const { X } = process.env`,
/// `import { X } from '$env/static/public'`.
fn read<'t>(module: &Module<'t>, node: Syntax<'t>) -> Option<&'t str> {
    let is_env = |object: Syntax<'t>| is_env(object) || holds_env(module, object);
    match node.kind() {
        Kind::Member => node.field(Field::Object).filter(|object| is_env(*object)).and(node.field(Field::Property)).map(Syntax::text),
        Kind::Subscript => {
            let index = node.field(Field::Index).filter(|index| index.kind() == Kind::String)?;
            node.field(Field::Object).filter(|object| is_env(*object)).map(|_| unquoted(index))
        }
        Kind::ShorthandPattern => {
            let declarator = node.parent()?.parent().filter(|outer| outer.kind() == Kind::VariableDeclarator)?;
            declarator.field(Field::Value).filter(|value| is_env(*value)).map(|_| node.text())
        }
        Kind::ImportSpecifier => {
            let statement = node.ancestors().find(|outer| outer.kind() == Kind::ImportStatement)?;
            let is_public = statement.field(Field::Source).is_some_and(|source| unquoted(source) == "$env/static/public");
            node.field(Field::Name).filter(|_| is_public).map(Syntax::text)
        }
        _ => None,
    }
}

/// `const env = import.meta.env`.
fn holds_env<'t>(module: &Module<'t>, name: Syntax<'t>) -> bool {
    if name.kind() != Kind::Identifier {
        return false;
    }
    match module.lookup(name.text(), name).map(|declaration| &declaration.form) {
        Some(Form::Variable(Some(value), path)) => path.is_empty() && is_env(*value),
        _ => false,
    }
}

/// Whether a pair of a settings object ends up in the bundle: below `env` and `publicRuntimeConfig` of
/// Next.js, `runtimeConfig.public` of Nuxt, `define` of Vite, and the argument of webpack's `DefinePlugin`.
fn is_in_bundle(pair: Syntax<'_>) -> bool {
    let Some(holder) = pair.parent().filter(|object| object.kind() == Kind::Object).and_then(Syntax::parent) else { return false };
    let key = |pair: Syntax<'_>| pair.field(Field::Key).map_or("", unquoted).to_owned();
    match holder.kind() {
        Kind::Pair => {
            let outer = holder.parent().and_then(Syntax::parent).filter(|outer| outer.kind() == Kind::Pair);
            match key(holder).as_str() {
                "env" | "publicRuntimeConfig" | "define" => outer.is_none(),
                "public" => outer.is_some_and(|outer| key(outer) == "runtimeConfig"),
                _ => false,
            }
        }
        Kind::Arguments => holder
            .parent()
            .and_then(|call| call.field(Field::Constructor))
            .is_some_and(|constructor| constructor.text().ends_with("DefinePlugin")),
        _ => false,
    }
}
