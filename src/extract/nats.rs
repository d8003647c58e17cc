//! Configuration of nats-server: the whole tree as one resource. `link::nats` puts in what is
//! included and what variables hold, and cuts it into sections.

use crate::ir::{FactKind, Resource, ResourceMode};

use super::Extract;

/// Reads the file's facts.
pub(super) fn extract(cx: &mut Extract<'_>) {
    let tree = cx.take(crate::parse::nats_conf::parse(&cx.file.src()));
    let name = cx.file.path.rsplit('/').next().unwrap_or_default().to_owned();
    let resource = Resource {
        provider: "nats".into(),
        ty: "nats-config".into(),
        name: name.clone().into(),
        address: name.clone().into(),
        mode: ResourceMode::Managed,
        attrs: tree,
    };
    cx.fact(cx.file.span(), name, FactKind::Resource(resource));
}
