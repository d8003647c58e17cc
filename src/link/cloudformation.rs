//! CloudFormation: references to parameters, mappings and conditions are filled in, and each resource is
//! given as the Terraform type that rules know, too, so that a security group is judged once.

mod identities;

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use super::Linker;
use crate::ir::{
    Entry, Fact, FactKind, Hop, HopKind, Map, Node, NodeKind, Op, Part, Piece, Ref, Resource, ResourceMode, Scope, Symbols, Text, Why,
};
use crate::tables::{V, table};

/// Parameters that lead to parameters: none do, but a mapping's value may be a reference.
const MAX_HOPS: usize = 8;

/// Fills in what the templates know, and adds each resource in Terraform's terms.
pub(super) fn link(linker: &mut Linker) {
    let mut added = Vec::new();
    for fact in &mut linker.facts {
        let FactKind::Resource(resource) = &mut fact.kind else { continue };
        if resource.provider != "cloudformation" {
            continue;
        }
        if let Some(symbols) = linker.symbols.get(fact.span.file.0 as usize) {
            Template { symbols }.fill(&mut resource.attrs, 0);
        }
        if let Some(row) = TYPES.get(resource.ty.as_str()) {
            added.push(Fact::new(fact.span, fact.owner.clone(), FactKind::Resource(row.translate(resource))));
        }
        for (index, policy) in serverless_policies(resource).into_iter().enumerate() {
            let name = format_smolstr!("{}-{index}", resource.name);
            let mut attrs = Map::default();
            attrs.push("policy", policy.span, policy.clone());
            attrs.push("role", policy.span, Node::new(policy.span, NodeKind::Ref(Ref::new(Scope::Cfn, [resource.name.clone()]))));
            let attrs = Node::new(policy.span, NodeKind::Map(attrs));
            added.push(Fact::new(policy.span, fact.owner.clone(), FactKind::Resource(aws("aws_iam_role_policy", &name, attrs))));
        }
        if let Some(role) = serverless_role(resource) {
            added.push(Fact::new(fact.span, fact.owner.clone(), FactKind::Resource(role)));
        }
    }
    identities::name(&linker.files, &mut added);
    linker.facts.extend(added);
}

/// What one template binds.
struct Template<'s> {
    symbols: &'s Symbols,
}

impl Template<'_> {
    fn fill(&self, node: &mut Node, hops: usize) {
        match &mut node.kind {
            NodeKind::List(items) => {
                for item in items.iter_mut() {
                    self.fill(item, hops);
                }
                items.retain(|item| !matches!(item.kind, NodeKind::Null));
            }
            NodeKind::Map(map) => {
                for entry in &mut map.entries {
                    let (Entry::Pair { value, .. } | Entry::Computed { value, .. } | Entry::Spread(value)) = entry;
                    self.fill(value, hops);
                }
            }
            NodeKind::Text(text) => self.fill_text(text, hops),
            NodeKind::Ref(reference) => {
                let reference = reference.clone();
                if let Some(value) = self.value(&reference, node, hops) {
                    *node = value;
                }
            }
            NodeKind::Call(call) if call.callee.scope == Scope::Cfn => {
                for argument in &mut call.args {
                    self.fill(argument, hops);
                }
                if let Some(kind) = self.call(call.callee.last(), &call.args) {
                    node.kind = kind;
                }
            }
            _ => {}
        }
    }

    fn fill_text(&self, text: &mut Text, hops: usize) {
        if !text.has_holes() {
            return;
        }
        let mut pieces: Vec<Piece> = Vec::new();
        for mut piece in std::mem::take(&mut text.pieces) {
            if let Part::Hole(node) = &mut piece.part {
                self.fill(node, hops);
                if let NodeKind::Text(inner) = &node.kind {
                    pieces.extend(inner.pieces.iter().map(|inner| Piece { span: piece.span, part: inner.part.clone() }));
                    continue;
                }
                if let NodeKind::Number(_) | NodeKind::Bool(_) = &node.kind {
                    piece.part = Part::Lit(format_smolstr!("{node}"));
                }
            }
            pieces.push(piece);
        }
        text.pieces = pieces;
    }

    /// What a name stands for: a parameter's default; what a deployment gives instead is not known.
    fn value(&self, reference: &Ref, place: &Node, hops: usize) -> Option<Node> {
        if reference.scope != Scope::Cfn || hops >= MAX_HOPS {
            return None;
        }
        let [name] = reference.path.as_slice() else { return None };
        if name == "AWS::NoValue" {
            return Some(Node::new(place.span, NodeKind::Null));
        }
        let parameter = self.symbols.get(name)?;
        if parameter.value.get("NoEcho").and_then(Node::as_bool) == Some(true) && parameter.value.get("Default").is_none() {
            return Some(Node::unknown(Why::Sensitive, place.span));
        }
        // A parameter that is looked up when the stack is made is not what its default says.
        if parameter.value.get("Type").and_then(Node::as_str).is_some_and(|ty| ty.starts_with("AWS::SSM::")) {
            return Some(Node::unknown(Why::Computed, place.span));
        }
        let Some(default) = parameter.value.get("Default") else { return Some(Node::unknown(Why::NoValue, place.span)) };
        let mut value = default.clone();
        self.fill(&mut value, hops + 1);
        value.span = place.span;
        value.via = value.via.then(Hop { kind: HopKind::Default, name: name.clone(), span: default.span });
        Some(value)
    }

    fn call(&self, name: &str, args: &[Node]) -> Option<NodeKind> {
        match (name, args) {
            ("Fn::If", [condition, then, otherwise]) => {
                // A branch without value leaves the other one, or nothing.
                let condition = Node::new(condition.span, NodeKind::Ref(Ref::new(Scope::Cfn, [format_smolstr!("Conditions.{condition}")])));
                Some(NodeKind::Op(Op::Cond, vec![condition, then.clone(), otherwise.clone()]))
            }
            ("Fn::FindInMap", [map, first, second]) => {
                let mapping = self.symbols.get(&format!("Mappings.{}", map.as_str()?))?;
                Some(mapping.value.get(first.as_str()?)?.get(second.as_str()?)?.kind.clone())
            }
            ("Fn::Select", [index, list]) => {
                let index = index.as_number().filter(|index| *index >= 0.0)?;
                #[expect(clippy::cast_sign_loss, reason = "negative ones are left out")]
                list.as_list()?.get(index as usize).map(|item| item.kind.clone())
            }
            ("Fn::Base64", [text]) => text.as_text().map(|text| NodeKind::Text(text.clone())),
            _ => None,
        }
    }
}

/// A row of the table of types.
struct Type {
    terraform: &'static str,
    rename: FxHashMap<&'static str, &'static str>,
    keep: Vec<&'static str>,
    lift: Vec<&'static str>,
    set: Vec<(&'static str, &'static str)>,
}

static TYPES: LazyLock<FxHashMap<&'static str, Type>> = LazyLock::new(|| {
    let rows = table("cloudformation").map_or(&[][..], |table| table.list("type"));
    rows.iter().map(|row| (row.text("cfn"), Type::new(row))).collect()
});

impl Type {
    fn new(row: &'static V) -> Self {
        let pairs = |key| row.texts(key).filter_map(|pair| pair.split_once('='));
        Self {
            terraform: row.text("terraform"),
            rename: pairs("rename").collect(),
            keep: row.texts("keep").collect(),
            lift: row.texts("lift").collect(),
            set: pairs("set").collect(),
        }
    }

    fn translate(&self, resource: &Resource) -> Resource {
        let mut attrs = self.attributes(&resource.attrs);
        if let NodeKind::Map(map) = &mut attrs.kind {
            for (key, value) in &self.set {
                if map.get(key).is_none() {
                    map.push(*key, attrs.span, Node::text(*value, attrs.span));
                }
            }
        }
        aws(self.terraform, &resource.name, attrs)
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
                    let value = if self.keep.contains(&key.as_str()) { value.clone() } else { self.attributes(value) };
                    if let (true, NodeKind::Map(inner)) = (self.lift.contains(&key.as_str()), &value.kind) {
                        out.entries.extend(inner.entries.iter().cloned());
                        continue;
                    }
                    let name = self.rename.get(key.as_str()).map_or_else(|| snake(key), |name| SmolStr::new_static(name));
                    out.push(name, *key_span, value);
                }
                NodeKind::Map(out)
            }
            other => other.clone(),
        };
        Node { span: node.span, via: node.via.clone(), kind }
    }
}

fn aws(ty: &str, name: &SmolStr, attrs: Node) -> Resource {
    let address = format_smolstr!("{ty}.{name}");
    Resource { provider: "aws".into(), ty: ty.into(), name: name.clone(), address, mode: ResourceMode::Managed, attrs }
}

/// `KmsKeyId` is `kms_key_id`, `DBSubnetGroupName` is `db_subnet_group_name`.
fn snake(key: &str) -> SmolStr {
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

/// What a function of SAM writes below `Policies`; its policy templates grant what they name.
fn policies_of(resource: &Resource) -> Vec<&Node> {
    if !resource.ty.starts_with("AWS::Serverless::") {
        return Vec::new();
    }
    resource.attrs.get("Policies").map(Node::one_or_many).unwrap_or_default()
}

/// The statements that it writes itself.
fn serverless_policies(resource: &Resource) -> Vec<&Node> {
    policies_of(resource).into_iter().filter(|policy| policy.get("Statement").is_some()).collect()
}

/// The role that SAM makes for it, with the managed policies that it names: by ARN, or those of AWS by name.
fn serverless_role(resource: &Resource) -> Option<Resource> {
    let arn = |policy: &&Node| match policy.as_str() {
        Some(name) if !name.starts_with("arn:") => Node::text(format_smolstr!("arn:aws:iam::aws:policy/{name}"), policy.span),
        _ => (*policy).clone(),
    };
    let arns: Vec<Node> = policies_of(resource).iter().filter(|policy| policy.as_text().is_some()).map(arn).collect();
    let span = arns.first()?.span;
    let mut attrs = Map::default();
    attrs.push("managed_policy_arns", span, Node::new(span, NodeKind::List(arns)));
    Some(aws("aws_iam_role", &resource.name, Node::new(span, NodeKind::Map(attrs))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Session;

    const TEMPLATE: &str = "
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Range: {Type: String, Default: 0.0.0.0/0}
  Secret: {Type: String, NoEcho: true}
Mappings:
  Ports: {db: {port: 5432}}
Resources:
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      SecurityGroupIngress:
        - CidrIp: !Ref Range
          IpProtocol: tcp
          FromPort: !FindInMap [Ports, db, port]
          ToPort: 5432
  Database:
    Type: AWS::RDS::DBInstance
    Properties:
      MasterUserPassword: !Ref Secret
      DBSubnetGroupName: !Sub '${AWS::StackName}-x-${Range}'
      KmsKeyId: !Ref AWS::NoValue
";

    fn translated(ty: &str) -> Node {
        let mut session = Session::default();
        session.set_file("stack.yaml", TEMPLATE);
        let facts = session.model().facts;
        let found = facts.into_iter().find_map(|fact| match fact.kind {
            FactKind::Resource(resource) if resource.ty == ty => Some(resource.attrs),
            _ => None,
        });
        found.unwrap()
    }

    #[test]
    fn parameters_and_mappings_are_filled_in() {
        let group = translated("aws_security_group");
        assert_eq!(group.to_string(), "{ingress: [{cidr_blocks: 0.0.0.0/0, protocol: tcp, from_port: 5432, to_port: 5432}]}");
        assert_eq!(group.all("ingress.cidr_blocks")[0].via.hops()[0].name, "Range");
    }

    #[test]
    fn what_a_deployment_gives_is_not_known() {
        let database = translated("aws_db_instance");
        assert!(matches!(database.get("password").unwrap().kind, NodeKind::Unknown(Why::Sensitive)));
        assert_eq!(database.get("db_subnet_group_name").unwrap().to_string(), "${!Ref AWS::StackName}-x-0.0.0.0/0");
        assert!(matches!(database.get("kms_key_id").unwrap().kind, NodeKind::Null));
    }
}
