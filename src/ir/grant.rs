//! Permissions: who may do what to what, under which condition; the same for every platform.

use smol_str::SmolStr;

use super::{Field, Node, Ref, Span, Text, Via};

/// One statement of a policy, binding or role, wherever it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// The permission language of `actions` and `resources`.
    pub dialect: Dialect,
    /// What kind of policy holds it; it decides what a missing principal means.
    pub site: GrantSite,
    /// Allow or deny.
    pub effect: Field<Effect>,
    /// The statement's id, if it has one.
    pub sid: Option<SmolStr>,
    /// Actions granted, each with its place: `s3:*`, `roles/owner`, `get pods`, `read`.
    pub actions: Vec<Node>,
    /// Everything but these (`NotAction`).
    pub not_actions: Vec<Node>,
    /// What it is granted on.
    pub resources: Vec<Node>,
    /// Everything but these (`NotResource`).
    pub not_resources: Vec<Node>,
    /// Who gets it, where the statement itself says so (resource and trust policies, bindings).
    pub principals: Vec<Principal>,
    /// Everybody but these (`NotPrincipal`).
    pub not_principals: Vec<Principal>,
    /// Conditions; all must hold.
    pub conditions: Vec<Condition>,
    /// Whether any list above may hold more than is seen (a spread, an unknown element).
    pub open: bool,
    /// The identities or resources that the policy is attached to, after linking: addresses such
    /// as `aws_iam_role.ci`, or the service and resource of a Nitric grant.
    pub holders: Vec<Ref>,
    /// The statement.
    pub span: Span,
    /// How the policy got to where it is used.
    pub via: Via,
}

impl Grant {
    /// An allowing statement of an identity that grants nothing yet.
    pub fn new(dialect: Dialect, span: Span) -> Self {
        Self {
            dialect,
            site: GrantSite::Identity,
            effect: Field::known(Effect::Allow, span),
            sid: None,
            actions: Vec::new(),
            not_actions: Vec::new(),
            resources: Vec::new(),
            not_resources: Vec::new(),
            principals: Vec::new(),
            not_principals: Vec::new(),
            conditions: Vec::new(),
            open: false,
            holders: Vec::new(),
            span,
            via: Via::default(),
        }
    }
}

/// The language of actions and resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// AWS IAM: `service:Action` on ARNs.
    Aws,
    /// Google Cloud: roles and permissions on members.
    Gcp,
    /// Azure RBAC: provider operations and role definitions.
    Azure,
    /// Kubernetes RBAC: verbs on API groups and resources.
    Kubernetes,
    /// Nitric: permissions of a service on a resource.
    Nitric,
    /// NATS: publish and subscribe on subjects.
    Nats,
}

/// Where a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GrantSite {
    /// A policy of an identity: the principal is what it is attached to.
    Identity,
    /// A policy of a resource: the principals are in the statement.
    Resource,
    /// Who may assume a role.
    Trust,
    /// An upper bound (permissions boundary, SCP): grants nothing by itself.
    Boundary,
    /// A document whose use is not seen.
    Unattached,
}

/// Allow or deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Grants.
    Allow,
    /// Takes away, over any allow.
    Deny,
}

/// Who is granted something.
#[derive(Debug, Clone, PartialEq)]
pub struct Principal {
    /// Its kind.
    pub kind: PrincipalKind,
    /// Its name: an ARN, an account, a service, a member, a subject, `*`.
    pub name: Node,
}

/// Kinds of [`Principal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrincipalKind {
    /// Anybody, without authentication.
    Anyone,
    /// An account, user or role of AWS; `*` here is anybody too.
    Aws,
    /// A service of the platform.
    Service,
    /// A federated identity provider.
    Federated,
    /// A canonical user of S3.
    Canonical,
    /// A member of Google Cloud: `user:`, `group:`, `serviceAccount:`, `allUsers`.
    Member,
    /// A user, group or service account of Kubernetes.
    Subject,
    /// A service or user of the application itself.
    Application,
}

/// One condition of a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The operator as written: `StringEquals`, `ForAnyValue:StringLike`.
    pub operator: SmolStr,
    /// The key: `aws:PrincipalOrgID`.
    pub key: Text,
    /// The values; any one suffices.
    pub values: Vec<Node>,
    /// Where it stands.
    pub span: Span,
}
