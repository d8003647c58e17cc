//! Programs of a cluster's control plane, by their flags: in the static pods that start them and in kubeadm's
//! settings for those. Each becomes a resource of the program's name with its flags as attributes, so that the
//! rows of `rules/tables/cloud-*.toml` judge an API server as they judge a managed one.
//! <https://kubernetes.io/docs/reference/command-line-tools-reference/>

use smol_str::{SmolStr, format_smolstr};

use super::Derived;
use crate::ir::{Fact, Node, NodeKind, Resource, Span};

const PLATFORM: &str = "kubernetes";

const PROGRAMS: [&str; 5] = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "kubelet"];

/// Where kubeadm takes flags for each of them.
const KUBEADM: [(&str, &str); 5] = [
    ("apiServer.extraArgs", "kube-apiserver"),
    ("controllerManager.extraArgs", "kube-controller-manager"),
    ("scheduler.extraArgs", "kube-scheduler"),
    ("etcd.local.extraArgs", "etcd"),
    ("nodeRegistration.kubeletExtraArgs", "kubelet"),
];

/// Adds the program that a container starts, if it is one of them.
pub(super) fn container(container: &Node, workload: &SmolStr, place: Span, out: &mut Vec<Fact>) {
    let list = |key: &str| container.get(key).map(Node::one_or_many).unwrap_or_default();
    let words: Vec<&Node> = list("command").into_iter().chain(list("args")).collect();
    let Some((program, flags)) = program(&words) else { return };
    let mut derived = Derived::new(program, PLATFORM, workload, place);
    derived.name = format_smolstr!("{workload} {program}");
    for (name, value) in flags {
        derived.map.push(name, value.span, value);
    }
    if words.iter().any(|word| word.as_str().is_none()) {
        derived.leave_open();
    }
    derived.emit(out);
}

/// Adds the programs that kubeadm's settings give flags to; what they leave out, kubeadm sets.
pub(super) fn kubeadm(fact: &Fact, resource: &Resource, out: &mut Vec<Fact>) {
    for (path, program) in KUBEADM {
        for flags in resource.attrs.all(path) {
            let workload = format_smolstr!("{}/{program}", resource.ty);
            let mut derived = Derived::new(program, PLATFORM, &workload, fact.span);
            for (name, value) in given(flags) {
                derived.map.push(name, value.span, value);
            }
            derived.leave_open();
            derived.emit(out);
        }
    }
}

/// `{name: value}`, or `[{name: …, value: …}]` since version `v1beta4`.
fn given(flags: &Node) -> Vec<(SmolStr, Node)> {
    match &flags.kind {
        NodeKind::Map(map) => map.pairs().map(|(name, value)| (name.clone(), listed(value))).collect(),
        NodeKind::List(items) => {
            let pair = |item: &Node| Some((item.get("name")?.as_str()?.into(), listed(item.get("value")?)));
            items.iter().filter_map(pair).collect()
        }
        _ => Vec::new(),
    }
}

/// The program that a command starts, directly or through a shell, and its flags.
fn program(words: &[&Node]) -> Option<(&'static str, Vec<(SmolStr, Node)>)> {
    let mut found = None;
    let mut flags: Vec<(SmolStr, Node)> = Vec::new();
    // A flag whose value is the next word.
    let mut waits: Option<SmolStr> = None;
    let mut before = "";
    for node in words {
        for word in node.as_str().unwrap_or_default().split_whitespace() {
            let before = std::mem::replace(&mut before, word);
            let Some(flag) = word.strip_prefix("--") else {
                match waits.take() {
                    Some(name) => flags.push((name, text(word, node.span))),
                    None if found.is_none() && starts_command(before) => found = PROGRAMS.into_iter().find(|name| name_of(word) == *name),
                    None => {}
                }
                continue;
            };
            flags.extend(waits.take().map(|name| (name, text("true", node.span))));
            match flag.split_once('=') {
                Some((name, value)) => flags.push((name.into(), text(value.trim_matches(['"', '\'']), node.span))),
                None => waits = Some(flag.into()),
            }
        }
    }
    let last = words.last().map(|node| node.span)?;
    flags.extend(waits.map(|name| (name, text("true", last))));
    Some((found?, flags))
}

/// Whether a program's name follows a word, in a command or in the text of a shell.
fn starts_command(before: &str) -> bool {
    matches!(name_of(before), "" | "exec" | "-c" | "-ec" | "&&" | "||" | ";" | "then" | "hyperkube")
}

fn name_of(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

fn text(value: &str, span: Span) -> Node {
    listed(&Node::text(value, span))
}

/// `Node,RBAC` as a list.
fn listed(value: &Node) -> Node {
    match value.as_str() {
        Some(list) if list.contains(',') => {
            let items = list.split(',').map(|item| Node::text(item.trim(), value.span)).collect();
            Node::new(value.span, NodeKind::List(items))
        }
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_in_every_form_of_a_command() {
        for (words, wanted) in [
            (&["kube-apiserver", "--anonymous-auth=false", "--v", "2"][..], "kube-apiserver anonymous-auth=false v=2"),
            (&["/bin/sh", "-c", "exec /usr/local/bin/etcd --client-cert-auth --name='a'"], "etcd client-cert-auth=true name=a"),
            (&["/hyperkube", "kubelet", "--authorization-mode=Node,RBAC"], "kubelet authorization-mode=[Node, RBAC]"),
            (&["nginx", "--profiling"], ""),
            (&["vtctld", "-topo_implementation", "etcd", "--port=1"], ""),
        ] {
            let nodes: Vec<Node> = words.iter().map(|word| Node::text(*word, Span::default())).collect();
            let found = program(&nodes.iter().collect::<Vec<_>>());
            let shown = found.map_or_else(String::new, |(program, flags)| {
                flags.iter().fold(program.to_owned(), |shown, (name, value)| format!("{shown} {name}={value}"))
            });
            assert_eq!(shown, wanted);
        }
    }
}
