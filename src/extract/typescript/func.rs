//! Functions as summaries: what they call, whether they turn callers away, hand on, read
//! credentials, write. Nothing here goes by the function's own name.

mod alike;
mod credentials;
mod denial;
mod left_out;
mod presence;
mod some;
mod writes;

use std::sync::Arc;

use smol_str::SmolStr;

use self::credentials::{first_text, is_credential_call, is_credential_header, is_handed_caller, is_handed_secret};
pub(super) use self::credentials::{is_credential_member, is_credential_name};
pub(super) use self::denial::{denies, is_denial};
use self::denial::{is_told_to_wait, is_too_many};
use self::writes::{alters, is_answer, is_on_store, is_write, statement};
use super::forms::Session;
use super::names::{Form, Module, unquoted};
use super::{away, fastify, forms, marked, noted, passes, rights};
use crate::ir::{CallSite, Func, Node, NodeKind, Op, Param, Ref, Scope, Span, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Answers and tests of one function that its summary keeps.
const MAX_KEPT: usize = 8;

impl<'t> Module<'t> {
    /// The summary of a function, method or arrow.
    pub(super) fn function(&self, node: Syntax<'t>) -> Arc<Func> {
        let mut func = Func {
            name: SmolStr::new(function_name(node)),
            params: self.params(node),
            lets_anonymous_through: Tri::Maybe,
            span: node.span(),
            is_async: is_async(node),
            ..Func::default()
        };
        let Some(body) = node.field(Field::Body) else { return Arc::new(func) };
        // Closures in closures are looked at once for each level; the budget keeps that linear.
        if !self.pays(body.size() + 1) {
            return Arc::new(func);
        }
        func.reads_credentials = is_handed_caller(node) || is_handed_secret(node);
        let mut session = Session::default();
        let (mut id, end) = (body.id(), body.after());
        while let Some(inner) = body.with_id(id).filter(|_| id < end) {
            // What is put on the request for others to call runs where they do.
            let is_left = is_handed_out(inner);
            id = if is_left { inner.after() } else { id + 1 };
            if !is_left {
                self.look(inner, &mut func, &mut session);
            }
        }
        func.returns = self.returned(body);
        func.returns_sometimes = func.returns.as_ref().is_some_and(|returned| is_under_condition(body, returned.span));
        if func.denies.is_empty() && func.continues && func.reads_credentials {
            func.denies.extend(away::turned(body, func.span).or_else(|| away::admitted(body)).map(Syntax::span));
        }
        if func.denies.is_empty() {
            func.denies.extend(away::thrown(body).map(Syntax::span));
        }
        if func.denies.is_empty() && (passes::runs_through(body) || passes::swallows(body)) {
            func.lets_anonymous_through = Tri::Yes;
        }
        if !func.reads_markers.is_empty() {
            let asks_marks = passes::asks_where_marked(body, &func.denies) || marked::asks_each_mark(body, &func.denies);
            func.asks_of_marked = asks_marks || marked::passes_unmarked(body, &func.denies);
            if asks_marks {
                func.lets_anonymous_through = Tri::Yes;
            }
        }
        if presence::accepts_any(self, body, &func) {
            func.accepts_any = true;
            func.denies.clear();
            func.lets_anonymous_through = Tri::Yes;
        }
        func.answers_alike = alike::answers_alike(body, func.calls.len());
        func.only_for = some::parts_of_paths(node, &func);
        func.left_out = self.left_out(body, &func);
        func.runs_on = func.continues && func.denies.is_empty() && passes::runs_on(body);
        session.tell(&mut func);
        forms::tell_of_copies(body, &mut func);
        Arc::new(func)
    }

    /// Adds what one node of a body says.
    fn look(&self, node: Syntax<'t>, func: &mut Func, session: &mut Session<'t>) {
        func.fails_quietly |= node.kind() == Kind::Catch && passes::is_quiet(node);
        match node.kind() {
            Kind::Call | Kind::New => {
                let Some(callee) = self.callee_of(node) else { return };
                func.continues |= node.kind() == Kind::Call && is_next(&callee, &func.params);
                func.writes |= is_write(callee.last()) && (!is_answer(&callee) || is_on_store(node)) || statement(node).is_some();
                let is_noted = self.is_noted(node, func.span);
                let is_ignored = passes::is_ignored(node, &callee, |nodes| self.pays(nodes));
                let is_unread = is_noted || is_ignored && callee.last().starts_with("get");
                func.reads_credentials |= is_credential_call(&callee) && !is_unread
                    || first_text(node).is_some_and(is_credential_header)
                    || matches!(callee.last(), "get" | "header") && self.names_credential(node);
                if denies(&callee, node) {
                    self.deny(node, func);
                }
                func.slows_down |= is_told_to_wait(node);
                func.hands_over |= alike::hands_over(node);
                func.alters |= alters(&callee, node);
                if callee.last() == "set" && super::nitric::is_store(self, node) {
                    (func.writes, func.alters) = (true, true);
                }
                if asks_for_metadata(&callee, node)
                    && let Some(key) = node.field(Field::Arguments).and_then(Syntax::first)
                {
                    func.reads_markers.push(self.lower(key));
                }
                if func.answers.len() < MAX_KEPT && is_callback(&callee, &func.params) {
                    func.answers.push(self.lower(node));
                }
                if func.tests.len() < MAX_KEPT && is_test_of_part(node, &func.params) {
                    func.tests.push(self.lower(node));
                }
                let is_certain = passes::is_certain(node, func.span);
                let is_left_alone = node.parent().is_some_and(|outer| outer.kind() == Kind::ExpressionStatement);
                func.calls.push(CallSite { callee, span: node.span(), is_ignored, is_noted, is_certain, is_left_alone });
            }
            Kind::Member => {
                let name = node.field(Field::Property).map_or("", Syntax::text);
                let is_member = is_credential_member(node, name);
                if is_member {
                    session.add(node);
                }
                if let Some(key) = fastify::asked_of_route(node) {
                    func.reads_markers.push(Node::text(key.text(), key.span()));
                }
                func.reads_credentials |= is_credential_header(name) || is_member;
                func.reads_ids |= rights::is_id_sent(node, name);
                func.reads_caller |= rights::is_caller(node, name);
                func.tests_rights |= !func.tests_rights && rights::is_right(name) && rights::is_tested(node);
            }
            Kind::Pair => {
                let key = node.field(Field::Key).map_or("", unquoted);
                let value = node.field(Field::Value);
                if matches!(key, "status" | "statusCode" | "code") && value.is_some_and(is_denial) {
                    self.deny(node, func);
                }
                func.slows_down |= matches!(key, "status" | "statusCode" | "code") && value.is_some_and(is_too_many);
            }
            Kind::Identifier if !func.tests_rights && rights::is_right(node.text()) => func.tests_rights = rights::is_tested(node),
            Kind::ShorthandPattern => func.reads_ids |= rights::takes_id(node),
            Kind::If | Kind::Catch | Kind::Ternary if passes::without_credentials(node) => func.lets_anonymous_through = Tri::Yes,
            Kind::Assignment => {
                let target = node.field(Field::Left).and_then(|left| left.field(Field::Property)).map_or("", Syntax::text);
                if matches!(target, "status" | "statusCode") && node.field(Field::Right).is_some_and(is_denial) {
                    self.deny(node, func);
                }
            }
            _ => {}
        }
    }

    fn deny(&self, denial: Syntax<'t>, func: &mut Func) {
        let is_other = || {
            self.is_switched(denial, func.span)
                || self.is_of_missing_record(denial)
                || passes::is_told_by_error(denial)
                || self.asks_where_from(denial, func.span)
        };
        if !is_other() && !passes::goes_on_after(denial, func.span) {
            func.denies.push(denial.span());
            func.tests_rights |= rights::is_refused_by_flag(denial);
        }
    }

    /// Whether a denial asks nobody who they are: how the application is deployed decides alone, as in
    /// `if (settings.demo && request.method === 'POST') throw new Forbidden()`.
    fn is_switched(&self, denial: Syntax<'t>, function: Span) -> bool {
        let test = denial.ancestors().take_while(|outer| outer.span() != function).find(|outer| outer.kind() == Kind::If);
        let Some(condition) = test.and_then(|test| test.field(Field::Condition)) else { return false };
        let is_deployed = |part: Syntax<'t>| match self.lower(part).as_ref() {
            Some(name) => match name.scope {
                Scope::Import(_) | Scope::Env => true,
                Scope::Local => !name.first().contains('@'),
                _ => false,
            },
            None => false,
        };
        let parts = away::conjuncts(condition);
        let is_literal = |part: Syntax<'t>| matches!(part.kind(), Kind::String | Kind::Number | Kind::True | Kind::False);
        let compared = |part: Syntax<'t>| part.field(Field::Right).filter(|right| is_literal(*right)).and(part.field(Field::Left));
        parts.iter().any(|part| is_deployed(compared(*part).unwrap_or(*part)))
            && parts.iter().all(|part| compared(*part).is_some() || is_deployed(*part))
    }

    /// Whether a header is read by a constant that is the name of one for credentials: `headers.get(API_KEY_HEADER)`.
    fn names_credential(&self, call: Syntax<'t>) -> bool {
        let Some(name) = call.field(Field::Arguments).and_then(Syntax::first).filter(|name| name.kind() == Kind::Identifier) else {
            return false;
        };
        let bound = self.lookup(name.text(), name).map(|declared| &declared.form);
        let Some(Form::Variable(Some(value), path)) = bound else { return false };
        path.is_empty() && value.kind() == Kind::String && is_credential_header(unquoted(*value))
    }

    /// Whether what a call gives is only written down; looking through the function's body is paid from the budget.
    fn is_noted(&self, call: Syntax<'t>, function: Span) -> bool {
        let Some((name, body)) = noted::bound_to(call, function).filter(|(name, _)| self.may_be_missing(name.text())) else {
            return false;
        };
        self.pays(body.size()) && noted::is_noted(name, body)
    }

    /// Takes nodes that are to be looked at from what summaries may look at in all; false if that is too much.
    pub(super) fn pays(&self, nodes: usize) -> bool {
        let left = self.budget.get().checked_sub(nodes);
        left.inspect(|left| self.budget.set(*left)).is_some()
    }

    fn params(&self, node: Syntax<'t>) -> Vec<Param> {
        let Some(list) = node.field(Field::Parameters) else {
            let single = node.field(Field::Parameter);
            return single.map(|name| Param { name: name.text().into(), span: name.span(), ..Param::default() }).into_iter().collect();
        };
        list.children().map(|parameter| self.param(parameter)).collect()
    }

    fn param(&self, node: Syntax<'t>) -> Param {
        let pattern = node.field(Field::Pattern).unwrap_or(node);
        // `(text = '')`.
        let named = if pattern.kind() == Kind::AssignmentPattern { pattern.first().unwrap_or(pattern) } else { pattern };
        let name = if named.kind() == Kind::Identifier { named.text() } else { "" };
        let mut param = Param { name: name.into(), span: node.span(), ..Param::default() };
        if let Some(annotated) = node.field(Field::Type).and_then(Syntax::first) {
            param.ty = self.type_name(annotated);
            if let Some(args) = annotated.field(Field::TypeArguments) {
                param.ty_args = args.children().filter_map(|arg| self.type_name(arg)).collect();
            }
        }
        for decorator in node.children().filter(|child| child.kind() == Kind::Decorator) {
            param.markers.extend(self.decorator_name(decorator));
        }
        param
    }

    /// The name of a type as a reference, where it has one.
    pub(super) fn type_name(&self, node: Syntax<'t>) -> Option<Ref> {
        match node.kind() {
            Kind::TypeIdentifier | Kind::Identifier => Some(self.name(node)),
            Kind::GenericType => self.type_name(node.first()?),
            Kind::NestedType => {
                let (first, last) = (node.first()?, node.children().last()?);
                Some(self.type_name(first)?.child(last.text()))
            }
            _ => None,
        }
    }

    /// What a decorator is, with or without a call.
    pub(super) fn decorator_name(&self, decorator: Syntax<'t>) -> Option<Ref> {
        let inner = decorator.first()?;
        if inner.kind() == Kind::Call { self.callee_of(inner) } else { self.lower(inner).as_ref().cloned() }
    }

    /// The one expression that a function answers with: the body of a short arrow, the only `return`
    /// of its own, or its only statement.
    fn returned(&self, body: Syntax<'t>) -> Option<Node> {
        if body.kind() != Kind::Block {
            return Some(self.lower(body));
        }
        // A body of one call hands its answer to a callback: `{ done(null, true) }`.
        let mut statements = body.children();
        if let (Some(only), None) = (statements.next(), statements.next())
            && only.kind() == Kind::ExpressionStatement
        {
            return Some(self.lower(only));
        }
        let mut found = None;
        let mut id = body.id() + 1;
        while id < body.after() {
            let node = body.with_id(id)?;
            if node.kind().is_function() || node.kind().is_class() {
                id = node.after();
                continue;
            }
            if node.kind() == Kind::Return {
                if let Some(first) = found {
                    return self.either(body, first, node);
                }
                found = Some(node.first()?);
            }
            id += 1;
        }
        Some(self.lower(found?))
    }

    /// `if (typeof a === 'string') return wrap(b, check, a); return wrap(a, check)`: one of two calls of the same function.
    fn either(&self, body: Syntax<'t>, first: Syntax<'t>, last: Syntax<'t>) -> Option<Node> {
        let is_last = body.children().last() == Some(last);
        let second = last.first().filter(|second| is_last && second.kind() == Kind::Call && first.kind() == Kind::Call)?;
        let test = first.ancestors().find(|outer| outer.kind() == Kind::If)?.field(Field::Condition)?;
        let is_same = first.field(Field::Function)?.text() == second.field(Field::Function)?.text();
        let ways = || vec![self.lower(test), self.lower(first), self.lower(second)];
        is_same.then(|| Node::new(first.span(), NodeKind::Op(Op::Cond, ways())))
    }
}

/// Whether an expression of a body stands in an `if` or a `switch` of it.
fn is_under_condition(body: Syntax<'_>, place: Span) -> bool {
    body.kind() == Kind::Block
        && body.children().any(|statement| matches!(statement.kind(), Kind::If | Kind::Switch) && statement.span().contains(place))
}

/// Whether a function is put on the request, for whoever handles it to call: `request.currentUser = async () => { … }`.
pub(super) fn is_handed_out(function: Syntax<'_>) -> bool {
    let put = function.parent().filter(|put| function.kind().is_function() && put.kind() == Kind::Assignment);
    let left = put.and_then(|put| put.field(Field::Left)).filter(|left| left.kind() == Kind::Member);
    let on = left.and_then(|left| left.field(Field::Object));
    on.is_some_and(|on| matches!(on.text(), "req" | "request" | "ctx" | "context" | "c"))
}

/// The name that a function has or is given by what it is assigned to.
fn function_name(node: Syntax<'_>) -> &str {
    if let Some(name) = node.field(Field::Name) {
        return name.text();
    }
    match node.parent() {
        Some(parent) if matches!(parent.kind(), Kind::VariableDeclarator | Kind::Field | Kind::JsField) => {
            parent.field(Field::Name).or_else(|| parent.field(Field::Property)).map_or("", Syntax::text)
        }
        Some(parent) if parent.kind() == Kind::Pair => parent.field(Field::Key).map_or("", unquoted),
        _ => "",
    }
}

/// `next()` of middleware: a parameter of that name, or the last of three or four parameters.
fn is_next(callee: &Ref, params: &[Param]) -> bool {
    let [name] = callee.path.as_slice() else { return false };
    let name = name.split('@').next().unwrap_or_default();
    matches!(name, "next" | "done") && params.iter().any(|param| param.name == name)
        || params.len() >= 3 && params.last().is_some_and(|last| last.name == name)
        || name == "next"
}

/// Whether a function calls a parameter of its own, other than the first.
fn is_callback(callee: &Ref, params: &[Param]) -> bool {
    let [name] = callee.path.as_slice() else { return false };
    let name = name.split('@').next().unwrap_or_default();
    callee.scope == Scope::Local && params.iter().skip(1).any(|param| param.name == name)
}

/// `origin.endsWith('…')`, `/…/.test(origin)`: a test of a parameter for a part that is written out.
fn is_test_of_part(call: Syntax<'_>, params: &[Param]) -> bool {
    let Some(function) = call.field(Field::Function).filter(|function| function.kind() == Kind::Member) else { return false };
    let (Some(object), Some(name)) = (function.field(Field::Object), function.field(Field::Property)) else { return false };
    let Some(first) = call.field(Field::Arguments).and_then(Syntax::first) else { return false };
    let is_param = |node: Syntax<'_>| node.kind() == Kind::Identifier && params.first().is_some_and(|param| param.name == node.text());
    match name.text() {
        "includes" | "indexOf" | "endsWith" | "startsWith" => is_param(object) && first.kind() == Kind::String,
        "match" | "search" => is_param(object) && first.kind() == Kind::Regex,
        "test" => object.kind() == Kind::Regex && is_param(first),
        _ => false,
    }
}

/// Whether a function says that it is asynchronous, before its name and parameters.
fn is_async(function: Syntax<'_>) -> bool {
    let named = function.field(Field::Name).or_else(|| function.field(Field::Parameters)).or_else(|| function.field(Field::Parameter));
    let before = named.map_or(0, |named| (named.start() - function.start()) as usize);
    function.text().get(..before).is_some_and(|text| text.split_whitespace().any(|word| word == "async"))
}

/// `reflector.get(KEY, context.getHandler())` and its kin.
fn asks_for_metadata(callee: &Ref, call: Syntax<'_>) -> bool {
    let holder = || callee.path.iter().rev().nth(1).is_some_and(|holder| holder.to_ascii_lowercase().contains("reflector"));
    let asks_handler = || call.field(Field::Arguments).is_some_and(|given| given.text().contains(".getHandler()"));
    matches!(callee.last(), "getAllAndOverride" | "getAllAndMerge" | "getMetadata")
        || callee.last() == "get" && (holder() || asks_handler())
}
