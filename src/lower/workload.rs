//! Workloads: what runs in a container, whoever starts it. A Kubernetes object of any kind that holds
//! a pod, a Terraform `kubernetes_*` resource, a chart's values and a compose service give the same derived
//! resources of the provider `workload`, so that "privileged" is one rule:
//!
//! - `workload-pod`: `host-network`, `host-pid`, `host-ipc`, `host-users`, `host-names`, `service-account`,
//!   `automount-token`, `sysctls`;
//! - `workload-container`: `image`, `privileged`, `run-as-user`, `run-as-non-root`, `add-capabilities`,
//!   `drop-capabilities`, `seccomp`, `read-only-root`, `privilege-escalation`, `limits`, `init`, `environment`;
//! - `workload-mount`: `source`, `target`, `read-only`, of a path of the host;
//! - `workload-port`: `host-ip`, `published`, `target`, of a port of the host.
//!
//! All have `platform` and `workload`, the owner's name. Programs of a control plane are resources of their
//! own names beside them, see `control_plane`.

mod compose;
mod control_plane;
mod helm;
mod kubernetes;

pub use helm::holds_contexts;
pub(super) use kubernetes::to_manifest;

use smol_str::SmolStr;

use crate::ir::{Entry, Fact, FactKind, Map, Node, NodeKind, Resource, ResourceMode, Span, Why};

/// Adds the derived resources of a resource that runs containers.
pub(super) fn lower(fact: &Fact, resource: &Resource, out: &mut Vec<Fact>) {
    match resource.provider.as_str() {
        "kubernetes" => {
            kubernetes::lower(fact, resource, out);
            if matches!(resource.ty.as_str(), "ClusterConfiguration" | "InitConfiguration" | "JoinConfiguration") {
                control_plane::kubeadm(fact, resource, out);
            }
        }
        _ if resource.ty.starts_with("kubernetes_") && resource.mode == ResourceMode::Managed => kubernetes::lower(fact, resource, out),
        "helm" if resource.ty == "values" => helm::lower(resource, out),
        "compose" if resource.ty == "service" => compose::lower(fact, resource, out),
        _ => {}
    }
}

/// A derived resource while its attributes are collected.
struct Derived {
    ty: &'static str,
    name: SmolStr,
    span: Span,
    map: Map,
}

impl Derived {
    fn new(ty: &'static str, platform: &'static str, workload: &SmolStr, span: Span) -> Self {
        let mut derived = Self { ty, name: workload.clone(), span, map: Map::default() };
        derived.put("platform", Some(Node::text(platform, span)));
        derived.put("workload", Some(Node::text(workload.clone(), span)));
        derived
    }

    /// Adds what is written; nothing otherwise.
    fn put(&mut self, key: &'static str, value: Option<Node>) {
        if let Some(value) = value.filter(|value| !matches!(value.kind, NodeKind::Null)) {
            self.map.push(key, value.span, value);
        }
    }

    /// Says that more may be set elsewhere: what is absent here is not known to be absent.
    fn leave_open(&mut self) {
        let rest = Node::unknown(Why::Missing, self.span);
        self.map.entries.push(Entry::Spread(rest));
    }

    fn emit(self, out: &mut Vec<Fact>) {
        let Self { ty, name, span, map } = self;
        let address = name.clone();
        let attrs = Node::new(span, NodeKind::Map(map));
        let resource =
            Resource { provider: "workload".into(), ty: ty.into(), name, address: address.clone(), mode: ResourceMode::Managed, attrs };
        out.push(Fact::new(span, address, FactKind::Resource(resource)));
    }
}

/// Variables of an environment by their names; nothing where none is written.
fn environment(variables: impl Iterator<Item = (SmolStr, Node)>, span: Span) -> Option<Node> {
    let mut map = Map::default();
    for (name, value) in variables {
        map.push(name, value.span, value);
    }
    (!map.entries.is_empty()).then(|| Node::new(span, NodeKind::Map(map)))
}

/// The value at a key. A map that may hold more than is seen gives an unknown value instead of none.
fn seen(node: Option<&Node>, key: &str) -> Option<Node> {
    let node = node?;
    match &node.kind {
        NodeKind::Map(map) => map.get(key).cloned().or_else(|| map.is_open().then(|| Node::unknown(Why::Opaque, node.span))),
        NodeKind::List(items) if items.len() == 1 => seen(items.first(), key),
        NodeKind::List(_) | NodeKind::Null => None,
        _ => Some(Node::unknown(node.why(), node.span)),
    }
}

/// The same along a path.
fn seen_at(node: Option<&Node>, path: &[&str]) -> Option<Node> {
    let (first, rest) = path.split_first()?;
    let value = seen(node, first)?;
    if rest.is_empty() { Some(value) } else { seen_at(Some(&value), rest) }
}
