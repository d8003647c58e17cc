//! CloudFormation's types and properties as the Terraform ones that rules know, by `cloudformation.toml`.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use crate::ir::{Entry, Map, Node, NodeKind, Resource, ResourceMode, Span};
use crate::tables::{V, table};

/// A row of the table of types.
struct Type {
    terraform: &'static str,
    /// By the property in small letters: CDK writes `dbInstanceIdentifier` for `DBInstanceIdentifier`.
    rename: FxHashMap<String, &'static str>,
    keep: Vec<&'static str>,
    lift: Vec<&'static str>,
    /// The property in small letters, and what an item of its list must hold to count.
    only: FxHashMap<String, &'static str>,
    pairs: Vec<&'static str>,
    listed: Vec<&'static str>,
    parts: Vec<Split>,
    set: Vec<(&'static str, &'static str)>,
}

/// A property that is a resource of its own in Terraform.
struct Split {
    property: &'static str,
    terraform: &'static str,
    /// The attribute that the property becomes; empty if its properties are the resource's attributes.
    attr: &'static str,
}

static TYPES: LazyLock<FxHashMap<String, Type>> = LazyLock::new(|| {
    let rows = table("cloudformation").map_or(&[][..], |table| table.list("type"));
    rows.iter().map(|row| (row.text("cfn").to_ascii_lowercase(), Type::new(row))).collect()
});

/// A resource of CloudFormation as the Terraform type that rules know; nothing for a type without a row. The
/// service may be in any case: CDK and Pulumi write it in small letters.
pub fn translate(ty: &str, name: &SmolStr, attrs: &Node) -> Option<Resource> {
    TYPES.get(&ty.to_ascii_lowercase()).map(|row| row.translate(name, attrs))
}

/// Properties that are resources of their own in Terraform, each with its place.
pub fn parts(ty: &str, name: &SmolStr, attrs: &Node) -> Vec<(Span, Resource)> {
    TYPES.get(&ty.to_ascii_lowercase()).map(|row| row.parts(name, attrs)).unwrap_or_default()
}

/// The Terraform type of a CloudFormation type that has a row.
pub fn terraform_type(ty: &str) -> Option<&'static str> {
    TYPES.get(&ty.to_ascii_lowercase()).map(|row| row.terraform)
}

impl Type {
    fn new(row: &'static V) -> Self {
        let pairs = |key| row.texts(key).filter_map(|pair| pair.split_once('='));
        Self {
            terraform: row.text("terraform"),
            rename: pairs("rename").map(|(from, to)| (from.to_ascii_lowercase(), to)).collect(),
            keep: row.texts("keep").collect(),
            lift: row.texts("lift").collect(),
            only: pairs("only").map(|(list, with)| (list.to_ascii_lowercase(), with)).collect(),
            pairs: row.texts("pairs").collect(),
            listed: row.texts("listed").collect(),
            parts: pairs("parts").map(Split::new).collect(),
            set: pairs("set").collect(),
        }
    }

    fn translate(&self, name: &SmolStr, attrs: &Node) -> Resource {
        let mut attrs = self.attributes(attrs);
        if let NodeKind::Map(map) = &mut attrs.kind {
            for (key, value) in &self.set {
                if map.field(key, |_| Some(())).is_absent() {
                    map.push(*key, attrs.span, Node::text(*value, attrs.span));
                }
            }
        }
        aws(self.terraform, name, attrs)
    }

    fn parts(&self, name: &SmolStr, attrs: &Node) -> Vec<(Span, Resource)> {
        let Some(map) = attrs.as_map() else { return Vec::new() };
        let written = self.parts.iter().filter_map(|part| Some((part, map.pair(part.property)?)));
        written
            .map(|(part, (place, value))| {
                let mut settings = self.attributes(value);
                if !part.attr.is_empty() {
                    let mut whole = Map::default();
                    whole.push(part.attr, place, settings);
                    settings = Node::new(place, NodeKind::Map(whole));
                }
                (place, aws(part.terraform, name, settings))
            })
            .collect()
    }

    /// `[{Key: deletion_protection.enabled, Value: true}]` as the attributes that `rename` knows; what else
    /// may be set is not seen if the list is not known to its end.
    fn named(&self, list: &Node, out: &mut Map) {
        for item in list.one_or_many() {
            let name = item.get("Key").or_else(|| item.get("key")).and_then(Node::as_str);
            let value = item.get("Value").or_else(|| item.get("value"));
            let Some((name, value)) = name.zip(value) else {
                out.entries.push(Entry::Spread(item.clone()));
                continue;
            };
            let Some(attr) = self.rename.get(name) else { continue };
            match attr.split_once('.') {
                Some((block, attr)) => {
                    let mut inner = Map::default();
                    inner.push(attr, value.span, value.clone());
                    out.push(block, value.span, Node::new(value.span, NodeKind::Map(inner)));
                }
                None => out.push(*attr, value.span, value.clone()),
            }
        }
    }

    fn attributes(&self, node: &Node) -> Node {
        let kind = match &node.kind {
            NodeKind::List(items) => NodeKind::List(items.iter().map(|item| self.attributes(item)).collect()),
            NodeKind::Map(map) => {
                let mut out = Map::default();
                for entry in &map.entries {
                    let Entry::Pair { key, key_span, value } = entry else {
                        out.entries.push(entry.clone());
                        continue;
                    };
                    let is_in = |list: &[&str]| list.iter().any(|name| name.eq_ignore_ascii_case(key));
                    if is_in(&self.pairs) {
                        self.named(value, &mut out);
                        continue;
                    }
                    let mut value = if is_in(&self.keep) {
                        value.clone()
                    } else if is_in(&self.listed) {
                        listed(value)
                    } else if let Some(with) = self.only.get(&key.to_ascii_lowercase()) {
                        self.attributes(&holding(value, with))
                    } else {
                        self.attributes(value)
                    };
                    if is_in(&self.lift) {
                        match &mut value.kind {
                            NodeKind::Map(inner) => out.entries.append(&mut inner.entries),
                            // What it sets is not known.
                            _ => out.entries.push(Entry::Spread(value)),
                        }
                        continue;
                    }
                    let name = self.rename.get(&key.to_ascii_lowercase()).map_or_else(|| snake(key), |name| SmolStr::new_static(name));
                    out.push(name, *key_span, value);
                }
                NodeKind::Map(out)
            }
            other => other.clone(),
        };
        Node { span: node.span, via: node.via.clone(), kind }
    }
}

impl Split {
    /// `Property=type`, or `Property=type.attribute`.
    fn new((property, target): (&'static str, &'static str)) -> Self {
        let (terraform, attr) = target.split_once('.').unwrap_or((target, ""));
        Self { property, terraform, attr }
    }
}

/// `{tls: disabled}` as the list `[{name: tls, value: disabled}]` that Terraform's blocks are.
fn listed(node: &Node) -> Node {
    let NodeKind::Map(map) = &node.kind else { return node.clone() };
    let items = map.pairs().map(|(key, value)| {
        let mut item = Map::default();
        item.push("name", value.span, Node::text(key.clone(), value.span));
        item.push("value", value.span, value.clone());
        Node::new(value.span, NodeKind::Map(item))
    });
    Node { span: node.span, via: node.via.clone(), kind: NodeKind::List(items.collect()) }
}

/// A list without the items that surely lack a property: a mapping of devices without `Ebs` is no disk.
fn holding(node: &Node, property: &str) -> Node {
    let NodeKind::List(items) = &node.kind else { return node.clone() };
    let holds = |map: &Map| map.is_open() || map.pairs().any(|(key, _)| key.eq_ignore_ascii_case(property));
    let items = items.iter().filter(|item| item.as_map().is_none_or(holds)).cloned().collect();
    Node { span: node.span, via: node.via.clone(), kind: NodeKind::List(items) }
}

/// A resource of AWS in Terraform's terms.
pub fn aws(ty: &str, name: &SmolStr, attrs: Node) -> Resource {
    let address = format_smolstr!("{ty}.{name}");
    Resource { provider: "aws".into(), ty: ty.into(), name: name.clone(), address, mode: ResourceMode::Managed, attrs }
}

/// A name of capitals as Terraform spells it: `KmsKeyId` is `kms_key_id`, `DBSubnetGroupName` is `db_subnet_group_name`.
pub fn snake(key: &str) -> SmolStr {
    let bytes = key.as_bytes();
    let mut out = String::with_capacity(key.len() + 4);
    for (at, letter) in key.char_indices() {
        let after_small = at > 0 && (bytes[at - 1].is_ascii_lowercase() || bytes[at - 1].is_ascii_digit());
        let before_small = bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
        let after_capital = at > 0 && bytes[at - 1].is_ascii_uppercase();
        if letter.is_ascii_uppercase() && (after_small || (after_capital && before_small)) {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out.into()
}
