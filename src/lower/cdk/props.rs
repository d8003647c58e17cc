//! Constructs of the second layer as the Terraform types that rules know, by `cdk.toml`.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::ir::{Entry, Field, Map, Node, NodeKind, Span, Why};
use crate::lower::cloudformation::aws;
use crate::lower::code::{Naming, Values, push};
use crate::lower::javascript::{Site, option};
use crate::tables::{V, table};

/// A construct.
pub(super) struct Row {
    /// The type that it becomes.
    pub terraform: &'static str,
    props: Vec<Prop>,
    unless: Vec<&'static str>,
    set: Vec<(&'static str, &'static str)>,
}

/// A property and the attribute that it becomes.
struct Prop {
    name: &'static str,
    attr: Vec<&'static str>,
    /// Members of an enumeration and what they are called.
    members: Vec<(&'static str, &'static str)>,
    /// What leaving it out means; empty for what it means in Terraform.
    absent: Option<&'static str>,
}

static ROWS: LazyLock<FxHashMap<&'static str, Row>> = LazyLock::new(|| {
    let mut rows = FxHashMap::default();
    for row in table("cdk").map_or(&[][..], |table| table.list("construct")) {
        rows.extend(row.texts("class").map(|class| (class, Row::new(row))));
    }
    rows
});

/// The row of a construct.
pub(super) fn row(service: &str, class: &str) -> Option<&'static Row> {
    ROWS.get(format!("{}.{class}", service.replace('_', "-")).as_str())
}

impl Row {
    fn new(row: &'static V) -> Self {
        Self {
            terraform: row.text("terraform"),
            props: row.texts("props").filter_map(Prop::parse).collect(),
            unless: row.texts("unless").collect(),
            set: row.texts("set").filter_map(|pair| pair.split_once('=')).collect(),
        }
    }

    /// Adds the resource that a construct declares.
    pub(super) fn declare(&self, site: &Site<'_>, name: &str, props: Option<&Node>, out: &mut Vec<crate::ir::Fact>) {
        let mut attrs = open(site.span);
        let settled = self.unless.iter().any(|key| !option(props, key, |_| Some(())).is_absent());
        for prop in &self.props {
            if let Some(value) = prop.value(site, props, settled) {
                put(&mut attrs, &prop.attr, value);
            }
        }
        for (attr, value) in &self.set {
            put(&mut attrs, &[attr], Node::text(*value, site.span));
        }
        push(site, aws(self.terraform, &name.into(), Node::new(site.span, NodeKind::Map(attrs))), out);
    }
}

impl Prop {
    fn parse(text: &'static str) -> Option<Self> {
        let (name, rest) = text.split_once('=')?;
        let (rest, absent) = rest.split_once('?').map_or((rest, None), |(rest, absent)| (rest, Some(absent)));
        let mut parts = rest.split('|');
        let attr = parts.next()?.split('.').collect();
        Some(Self { name, attr, members: parts.filter_map(|member| member.split_once(':')).collect(), absent })
    }

    fn value(&self, site: &Site<'_>, props: Option<&Node>, settled: bool) -> Option<Node> {
        let found = self.name.split('.').try_fold(Field::known(props.cloned(), site.span), |holder, key| match holder {
            // `new s3.BlockPublicAccess({ … })` is its options.
            Field::Known { value: Some(node), .. } => {
                let inner = node.as_call().and_then(|call| call.args.first()).unwrap_or(&node);
                Some(option(Some(inner), key, |node| Some(Some(node.clone()))))
            }
            Field::Known { value: None, .. } | Field::Absent => Some(Field::Absent),
            Field::Unknown { .. } => None,
        })?;
        match found {
            Field::Known { value: Some(node), .. } => Some(self.renamed(site, &node)),
            Field::Known { value: None, .. } | Field::Absent => match self.absent? {
                _ if settled => None,
                "" => Some(Node::new(site.span, NodeKind::Null)),
                value => Some(Node::text(value, site.span)),
            },
            Field::Unknown { why, span } => Some(Node::unknown(why, span)),
        }
    }

    fn renamed(&self, site: &Site<'_>, node: &Node) -> Node {
        let value = Values { site, naming: Naming::Snake }.value(node);
        if self.members.is_empty() {
            return value;
        }
        let flag = || value.as_bool().map(|flag| flag.to_string());
        let made = || value.as_call().map(|call| call.callee.last().to_owned());
        let written = value.as_str().map(str::to_owned).or_else(flag).or_else(made);
        let member = self.members.iter().find(|(name, _)| Some(*name) == written.as_deref());
        match member {
            Some((_, renamed)) => Node { via: value.via.clone(), ..Node::text(*renamed, value.span) },
            None => Node::unknown(Why::Opaque, value.span),
        }
    }
}

/// A block of which more may be set than is seen.
fn open(span: Span) -> Map {
    Map { entries: vec![Entry::Spread(Node::unknown(Why::Missing, span))] }
}

/// Sets an attribute below its blocks.
fn put(map: &mut Map, path: &[&str], value: Node) {
    let [first, rest @ ..] = path else { return };
    if rest.is_empty() {
        map.push(*first, value.span, value);
        return;
    }
    let known = map.entries.iter_mut().find_map(|entry| match entry {
        Entry::Pair { key, value: Node { kind: NodeKind::Map(inner), .. }, .. } if key == first => Some(inner),
        _ => None,
    });
    if let Some(inner) = known {
        put(inner, rest, value);
        return;
    }
    let span = value.span;
    let mut inner = open(span);
    put(&mut inner, rest, value);
    map.push(*first, span, Node::new(span, NodeKind::Map(inner)));
}
