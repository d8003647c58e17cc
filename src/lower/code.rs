//! Resources that programs declare: the classes of Pulumi, CDKTF and AWS CDK's first layer in the terms that
//! rules know. `new aws.s3.Bucket('logs', { acl: 'public-read' })` is Terraform's `aws_s3_bucket`.

mod class;
mod value;

use smol_str::{SmolStr, format_smolstr};

pub(super) use class::{Class, Terms};
pub(super) use value::{Naming, Values};

use super::cloudformation;
use super::javascript::{Site, is_root};
use crate::ir::{Call, Entry, Fact, FactKind, Map, Node, NodeKind, Op, Resource, ResourceMode, Span, Why};

/// Adds the resource that a call declares or looks up.
pub(super) fn call(site: &Site<'_>, out: &mut Vec<Fact>) {
    if !is_root(site.call) {
        return;
    }
    let Some(class) = Class::of(site.call) else { return };
    let props = site.call.args.get(class.props);
    let values = Values { site, naming: class.naming() };
    let attrs = match props {
        _ if takes_unseen(site.call, class.props) => {
            let unseen = Entry::Spread(Node::unknown(Why::Opaque, site.span));
            Node::new(site.span, NodeKind::Map(Map { entries: vec![unseen] }))
        }
        Some(props) => values.value(props),
        None => Node::new(site.span, NodeKind::Map(Map::default())),
    };
    let attrs = Node { span: site.span, ..attrs };
    let name = class.name(site.call, site.span);
    match &class.terms {
        Terms::CloudFormation => {
            if let Some(resource) = cloudformation::translate(&class.ty, &name, &attrs) {
                push(site, resource, out);
            }
        }
        Terms::Terraform(provider) => {
            let resource = Resource {
                provider: (*provider).into(),
                ty: class.ty.clone(),
                address: format_smolstr!("{}.{name}", class.ty),
                name,
                mode: class.mode,
                attrs,
            };
            push(site, resource, out);
        }
        Terms::Manifest => push(site, manifest(&class.ty, name, attrs), out),
    }
}

/// Whether arguments up to the properties come from elsewhere: `new Bucket(...transform(args))`.
fn takes_unseen(call: &Call, props: usize) -> bool {
    call.args.iter().take(props + 1).any(|argument| matches!(argument.kind, NodeKind::Op(Op::Spread, _)))
}

/// Adds a resource under the address by which others of the repository refer to it.
pub(super) fn push(site: &Site<'_>, mut resource: Resource, out: &mut Vec<Fact>) {
    let owner = if is_place(&resource.name) { site.owner.clone() } else { resource.address.clone() };
    resource.address = qualified(site, site.span, &resource.address, resource.mode);
    out.push(Fact::new(site.span, owner, FactKind::Resource(resource)));
}

/// The name of what has none: its place.
pub(super) fn place(span: Span) -> SmolStr {
    format_smolstr!("@{}", span.start)
}

fn is_place(name: &str) -> bool {
    name.starts_with('@')
}

/// The address of what a call makes, if it makes a resource.
pub(super) fn address_of(site: &Site<'_>, call: &Call, span: Span) -> Option<SmolStr> {
    let (ty, name, mode) = if let Some(class) = Class::of(call) {
        let known = cloudformation::terraform_type(&class.ty).filter(|_| class.terms == Terms::CloudFormation);
        (known.map_or_else(|| class.ty.clone(), SmolStr::new_static), class.name(call, span), class.mode)
    } else {
        let (ty, name) = super::cdk::construct_type(call)?;
        (ty, name, ResourceMode::Managed)
    };
    Some(qualified(site, span, &format_smolstr!("{ty}.{name}"), mode))
}

/// Names are unique in a file at best: every stack has its `Bucket`.
fn qualified(site: &Site<'_>, span: Span, address: &str, mode: ResourceMode) -> SmolStr {
    let data = if mode == ResourceMode::Data { "data." } else { "" };
    format_smolstr!("{}/{data}{address}", (site.path)(span.file))
}

/// An object of Kubernetes, as a manifest says it.
fn manifest(ty: &str, name: SmolStr, attrs: Node) -> Resource {
    let span = attrs.span;
    let (version, kind) = ty.rsplit_once('/').unwrap_or(("v1", ty));
    let mut map = match attrs.kind {
        NodeKind::Map(map) => map,
        _ => Map::default(),
    };
    map.push("apiVersion", span, Node::text(version, span));
    map.push("kind", span, Node::text(kind, span));
    Resource {
        provider: "kubernetes".into(),
        ty: kind.into(),
        address: format_smolstr!("{kind}/{name}"),
        name,
        mode: ResourceMode::Managed,
        attrs: Node::new(span, NodeKind::Map(map)),
    }
}
