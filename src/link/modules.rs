//! Calls of modules that are not in the repository: by `rules/tables/modules.toml` an argument is an attribute
//! of a resource, so that rules judge the call as the resource that it makes. What a call does not give is
//! not known: every map made here stays open.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::ir::{Entry, Fact, FactKind, Map, Node, NodeKind, Resource, ResourceMode, Span, Text, Why};
use crate::tables::{V, table};

/// Adds the resources that the calls of known modules stand for.
pub(super) fn link(facts: &mut Vec<Fact>) {
    let mut added = Vec::new();
    for fact in facts.iter() {
        let FactKind::Resource(call) = &fact.kind else { continue };
        if call.mode != ResourceMode::ModuleCall {
            continue;
        }
        let source = module_of(&call.ty);
        for row in MODULES.get(source.as_str()).into_iter().flatten() {
            row.resources(fact, call, &mut added);
        }
        if let Some(submodule) = source.strip_prefix(SECURITY_GROUP.source) {
            SECURITY_GROUP.resources(fact, call, submodule.strip_prefix("//modules/"), &mut added);
        }
    }
    facts.append(&mut added);
}

/// `git::https://github.com/ORG/terraform-aws-NAME.git//sub?ref=v1` and the address of a registry alike as
/// `ORG/NAME/aws//sub`.
fn module_of(source: &str) -> String {
    let source = source.split('?').next().unwrap_or_default();
    let source = source.trim_start_matches("git::").trim_start_matches("https://").trim_start_matches("ssh://");
    let source = source.trim_start_matches("registry.terraform.io/").trim_start_matches("tfr:///").trim_start_matches("git@");
    let Some(path) = source.strip_prefix("github.com/").or_else(|| source.strip_prefix("github.com:")) else { return source.to_owned() };
    let (whole, sub) = path.split_once("//").unwrap_or((path, ""));
    let named = whole.trim_end_matches(".git").split_once("/terraform-").and_then(|(org, name)| Some((org, name.split_once('-')?)));
    match named {
        Some((org, (provider, name))) if sub.is_empty() => format!("{org}/{name}/{provider}"),
        Some((org, (provider, name))) => format!("{org}/{name}/{provider}//{sub}"),
        None => source.to_owned(),
    }
}

/// A row of the table: what a module makes.
struct Module {
    resource: &'static str,
    /// The argument that holds a list or map of such resources.
    each: &'static str,
    /// The attribute that such an element is as a whole; empty where it holds attributes.
    whole: &'static str,
    /// The attribute that its key in a map is; empty where that is only a name.
    key: &'static str,
    /// Arguments with the way to their attribute.
    args: Vec<(&'static str, Vec<&'static str>)>,
}

static MODULES: LazyLock<FxHashMap<&'static str, Vec<Module>>> = LazyLock::new(|| {
    let mut modules: FxHashMap<&'static str, Vec<Module>> = FxHashMap::default();
    for row in table("modules").map_or(&[][..], |table| table.list("module")) {
        for source in row.texts("source") {
            modules.entry(source).or_default().push(Module::new(row));
        }
    }
    modules
});

impl Module {
    fn new(row: &'static V) -> Self {
        let same = row.texts("same").map(|name| (name, vec![name]));
        let renamed = row.texts("rename").filter_map(|pair| pair.split_once('=')).map(|(arg, attr)| (arg, attr.split('.').collect()));
        Self {
            resource: row.text("resource"),
            each: row.text("each"),
            whole: row.text("whole"),
            key: row.text("key"),
            args: same.chain(renamed).collect(),
        }
    }

    fn resources(&self, fact: &Fact, call: &Resource, out: &mut Vec<Fact>) {
        if self.each.is_empty() {
            out.extend(self.attributes(&call.attrs).map(|attrs| made(fact, call, self.resource, attrs)));
            return;
        }
        let Some(list) = call.attrs.get(self.each) else { return };
        for (key, item) in keyed(list) {
            let attrs = if self.whole.is_empty() { self.attributes(item) } else { Some(self.element(key, item)) };
            out.extend(attrs.map(|attrs| made(fact, call, self.resource, attrs)));
        }
    }

    /// An element as the attribute that it is, with its key.
    fn element(&self, key: Option<Node>, item: &Node) -> Node {
        let mut attrs = open_map(item.span);
        if let Some(key) = key.filter(|_| !self.key.is_empty()) {
            insert(&mut attrs, &[self.key], &key);
        }
        insert(&mut attrs, &[self.whole], item);
        Node::new(item.span, NodeKind::Map(attrs))
    }

    /// The attributes that the arguments give; nothing if they give none.
    fn attributes(&self, args: &Node) -> Option<Node> {
        let mut attrs = open_map(args.span);
        let mut is_given = false;
        for (arg, path) in &self.args {
            if let Some(value) = args.as_map().and_then(|map| map.get(arg)).filter(|value| !matches!(value.kind, NodeKind::Null)) {
                insert(&mut attrs, path, value);
                is_given = true;
            }
        }
        is_given.then(|| Node::new(args.span, NodeKind::Map(attrs)))
    }
}

/// The elements of a list, or the values of a map with their keys.
fn keyed(node: &Node) -> Vec<(Option<Node>, &Node)> {
    match &node.kind {
        NodeKind::List(items) => items.iter().map(|item| (None, item)).collect(),
        NodeKind::Map(map) => {
            let pairs = map.entries.iter().filter_map(|entry| match entry {
                Entry::Pair { key, key_span, value } => Some((Some(Node::text(key.clone(), *key_span)), value)),
                Entry::Computed { .. } | Entry::Spread(_) => None,
            });
            pairs.collect()
        }
        _ => Vec::new(),
    }
}

/// The elements of a list, or the values of a map.
fn items(node: &Node) -> Vec<&Node> {
    keyed(node).into_iter().map(|(_, item)| item).collect()
}

/// A map in which there may be more.
fn open_map(span: Span) -> Map {
    Map { entries: vec![Entry::Spread(Node::unknown(Why::Missing, span))] }
}

/// Sets the value at a path, with open maps on the way.
fn insert(map: &mut Map, path: &[&'static str], value: &Node) {
    let Some((key, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        map.push(SmolStr::new_static(key), value.span, value.clone());
        return;
    }
    let at = map.entries.iter().position(|entry| matches!(entry, Entry::Pair { key: known, .. } if known == key)).unwrap_or_else(|| {
        map.push(SmolStr::new_static(key), value.span, Node::new(value.span, NodeKind::Map(open_map(value.span))));
        map.entries.len() - 1
    });
    if let Some(Entry::Pair { value: Node { kind: NodeKind::Map(inner), .. }, .. }) = map.entries.get_mut(at) {
        insert(inner, rest, value);
    }
}

fn made(fact: &Fact, call: &Resource, ty: &'static str, attrs: Node) -> Fact {
    let provider = SmolStr::new(ty.split('_').next().unwrap_or(ty));
    let resource = Resource {
        provider,
        ty: SmolStr::new_static(ty),
        name: call.name.clone(),
        address: call.address.clone(),
        mode: ResourceMode::Managed,
        attrs,
    };
    Fact::new(fact.span, fact.owner.clone(), FactKind::Resource(resource))
}

/// The module for security groups, whose arguments are a language of their own: names of rules that it
/// knows, and lists of ranges in one string.
struct SecurityGroup {
    source: &'static str,
    ports: FxHashMap<&'static str, &'static V>,
    submodules: FxHashMap<&'static str, Vec<&'static str>>,
}

static SECURITY_GROUP: LazyLock<SecurityGroup> = LazyLock::new(|| {
    let table = table("modules").and_then(|table| table.get("security-group"));
    let rows = |key| table.map_or(&[][..], |table| table.list(key)).iter();
    SecurityGroup {
        source: table.map_or("-", |table| table.text("source")),
        ports: rows("ports").map(|row| (row.text("rule"), row)).collect(),
        submodules: rows("submodules").map(|row| (row.text("name"), row.texts("rules").collect())).collect(),
    }
});

impl SecurityGroup {
    fn resources(&self, fact: &Fact, call: &Resource, submodule: Option<&str>, out: &mut Vec<Fact>) {
        let Some(args) = call.attrs.as_map() else { return };
        let mut blocks = Vec::new();
        for (family, to) in [("", "cidr_blocks"), ("ipv6_", "ipv6_cidr_blocks")] {
            let given = |kind: &str| args.get(&format!("{kind}ingress_with_{family}cidr_blocks"));
            let ranges = args.get(&format!("ingress_{family}cidr_blocks"));
            for item in ["", "computed_"].into_iter().filter_map(given).flat_map(items) {
                blocks.extend(self.with_ranges(item, ranges, to));
            }
            let Some(ranges) = ranges else { continue };
            let own = submodule.and_then(|name| self.submodules.get(name)).into_iter().flatten().copied();
            let named = ["ingress_rules", "computed_ingress_rules"].into_iter().filter_map(|key| args.get(key)).flat_map(items);
            for rule in own.chain(named.filter_map(Node::as_str)) {
                blocks.extend(self.ports.get(rule).map(|row| block(row, ranges.span, to, ranges.clone())));
            }
        }
        if !blocks.is_empty() {
            let mut attrs = open_map(fact.span);
            attrs.push("ingress", fact.span, Node::new(fact.span, NodeKind::List(blocks)));
            out.push(made(fact, call, "aws_security_group", Node::new(fact.span, NodeKind::Map(attrs))));
        }
    }

    /// An element of `ingress_with_cidr_blocks`: its ports by numbers or by the name of a rule.
    fn with_ranges(&self, item: &Node, ranges: Option<&Node>, to: &'static str) -> Option<Node> {
        let map = item.as_map()?;
        let cidrs = map.get(to).map(split).or_else(|| ranges.cloned())?;
        if let Some(row) = map.get("rule").and_then(Node::as_str).and_then(|rule| self.ports.get(rule)) {
            return Some(block(row, item.span, to, cidrs));
        }
        let mut out = Map::default();
        for key in ["from_port", "to_port", "protocol"] {
            let value = map.get(key).cloned().unwrap_or_else(|| Node::unknown(Why::NoValue, item.span));
            out.push(key, item.span, value);
        }
        out.push(to, item.span, cidrs);
        Some(Node::new(item.span, NodeKind::Map(out)))
    }
}

fn block(row: &V, span: Span, to: &'static str, cidrs: Node) -> Node {
    let mut out = Map::default();
    for (key, from) in [("from_port", "from"), ("to_port", "to")] {
        let port = row.int(from).and_then(|port| i32::try_from(port).ok()).map(f64::from);
        out.push(key, span, port.map_or_else(|| Node::unknown(Why::NoValue, span), |port| Node::new(span, NodeKind::Number(port))));
    }
    out.push("protocol", span, Node::text(row.text("protocol"), span));
    out.push(to, span, cidrs);
    Node::new(span, NodeKind::Map(out))
}

/// `"10.0.0.0/8,0.0.0.0/0"` as the list that it is.
fn split(node: &Node) -> Node {
    let Some(text) = node.as_text().and_then(Text::known) else { return node.clone() };
    let items = text.split(',').map(|range| Node { via: node.via.clone(), ..Node::text(range.trim(), node.span) });
    Node { via: node.via.clone(), ..Node::new(node.span, NodeKind::List(items.collect())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_one_however_it_is_written() {
        for (source, wanted) in [
            ("terraform-aws-modules/rds/aws", "terraform-aws-modules/rds/aws"),
            ("terraform-aws-modules/iam/aws//modules/iam-policy", "terraform-aws-modules/iam/aws//modules/iam-policy"),
            ("git::https://github.com/terraform-aws-modules/terraform-aws-s3-bucket.git?ref=v4", "terraform-aws-modules/s3-bucket/aws"),
            ("github.com/cloudposse/terraform-aws-efs//sub", "cloudposse/efs/aws//sub"),
            ("registry.terraform.io/Azure/aks/azurerm", "Azure/aks/azurerm"),
            ("./local", "./local"),
        ] {
            assert_eq!(module_of(source), wanted);
        }
    }
}
