//! Pods of Kubernetes: in manifests, and in Terraform's spelling of them.

use smol_str::{SmolStr, format_smolstr};

use super::{Derived, environment, seen, seen_at};
use crate::ir::{Entry, Fact, Map, Node, NodeKind, Resource, Span};

const PLATFORM: &str = "kubernetes";

/// Adds what the pod of an object says.
pub(super) fn lower(fact: &Fact, resource: &Resource, out: &mut Vec<Fact>) {
    let manifest;
    let attrs = if resource.ty.starts_with("kubernetes_") {
        manifest = to_manifest(&resource.attrs);
        &manifest
    } else {
        &resource.attrs
    };
    let Some((spec, meta)) = pod_spec(attrs) else { return };
    let workload = format_smolstr!("{}/{}", resource.ty, resource.name);
    let namespace = seen_at(Some(attrs), &["metadata", "namespace"]);
    pod(spec, meta, namespace, &workload, fact.span, out);
    for volume in spec.get("volumes").and_then(Node::as_list).unwrap_or_default() {
        mount(volume, spec, &workload, out);
    }
    for (list, init) in [("containers", false), ("initContainers", true), ("ephemeralContainers", false)] {
        for container in spec.get(list).and_then(Node::as_list).unwrap_or_default() {
            if container.as_map().is_some() {
                self::container(container, spec, meta, &workload, init, out);
            }
        }
    }
}

/// The pod of an object of any kind, with the metadata that belongs to it: a pod itself, a controller's
/// template, a cron job's. A kind that nobody has heard of may have one too.
fn pod_spec(object: &Node) -> Option<(&Node, Option<&Node>)> {
    const PATHS: [&[&str]; 4] = [&[], &["spec", "template"], &["spec", "jobTemplate", "spec", "template"], &["template"]];
    PATHS.iter().find_map(|path| {
        let holder = path.iter().try_fold(object, |node, key| node.get(key))?;
        let spec = holder.get("spec")?;
        spec.get("containers").map(|_| (spec, holder.get("metadata")))
    })
}

fn pod(spec: &Node, meta: Option<&Node>, namespace: Option<Node>, workload: &SmolStr, span: Span, out: &mut Vec<Fact>) {
    let mut pod = Derived::new("workload-pod", PLATFORM, workload, span);
    for (key, name) in [
        ("host-network", "hostNetwork"),
        ("host-pid", "hostPID"),
        ("host-ipc", "hostIPC"),
        ("service-account", "serviceAccountName"),
        ("automount-token", "automountServiceAccountToken"),
    ] {
        pod.put(key, seen(Some(spec), name));
    }
    pod.put("sysctls", seen_at(Some(spec), &["securityContext", "sysctls"]));
    pod.put("labels", seen(meta, "labels"));
    pod.put("namespace", namespace);
    // A patch of Kustomize names what it changes; the rest stands in what it patches.
    if spec.get("containers").map(Node::one_or_many).unwrap_or_default().iter().any(|container| container.get("image").is_none()) {
        pod.leave_open();
    }
    pod.emit(out);
}

fn mount(volume: &Node, spec: &Node, workload: &SmolStr, out: &mut Vec<Fact>) {
    let Some(path) = volume.get("hostPath").and_then(|host| host.get("path")) else { return };
    let mut mount = Derived::new("workload-mount", PLATFORM, workload, path.span);
    mount.put("source", Some(path.clone()));
    let name = volume.get("name").and_then(Node::as_str);
    let uses = spec.all("containers.volumeMounts").into_iter().flat_map(Node::one_or_many);
    let mut uses = uses.filter(|used| used.get("name").and_then(Node::as_str) == name).peekable();
    if uses.peek().is_some() && uses.all(|used| used.get("readOnly").and_then(Node::as_bool) == Some(true)) {
        mount.put("read-only", Some(Node::new(path.span, NodeKind::Bool(true))));
    }
    mount.emit(out);
}

fn container(container: &Node, spec: &Node, meta: Option<&Node>, workload: &SmolStr, init: bool, out: &mut Vec<Fact>) {
    let name = container.get("name");
    let place = name.map_or(container.span, |name| name.span);
    let mut derived = Derived::new("workload-container", PLATFORM, workload, place);
    derived.name = format_smolstr!("{workload} {}", name.map(ToString::to_string).unwrap_or_default());
    let whole = Some(container);
    let own = seen(whole, "securityContext");
    let pods = seen(Some(spec), "securityContext");
    // The container's own value wins over the pod's.
    let inherited = |path: &[&str]| seen_at(own.as_ref(), path).or_else(|| seen_at(pods.as_ref(), path));
    let own_only = |path: &[&str]| seen_at(own.as_ref(), path);
    derived.put("name", name.cloned());
    derived.put("image", seen(whole, "image"));
    derived.put("init", init.then(|| Node::new(place, NodeKind::Bool(true))));
    derived.put("privileged", own_only(&["privileged"]));
    derived.put("privilege-escalation", own_only(&["allowPrivilegeEscalation"]));
    derived.put("read-only-root", own_only(&["readOnlyRootFilesystem"]));
    derived.put("proc-mount", own_only(&["procMount"]));
    derived.put("add-capabilities", own_only(&["capabilities", "add"]));
    derived.put("drop-capabilities", own_only(&["capabilities", "drop"]));
    derived.put("run-as-user", inherited(&["runAsUser"]));
    derived.put("run-as-non-root", inherited(&["runAsNonRoot"]));
    derived.put("seccomp", inherited(&["seccompProfile", "type"]));
    if let Some(unconfined) = unconfined(own.as_ref(), pods.as_ref(), meta, name) {
        derived.put("seccomp", Some(unconfined));
    }
    let variables = container.get("env").map(Node::one_or_many).unwrap_or_default().into_iter();
    let pair = |variable: &Node| Some((variable.get("name")?.as_str()?.into(), variable.get("value")?.clone()));
    derived.put("environment", environment(variables.filter_map(pair), place));
    derived.put("limits", seen_at(whole, &["resources", "limits"]));
    derived.put("windows", seen_at(pods.as_ref(), &["windowsOptions"]).or_else(|| windows(spec)));
    for port in container.get("ports").and_then(Node::as_list).unwrap_or_default() {
        if let Some(published) = port.get("hostPort").filter(|port| port.as_number() != Some(0.0)) {
            let mut derived = Derived::new("workload-port", PLATFORM, workload, published.span);
            derived.put("published", Some(published.clone()));
            derived.put("target", port.get("containerPort").cloned());
            derived.put("host-ip", port.get("hostIP").cloned());
            derived.emit(out);
        }
    }
    if container.get("image").is_none() {
        derived.leave_open();
    }
    derived.emit(out);
    super::control_plane::container(container, workload, place, out);
}

/// Filters that are switched off by other names than seccomp's own: `AppArmor`'s profile, and the annotations
/// that both had before they were fields.
fn unconfined(own: Option<&Node>, pods: Option<&Node>, meta: Option<&Node>, name: Option<&Node>) -> Option<Node> {
    let profile = seen_at(own, &["appArmorProfile", "type"]).or_else(|| seen_at(pods, &["appArmorProfile", "type"]));
    let annotations = meta.and_then(|meta| meta.get("annotations"));
    let container = name.and_then(Node::as_str).unwrap_or_default();
    let keys = [
        "seccomp.security.alpha.kubernetes.io/pod".to_owned(),
        format!("container.seccomp.security.alpha.kubernetes.io/{container}"),
        format!("container.apparmor.security.beta.kubernetes.io/{container}"),
    ];
    let written = keys.iter().filter_map(|key| annotations?.get(key).cloned());
    profile.into_iter().chain(written).find_map(|value| {
        let is_off = value.as_str().is_some_and(|value| value.eq_ignore_ascii_case("unconfined"));
        is_off.then(|| Node::text("Unconfined", value.span))
    })
}

/// Pods that ask for Windows nodes have other users and no capabilities.
fn windows(spec: &Node) -> Option<Node> {
    let selector = spec.get("nodeSelector")?;
    let os = selector.get("kubernetes.io/os").or_else(|| selector.get("beta.kubernetes.io/os"))?;
    (os.as_str() == Some("windows")).then(|| os.clone())
}

/// Terraform's blocks as the manifest that they stand for: `host_network` is `hostNetwork`, `container`
/// blocks are `containers`.
pub(in crate::lower) fn to_manifest(node: &Node) -> Node {
    const LISTS: [(&str, &str); 7] = [
        ("container", "containers"),
        ("init_container", "initContainers"),
        ("volume", "volumes"),
        ("volume_mount", "volumeMounts"),
        ("port", "ports"),
        ("rule", "rules"),
        ("subject", "subjects"),
    ];
    let kind = match &node.kind {
        NodeKind::List(items) => NodeKind::List(items.iter().map(to_manifest).collect()),
        NodeKind::Map(map) => {
            let mut out = Map::default();
            for entry in &map.entries {
                let Entry::Pair { key, key_span, value } = entry else {
                    out.entries.push(entry.clone());
                    continue;
                };
                let list = LISTS.iter().find(|(block, _)| key == block);
                let name = list.map_or_else(|| camel(key), |(_, list)| SmolStr::new_static(list));
                let value = to_manifest(value);
                // A block that stands once is the map itself, unless the manifest has a list there.
                let value = match &value.kind {
                    NodeKind::List(items) if list.is_none() && items.len() == 1 && items[0].as_map().is_some() => items[0].clone(),
                    NodeKind::Map(_) if list.is_some() => Node::new(value.span, NodeKind::List(vec![value])),
                    _ => value,
                };
                out.push(name, *key_span, value);
            }
            NodeKind::Map(out)
        }
        other => other.clone(),
    };
    Node { span: node.span, via: node.via.clone(), kind }
}

/// `host_pid` is `hostPID`: Kubernetes writes acronyms in capitals.
fn camel(key: &str) -> SmolStr {
    match key {
        "host_pid" => return "hostPID".into(),
        "host_ipc" => return "hostIPC".into(),
        "host_ip" => return "hostIP".into(),
        _ => {}
    }
    let mut words = key.split('_');
    let mut out = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out.into()
}
