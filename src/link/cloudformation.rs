//! CloudFormation: references to parameters, mappings and conditions are filled in, and each resource is
//! given as the Terraform type that rules know, too, so that a security group is judged once.

mod conditions;
mod identities;

use smol_str::format_smolstr;

use super::Linker;
use super::terraform::companions;
use crate::ir::{Entry, Fact, FactKind, Hop, HopKind, Node, NodeKind, Op, Part, Piece, Ref, Scope, Symbols, Text, Tri, Why};
use crate::lower::cloudformation::{parts, translate};

/// Parameters that lead to parameters: none do, but a mapping's value may be a reference.
const MAX_HOPS: usize = 8;

/// Fills in what the templates know, and adds each resource in Terraform's terms.
pub(super) fn link(linker: &mut Linker) {
    let mut added = Vec::new();
    let mut split = Vec::new();
    for Fact { span, owner, kind, .. } in &mut linker.facts {
        let FactKind::Resource(resource) = kind else { continue };
        if resource.provider != "cloudformation" {
            continue;
        }
        if let Some(symbols) = linker.symbols.get(span.file.0 as usize) {
            Template { symbols }.fill(&mut resource.attrs, 0);
        }
        if let Some(translated) = translate(&resource.ty, &resource.name, &resource.attrs) {
            added.push(Fact::new(*span, owner.clone(), FactKind::Resource(translated)));
        }
        let parts = parts(&resource.ty, &resource.name, &resource.attrs).into_iter();
        split.extend(parts.map(|(place, part)| Fact::new(place, owner.clone(), FactKind::Resource(part))));
        crate::lower::sam::policies(*span, owner, resource, &mut added);
    }
    for template in added.chunk_by_mut(|a, b| a.span.file == b.span.file) {
        companions::link(template);
    }
    added.extend(split);
    for fact in &linker.facts {
        if let Some(resource) = fact.resource().filter(|resource| resource.provider == "serverless") {
            crate::lower::serverless::service(fact, resource, &mut added);
        }
    }
    crate::lower::sam::endpoints(&linker.facts, &linker.symbols, &mut added);
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
        text.join_literals();
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
        // A parameter that is looked up when the stack is made is not what its default says. Where an image
        // is looked up tells which one it is.
        if let Some(ty) = parameter.value.get("Type").and_then(Node::as_str).filter(|ty| ty.starts_with("AWS::SSM::")) {
            let image = parameter.value.get("Default").and_then(Node::as_str).filter(|_| ty.contains("EC2::Image::Id"));
            let looked_up = |from: &str| Node::text(format_smolstr!("{{{{resolve:ssm:{from}}}}}"), place.span);
            return Some(image.map_or_else(|| Node::unknown(Why::Computed, place.span), looked_up));
        }
        let Some(default) = parameter.value.get("Default") else { return Some(Node::unknown(Why::NoValue, place.span)) };
        let mut value = default.clone();
        self.fill(&mut value, hops + 1);
        if parameter.value.get("Type").and_then(Node::as_str).is_some_and(|ty| ty == "CommaDelimitedList" || ty.starts_with("List<")) {
            value = split(",", &value).map_or(value, |list| Node::new(place.span, list));
        }
        value.span = place.span;
        value.via = value.via.then(Hop { kind: HopKind::Default, name: name.clone(), span: default.span });
        Some(value)
    }

    fn call(&self, name: &str, args: &[Node]) -> Option<NodeKind> {
        match (name, args) {
            ("Fn::If", [condition, then, otherwise]) => {
                match self.condition(&condition.to_string(), 0) {
                    Tri::Yes => return Some(then.kind.clone()),
                    Tri::No => return Some(otherwise.kind.clone()),
                    Tri::Maybe => {}
                }
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
            ("Fn::Split", [separator, text]) => split(separator.as_str().filter(|separator| !separator.is_empty())?, text),
            ("Fn::Base64", [text]) => text.as_text().map(|text| NodeKind::Text(text.clone())),
            _ => None,
        }
    }
}

/// The parts of a text that is known, each in its place.
fn split(separator: &str, text: &Node) -> Option<NodeKind> {
    let known = text.as_text()?.known()?;
    let part = |part: &str| Node { via: text.via.clone(), ..Node::text(part.trim(), text.span) };
    Some(NodeKind::List(known.split(separator).map(part).collect()))
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
  Stage: {Type: String, Default: test}
Mappings:
  Ports: {db: {port: 5432}}
Conditions:
  IsTest: !Equals [!Ref Stage, test]
  IsElsewhere: !Not [!Or [!Condition IsTest, !Equals [!Ref AWS::Region, eu-west-1]]]
  IsHere: !And [!Condition IsTest, !Equals [!Ref AWS::Region, eu-west-1]]
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
      StorageEncrypted: !If [IsTest, false, true]
      PubliclyAccessible: !If [IsElsewhere, true, false]
      MultiAZ: !If [IsHere, true, false]
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
    fn conditions_hold_by_the_defaults() {
        let database = translated("aws_db_instance");
        let shown = |key: &str| database.get(key).map(ToString::to_string).unwrap_or_default();
        assert_eq!((shown("storage_encrypted"), shown("publicly_accessible")), ("false".to_owned(), "false".to_owned()));
        assert!(shown("multi_az").starts_with("(Cond"), "{}", shown("multi_az"));
    }

    #[test]
    fn what_a_deployment_gives_is_not_known() {
        let database = translated("aws_db_instance");
        assert!(matches!(database.get("password").unwrap().kind, NodeKind::Unknown(Why::Sensitive)));
        assert_eq!(database.get("db_subnet_group_name").unwrap().to_string(), "${!Ref AWS::StackName}-x-0.0.0.0/0");
        assert!(matches!(database.get("kms_key_id").unwrap().kind, NodeKind::Null));
    }
}
