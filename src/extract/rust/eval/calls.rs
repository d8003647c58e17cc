//! Calls: of functions, of methods, of functions of the same file that are handed what a request brings.

use smol_str::SmolStr;

use super::expr::{call_node, join};
use super::flow::{self, is_answer};
use super::{Caller, Eval, MAX_HOPS, MAX_WEIGHT, checks, errors, holds_outside, is_from_outside, is_of_request, request};
use crate::extract::rust::chain::Chain;
use crate::extract::rust::{func, routers, sinks, sites};
use crate::ir::{Call, CallSite, Node, NodeKind, Op, Ref, Scope, Sink, SinkKind, Span, Text, Why};
use crate::parse::rust::{Expr, ExprKind, Path, Type};

impl Eval<'_, '_> {
    pub(super) fn exprs(&mut self, list: &[Expr]) -> Vec<Node> {
        list.iter().map(|expr| self.expr(expr)).collect()
    }

    /// Whoever is handed a parameter may decide by it.
    pub(super) fn handed_on(&mut self, args: &[Expr]) {
        for arg in args {
            if self.place(arg).is_some_and(|(_, fields)| fields.is_empty()) {
                self.asked(arg);
            }
        }
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
        let is_certain = self.is_needed(span);
        self.func.calls.push(CallSite { is_certain, ..CallSite::new(reference.clone(), span) });
        if reference.last() == "Err" {
            self.note_error(args.first());
        }
        // `guard::<AuthnGuard>()` of nestrs, `from_extractor::<Claims>()` of axum: what stands there is the type.
        if let ("guard", [ty], []) | ("from_extractor" | "from_extractor_with_state", [ty, ..], _) =
            (reference.last(), path.types.as_slice(), args)
        {
            return Node::new(ty.span, NodeKind::Ref(self.names.ty(ty, self.self_type)));
        }
        // warp reads it into what stands there: `query::<Page>()`.
        if let ("warp", "query" | "json" | "form", [ty], []) = (reference.first(), reference.last(), path.types.as_slice(), args) {
            let ty = Node::new(ty.span, NodeKind::Ref(self.names.ty(ty, self.self_type)));
            return Node::new(span, call_node(reference, None, vec![ty], false));
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
        self.handed_on(args);
        let is_through = !args.is_empty() && sinks::is_through(&reference);
        let values: Vec<Node> =
            args.iter().enumerate().map(|(at, arg)| if at == 0 && is_through { self.inner(arg) } else { self.expr(arg) }).collect();
        if let [.., "mem", "replace" | "take"] = reference.names().as_slice() {
            return self.taken_out(args, values, span);
        }
        self.change(args, None);
        self.note_payload(reference.last(), &values, span);
        if let ([.., module, name], Some(key)) = (reference.names().as_slice(), values.first().and_then(Node::as_str))
            && matches!(*name, "var" | "var_os")
            && matches!(*module, "env" | "dotenvy" | "dotenv")
        {
            return Node::new(span, NodeKind::Ref(Ref::new(Scope::Env, [key])));
        }
        self.header(&values, span);
        self.note_filter(&reference, &values, span);
        self.sent_to_login(&reference, &values, span);
        self.answer_by_call(reference.last(), &values, span);
        if self.hops == 0
            && self.development == 0
            && let Some(callee) = sinks::costs(&reference)
        {
            let args = values.iter().map(|value| sinks::number_in(value).clone()).collect();
            self.costs.push((span, Call { args, ..Call::of(callee) }));
        }
        let found = sinks::of_call(&reference, &values, |at| args.get(at).and_then(|arg| self.secret_of(arg)));
        let is_known = sinks::knows_call(&reference);
        if is_known
            && found.is_empty()
            && let Some((opened, awaited)) = self.with_results_open(&values)
        {
            self.wait_for(sinks::of_call(&reference, &opened, |_| None), awaited, span);
        }
        self.add_sinks(found, span);
        self.concerns_callers |= self.hops == 0 && is_known;
        if let Some(from) = sinks::source(&reference) {
            return Node::new(span, NodeKind::Ref(Ref::new(Scope::Request, [from, reference.last()])));
        }
        if let Some(number) = flow::number(&reference, &values, span) {
            return number;
        }
        if is_through {
            return values.into_iter().next().unwrap_or_else(|| Node::unknown(Why::Opaque, span));
        }
        if let Some(framework) = routers::framework(&reference) {
            let framework = if framework == "axum" && self.names.has_glob_of("salvo") { "salvo" } else { framework };
            let key = smol_str::format_smolstr!("router@{}", span.start);
            let made = reference.last().to_owned();
            return Node::new(span, NodeKind::Ref(self.router(key, framework, &made, values, span)));
        }
        let owner = match path.names.as_slice() {
            [.., owner, _] if owner.starts_with(char::is_uppercase) && owner != "Self" => owner.as_str(),
            _ => self.self_type,
        };
        if let Some(function) = self.names.function(path, self.self_type)
            && let Some(value) = self.follow(function, owner, None, &values)
        {
            return value;
        }
        self.hand(&reference, &values, args);
        let node = Node::new(span, call_node(reference, None, values, false));
        if self.hops < MAX_HOPS
            && path.types.is_empty()
            && let Some(returned) = self.returned(path, owner)
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
        self.note_look_up(name, args);
        if matches!(name, "ok_or" | "ok_or_else" | "map_err" | "into_response") {
            self.note_error(if name == "into_response" { Some(on) } else { args.first() });
        }
        if let ("guard" | "extract" | "extract_with_state", [ty, ..]) = (name, types) {
            self.func.calls.push(CallSite::new(self.names.ty(ty, self.self_type), name_span));
        }
        self.handed_on(args);
        if matches!(name, "unwrap" | "expect") {
            self.asked(on);
        }
        if args.is_empty() && is_transparent_method(name) && name != "try_into" {
            let value = self.inner(on);
            // ureq reads the answer to its end by the name of what changes nothing elsewhere.
            let reads = name == "into_string" && is_answer(&value);
            return if reads { Node::new(span, NodeKind::Ref(Ref::new(Scope::Request, ["response", name]))) } else { value };
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
        let is_outside = is_request || (name == "parse" || !args.is_empty()) && is_from_outside(&receiver);
        let of_filter =
            !is_request && matches!(name, "map" | "and_then" | "then") && (is_filter(&receiver) || self.ends_filters(&receiver));
        let error = errors::hands_error(name).then(|| errors::bound(&"error".into(), span));
        let mut args_nodes = self.fed(args, error.as_ref().or(is_outside.then_some(&receiver)), of_filter.then_some(&receiver));
        self.change(args, Some((name, &receiver)));
        self.grown(variable, name, &args_nodes);
        self.note_payload(name, &args_nodes, name_span);
        self.header(&args_nodes, name_span);
        self.answer_by_method(name, &receiver, &args_nodes, name_span);
        if let Some(made) = self.filter(name, &receiver, &args_nodes, span, name_span) {
            return made;
        }
        if is_outside && let Some(made) = self.adapted(name, &receiver, args, &args_nodes, span) {
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
            ("clear", 0) if is_request => {
                self.set(variable, Node::new(span, NodeKind::Text(Text::default())));
                return Node::new(span, NodeKind::Null);
            }
            // `path.push(name)`, bytes that are collected as they come in.
            ("push", 1) if variable.is_some() && is_path(&receiver) => {
                let step = call_node(Ref::new(Scope::Local, ["join"]), Some(receiver), args_nodes, false);
                self.set(variable, Node::new(span, step));
                return Node::new(span, NodeKind::Null);
            }
            ("extend_from_slice" | "put" | "put_slice" | "extend" | "push", 1)
                if variable.is_some() && !is_request && is_of_request(&args_nodes[0]) && is_collection(&receiver) =>
            {
                self.set(variable, args_nodes.swap_remove(0));
                return Node::new(span, NodeKind::Null);
            }
            ("copy_from_slice" | "clone_from_slice" | "fill" | "fill_with" | "extend_from_slice" | "iter_mut" | "as_mut_slice", _)
                if !is_request =>
            {
                // `nonce[4..].copy_from_slice(…)` changes the array too.
                self.set(variable.or_else(|| self.base(on)), Node::unknown(Why::Opaque, span));
            }
            ("concat" | "join", _) if receiver.as_list().is_some() => {
                return joined(&receiver, args_nodes.first(), span);
            }
            _ => {}
        }
        if is_request
            && matches!(name, "filter" | "retain" | "take_while")
            && (keeps_listed(&args_nodes) || args.first().is_some_and(checks::picks))
        {
            return Node::unknown(Why::Opaque, span);
        }
        let found = {
            let words = |words: &[&str]| self.bears(on, &receiver, words);
            sinks::of_method(name, &receiver, &args_nodes, name_span, words, |at| args.get(at).and_then(|arg| self.secret_of(arg)))
        };
        if found.is_empty()
            && sinks::may_know_method(name)
            && let Some((opened, awaited)) = self.with_results_open(&args_nodes)
        {
            let waiting = sinks::of_method(name, &receiver, &opened, name_span, |words| self.bears(on, &receiver, words), |_| None);
            self.wait_for(waiting, awaited, name_span);
        }
        for sink in found {
            let place = sink.parts.first().map(|part| part.value.span).filter(|place| match sink.kind {
                SinkKind::Keep => span.contains(*place),
                kind => kind == SinkKind::Random,
            });
            self.add_sinks(vec![sink], place.unwrap_or(name_span));
        }
        let is_known = self.hops == 0 && !self.concerns_callers && sinks::knows_method(name, |words| self.bears(on, &receiver, words));
        self.concerns_callers |= is_known;
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
        if is_request && !args.is_empty() && flow::reads_into(name) {
            return Node::unknown(Why::Opaque, span);
        }
        if let Some(value) = self.follow_method(on, &receiver, name, &args_nodes) {
            return value;
        }
        // `post.file_name()`: which of the fields a method of another file looks at is not known.
        if args.is_empty() && flow::is_made_here(&receiver) && holds_outside(&receiver) && !sites::is_known(&receiver) {
            return Node::unknown(Why::Opaque, span);
        }
        self.hand_to_method(on, &receiver, name, &args_nodes, args);
        if is_outside && let Some(value) = request::method(name, &receiver, types, self.expected.as_deref(), span) {
            return value;
        }
        if matches!(
            name,
            "text"
                | "json"
                | "bytes"
                | "text_with_charset"
                | "body_string"
                | "body_json"
                | "read_to_string"
                | "into_json"
                | "bytes_stream"
                | "chunk"
        ) && is_answer(&receiver)
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
        if routers::is_step_of_axum(name, &args_nodes) && self.names.uses("axum") {
            receiver = self.continued(receiver, name_span, span);
        }
        if name == "at" && self.router_of(&receiver).is_some_and(|router| router.framework == routers::TIDE) {
            return self.path_of_router(&receiver, args_nodes, name_span, span);
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

    /// A path of tide, on which methods and guards are called: a router below the one that it is a path of.
    fn path_of_router(&mut self, parent: &Node, path: Vec<Node>, place: Span, span: Span) -> Node {
        let key = smol_str::format_smolstr!("router@{}", place.start);
        let made = Node::new(span, NodeKind::Ref(self.router(key, routers::TIDE, "at", path, span)));
        if let Some(parent) = self.router_of(parent) {
            parent.steps.push(routers::Step { name: "merge".into(), args: vec![made.clone()], span: place });
        }
        made
    }

    /// A router that another function makes and that goes on here: what it brings is mounted first.
    fn continued(&mut self, made: Node, place: Span, span: Span) -> Node {
        if self.router_of(&made).is_some() || Chain::of(&made).constructor().is_none() {
            return made;
        }
        let key = smol_str::format_smolstr!("router@{}", place.start);
        let router = Node::new(span, NodeKind::Ref(self.router(key, "axum", "new", Vec::new(), span)));
        if let Some(new) = self.router_of(&router) {
            new.steps.push(routers::Step { name: "merge".into(), args: vec![made], span: place });
        }
        router
    }

    /// `mem::replace(&mut text, new)`, `mem::take(&mut text)`: gives what was there.
    fn taken_out(&mut self, args: &[Expr], values: Vec<Node>, span: Span) -> Node {
        let mut values = values.into_iter();
        let old = values.next().unwrap_or_else(|| Node::unknown(Why::Opaque, span));
        let place = args.first().and_then(|arg| self.changed(arg));
        self.set(place, values.next().unwrap_or_else(|| Node::unknown(Why::Opaque, span)));
        old
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
        for mut sink in found.into_iter().filter(|sink| !(answers && sink.kind == SinkKind::Hash)) {
            if self.tls_mode > 0
                && sink.kind == SinkKind::Tls
                && let Some(NodeKind::Map(options)) = sink.options.as_mut().map(|options| &mut options.kind)
            {
                options.push("chosen", span, Node::new(span, NodeKind::Bool(true)));
            }
            let is_flow = sink.parts.iter().any(|part| part.tainted.is_yes());
            if self.development == 0 && (self.hops == 0 || self.caller != Caller::Nobody && is_flow) {
                self.sinks.push((span, sink));
            }
        }
    }
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

/// A collection that is made here, to be filled.
fn is_collection(receiver: &Node) -> bool {
    let is = |name: &str| matches!(name, "Vec" | "VecDeque" | "BytesMut" | "HashSet" | "BTreeSet" | "vec!");
    Chain::of(receiver).constructor().is_some_and(|call| call.callee.names().into_iter().any(is))
}

/// A path that is made here.
fn is_path(receiver: &Node) -> bool {
    Chain::of(receiver).constructor().is_some_and(|call| call.callee.names().contains(&"PathBuf"))
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
            | "lock"
    )
}
