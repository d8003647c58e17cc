//! What modules hold and applications serve: `#[module(imports = […], providers = […])]`,
//! `App::builder().module::<ApiModule>()`.

use super::Attrs;
use crate::extract::Extract;
use crate::extract::rust::names::Names;
use crate::ir::{Node, NodeKind};
use crate::parse::rust::{Attr, Expr, ExprKind, Item, ItemKind, Path, Type};

/// Adds a `nestrs-module` for each module: `parts` names what it imports and provides.
pub(super) fn extract(cx: &mut Extract<'_>, items: &[Item], names: &Names<'_>) {
    for item in items {
        match &item.kind {
            ItemKind::Struct { name, .. } => {
                let Some(module) = item.attrs.iter().find(|attr| attr.is("module")) else { continue };
                let providers: Vec<&Expr> = module.named("providers").map(super::elements).unwrap_or_default();
                super::settings::of_module(cx, module, &name.text);
                super::tools::open_guard(cx, &providers, &name.text);
                Attrs::default().nodes("parts", parts(module, names), module.span).emit(cx, "nestrs-module", &name.text, module.span);
            }
            ItemKind::Module { items, .. } => extract(cx, items, names),
            _ => {}
        }
    }
}

fn parts(module: &Attr, names: &Names<'_>) -> Vec<Node> {
    let lists = ["imports", "providers", "controllers"].into_iter().filter_map(|list| module.named(list));
    let paths = lists.flat_map(super::elements).filter_map(type_of);
    paths.map(|path| Node::new(path.span, NodeKind::Ref(names.path(&path, "")))).collect()
}

/// The type that an entry names: `UsersModule`, `ConfigModule::for_root()`, `Setup { … }`.
fn type_of(entry: &Expr) -> Option<Path> {
    let mut path = match &entry.kind {
        ExprKind::Call { callee, .. } => callee.as_path()?,
        ExprKind::Struct { path, .. } => path,
        _ => entry.as_path()?,
    }
    .clone();
    path.names.truncate(path.names.iter().rposition(|name| name.starts_with(char::is_uppercase))? + 1);
    Some(path)
}

/// The modules that a chain mounts: `.module::<ApiModule>()`, `NestFactory::create::<AppModule>()`.
pub(super) fn mounted(chain: &Expr, names: &Names<'_>) -> Vec<Node> {
    let node = |ty: &Type| Node::new(ty.span, NodeKind::Ref(names.ty(ty, "")));
    let mut found = Vec::new();
    let mut at = chain;
    loop {
        match &at.kind {
            ExprKind::Method { on, name, types, .. } => {
                if name.text == "module" {
                    found.extend(types.iter().map(node));
                }
                at = on;
            }
            ExprKind::Await(inner) | ExprKind::Try(inner) => at = inner,
            ExprKind::Call { callee, .. } => {
                found.extend(callee.as_path().into_iter().flat_map(|path| &path.types).map(node));
                return found;
            }
            _ => return found,
        }
    }
}
