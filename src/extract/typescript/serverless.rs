//! `serverless.ts` and `serverless.js`: the service as an object, which linking resolves like the document.

use super::names::Module;
use crate::extract::Extract;
use crate::ir::{FactKind, Node, Resource, ResourceMode};
use crate::parse::typescript::Kind;

/// How deep in its file the object may stand: below a declaration or an assignment.
const MAX_DEPTH: usize = 5;

/// Whether the framework would read a file.
pub(super) fn is_service(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(name, "serverless.ts" | "serverless.js" | "serverless.mjs" | "serverless.cjs")
}

/// Emits the service of a file.
pub(super) fn emit(module: &Module<'_>, cx: &mut Extract<'_>) {
    let objects = module.tree.all().filter(|node| node.kind() == Kind::Object && node.ancestors().count() <= MAX_DEPTH);
    for node in objects {
        let attrs = module.lower(node);
        let has = |key: &str| attrs.get(key).is_some();
        if has("service") && has("provider") {
            let name = attrs.get("service").and_then(Node::as_str).unwrap_or_default().into();
            let resource = Resource {
                provider: "serverless".into(),
                ty: "service".into(),
                address: "service".into(),
                name,
                mode: ResourceMode::Managed,
                attrs: Node::new(node.span(), attrs.kind),
            };
            cx.fact(node.span(), resource.address.clone(), FactKind::Resource(resource));
            return;
        }
    }
}
