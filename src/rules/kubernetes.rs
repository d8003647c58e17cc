//! Kubernetes objects that are judged together, by keys that hold dots, or at several places.

use super::Check;
use crate::ir::{Entry, Fact, FactKind, Kind, Map, Node, NodeKind, Resource, Tri};

/// Annotations of ingress-nginx whose text goes into its configuration.
pub(super) fn ingress_snippet(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    if resource.ty != "Ingress" {
        return;
    }
    let Some(annotations) = resource.attrs.all("metadata.annotations").first().and_then(|node| node.as_map()) else { return };
    for entry in &annotations.entries {
        let Entry::Pair { key, key_span, .. } = entry else { continue };
        if key.starts_with("nginx.ingress.kubernetes.io/") && key.ends_with("-snippet") {
            cx.report(cx.finding(
                fact,
                *key_span,
                format!("`{}` is written into nginx's configuration as it is", key.trim_start_matches("nginx.ingress.kubernetes.io/")),
            ));
        }
    }
}

/// Pods that share a namespace of their host.
pub(super) fn host_namespace(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    const SHARED: [(&str, &str); 5] = [
        ("host-network", "network"),
        ("host-pid", "processes"),
        ("host-ipc", "memory (IPC)"),
        ("host-users", "users"),
        ("host-names", "host name (UTS)"),
    ];
    if resource.ty != "workload-pod" {
        return;
    }
    for (attr, what) in SHARED {
        if let Some(shared) = resource.attrs.get(attr).filter(|shared| shared.truth().is_yes()) {
            let found = cx.finding(fact, shared.span, format!("`{}` shares the {what} of its host", fact.owner));
            cx.report(found.subject(format!("{} {attr}", fact.owner)).via(&shared.via));
        }
    }
}

/// Ingresses that are reached without TLS.
pub(super) fn clear_ingress(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    const KEEPS_CLEAR_TEXT: [&str; 3] =
        ["nginx.ingress.kubernetes.io/ssl-redirect", "ingress.kubernetes.io/ssl-redirect", "haproxy.org/ssl-redirect"];
    if resource.ty != "Ingress" {
        return;
    }
    let spec = resource.attrs.get("spec");
    let Some(map) = spec.and_then(Node::as_map).filter(|map| !map.is_open()) else { return };
    let annotations = resource.attrs.all("metadata.annotations").first().copied();
    if map.get("tls").is_some() {
        let off = KEEPS_CLEAR_TEXT.iter().find_map(|key| annotations?.get(key)).filter(|value| value.truth().is_no());
        if let Some(off) = off {
            cx.report(cx.finding(fact, off.span, format!("`{}` does not send browsers from clear text to TLS", fact.owner)));
        }
        return;
    }
    let names_host = resource.attrs.all("spec.rules.host").iter().any(|host| host.as_str().is_some_and(|host| host.contains('.')));
    if names_host && annotations.is_none() {
        cx.report(cx.finding(fact, fact.span, format!("`{}` serves without TLS", fact.owner)));
    }
}

/// Network policies that let everybody in: from every address, or to every pod by a rule that asks nothing.
pub(super) fn open_network_policy(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    if resource.ty != "NetworkPolicy" {
        return;
    }
    for range in resource.attrs.all("spec.ingress.from.ipBlock") {
        let open = range.get("cidr").filter(|cidr| cidr.as_str().is_some_and(crate::lower::cidr_is_open));
        if let Some(cidr) = open.filter(|_| range.get("except").is_none()) {
            cx.report(cx.finding(fact, cidr.span, format!("`{}` lets {cidr} in", fact.owner)).via(&cidr.via));
        }
    }
    let selector = resource.attrs.all("spec.podSelector").first().copied().and_then(Node::as_map);
    if selector.is_some_and(|selector| selector.entries.is_empty()) {
        for rules in resource.attrs.all("spec.ingress") {
            rules.each(&mut |rule| {
                if rule.as_map().is_some_and(|rule| rule.entries.is_empty()) {
                    cx.report(cx.finding(fact, rule.span, format!("`{}` lets everybody in to every pod", fact.owner)));
                }
            });
        }
    }
}

/// Workloads that no network policy selects, where there are network policies.
pub(super) fn uncovered_pods(cx: &mut Check<'_>) {
    let resources = || {
        cx.model
            .of(Kind::Resource)
            .filter_map(|fact| if let FactKind::Resource(resource) = &fact.kind { Some((fact, resource)) } else { None })
    };
    let policies: Vec<&Resource> = resources().map(|(_, resource)| resource).filter(|resource| resource.ty == "NetworkPolicy").collect();
    if policies.is_empty() {
        return;
    }
    let mut found = Vec::new();
    for (fact, pod) in resources().filter(|(_, resource)| {
        resource.ty == "workload-pod" && resource.attrs.get("platform").and_then(Node::as_str) == Some("kubernetes")
    }) {
        if Tri::any(policies.iter().map(|policy| selects(policy, &pod.attrs))).is_no() {
            found.push(cx.finding(fact, fact.span, format!("no network policy selects `{}`", fact.owner)));
        }
    }
    for finding in found {
        cx.report(finding);
    }
}

/// Whether a policy selects a pod: same namespace, and every label of its selector.
fn selects(policy: &Resource, pod: &Node) -> Tri {
    let namespace = policy.attrs.all("metadata.namespace").first().copied();
    let Some(selector) = policy.attrs.all("spec.podSelector").first().copied() else { return Tri::Maybe };
    let Some(selector) = selector.as_map() else { return if matches!(selector.kind, NodeKind::Null) { Tri::Yes } else { Tri::Maybe } };
    let nothing = Map::default();
    let labels = pod.get("labels");
    let label_map = match labels.map(|labels| &labels.kind) {
        None => &nothing,
        Some(NodeKind::Map(map)) if !map.is_open() => map,
        Some(_) => return Tri::Maybe,
    };
    let wanted = selector.get("matchLabels").and_then(Node::as_map);
    let expressions = if selector.get("matchExpressions").is_some() { Tri::Maybe } else { Tri::Yes };
    let matches = wanted.into_iter().flat_map(Map::pairs).map(|(key, value)| same(Some(value), label_map.get(key)));
    Tri::all(matches).and(expressions).and(same(namespace, pod.get("namespace")))
}

/// Whether two values are the same text; both absent are.
fn same(a: Option<&Node>, b: Option<&Node>) -> Tri {
    match (a, b) {
        (None, None) => Tri::Yes,
        (Some(a), Some(b)) => match (a.as_str(), b.as_str()) {
            (Some(a), Some(b)) => (a == b).into(),
            _ => Tri::Maybe,
        },
        // Kustomize and `kubectl -n` set namespaces from outside.
        _ => Tri::Maybe,
    }
}
