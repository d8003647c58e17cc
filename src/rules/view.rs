//! A fact as a value tree: what `[match]` conditions address and `seclint facts` prints.

use smol_str::SmolStr;

use crate::ir::{
    Condition, Effect, Fact, FactKind, Field, Guard, Install, JobStep, Map, Node, NodeKind, Origins, Principal, Ref, Security, Span, Step,
    StepKind, Text, Tri, Variable,
};

/// The content of a fact as a map whose keys are the names of its fields in kebab-case. An absent
/// field has no key; an unknown one is an unknown node.
pub fn view(fact: &Fact) -> Node {
    let mut to = Tree { span: fact.span, map: Map::default() };
    match &fact.kind {
        FactKind::Resource(it) => {
            to.word("provider", &it.provider).word("type", &it.ty).word("name", &it.name).word("address", &it.address);
            to.name("mode", it.mode).put("attrs", it.attrs.clone());
        }
        FactKind::Call(it) => {
            to.reference("callee", &it.callee).nodes("args", &it.args).flag("new", it.is_new).tri("result-used", it.result_used);
            to.maybe("receiver", it.receiver.as_ref());
        }
        FactKind::Grant(it) => {
            to.name("dialect", it.dialect)
                .name("site", it.site)
                .field("effect", &it.effect, |effect, span| Node::text(if *effect == Effect::Allow { "allow" } else { "deny" }, span));
            to.nodes("actions", &it.actions).nodes("not-actions", &it.not_actions);
            to.nodes("resources", &it.resources).nodes("not-resources", &it.not_resources);
            to.list("principals", it.principals.iter().map(principal)).list("not-principals", it.not_principals.iter().map(principal));
            to.list("conditions", it.conditions.iter().map(condition)).refs("holders", &it.holders).flag("open", it.open);
        }
        FactKind::Service(it) => {
            to.name("kind", it.kind).word("framework", &it.framework).reference("binding", &it.binding);
            to.texts_opt("name", it.name.as_ref()).field("security", &it.security, security).maybe("options", it.options.as_ref());
        }
        FactKind::AuthScheme(it) => {
            to.text("name", &it.name).word("kind", &it.kind).field("issuer", &it.issuer, text_node);
            to.field("audiences", &it.audiences, texts).field("algorithms", &it.algorithms, texts);
            to.list("scopes", it.scopes.iter().map(|text| text_node(text, fact.span)));
        }
        FactKind::Route(it) => {
            to.reference("service", &it.service).word("framework", &it.framework);
            to.list("methods", it.methods.iter().map(|method| Node::text(method.clone(), fact.span)));
            to.text("path", &it.path).nodes("markers", &it.markers).nodes("guards", &it.guards).field("security", &it.security, security);
            to.maybe("handler", it.handler.as_ref()).tri("auth", it.auth).word("reason", &it.reason);
            to.list("chain", it.chain.iter().map(guard));
        }
        FactKind::Guard(it) => {
            to.map.entries.extend(guard(it).as_map().cloned().unwrap_or_default().entries);
        }
        FactKind::Mount(it) => {
            to.reference("parent", &it.parent).text("prefix", &it.prefix).put("child", it.child.clone()).nodes("guards", &it.guards);
        }
        FactKind::Cors(it) => {
            to.word("library", &it.library).field("origins", &it.origins, origins);
            to.field("credentials", &it.credentials, |value, span| Node::new(span, NodeKind::Bool(*value)));
            to.field("methods", &it.methods, texts).field("headers", &it.headers, texts);
        }
        FactKind::TokenCheck(it) => {
            to.word("library", &it.library).reference("callee", &it.callee);
            to.field("algorithms", &it.algorithms, |list, span| Node::new(span, NodeKind::List(list.clone())));
            to.field("signature", &it.signature, bool_node).field("expiry", &it.expiry, bool_node);
            to.field("issuer", &it.issuer, keep).field("audience", &it.audience, keep).field("key", &it.key, keep);
            to.field("required-claims", &it.required_claims, texts).tri("enforced", it.enforced);
            to.tri("verified-elsewhere", it.verified_elsewhere).tri("result-used", it.result_used);
            to.word_opt("version", it.version.as_ref()).maybe("options", it.options.as_ref());
        }
        FactKind::TokenIssue(it) => {
            to.word("library", &it.library).reference("callee", &it.callee).field("algorithm", &it.algorithm, text_node);
            to.field("lifetime", &it.lifetime, number_node).field("key", &it.key, keep).maybe("claims", it.claims.as_ref());
            to.word_opt("version", it.version.as_ref());
        }
        FactKind::OAuthClient(it) => {
            to.word("library", &it.library).field("grant", &it.grant, text_node).field("pkce", &it.pkce, bool_node);
            to.field("state", &it.state, bool_node).nodes("redirect-uris", &it.redirect_uris).field("secret", &it.secret, keep);
            to.tri("follows-redirects", it.follows_redirects).word_opt("storage", it.storage.as_ref());
        }
        FactKind::Secret(it) => {
            to.word("detector", &it.detector)
                .word("value", it.value.masked())
                .name("confidence", it.confidence)
                .name("validity", it.validity);
            to.word_opt("key", it.key.as_ref()).word_opt("harmless", it.harmless.as_ref());
            to.tri("committed", it.committed).tri("ignored", it.ignored).flag("in-image", it.in_image.is_some());
        }
        FactKind::EnvEntry(it) => {
            to.word("key", &it.key).put("value", it.value.clone()).word("place", &it.place);
        }
        FactKind::Stage(it) => {
            to.word_opt("name", it.name.as_ref()).text("image", &it.image).field("tag", &it.tag, text_node);
            to.field("digest", &it.digest, text_node).field("user", &it.user, text_node).flag("final", it.is_final);
            to.list("steps", it.steps.iter().map(step));
        }
        FactKind::Listener(it) => {
            to.field("address", &it.address, keep).field("tls", &it.tls, bool_node).field("hsts", &it.hsts, bool_node);
            to.field("min-version", &it.min_version, text_node).tri("public", it.public);
        }
        FactKind::NetRule(it) => {
            to.flag("ingress", it.ingress).tri("allow", it.allow).field("protocol", &it.protocol, text_node);
            to.field("from-port", &it.from_port, number_node).field("to-port", &it.to_port, number_node);
            to.nodes("cidrs", &it.cidrs).nodes("peers", &it.peers).texts_opt("description", it.description.as_ref());
        }
        FactKind::Sink(it) => {
            to.name("kind", it.kind).reference("callee", &it.callee).maybe("options", it.options.as_ref());
            to.list(
                "parts",
                it.parts.iter().map(|part| {
                    let mut inner = Tree { span: part.value.span, map: Map::default() };
                    inner.put("value", part.value.clone()).tri("tainted", part.tainted).word("label", &part.label);
                    inner.done()
                }),
            );
        }
        FactKind::Script(it) => {
            to.name("phase", it.phase).text("command", &it.command).word("runner", &it.runner);
            to.list("variables", it.variables.iter().map(variable)).list("installs", it.installs.iter().map(install));
        }
        FactKind::Job(it) => {
            to.word("platform", &it.platform).word("name", &it.name).texts_opt("condition", it.condition.as_ref());
            to.list("triggers", it.triggers.iter().map(|(event, span)| Node::text(event.clone(), *span)));
            to.field("permissions", &it.permissions, keep).maybe("runner", it.runner.as_ref()).maybe("calls", it.calls.as_ref());
            to.flag("inherits-secrets", it.inherits_secrets.is_some()).list("variables", it.variables.iter().map(variable));
            to.list("steps", it.steps.iter().map(job_step));
        }
    }
    to.done()
}

struct Tree {
    span: Span,
    map: Map,
}

impl Tree {
    fn done(self) -> Node {
        Node::new(self.span, NodeKind::Map(self.map))
    }

    fn put(&mut self, key: &'static str, value: Node) -> &mut Self {
        self.map.push(key, value.span, value);
        self
    }

    fn word(&mut self, key: &'static str, word: impl AsRef<str>) -> &mut Self {
        self.put(key, Node::text(SmolStr::new(word.as_ref()), self.span))
    }

    fn word_opt(&mut self, key: &'static str, word: Option<&SmolStr>) -> &mut Self {
        match word {
            Some(word) => self.word(key, word),
            None => self,
        }
    }

    /// The kebab-case name of a unit variant.
    fn name(&mut self, key: &'static str, variant: impl serde::Serialize) -> &mut Self {
        let name = serde_json::to_value(variant).ok().and_then(|value| value.as_str().map(SmolStr::from));
        let name = name.unwrap_or_default();
        self.word(key, name)
    }

    fn flag(&mut self, key: &'static str, value: bool) -> &mut Self {
        self.put(key, Node::new(self.span, NodeKind::Bool(value)))
    }

    fn tri(&mut self, key: &'static str, value: Tri) -> &mut Self {
        let kind = match value {
            Tri::Yes => NodeKind::Bool(true),
            Tri::No => NodeKind::Bool(false),
            Tri::Maybe => NodeKind::Unknown(crate::ir::Why::Opaque),
        };
        self.put(key, Node::new(self.span, kind))
    }

    fn text(&mut self, key: &'static str, text: &Text) -> &mut Self {
        self.put(key, text_node(text, self.span))
    }

    fn texts_opt(&mut self, key: &'static str, text: Option<&Text>) -> &mut Self {
        match text {
            Some(text) => self.text(key, text),
            None => self,
        }
    }

    fn reference(&mut self, key: &'static str, reference: &Ref) -> &mut Self {
        let shown = reference.to_string();
        self.word(key, shown)
    }

    fn refs(&mut self, key: &'static str, refs: &[Ref]) -> &mut Self {
        self.list(key, refs.iter().map(|reference| Node::text(reference.to_string(), Span::default())))
    }

    fn maybe(&mut self, key: &'static str, node: Option<&Node>) -> &mut Self {
        match node {
            Some(node) => self.put(key, node.clone()),
            None => self,
        }
    }

    fn nodes(&mut self, key: &'static str, nodes: &[Node]) -> &mut Self {
        self.list(key, nodes.iter().cloned())
    }

    /// An empty list is no key: nothing is written.
    fn list(&mut self, key: &'static str, items: impl Iterator<Item = Node>) -> &mut Self {
        let items: Vec<Node> = items.collect();
        match items.first() {
            Some(first) => {
                let span = first.span;
                self.put(key, Node::new(span, NodeKind::List(items)))
            }
            None => self,
        }
    }

    fn field<T>(&mut self, key: &'static str, field: &Field<T>, show: impl FnOnce(&T, Span) -> Node) -> &mut Self {
        match field {
            Field::Absent => self,
            Field::Known { value, span, via } => {
                let mut node = show(value, *span);
                if node.via.hops().is_empty() {
                    node.via = via.clone();
                }
                self.put(key, node)
            }
            Field::Unknown { why, span } => self.put(key, Node::unknown(*why, *span)),
        }
    }
}

fn text_node(text: &Text, span: Span) -> Node {
    Node::new(text.pieces.first().map_or(span, |piece| piece.span), NodeKind::Text(text.clone()))
}

#[expect(clippy::ptr_arg, reason = "called with the field's own type")]
fn texts(list: &Vec<Text>, span: Span) -> Node {
    Node::new(span, NodeKind::List(list.iter().map(|text| text_node(text, span)).collect()))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "called with the field's own type")]
fn bool_node(value: &bool, span: Span) -> Node {
    Node::new(span, NodeKind::Bool(*value))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "called with the field's own type")]
fn number_node(value: &f64, span: Span) -> Node {
    Node::new(span, NodeKind::Number(*value))
}

fn keep(node: &Node, _: Span) -> Node {
    node.clone()
}

fn principal(it: &Principal) -> Node {
    let mut to = Tree { span: it.name.span, map: Map::default() };
    to.name("kind", it.kind).put("name", it.name.clone());
    to.done()
}

fn condition(it: &Condition) -> Node {
    let mut to = Tree { span: it.span, map: Map::default() };
    to.word("operator", &it.operator).text("key", &it.key).nodes("values", &it.values);
    to.done()
}

fn guard(it: &Guard) -> Node {
    let mut to = Tree { span: it.span, map: Map::default() };
    to.put("what", it.what.clone()).tri("authn", it.authn).tri("authz", it.authz).tri("rate-limit", it.rate_limit);
    to.tri("headers", it.headers)
        .tri("csrf", it.csrf)
        .word("scope", format!("{:?}", it.scope).split('(').next().unwrap_or_default().to_lowercase());
    to.done()
}

fn security(it: &Security, span: Span) -> Node {
    match it {
        Security::Inherit => Node::text("inherit", span),
        Security::Off => Node::text("off", span),
        Security::Documented(asked) => Node::text(if *asked { "documented" } else { "documented: none" }, span),
        Security::Ignored(form) => Node::text(format!("ignored: {form}"), span),
        Security::Schemes(schemes) => {
            Node::new(span, NodeKind::List(schemes.iter().map(|(scheme, _)| Node::text(scheme.to_string(), span)).collect()))
        }
    }
}

fn variable(it: &Variable) -> Node {
    let mut to = Tree { span: it.span, map: Map::default() };
    to.word("name", &it.name).maybe("value", it.value.as_ref()).flag("secret", it.secret);
    to.done()
}

fn install(it: &Install) -> Node {
    let mut to = Tree { span: it.span, map: Map::default() };
    to.word("manager", &it.manager).tri("runs-scripts", it.runs_scripts);
    to.done()
}

fn job_step(it: &JobStep) -> Node {
    let mut to = Tree { span: it.span, map: Map::default() };
    to.maybe("uses", it.uses.as_ref()).maybe("inputs", it.inputs.as_ref()).texts_opt("script", it.script.as_ref());
    to.texts_opt("condition", it.condition.as_ref()).list("variables", it.variables.iter().map(variable));
    to.done()
}

fn origins(it: &Origins, span: Span) -> Node {
    match it {
        Origins::Any => Node::text("any", span),
        Origins::Reflected => Node::text("reflected", span),
        Origins::None => Node::text("none", span),
        Origins::List(list) => Node::new(span, NodeKind::List(list.clone())),
        Origins::Callback(node) => node.clone(),
    }
}

fn step(it: &Step) -> Node {
    let mut to = Tree { span: it.span, map: Map::default() };
    match &it.kind {
        StepKind::Env { key, value } | StepKind::Label { key, value } => {
            to.word("do", if matches!(it.kind, StepKind::Env { .. }) { "env" } else { "label" })
                .word("key", key)
                .put("value", value.clone());
        }
        StepKind::Arg { key, value } => {
            to.word("do", "arg").word("key", key).maybe("value", value.as_ref());
        }
        StepKind::Run { text, .. } => {
            to.word("do", "run").text("text", text);
        }
        StepKind::Copy { sources, target, add, from } => {
            to.word("do", if *add { "add" } else { "copy" }).list("sources", sources.iter().map(|text| text_node(text, it.span)));
            to.text("target", target).texts_opt("from", from.as_ref());
        }
        StepKind::User(text) | StepKind::Workdir(text) => {
            to.word("do", if matches!(it.kind, StepKind::User(_)) { "user" } else { "workdir" }).text("text", text);
        }
        StepKind::Expose(list) | StepKind::Shell(list) => {
            to.word("do", if matches!(it.kind, StepKind::Expose(_)) { "expose" } else { "shell" });
            to.list("words", list.iter().map(|text| text_node(text, it.span)));
        }
        StepKind::Start { instruction, words, exec } => {
            to.word("do", instruction.to_lowercase()).list("words", words.iter().map(|text| text_node(text, it.span))).flag("exec", *exec);
        }
        StepKind::Healthcheck(on) => {
            to.word("do", "healthcheck").flag("on", *on);
        }
        StepKind::Other(instruction, text) => {
            to.word("do", instruction.to_lowercase()).text("text", text);
        }
    }
    to.flag("onbuild", it.onbuild);
    to.done()
}
