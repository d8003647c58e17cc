//! Plans and states of Terraform as `terraform show -json` writes them: every resource with the values
//! that it will have. What is known only after the change is unknown; what the configuration leaves out
//! is absent, as in the source.
//! <https://developer.hashicorp.com/terraform/internals/json-format>

use std::collections::{BTreeMap, BTreeSet};

use smol_str::{SmolStr, format_smolstr};

use crate::extract::Extract;
use crate::ir::{Binding, BindingKind, Entry, FactKind, Map, Node, NodeKind, Ref, Resource, ResourceMode, Scope, Why};

/// Modules in modules that are followed.
const MAX_DEPTH: usize = 32;

/// The name that says that a file is a plan, for linking.
const MARK: &str = "terraform.plan";

/// Whether a text may be a plan: such files are read whole, however long.
pub(in crate::extract) fn is_likely(text: &str) -> bool {
    let head = &text.as_bytes()[..text.len().min(256)];
    memchr::memmem::find(head, b"\"format_version\"").is_some()
}

pub(super) fn is_plan(map: &Map) -> bool {
    map.get("format_version").is_some() && ["planned_values", "resource_changes", "values"].iter().any(|key| map.get(key).is_some())
}

/// What a plan says beside the values.
struct Plan<'n> {
    /// `after_unknown` by address.
    unknown: BTreeMap<&'n str, &'n Node>,
    /// The expressions of each resource by its address without keys of instances.
    written: BTreeMap<SmolStr, &'n Map>,
    /// All addresses.
    addresses: BTreeSet<&'n str>,
}

/// Emits each planned resource.
pub(super) fn plan(cx: &mut Extract<'_>, document: &Node, map: &Map) {
    cx.out.symbols.bindings.push(Binding {
        name: MARK.into(),
        kind: BindingKind::Setting,
        value: Node::new(document.span, NodeKind::Null),
        span: document.span,
    });
    let mut plan = Plan { unknown: BTreeMap::new(), written: BTreeMap::new(), addresses: BTreeSet::new() };
    for change in map.get("resource_changes").and_then(Node::as_list).unwrap_or_default() {
        if let (Some(address), Some(unknown)) = (text(change, "address"), change.all("change.after_unknown").first()) {
            plan.unknown.insert(address, unknown);
        }
    }
    if let Some(root) = document.all("configuration.root_module").first() {
        plan.read_written(root, "", 0);
    }
    let mut resources = Vec::new();
    for state in ["planned_values", "values"] {
        if let Some(root) = map.get(state).and_then(|state| state.get("root_module")) {
            collect(root, &mut resources, 0);
        }
    }
    if resources.is_empty() {
        // A plan without its values still says what each change leads to.
        let changes = map.get("resource_changes").and_then(Node::as_list).unwrap_or_default();
        resources.extend(changes.iter().filter_map(|change| Some((change, change.all("change.after").first().copied()?))));
    }
    plan.addresses = resources.iter().filter_map(|(resource, _)| text(resource, "address")).collect();
    for (resource, values) in resources {
        if let Some((address, resource)) = plan.resource(resource, values) {
            let owner = format_smolstr!("{}.{}", resource.ty, resource.name);
            cx.fact(address.span, owner, FactKind::Resource(resource));
        }
    }
}

fn text<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    node.get(key).and_then(Node::as_str)
}

/// The resources of a module and of those that it calls, with their values.
fn collect<'n>(module: &'n Node, out: &mut Vec<(&'n Node, &'n Node)>, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    let list = |key: &str| module.get(key).and_then(Node::as_list).unwrap_or_default();
    out.extend(list("resources").iter().filter_map(|resource| Some((resource, resource.get("values")?))));
    for child in list("child_modules") {
        collect(child, out, depth + 1);
    }
}

impl<'n> Plan<'n> {
    fn read_written(&mut self, module: &'n Node, prefix: &str, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for resource in module.get("resources").and_then(Node::as_list).unwrap_or_default() {
            if let (Some(address), Some(expressions)) = (text(resource, "address"), resource.get("expressions").and_then(Node::as_map)) {
                self.written.insert(format_smolstr!("{prefix}{address}"), expressions);
            }
        }
        for (name, call) in module.get("module_calls").and_then(Node::as_map).into_iter().flat_map(Map::pairs) {
            if let Some(inner) = call.get("module") {
                self.read_written(inner, &format!("{prefix}module.{name}."), depth + 1);
            }
        }
    }

    fn resource(&self, node: &'n Node, values: &Node) -> Option<(&'n Node, Resource)> {
        let (address, ty, name) = (node.get("address")?, text(node, "type")?, text(node, "name")?);
        let full = address.as_str()?;
        let mut attrs = values.clone();
        let written = self.written.get(&without_keys(full)).copied();
        if let Some(unknown) = self.unknown.get(full) {
            self.open(&mut attrs, unknown, written, full);
        }
        let mode = if text(node, "mode") == Some("data") { ResourceMode::Data } else { ResourceMode::Managed };
        let provider = ty.split('_').next().unwrap_or(ty).into();
        Some((address, Resource { provider, ty: ty.into(), name: name.into(), address: full.into(), mode, attrs }))
    }

    /// Sets what is known after the change only: to the instance that it refers to, or to an unknown.
    fn open(&self, attrs: &mut Node, unknown: &Node, written: Option<&Map>, address: &str) {
        let (NodeKind::Map(attrs), Some(unknown)) = (&mut attrs.kind, unknown.as_map()) else { return };
        for (key, is_unknown) in unknown.pairs() {
            let known = attrs.entries.iter_mut().find_map(|entry| match entry {
                Entry::Pair { key: name, value, .. } if name == key => Some(value),
                _ => None,
            });
            match (&is_unknown.kind, known) {
                (NodeKind::Bool(true), known) => {
                    let expression = written.and_then(|written| written.get(key));
                    if written.is_some() && expression.is_none() {
                        continue;
                    }
                    let value = expression.and_then(|expression| self.referred(expression, address));
                    let value = value.unwrap_or_else(|| Node::unknown(Why::Computed, is_unknown.span));
                    match known {
                        Some(known) => *known = value,
                        None => attrs.push(key.clone(), is_unknown.span, value),
                    }
                }
                (NodeKind::Map(_) | NodeKind::List(_), Some(known)) => overlay(known, is_unknown, 0),
                _ => {}
            }
        }
    }

    /// The instance that an expression refers to, if it is a plain reference.
    fn referred(&self, expression: &Node, own: &str) -> Option<Node> {
        let references = expression.get("references")?.as_list()?;
        let attr = references.first()?.as_str()?;
        let module = module_of(own);
        let address = references.iter().filter_map(Node::as_str).find_map(|name| self.instance(module, name, own))?;
        let last = attr.rsplit('.').next().unwrap_or("id");
        Some(Node::new(expression.span, NodeKind::Ref(Ref::new(Scope::Hcl, [address, last.into()]))))
    }

    /// The address of `name` seen from the module of `own`: as it is written, or with the same key.
    fn instance(&self, module: &str, name: &str, own: &str) -> Option<SmolStr> {
        let plain = format_smolstr!("{module}{name}");
        if self.addresses.contains(plain.as_str()) {
            return Some(plain);
        }
        let key = own.strip_suffix(']').and_then(|head| head.rsplit_once('[')).map(|(_, key)| key)?;
        let keyed = format_smolstr!("{plain}[{key}]");
        self.addresses.contains(keyed.as_str()).then_some(keyed)
    }
}

/// `module.a["k"].` of `module.a["k"].aws_x.y[0]`.
fn module_of(address: &str) -> &str {
    let ty = without_keys(address);
    if !ty.starts_with("module.") {
        return "";
    }
    // The type and the name are the last two parts; keys may hold dots.
    let mut dots = Vec::new();
    let mut depth = 0;
    for (at, byte) in address.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => depth -= 1,
            b'.' if depth == 0 => dots.push(at),
            _ => {}
        }
    }
    let parts = if ty.contains(".data.") { 3 } else { 2 };
    dots.len().checked_sub(parts).and_then(|at| dots.get(at)).map_or("", |at| &address[..=*at])
}

/// An address without the keys of instances.
fn without_keys(address: &str) -> SmolStr {
    let mut depth = 0_i32;
    let kept = address.chars().filter(|letter| {
        depth += i32::from(*letter == '[');
        let keep = depth == 0;
        depth -= i32::from(*letter == ']');
        keep
    });
    kept.collect::<String>().into()
}

fn overlay(value: &mut Node, unknown: &Node, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    match (&mut value.kind, &unknown.kind) {
        (_, NodeKind::Bool(true)) => *value = Node::unknown(Why::Computed, value.span),
        (NodeKind::List(values), NodeKind::List(unknowns)) => {
            values.iter_mut().zip(unknowns).for_each(|(value, unknown)| overlay(value, unknown, depth + 1));
        }
        (NodeKind::Map(values), NodeKind::Map(unknowns)) => {
            for (key, unknown) in unknowns.pairs() {
                let known = values.entries.iter_mut().find_map(|entry| match entry {
                    Entry::Pair { key: name, value, .. } if name == key => Some(value),
                    _ => None,
                });
                match known {
                    Some(value) => overlay(value, unknown, depth + 1),
                    None if matches!(unknown.kind, NodeKind::Bool(true)) => {
                        values.push(key.clone(), unknown.span, Node::unknown(Why::Computed, unknown.span));
                    }
                    None => {}
                }
            }
        }
        _ => {}
    }
}
