//! Calls: of functions, of methods, of functions of the same file that are handed what a request brings.

use smol_str::SmolStr;

use super::expr::{call_node, join};
use super::{Eval, MAX_HOPS, MAX_WEIGHT, errors, is_of_request, request};
use crate::extract::rust::chain::Chain;
use crate::extract::rust::{func, routers, sinks, sites};
use crate::ir::{Call, CallSite, Node, NodeKind, Op, Ref, Scope, Sink, SinkKind, SinkPart, Span, Text, Tri, Why};
use crate::parse::rust::{Expr, ExprKind, Function, Path, Type, Unary};

impl Eval<'_, '_> {
    pub(super) fn exprs(&mut self, list: &[Expr]) -> Vec<Node> {
        list.iter().map(|expr| self.expr(expr)).collect()
    }

    /// What a function of this file returns, with its parameters unknown, if that is a value that
    /// some extractor knows.
    fn returned(&self, path: &Path) -> Option<Node> {
        let function = self.names.function(path, self.self_type)?;
        let value = self.names.memo(path, self.self_type, || {
            self.hop(|eval| {
                eval.params(&function.params, false);
                let value = eval.block(&function.body);
                if matches!(value.kind, NodeKind::Null) { eval.func.returns.take().unwrap_or(value) } else { value }
            })
        });
        value.filter(sites::is_known)
    }

    /// Follows a call into a function of this file that is handed what a request brings: what flows on there
    /// is found with the value that it has here. Gives what the function returns.
    fn follow(&mut self, function: &Function, self_type: &str, args: &[Node]) -> Option<Node> {
        if self.hops >= MAX_HOPS || !args.iter().any(is_of_request) || !self.names.may_follow(function) {
            return None;
        }
        let mut other = Eval::new(self.names, self_type);
        (other.hops, other.followed, other.development) = (self.hops + 1, true, self.development);
        for (param, value) in function.params.iter().zip(args) {
            other.bind_pat(&param.pat, Some(value.clone()));
            if let (Some(ty), Some(local)) = (&param.ty, other.locals.last_mut().filter(|_| param.pat.names.len() == 1)) {
                local.ty = Some(ty.clone());
            }
        }
        let value = other.block(&function.body);
        let value = if matches!(value.kind, NodeKind::Null) { other.func.returns.take().unwrap_or(value) } else { value };
        self.sinks.extend(other.sinks);
        Some(value).filter(|value| value.weight(MAX_WEIGHT) < MAX_WEIGHT)
    }

    pub(super) fn call(&mut self, callee: &Expr, args: &[Expr], span: Span) -> Node {
        let Some(path) = callee.as_path() else {
            let receiver = self.expr(callee);
            let args = self.exprs(args);
            return Node::new(span, call_node(Ref::new(Scope::Local, ["()"]), Some(receiver), args, false));
        };
        let reference = self.generic(path);
        func::note_types(&mut self.func, &path.types);
        func::note_path(&mut self.func, &reference, path.span, self.comparing);
        self.func.calls.push(CallSite::new(reference.clone(), span));
        // nestrs: `guard::<AuthnGuard>()`.
        if let ("guard", [ty], []) = (reference.last(), path.types.as_slice(), args) {
            return Node::new(ty.span, NodeKind::Ref(self.names.ty(ty, self.self_type)));
        }
        // A text that begins empty.
        if let ([.., "String", "new" | "with_capacity"], true) = (reference.names().as_slice(), args.len() <= 1) {
            for arg in args {
                let size = self.expr(arg);
                let found = sinks::of_call(&reference, &[size], |_| None);
                self.add_sinks(found, span);
            }
            return Node::new(span, NodeKind::Text(Text::default()));
        }
        let through = if let [only] = args { sinks::is_through(&reference).then_some(only) } else { None };
        let values: Vec<Node> = match through {
            Some(only) => vec![self.inner(only)],
            None => self.exprs(args),
        };
        self.change(args, None);
        if let ([.., module, name], Some(key)) = (reference.names().as_slice(), values.first().and_then(Node::as_str))
            && matches!(*name, "var" | "var_os")
            && matches!(*module, "env" | "dotenvy" | "dotenv")
        {
            return Node::new(span, NodeKind::Ref(Ref::new(Scope::Env, [key])));
        }
        if let Some(from) = sinks::source(&reference) {
            return Node::new(span, NodeKind::Ref(Ref::new(Scope::Request, [from, reference.last()])));
        }
        self.header(&values, span);
        self.note_filter(&reference, &values, span);
        self.answer_by_call(reference.last(), &values, span);
        if self.hops == 0
            && self.development == 0
            && let Some(callee) = sinks::costs(&reference)
        {
            let args = values.iter().map(|value| sinks::number_in(value).clone()).collect();
            self.costs.push((span, Call { args, ..Call::of(callee) }));
        }
        let found = sinks::of_call(&reference, &values, |at| args.get(at).and_then(|arg| self.secret_of(arg)));
        self.add_sinks(found, span);
        if through.is_some() {
            return values.into_iter().next().unwrap_or_else(|| Node::unknown(Why::Opaque, span));
        }
        if let Some(framework) = routers::framework(&reference) {
            let framework = if framework == "axum" && self.names.has_glob_of("salvo") { "salvo" } else { framework };
            let key = smol_str::format_smolstr!("router@{}", span.start);
            let made = reference.last().to_owned();
            return Node::new(span, NodeKind::Ref(self.router(key, framework, &made, values, span)));
        }
        if let Some(function) = self.names.function(path, self.self_type) {
            let owner = match path.names.as_slice() {
                [.., owner, _] if owner.starts_with(char::is_uppercase) && owner != "Self" => owner.as_str(),
                _ => self.self_type,
            };
            let owner = SmolStr::from(owner);
            if let Some(value) = self.follow(function, &owner, &values) {
                return value;
            }
        }
        let node = Node::new(span, call_node(reference, None, values, false));
        if self.hops < MAX_HOPS
            && path.types.is_empty()
            && let Some(returned) = self.returned(path)
        {
            self.offer(&node);
            return returned;
        }
        node
    }

    /// A path with the types that it is applied to, and what a type alias of the file stands for, as names of
    /// its owner: `cbc::Encryptor::<Des>::new` says `Des`, `Aes128EcbEnc::new` says `ecb`.
    fn generic(&self, path: &Path) -> Ref {
        let plain = self.names.path(path, self.self_type);
        let [.., owner, _] = path.names.as_slice() else { return plain };
        let alias = self.names.alias(owner);
        let types = alias.map_or(&path.types, |alias| &alias.args);
        let says = |ty: &Type| ty.names.iter().chain(ty.args.iter().flat_map(|inner| &inner.names)).cloned().collect::<Vec<_>>();
        let more: Vec<SmolStr> = alias.iter().flat_map(|ty| ty.names.clone()).chain(types.iter().flat_map(says)).collect();
        let is_crypto = |name: &SmolStr| {
            matches!(name.as_str(), "ecb" | "cbc" | "ctr" | "cfb" | "ofb" | "gcm")
                || name.starts_with("Aes")
                || name.contains("Hmac")
                || ["ChaCha", "Des", "Tdes", "Rc2", "Rc4", "Blowfish", "Cast5", "Idea", "TripleDes"]
                    .iter()
                    .any(|cipher| name.starts_with(cipher))
        };
        if !more.iter().any(is_crypto) {
            return plain;
        }
        let mut names: Vec<SmolStr> = plain.path.to_vec();
        let last = names.pop().unwrap_or_default();
        let owner = names.pop();
        Ref::new(Scope::Rust, names.into_iter().chain(more).chain(owner).chain([last]))
    }

    pub(super) fn method(&mut self, on: &Expr, name: &str, name_span: Span, args: &[Expr], types: &[Type], span: Span) -> Node {
        self.func.calls.push(CallSite::new(Ref::new(Scope::Local, [name]), name_span));
        func::note_method(&mut self.func, name);
        if let ("guard" | "extract" | "extract_with_state", [ty, ..]) = (name, types) {
            self.func.calls.push(CallSite::new(self.names.ty(ty, self.self_type), name_span));
        }
        if args.is_empty() && is_transparent_method(name) && name != "try_into" {
            return self.inner(on);
        }
        // A call on a variable may change it: it becomes a step of the variable's own chain.
        let variable = self.variable(on);
        let (on, step_name) = match &on.kind {
            ExprKind::Field { on: base, name: field }
                if self.variable(base).is_some_and(|index| sites::is_known(&self.locals[index].value)) =>
            {
                (&**base, smol_str::format_smolstr!("{}.{name}", field.text))
            }
            _ => (on, name.into()),
        };
        let variable = variable.or_else(|| self.variable(on));
        let mut receiver = self.inner(on);
        let is_request = is_of_request(&receiver);
        let of_filter =
            !is_request && matches!(name, "map" | "and_then" | "then") && (is_filter(&receiver) || self.ends_filters(&receiver));
        let error = errors::hands_error(name).then(|| errors::bound(&"error".into(), span));
        let mut args_nodes = self.fed(args, error.as_ref().or(is_request.then_some(&receiver)), of_filter);
        self.change(args, Some((name, &receiver)));
        self.header(&args_nodes, name_span);
        self.answer_by_method(name, &receiver, &args_nodes, name_span);
        if let Some(made) = self.filter(name, &receiver, &args_nodes, span, name_span) {
            return made;
        }
        match (name, args.len()) {
            ("unwrap_or" | "unwrap_or_else" | "or_else" | "or" | "map_or", _) if !args.is_empty() => {
                let mut fallback = args_nodes.swap_remove(0);
                if let NodeKind::Func(func) = &fallback.kind {
                    fallback = func.returns.clone().unwrap_or_else(|| Node::unknown(Why::Opaque, fallback.span));
                }
                return Node::new(span, NodeKind::Op(Op::Coalesce, vec![receiver, fallback]));
            }
            ("expect" | "context" | "with_context" | "map_err" | "ok_or" | "ok_or_else" | "ok_or_eyre" | "wrap_err", 1) => return receiver,
            ("push_str" | "push" | "insert_str", 1 | 2) if variable.is_some() && receiver.as_text().is_some() => {
                let joined = join(receiver, args_nodes.swap_remove(args.len() - 1), span);
                self.set(variable, joined);
                return Node::new(span, NodeKind::Null);
            }
            ("copy_from_slice" | "clone_from_slice" | "fill" | "fill_with" | "extend_from_slice" | "iter_mut" | "as_mut_slice", _)
                if variable.is_some() && !is_request =>
            {
                self.set(variable, Node::unknown(Why::Opaque, span));
            }
            ("concat" | "join", _) if receiver.as_list().is_some() => {
                return joined(&receiver, args_nodes.first(), span);
            }
            _ => {}
        }
        // What is handed a closure is the closure's value.
        if is_request && matches!(name, "map" | "and_then" | "filter_map" | "flat_map" | "then") {
            return match args_nodes.pop().map(|node| node.kind) {
                Some(NodeKind::Func(func)) => func.returns.clone().unwrap_or_else(|| Node::unknown(Why::Opaque, span)),
                // A function by its name: `.map(String::from)`.
                Some(NodeKind::Ref(name))
                    if sinks::is_through(&name) || matches!(name.last(), "to_string" | "to_owned" | "into" | "from") =>
                {
                    receiver
                }
                _ => Node::unknown(Why::Opaque, span),
            };
        }
        if is_request && matches!(name, "filter" | "retain" | "take_while") && keeps_listed(&args_nodes) {
            return Node::unknown(Why::Opaque, span);
        }
        let found = {
            let words = |words: &[&str]| self.bears(on, &receiver, words);
            sinks::of_method(name, &receiver, &args_nodes, name_span, words, |at| args.get(at).and_then(|arg| self.secret_of(arg)))
        };
        self.add_sinks(found, name_span);
        if let ("hash", [hasher]) = (name, args_nodes.as_slice())
            && let Some(label) = self.secret_of(on)
        {
            self.add_sinks(sinks::hashed_into(hasher, label, name_span).into_iter().collect(), name_span);
        }
        if matches!(name, "set_certificate_verifier" | "with_custom_certificate_verifier")
            && args_nodes.iter().any(|arg| sinks::is_verifier_off(arg, self.names))
        {
            let off = Sink::unverified(Ref::new(Scope::Local, [name]), name_span);
            self.add_sinks(vec![off], name_span);
        }
        if is_request && let Some(value) = request::method(name, &receiver, types, self.expected.as_deref(), span) {
            return value;
        }
        if matches!(name, "text" | "json" | "bytes" | "text_with_charset" | "body_string" | "into_string" | "body_json" | "read_to_string")
            && is_answer(&receiver)
        {
            return Node::new(span, NodeKind::Ref(Ref::new(Scope::Request, ["response", name])));
        }
        if step_name == "use_guards_global" {
            self.global_guards.extend(args_nodes.iter().flat_map(Node::one_or_many).cloned());
        }
        // utoipa: the router that takes them may be made in another file.
        if name == "routes" && args_nodes.first().is_some_and(routers::is_list_of_handlers) && self.router_of(&receiver).is_none() {
            let key = smol_str::format_smolstr!("router@{}", name_span.start);
            receiver = Node::new(span, NodeKind::Ref(self.router(key, "axum", "new", Vec::new(), span)));
        }
        let is_development = self.development > 0;
        if let Some(router) = self.router_of(&receiver) {
            let place = name_span.to(Span::new(span.file, span.end as usize, span.end as usize));
            let step = routers::Step { name: step_name, args: args_nodes, span: place };
            if !is_development {
                router.steps.push(step);
            }
            return Node::new(span, receiver.kind);
        }
        // `self.find(name)`: a method of the same type.
        if on.as_path().is_some_and(|path| path.single() == Some("self"))
            && !self.self_type.is_empty()
            && let Some(function) = self.names.method(self.self_type, name)
            && let Some(value) = self.follow(function, self.self_type, &args_nodes)
        {
            return value;
        }
        // The step alone: a chain of many lines is no place to point at.
        let span = name_span.to(Span::new(span.file, span.end as usize, span.end as usize));
        let step = Node::new(span, call_node(Ref::new(Scope::Local, [step_name]), Some(receiver), args_nodes, false));
        if let Some(index) = variable
            && sites::is_known(&self.locals[index].value)
        {
            let old = self.locals[index].value.clone();
            let changed = if self.branch > self.locals[index].branch {
                Node::new(span, NodeKind::Op(Op::Cond, vec![Node::unknown(Why::Opaque, span), step.clone(), old]))
            } else {
                step.clone()
            };
            self.set(variable, changed);
        }
        step
    }

    /// Arguments of a method; closures among them are handed what the method is called on.
    fn fed(&mut self, args: &[Expr], from: Option<&Node>, of_filter: bool) -> Vec<Node> {
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            let is_closure = matches!(arg.kind, ExprKind::Closure(_));
            self.feed = from.filter(|_| is_closure).cloned();
            if is_closure && of_filter {
                self.feed = Some(Node::new(arg.span, NodeKind::Ref(Ref::new(Scope::Request, ["params", "path"]))));
            }
            values.push(self.expr(arg));
            self.feed = None;
            // warp: a function by its name takes what the filters before it took of the request.
            if of_filter && let Some(function) = arg.as_path().and_then(|path| self.names.function(path, self.self_type)) {
                let brought: Vec<Node> = function.params.iter().map(Self::of_filter).collect();
                self.follow(function, "", &brought);
            }
        }
        values
    }

    /// A parameter of a function that warp calls.
    fn of_filter(param: &crate::parse::rust::Param) -> Node {
        let name = param.pat.names.first().map(|name| name.text.clone()).unwrap_or_default();
        let is_text =
            param.ty.as_ref().is_some_and(|ty| matches!(request::content(ty).last(), "String" | "str" | "HashMap" | "Bytes" | "Value"));
        let kind = if is_text {
            NodeKind::Ref(Ref::new(Scope::Request, ["params".into(), name]))
        } else {
            NodeKind::Ref(Ref::new(Scope::Local, [name]))
        };
        Node::new(param.pat.span, kind)
    }

    /// Whoever gets `&mut x` may have changed it: `rng.fill_bytes(&mut key)`, `stdin.read_line(&mut name)`.
    pub(super) fn change(&mut self, args: &[Expr], by: Option<(&str, &Node)>) {
        // A hasher that is fed stays the hasher that it is.
        if by.is_some_and(|(name, _)| name == "hash") {
            return;
        }
        for arg in args {
            let Some(index) = self.changed(arg) else { continue };
            let local = &self.locals[index];
            if sites::is_known(&local.value)
                || is_of_request(&local.value)
                || matches!(&local.value.kind, NodeKind::Ref(name) if name.path.len() == 1 && name.first().starts_with("router@"))
            {
                continue;
            }
            if let Some(label) = local.secret.clone().or_else(|| sinks::unguessable(&local.name))
                && by.is_some_and(|(name, rng)| name.contains("fill") && sinks::is_weak_random(rng, 8))
            {
                self.add_sinks(vec![weak_random(label, arg.span)], arg.span);
            }
            let read = by.filter(|(name, _)| name.starts_with("read"));
            let value = match read.map(|(_, reader)| reader) {
                Some(reader) if is_of_request(reader) => reader.clone(),
                Some(reader) if Chain::of(reader).constructor().is_some_and(|call| call.callee.names().contains(&"TcpStream")) => {
                    Node::new(arg.span, NodeKind::Ref(Ref::new(Scope::Request, ["response", "read"])))
                }
                // What is only looked at by a reader of another kind is not known.
                _ => Node::unknown(Why::Opaque, arg.span),
            };
            let is_text_that_grows = read.is_none() && self.locals[index].value.as_text().is_some_and(Text::has_holes);
            if !is_text_that_grows {
                self.set(Some(index), value);
            }
        }
    }

    /// The variable that an argument lets others change: `&mut x`, `&mut x[..]`, `x.as_mut()`.
    fn changed(&self, arg: &Expr) -> Option<usize> {
        match &arg.kind {
            ExprKind::Unary(Unary::BorrowMut, on) => self.base(on),
            ExprKind::Method { on, name, .. }
                if matches!(name.text.as_str(), "as_mut" | "as_mut_slice" | "by_ref" | "iter_mut" | "as_mut_ptr") =>
            {
                self.base(on)
            }
            _ => None,
        }
    }

    /// The variable that an expression is a part of.
    pub(super) fn base(&self, expr: &Expr) -> Option<usize> {
        match &expr.kind {
            ExprKind::Method { on, name, .. } if matches!(name.text.as_str(), "as_mut" | "as_mut_slice" | "get_mut") => self.base(on),
            ExprKind::Index { on, .. } | ExprKind::Unary(Unary::Deref | Unary::BorrowMut, on) => self.base(on),
            _ => self.variable(expr),
        }
    }

    /// Whether what a method is called on bears one of these words: in its name, its type, or what made it.
    fn bears(&self, on: &Expr, receiver: &Node, words: &[&str]) -> bool {
        let has = |name: &str| {
            let lower = name.to_ascii_lowercase();
            words.iter().any(|word| lower.contains(word))
        };
        let named = match &on.kind {
            ExprKind::Path(path) => has(path.last()),
            ExprKind::Field { name, .. } | ExprKind::Method { name, .. } => has(&name.text),
            _ => false,
        };
        let chain = Chain::of(receiver);
        named
            || chain.constructor().is_some_and(|call| call.callee.path.iter().any(|name| has(name)))
            || chain.root.as_ref().is_some_and(|name| name.path.iter().any(|name| has(name)))
            || self.type_of(on).is_some_and(|ty| has(request::content(ty).last()))
    }

    pub(super) fn add_sinks(&mut self, found: Vec<Sink>, span: Span) {
        // A password mixed with what the other side sent is an answer to a challenge, not what is kept.
        let answers = self.func.params.iter().any(|param| matches!(param.name.as_str(), "nonce" | "challenge" | "server_nonce"));
        for sink in found.into_iter().filter(|sink| !(answers && sink.kind == SinkKind::Hash)) {
            let is_flow = sink.parts.iter().any(|part| part.tainted.is_yes());
            if self.development == 0 && (self.hops == 0 || self.followed && is_flow) {
                self.sinks.push((span, sink));
            }
        }
    }
}

/// Guessable numbers in what bears the name of a secret.
pub(super) fn weak_random(label: SmolStr, span: Span) -> Sink {
    let value = Node::new(span, NodeKind::Null);
    let callee = Ref::new(Scope::Local, ["random"]);
    Sink { kind: SinkKind::Random, callee, parts: vec![SinkPart::new(value, Tri::No, label)], options: None }
}

/// `["a", b].concat()`, `[a, b].join(" ")`.
fn joined(list: &Node, between: Option<&Node>, span: Span) -> Node {
    let mut text = Text::default();
    for (at, item) in list.as_list().unwrap_or_default().iter().take(MAX_WEIGHT).enumerate() {
        if at > 0
            && let Some(between) = between
        {
            text.push(between.clone());
        }
        text.push(item.clone());
    }
    Node::new(span, NodeKind::Text(text))
}

/// A closure that keeps letters and digits only.
fn keeps_listed(args: &[Node]) -> bool {
    args.iter().any(|arg| match &arg.kind {
        NodeKind::Func(func) => func.calls.iter().any(|call| {
            call.callee.last().starts_with("is_alphanumeric")
                || call.callee.last().starts_with("is_ascii")
                || matches!(call.callee.last(), "is_alphabetic" | "is_numeric" | "is_digit" | "matches!")
        }),
        NodeKind::Ref(name) => name.last().starts_with("is_"),
        _ => false,
    })
}

/// A chain of warp's filters.
fn is_filter(receiver: &Node) -> bool {
    Chain::of(receiver).constructor().is_some_and(|call| call.callee.first() == "warp")
}

/// What a server answered to a request of this program.
fn is_answer(receiver: &Node) -> bool {
    let chain = Chain::of(receiver);
    let names_client = |name: &str| {
        let lower = name.to_ascii_lowercase();
        ["reqwest", "ureq", "surf", "isahc", "attohttpc", "minreq"].iter().any(|word| lower.contains(word))
    };
    let sends = chain.steps.iter().any(|step| matches!(step.name, "send" | "call" | "get" | "post"));
    match &chain.root.kind {
        NodeKind::Call(call) => call.callee.path.iter().any(|name| names_client(name)) || sends && call.callee.names().contains(&"Client"),
        NodeKind::Ref(name) => sends && name.last().to_ascii_lowercase().contains("client"),
        _ => false,
    }
}

pub(super) fn is_transparent_method(name: &str) -> bool {
    matches!(
        name,
        "to_string"
            | "to_owned"
            | "into"
            | "clone"
            | "as_str"
            | "as_ref"
            | "as_bytes"
            | "as_mut"
            | "to_vec"
            | "into_bytes"
            | "into_string"
            | "into_boxed_str"
            | "as_slice"
            | "borrow"
            | "deref"
            | "unwrap"
            | "unwrap_or_default"
            | "into_inner"
            | "cloned"
            | "copied"
            | "as_deref"
            | "trim"
            | "trim_end"
            | "trim_start"
            | "to_lowercase"
            | "to_uppercase"
            | "to_ascii_lowercase"
            | "to_ascii_uppercase"
            | "ok"
            | "into_owned"
            | "to_str"
            | "try_into"
            | "to_string_lossy"
            | "into_iter"
            | "iter"
            | "into_boxed_slice"
            | "flatten"
            | "unwrap_unchecked"
            | "as_path"
            | "to_path_buf"
            | "as_os_str"
    )
}
