//! Policy documents: the JSON grammar of AWS and the blocks of `aws_iam_policy_document`.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::document_address;
use crate::ir::{
    Condition, Dialect, Effect, Entry, Fact, FactKind, Field, Grant, GrantSite, Map, Node, NodeKind, Op, Principal, PrincipalKind,
    Resource, ResourceMode, Text, Why,
};
use crate::lower::embedded;

/// Documents in documents that are followed.
const MAX_DEPTH: usize = 8;

/// The data sources by address.
#[derive(Debug)]
pub(super) struct Documents<'f> {
    by_address: FxHashMap<&'f str, &'f Fact>,
    list: Vec<&'f Fact>,
}

impl<'f> Documents<'f> {
    pub(super) fn new(facts: &'f [Fact]) -> Self {
        let list: Vec<&Fact> = facts.iter().filter(|fact| resource(fact).is_some_and(|it| it.ty == "aws_iam_policy_document")).collect();
        let by_address = list.iter().filter_map(|fact| Some((resource(fact)?.address.as_str(), *fact))).collect();
        Self { by_address, list }
    }

    /// Every data source with its owner.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'f SmolStr, &'f Resource)> {
        self.list.iter().filter_map(|fact| Some((&fact.owner, resource(fact)?)))
    }

    /// The owner of the data source at an address.
    pub(super) fn owner(&self, address: &str) -> Option<&'f SmolStr> {
        self.by_address.get(address).map(|fact| &fact.owner)
    }

    /// The statements of a policy, however it is written; `used` collects the data sources met.
    pub(super) fn read(&self, node: &Node, used: &mut FxHashSet<SmolStr>) -> Vec<Grant> {
        self.policy(node, used, 0)
    }

    /// The statements of a data source.
    pub(super) fn statements(&self, resource: &Resource, used: &mut FxHashSet<SmolStr>) -> Vec<Grant> {
        self.source(resource, used, 0)
    }

    fn policy(&self, node: &Node, used: &mut FxHashSet<SmolStr>, depth: usize) -> Vec<Grant> {
        if depth > MAX_DEPTH {
            return Vec::new();
        }
        match &node.kind {
            NodeKind::Call(call) if matches!(call.callee.last(), "jsonencode" | "yamlencode") => {
                call.args.first().map(|arg| self.policy(arg, used, depth + 1)).unwrap_or_default()
            }
            // The lists of some formats are the statements themselves.
            NodeKind::Map(map) if map.get("Effect").is_some() => read_statements(node),
            // Modules take statements in the words of the data source.
            NodeKind::Map(map) if map.get("actions").or_else(|| map.get("not_actions")).is_some() => vec![block(node, map)],
            NodeKind::Map(map) => map.get("Statement").map(read_statements).unwrap_or_default(),
            NodeKind::List(items) => items.iter().flat_map(|item| self.policy(item, used, depth + 1)).collect(),
            NodeKind::Text(text) => match embedded::json(text) {
                Some(mut tree) => {
                    give_via(&mut tree, node);
                    self.policy(&tree, used, depth + 1)
                }
                None => Vec::new(),
            },
            NodeKind::Ref(_) => {
                let Some(address) = document_address(node) else { return Vec::new() };
                used.insert(address.clone());
                let found = self.by_address.get(address.as_str()).and_then(|fact| resource(fact));
                found.map(|found| self.source(found, used, depth + 1)).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// The provider takes the source documents, then the statements of the block itself, then the
    /// overrides; a statement replaces an earlier one of the same sid.
    fn source(&self, resource: &Resource, used: &mut FxHashSet<SmolStr>, depth: usize) -> Vec<Grant> {
        let mut all = Vec::new();
        let Some(attrs) = resource.attrs.as_map().filter(|_| depth <= MAX_DEPTH) else { return all };
        let mut take = |name: &str, all: &mut Vec<Grant>| {
            for node in attrs.get(name).map(Node::one_or_many).unwrap_or_default() {
                merge(all, self.policy(node, used, depth + 1));
            }
        };
        take("source_json", &mut all);
        take("source_policy_documents", &mut all);
        let own = attrs.get("statement").map(Node::one_or_many).unwrap_or_default();
        merge(&mut all, own.into_iter().filter_map(|node| Some(block(node, node.as_map()?))).collect());
        take("override_json", &mut all);
        take("override_policy_documents", &mut all);
        all
    }
}

fn resource(fact: &Fact) -> Option<&Resource> {
    match &fact.kind {
        FactKind::Resource(resource) if resource.mode == ResourceMode::Data => Some(resource),
        _ => None,
    }
}

fn merge(all: &mut Vec<Grant>, more: Vec<Grant>) {
    for grant in more {
        let same = all.iter_mut().find(|known| grant.sid.as_ref().is_some_and(|sid| !sid.is_empty() && known.sid.as_ref() == Some(sid)));
        match same {
            Some(known) => *known = grant,
            None => all.push(grant),
        }
    }
}

/// Values of embedded JSON came the way that their text came.
fn give_via(tree: &mut Node, text: &Node) {
    if text.via.hops().is_empty() {
        return;
    }
    if tree.via.hops().is_empty() {
        tree.via = text.via.clone();
    }
    match &mut tree.kind {
        NodeKind::List(items) => items.iter_mut().for_each(|item| give_via(item, text)),
        NodeKind::Map(map) => map.entries.iter_mut().for_each(|entry| match entry {
            Entry::Pair { value, .. } | Entry::Computed { value, .. } | Entry::Spread(value) => give_via(value, text),
        }),
        _ => {}
    }
}

/// The value of `Statement`: one or many. One that stands under a condition that is not known may not be there.
fn read_statements(list: &Node) -> Vec<Grant> {
    list.one_or_many().into_iter().filter_map(|node| statement(node, node.as_map()?)).collect()
}

/// A statement of the JSON grammar.
fn statement(node: &Node, map: &Map) -> Option<Grant> {
    let mut grant = unread(node);
    grant.sid = map.get("Sid").and_then(Node::as_str).map(SmolStr::new);
    grant.effect = map.field("Effect", effect);
    grant.open = map.is_open();
    for (key, list) in [
        ("Action", &mut grant.actions),
        ("NotAction", &mut grant.not_actions),
        ("Resource", &mut grant.resources),
        ("NotResource", &mut grant.not_resources),
    ] {
        grant.open |= take_list(map.get(key), list);
    }
    if let Some(node) = map.get("Principal") {
        grant.open |= principals(node, &mut grant.principals);
    }
    if let Some(node) = map.get("NotPrincipal") {
        grant.open |= principals(node, &mut grant.not_principals);
    }
    for (operator, keys) in map.get("Condition").and_then(Node::as_map).into_iter().flat_map(Map::pairs) {
        for entry in keys.as_map().map_or(&[][..], |keys| &keys.entries) {
            let (key, span, value) = match entry {
                Entry::Pair { key, key_span, value } => (Text::lit(key.clone(), *key_span), *key_span, value),
                Entry::Computed { key, value } => (key.as_text().cloned().unwrap_or_default(), key.span, value),
                Entry::Spread(_) => continue,
            };
            let values = value.one_or_many().into_iter().cloned().collect();
            grant.conditions.push(Condition { operator: operator.clone(), key, values, span });
        }
    }
    if map.get("Condition").is_some_and(|node| node.as_map().is_none_or(Map::is_open) && !matches!(node.kind, NodeKind::Null)) {
        grant.conditions.push(unknown_condition(node));
    }
    let says_something = !(grant.actions.is_empty() && grant.not_actions.is_empty());
    (says_something || grant.open).then_some(grant)
}

/// A `statement` block of the data source.
fn block(node: &Node, map: &Map) -> Grant {
    let mut grant = unread(node);
    grant.sid = map.get("sid").and_then(Node::as_str).map(SmolStr::new);
    grant.effect = match map.field("effect", effect) {
        Field::Absent => Field::known(Effect::Allow, node.span),
        given => given,
    };
    grant.open = map.is_open();
    for (key, list) in [
        ("actions", &mut grant.actions),
        ("not_actions", &mut grant.not_actions),
        ("resources", &mut grant.resources),
        ("not_resources", &mut grant.not_resources),
    ] {
        grant.open |= take_list(map.get(key), list);
    }
    for (key, list) in [("principals", &mut grant.principals), ("not_principals", &mut grant.not_principals)] {
        for block in map.get(key).map(Node::one_or_many).unwrap_or_default() {
            let ty = block.get("type").and_then(Node::as_str).unwrap_or("");
            let mut names = Vec::new();
            grant.open |= block.as_map().is_none() || take_list(block.get("identifiers"), &mut names);
            list.extend(names.into_iter().map(|name| Principal { kind: principal_kind(ty, &name), name }));
        }
    }
    let conditions = ["condition", "conditions"].iter().filter_map(|key| map.get(key));
    for block in conditions.flat_map(Node::one_or_many).filter(|block| !matches!(block.kind, NodeKind::Null)) {
        let (Some(operator), Some(key)) = (block.get("test").and_then(Node::as_str), block.get("variable").and_then(Node::as_text)) else {
            grant.conditions.push(unknown_condition(block));
            continue;
        };
        let mut values = Vec::new();
        take_list(block.get("values"), &mut values);
        grant.conditions.push(Condition { operator: operator.into(), key: key.clone(), values, span: block.span });
    }
    grant
}

/// The statement that a resource adds to another one's policy, spelled as attributes.
pub(super) fn permission(ty: &str, attrs: &Node) -> Option<Grant> {
    const CONDITIONS: [(&str, &str, &str); 5] = [
        ("source_arn", "ArnLike", "aws:SourceArn"),
        ("source_account", "StringEquals", "aws:SourceAccount"),
        ("principal_org_id", "StringEquals", "aws:PrincipalOrgID"),
        ("organization_id", "StringEquals", "aws:PrincipalOrgID"),
        ("function_url_auth_type", "StringEquals", "lambda:FunctionUrlAuthType"),
    ];
    let target = match ty {
        "aws_lambda_permission" => "function_name",
        "aws_lambda_layer_version_permission" => "layer_name",
        "aws_cloudwatch_event_permission" => "event_bus_name",
        _ => return None,
    };
    let name = attrs.get("principal")?;
    let mut grant = unread(attrs);
    grant.effect = Field::known(Effect::Allow, attrs.span);
    take_list(attrs.get("action"), &mut grant.actions);
    if grant.actions.is_empty() && ty == "aws_cloudwatch_event_permission" {
        grant.actions.push(Node::text("events:PutEvents", name.span));
    }
    take_list(attrs.get(target), &mut grant.resources);
    let is_service = name.as_text().is_some_and(|text| text.ends(".amazonaws.com").is_yes());
    let kind = if is_service { PrincipalKind::Service } else { principal_kind("*", name) };
    grant.principals.push(Principal { kind, name: name.clone() });
    for (attr, operator, key) in CONDITIONS {
        if let Some(value) = attrs.get(attr).filter(|value| !matches!(value.kind, NodeKind::Null)) {
            let values = vec![value.clone()];
            grant.conditions.push(Condition { operator: operator.into(), key: Text::lit(key, value.span), values, span: value.span });
        }
    }
    for block in attrs.get("condition").map(Node::one_or_many).unwrap_or_default() {
        let text = |key: &str| block.get(key).and_then(Node::as_text).cloned();
        grant.conditions.push(match text("key").zip(block.get("value")) {
            Some((key, value)) => {
                let operator = text("type").as_ref().and_then(Text::as_str).unwrap_or_default().into();
                Condition { operator, key, values: vec![value.clone()], span: block.span }
            }
            None => unknown_condition(block),
        });
    }
    Some(grant)
}

/// A statement whose effect and place are still to be read.
fn unread(node: &Node) -> Grant {
    Grant { site: GrantSite::Unattached, effect: Field::Absent, via: node.via.clone(), ..Grant::new(Dialect::Aws, node.span) }
}

/// A condition of which nothing is known: it may be any.
fn unknown_condition(node: &Node) -> Condition {
    Condition { operator: SmolStr::default(), key: Text::default(), values: vec![Node::unknown(Why::Opaque, node.span)], span: node.span }
}

fn effect(node: &Node) -> Option<Effect> {
    match node.as_str()? {
        "Allow" => Some(Effect::Allow),
        "Deny" => Some(Effect::Deny),
        _ => None,
    }
}

/// One string or a list of strings; says whether there may be more than is seen.
fn take_list(node: Option<&Node>, out: &mut Vec<Node>) -> bool {
    let mut open = false;
    let Some(node) = node else { return false };
    node.each(&mut |item| match &item.kind {
        NodeKind::Null => {}
        NodeKind::Op(Op::Spread, _) | NodeKind::For(_) => open = true,
        NodeKind::Op(..) | NodeKind::Unknown(_) | NodeKind::Call(_) | NodeKind::Map(_) => {
            open = true;
            out.push(item.clone());
        }
        _ => out.push(item.clone()),
    });
    open
}

/// `"*"`, or a map of kinds to names.
fn principals(node: &Node, out: &mut Vec<Principal>) -> bool {
    match &node.kind {
        NodeKind::Map(map) => {
            let mut open = map.is_open();
            for (kind, names) in map.pairs() {
                let mut list = Vec::new();
                open |= take_list(Some(names), &mut list);
                out.extend(list.into_iter().map(|name| Principal { kind: principal_kind(kind, &name), name }));
            }
            open
        }
        NodeKind::Text(_) => {
            out.push(Principal { kind: principal_kind("*", node), name: node.clone() });
            false
        }
        _ => true,
    }
}

fn principal_kind(kind: &str, name: &Node) -> PrincipalKind {
    match kind {
        "Service" => PrincipalKind::Service,
        "Federated" => PrincipalKind::Federated,
        "CanonicalUser" => PrincipalKind::Canonical,
        "*" if name.as_str() == Some("*") => PrincipalKind::Anyone,
        _ => PrincipalKind::Aws,
    }
}
