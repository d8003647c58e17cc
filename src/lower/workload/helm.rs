//! The defaults of a Helm chart: security contexts in `values.yaml`, which templates put into pods as they
//! stand. Only what is written counts: what is left out, the templates may add.

use smol_str::{SmolStr, format_smolstr};

use super::{Derived, seen, seen_at};
use crate::ir::{Fact, Map, Node, Resource};

const PLATFORM: &str = "helm";

/// Values of subcharts and components stand below their names.
const MAX_NESTING: usize = 4;

/// Whether values hold settings of pods.
pub fn holds_contexts(values: &Map) -> bool {
    holds(values, 0)
}

fn holds(values: &Map, depth: usize) -> bool {
    depth < MAX_NESTING && values.pairs().any(|(key, value)| value.as_map().is_some_and(|inner| is_context(key) || holds(inner, depth + 1)))
}

fn is_context(key: &str) -> bool {
    matches!(key, "securityContext" | "containerSecurityContext" | "podSecurityContext")
}

/// Adds what the values say of containers and pods.
pub(super) fn lower(resource: &Resource, out: &mut Vec<Fact>) {
    walk(&resource.attrs, &SmolStr::new_static("values"), 0, out);
}

fn walk(node: &Node, name: &SmolStr, depth: usize, out: &mut Vec<Fact>) {
    let Some(map) = node.as_map().filter(|_| depth < MAX_NESTING) else { return };
    pod(node, map, name, out);
    for (key, value) in map.pairs() {
        let below = format_smolstr!("{name}.{key}");
        if is_context(key) && value.as_map().is_some() {
            container(value, &below, out);
        } else {
            walk(value, &below, depth + 1, out);
        }
    }
}

fn pod(node: &Node, map: &Map, name: &SmolStr, out: &mut Vec<Fact>) {
    let namespaces = [("host-network", "hostNetwork"), ("host-pid", "hostPID"), ("host-ipc", "hostIPC")];
    if namespaces.iter().any(|(_, key)| map.get(key).is_some()) {
        let mut derived = Derived::new("workload-pod", PLATFORM, name, node.span);
        for (attr, key) in namespaces {
            derived.put(attr, seen(Some(node), key));
        }
        derived.leave_open();
        derived.emit(out);
    }
}

fn container(context: &Node, name: &SmolStr, out: &mut Vec<Fact>) {
    let mut derived = Derived::new("workload-container", PLATFORM, name, context.span);
    for (attr, path) in [
        ("privileged", &["privileged"][..]),
        ("privilege-escalation", &["allowPrivilegeEscalation"]),
        ("run-as-user", &["runAsUser"]),
        ("run-as-non-root", &["runAsNonRoot"]),
        ("add-capabilities", &["capabilities", "add"]),
        ("drop-capabilities", &["capabilities", "drop"]),
        ("seccomp", &["seccompProfile", "type"]),
        ("read-only-root", &["readOnlyRootFilesystem"]),
    ] {
        derived.put(attr, seen_at(Some(context), path));
    }
    derived.leave_open();
    derived.emit(out);
}
