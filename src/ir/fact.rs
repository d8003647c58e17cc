//! The facts: a closed set. A new kind needs a line in ARCHITECTURE.md and two source kinds that emit it.

use smol_str::SmolStr;

use super::{
    AuthScheme, Cors, Field, Grant, Guard, Job, Map, Mount, Node, NodeKind, OAuthClient, Ref, Route, Script, Secret, Service, Span, Stage,
    Taken, Text, TokenCheck, TokenIssue, Tri,
};

/// How much of a file the rules that run have a use for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// All facts.
    #[default]
    Structure,
    /// The same of code that names no framework, too: another file hands it what a request brings.
    Called,
    /// Secrets, and what says where they go: images and the files that stay out of them.
    Secrets,
}

/// Something that a file says, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// Where it is said: the smallest place that a reader would look at.
    pub span: Span,
    /// What it is about, stable against edits elsewhere: `aws_iam_policy.ci`, `GET /users`, `DB_PASSWORD`.
    /// Part of the fingerprint.
    pub owner: SmolStr,
    /// What is said.
    pub kind: FactKind,
}

/// The content of a [`Fact`]. Facts live in one vector, so the large and rare ones are boxed.
#[derive(Debug, Clone, PartialEq)]
pub enum FactKind {
    /// A resource, data source or provider of a platform, with all its attributes.
    Resource(Resource),
    /// A call of a library function that some table or rule knows.
    Call(Call),
    /// A permission.
    Grant(Box<Grant>),
    /// An application, API, router.
    Service(Service),
    /// A way to authenticate.
    AuthScheme(Box<AuthScheme>),
    /// An endpoint.
    Route(Box<Route>),
    /// Something in front of endpoints.
    Guard(Guard),
    /// A service placed below another.
    Mount(Mount),
    /// A cross-origin policy.
    Cors(Box<Cors>),
    /// A token that is read.
    TokenCheck(Box<TokenCheck>),
    /// A token that is signed.
    TokenIssue(Box<TokenIssue>),
    /// An OAuth client.
    OAuthClient(Box<OAuthClient>),
    /// A secret.
    Secret(Box<Secret>),
    /// A variable of a process environment.
    EnvEntry(EnvEntry),
    /// A stage of an image.
    Stage(Box<Stage>),
    /// A network address that is served.
    Listener(Listener),
    /// A rule of a firewall.
    NetRule(NetRule),
    /// A dangerous function with what flows into it.
    Sink(Sink),
    /// A command that is run at build or in CI.
    Script(Script),
    /// A job of continuous integration.
    Job(Box<Job>),
}

/// The kinds of facts without their content: to index, to count, to name in a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// See [`FactKind::Resource`].
    Resource,
    /// See [`FactKind::Call`].
    Call,
    /// See [`FactKind::Grant`].
    Grant,
    /// See [`FactKind::Service`].
    Service,
    /// See [`FactKind::AuthScheme`].
    AuthScheme,
    /// See [`FactKind::Route`].
    Route,
    /// See [`FactKind::Guard`].
    Guard,
    /// See [`FactKind::Mount`].
    Mount,
    /// See [`FactKind::Cors`].
    Cors,
    /// See [`FactKind::TokenCheck`].
    TokenCheck,
    /// See [`FactKind::TokenIssue`].
    TokenIssue,
    /// See [`FactKind::OAuthClient`].
    #[serde(rename = "oauth-client")]
    OAuthClient,
    /// See [`FactKind::Secret`].
    Secret,
    /// See [`FactKind::EnvEntry`].
    EnvEntry,
    /// See [`FactKind::Stage`].
    Stage,
    /// See [`FactKind::Listener`].
    Listener,
    /// See [`FactKind::NetRule`].
    NetRule,
    /// See [`FactKind::Sink`].
    Sink,
    /// See [`FactKind::Script`].
    Script,
    /// See [`FactKind::Job`].
    Job,
}

impl Kind {
    /// Every kind, in order.
    pub const ALL: [Self; 20] = [
        Self::Resource,
        Self::Call,
        Self::Grant,
        Self::Service,
        Self::AuthScheme,
        Self::Route,
        Self::Guard,
        Self::Mount,
        Self::Cors,
        Self::TokenCheck,
        Self::TokenIssue,
        Self::OAuthClient,
        Self::Secret,
        Self::EnvEntry,
        Self::Stage,
        Self::Listener,
        Self::NetRule,
        Self::Sink,
        Self::Script,
        Self::Job,
    ];
}

impl FactKind {
    /// The kind without the content.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Resource(_) => Kind::Resource,
            Self::Call(_) => Kind::Call,
            Self::Grant(_) => Kind::Grant,
            Self::Service(_) => Kind::Service,
            Self::AuthScheme(_) => Kind::AuthScheme,
            Self::Route(_) => Kind::Route,
            Self::Guard(_) => Kind::Guard,
            Self::Mount(_) => Kind::Mount,
            Self::Cors(_) => Kind::Cors,
            Self::TokenCheck(_) => Kind::TokenCheck,
            Self::TokenIssue(_) => Kind::TokenIssue,
            Self::OAuthClient(_) => Kind::OAuthClient,
            Self::Secret(_) => Kind::Secret,
            Self::EnvEntry(_) => Kind::EnvEntry,
            Self::Stage(_) => Kind::Stage,
            Self::Listener(_) => Kind::Listener,
            Self::NetRule(_) => Kind::NetRule,
            Self::Sink(_) => Kind::Sink,
            Self::Script(_) => Kind::Script,
            Self::Job(_) => Kind::Job,
        }
    }
}

impl Fact {
    /// A fact at a place about an owner.
    pub fn new(span: Span, owner: impl Into<SmolStr>, kind: FactKind) -> Self {
        Self { span, owner: owner.into(), kind }
    }

    /// The resource, if it is one.
    pub fn resource(&self) -> Option<&Resource> {
        match &self.kind {
            FactKind::Resource(resource) => Some(resource),
            _ => None,
        }
    }
}

/// A resource of a platform.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// `aws`, `google`, `azurerm`, `kubernetes`, `cloudformation`, `compose`, `github-actions` …
    pub provider: SmolStr,
    /// `aws_s3_bucket`, `AWS::S3::Bucket`, `Deployment`.
    pub ty: SmolStr,
    /// Its name in the source.
    pub name: SmolStr,
    /// Its address with module path and instance key, after the folder of the root module, so that two
    /// roots never share one: `infra/prod/module.logs.aws_s3_bucket.this["a"]`.
    pub address: SmolStr,
    /// What sort of block it is.
    pub mode: ResourceMode,
    /// Every attribute; nested blocks are lists of maps.
    pub attrs: Node,
}

impl Resource {
    /// The root module that a resource of Terraform was evaluated for: the folder before its address.
    pub fn root(&self) -> &str {
        let head = self.address.split('[').next().unwrap_or_default();
        head.rsplit_once('/').map_or("", |(root, _)| root)
    }
}

/// Sorts of [`Resource`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceMode {
    /// Created and managed.
    Managed,
    /// Looked up.
    Data,
    /// Configuration of a provider.
    Provider,
    /// A call of a module that is not in the repository, with its arguments.
    ModuleCall,
}

/// A call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// What is called, with imports applied: `jsonwebtoken#verify`, `jsonencode`, `reqwest::Client::builder`.
    /// For a method on an expression, the method's name alone.
    pub callee: Ref,
    /// The expression that the method is called on, where it is not a plain name.
    pub receiver: Option<Node>,
    /// The arguments.
    pub args: Vec<Node>,
    /// `new X(…)`.
    pub is_new: bool,
    /// Whether the result is used.
    pub result_used: Tri,
}

/// A variable of a process environment: a line of `.env`, `environment:` of compose, a Lambda's variables.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvEntry {
    /// Its name.
    pub key: SmolStr,
    /// Its value as written.
    pub value: Node,
    /// What sets it: `dotenv`, `compose`, `dockerfile`, `ci`; `bundle` for what a build puts into the
    /// browser's code, `source` where code reads it.
    pub place: SmolStr,
}

/// Something that listens.
#[derive(Debug, Clone, PartialEq)]
pub struct Listener {
    /// The address or port.
    pub address: Field<Node>,
    /// Whether TLS is on.
    pub tls: Field<bool>,
    /// The least TLS version accepted.
    pub min_version: Field<Text>,
    /// Whether HSTS is sent.
    pub hsts: Field<bool>,
    /// Whether the internet reaches it.
    pub public: Tri,
    /// What listens.
    pub service: Option<Ref>,
}

/// A rule of a firewall, security group or network policy.
#[derive(Debug, Clone, PartialEq)]
pub struct NetRule {
    /// Whether traffic comes in (`true`) or goes out.
    pub ingress: bool,
    /// Whether it allows or denies.
    pub allow: Tri,
    /// `tcp`, `udp`, `icmp`, `-1` for all.
    pub protocol: Field<Text>,
    /// First port; absent for all.
    pub from_port: Field<f64>,
    /// Last port.
    pub to_port: Field<f64>,
    /// Source (ingress) or destination (egress) address ranges.
    pub cidrs: Vec<Node>,
    /// Other peers: security groups, tags, prefix lists.
    pub peers: Vec<Node>,
    /// The group that the rule belongs to.
    pub group: Option<Ref>,
    /// What the group guards, as far as it is known.
    pub description: Option<Text>,
}

/// A function that is dangerous when a stranger's data reaches it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sink {
    /// What it does.
    pub kind: SinkKind,
    /// The function.
    pub callee: Ref,
    /// What flows into it.
    pub parts: Vec<SinkPart>,
    /// More that the rule may ask: TLS flags, cookie flags, hash purpose.
    pub options: Option<Node>,
}

/// What a [`Sink`] does with its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SinkKind {
    /// Runs SQL.
    Sql,
    /// Writes a log.
    Log,
    /// Writes HTML.
    Html,
    /// Runs a program.
    Exec,
    /// Redirects a browser.
    Redirect,
    /// Fetches a URL.
    Fetch,
    /// Opens a path.
    Path,
    /// Answers with an error's details.
    ErrorBody,
    /// Opens a TLS connection.
    Tls,
    /// Sets a cookie.
    Cookie,
    /// Hashes.
    Hash,
    /// Draws random numbers.
    Random,
    /// Encrypts.
    Cipher,
    /// Keeps data in a client or a file.
    Store,
    /// Assigns a body to a record.
    Assign,
    /// Looks up a record by id.
    Lookup,
    /// Answers with records as they are stored.
    Answer,
    /// Takes the request's word for what its sender may do.
    Claim,
    /// Gives somebody a role.
    Promote,
    /// Sends operators to a page of theirs.
    Landing,
    /// Runs text as code, or renders it as a template.
    Code,
    /// Asks a document store, where an object in place of a text is an operator.
    Query,
    /// Reads XML.
    Xml,
    /// Makes objects of data that may say what to run.
    Deserialize,
    /// Compiles a regular expression.
    Pattern,
    /// Reserves memory.
    Allocate,
    /// Writes a line of a log, in which a stranger's words can pass for the program's.
    LogLine,
    /// Sends over the network, where the address says how.
    Send,
    /// Writes to a file or a database what stays there.
    Keep,
    /// Asks a directory or a document by an expression: LDAP, `XPath`.
    Filter,
    /// Writes members whose names come from outside: a prototype's among them.
    Pollute,
    /// Compares a secret.
    Compare,
    /// Calls a method by its name.
    Method,
    /// Writes a letter.
    Mail,
    /// Takes characters out of a text, or puts others in their place.
    Escape,
    /// Looks for a known address in a part of another.
    Within,
    /// Hands data of a person to a log or to another company.
    Disclose,
    /// Sends a header.
    Header,
    /// Says who is logged in.
    Session,
    /// Does what another window says.
    Heard,
}

/// One value that flows into a [`Sink`].
#[derive(Debug, Clone, PartialEq)]
pub struct SinkPart {
    /// The value as written.
    pub value: Node,
    /// Whether a request controls it.
    pub tainted: Tri,
    /// The name that says what it is: `password`, `user.email`.
    pub label: SmolStr,
    /// Parameters in it, which callers in other files may fill.
    pub taken: Vec<Taken>,
}

impl Sink {
    /// A connection of which the other end's certificate is not checked.
    pub fn unverified(callee: Ref, span: Span) -> Self {
        let mut options = Map::default();
        options.push("verify", span, Node::new(span, NodeKind::Bool(false)));
        Self { kind: SinkKind::Tls, callee, parts: Vec::new(), options: Some(Node::new(span, NodeKind::Map(options))) }
    }
}

impl SinkPart {
    /// The label of a part of a statement that is a name, by where it stands: no statement takes one as a parameter.
    pub const NAME: &str = "name";
    /// The label of a setting that is bad if its value, a constant of another file, is `true`.
    pub const IF_TRUE: &str = "if true";
    /// The same of one that is bad if it is `false`.
    pub const IF_FALSE: &str = "if false";

    /// A part that no parameter flows into.
    pub fn new(value: Node, tainted: Tri, label: impl Into<SmolStr>) -> Self {
        Self { value, tainted, label: label.into(), taken: Vec::new() }
    }
}

impl Call {
    /// A call of a function without arguments.
    pub fn of(callee: Ref) -> Self {
        Self { callee, receiver: None, args: Vec::new(), is_new: false, result_used: Tri::Yes }
    }

    /// Whether it gives all that an object or a module holds: `Object.values(controllers)`.
    pub fn is_values(&self) -> bool {
        self.callee.path.len() == 2 && self.callee.first() == "Object" && self.callee.last() == "values" && self.args.len() == 1
    }
}
