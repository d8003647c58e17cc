//! Objects of Kubernetes in Terraform: in the words of its provider (`kubernetes_role`), or whole, as a value
//! (`kubernetes_manifest`) or as text (`kubectl_manifest`).

use smol_str::SmolStr;

use super::embedded;
use super::workload::to_manifest;
use crate::ir::{Node, Resource, ResourceMode};

/// The object that a resource of Terraform stands for.
pub(super) fn object(resource: &Resource) -> Option<Resource> {
    if resource.mode != ResourceMode::Managed {
        return None;
    }
    match resource.ty.as_str() {
        "kubernetes_manifest" => whole(resource, resource.attrs.get("manifest")?.clone()),
        "kubectl_manifest" => whole(resource, embedded::yaml(resource.attrs.get("yaml_body")?.as_text()?)?),
        ty => Some(kubernetes(resource, kind(ty)?, to_manifest(&resource.attrs))),
    }
}

fn whole(resource: &Resource, manifest: Node) -> Option<Resource> {
    let kind = manifest.get("kind").and_then(Node::as_str)?.to_owned();
    Some(kubernetes(resource, &kind, manifest))
}

fn kubernetes(resource: &Resource, kind: &str, attrs: Node) -> Resource {
    Resource { provider: "kubernetes".into(), ty: SmolStr::from(kind), attrs, ..resource.clone() }
}

/// The kind of manifest that a resource of the Kubernetes provider stands for.
fn kind(ty: &str) -> Option<&'static str> {
    Some(match ty.strip_suffix("_v1").unwrap_or(ty) {
        "kubernetes_role" => "Role",
        "kubernetes_cluster_role" => "ClusterRole",
        "kubernetes_role_binding" => "RoleBinding",
        "kubernetes_cluster_role_binding" => "ClusterRoleBinding",
        "kubernetes_network_policy" => "NetworkPolicy",
        "kubernetes_pod_security_policy" => "PodSecurityPolicy",
        "kubernetes_service" => "Service",
        "kubernetes_ingress" => "Ingress",
        _ => return None,
    })
}
