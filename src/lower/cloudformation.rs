//! CloudFormation's types and properties as the Terraform ones that rules know, by `cloudformation.toml`.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use crate::ir::{Entry, Map, Node, NodeKind, Resource, ResourceMode};
use crate::tables::{V, table};

/// A row of the table of types.
struct Type {
    terraform: &'static str,
    /// By the property in small letters: CDK writes `dbInstanceIdentifier` for `DBInstanceIdentifier`.
    rename: FxHashMap<String, &'static str>,
    keep: Vec<&'static str>,
    lift: Vec<&'static str>,
    pairs: Vec<&'static str>,
    listed: Vec<&'static str>,
    set: Vec<(&'static str, &'static str)>,
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
            pairs: row.texts("pairs").collect(),
            listed: row.texts("listed").collect(),
            set: pairs("set").collect(),
        }
    }

    fn translate(&self, name: &SmolStr, attrs: &Node) -> Resource {
        let mut attrs = self.attributes(attrs);
        if let NodeKind::Map(map) = &mut attrs.kind {
            for (key, value) in &self.set {
                if map.get(key).is_none() {
                    map.push(*key, attrs.span, Node::text(*value, attrs.span));
                }
            }
        }
        aws(self.terraform, name, attrs)
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
                    let value = if is_in(&self.keep) {
                        value.clone()
                    } else if is_in(&self.listed) {
                        listed(value)
                    } else {
                        self.attributes(value)
                    };
                    if let (true, NodeKind::Map(inner)) = (is_in(&self.lift), &value.kind) {
                        out.entries.extend(inner.entries.iter().cloned());
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
