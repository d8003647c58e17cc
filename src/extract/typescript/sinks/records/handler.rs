//! Functions that a framework hands a request to, in each of the forms that it has: whole (`req`, `ctx`), by
//! decorated parameters, as the arguments of a resolver, a procedure or a server action.

use smallvec::SmallVec;

use super::super::called_name;
use super::{caller, origin};
use crate::extract::typescript::names::{Form, Module, unquoted};
use crate::extract::typescript::request::{is_resolver, is_root_resolver};
use crate::ir::{Ref, Scope};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Decorators of NestJS that fill a parameter with what a caller sends.
const CHOSEN: [&str; 5] = ["Param", "Query", "Body", "Args", "Headers"];
/// Decorators that fill one with what is neither the caller's nor says who calls.
const NEITHER: [&str; 8] = ["Res", "Response", "Next", "UploadedFile", "UploadedFiles", "Ip", "HostParam", "Inject"];

/// A function that a framework runs for a caller.
pub(super) struct Handler<'t> {
    /// All of it.
    pub function: Syntax<'t>,
    /// The name of what is handed over whole: `req`, `ctx`; empty if nothing is.
    pub request: &'t str,
    /// Parameters whose values are the caller's to choose.
    chosen: SmallVec<[Syntax<'t>; 4]>,
    /// A parameter that says who calls: `@CurrentUser() user`.
    pub caller: Option<Syntax<'t>>,
}

impl<'t> Handler<'t> {
    pub(super) fn of(module: &Module<'t>, function: Syntax<'t>) -> Option<Self> {
        let list = function.field(Field::Parameters).map(Syntax::children).into_iter().flatten();
        let parameters: SmallVec<[Syntax<'t>; 4]> = list.chain(function.field(Field::Parameter)).take(4).collect();
        let first = *parameters.first()?;
        let names: SmallVec<[Syntax<'t>; 4]> = parameters.iter().map(|one| one.field(Field::Pattern).unwrap_or(*one)).collect();
        let whole = |request: &'t str| Self { function, request, chosen: SmallVec::new(), caller: None };
        let is_request = |name: &str| matches!(name, "req" | "request" | "_req" | "_request");
        if first.children().any(|child| child.kind() == Kind::Decorator) {
            return Some(Self::decorated(function, &parameters));
        }
        let name = names[0].text();
        if is_request(name) {
            let caller = names.iter().skip(1).find_map(|handed| caller_of(*handed));
            let chosen = names.get(1).filter(|taken| is_of_path(module, **taken)).map(|_| parameters[1]).into_iter().collect();
            return Some(Self { chosen, caller, ..whole(name) });
        }
        match names.as_slice() {
            [error, request, ..] if is_request(request.text()) && error.text().trim_start_matches('_').starts_with("err") => {
                Some(whole(request.text()))
            }
            [context, ..] if matches!(name, "ctx" | "context" | "c") && is_asked_for_parts(function, context.text()) => Some(whole(name)),
            [_, arguments, rest @ ..] if is_resolver(function) => Some(Self::resolver(function, *arguments, rest.first().copied())),
            [arguments, rest @ ..] if is_root_resolver(function) => Some(Self::resolver(function, *arguments, rest.first().copied())),
            [taken, ..] if taken.kind() == Kind::ObjectPattern && is_procedure(function, *taken) => {
                let input = taken.children().filter(|entry| entry.text().starts_with("input")).collect();
                Some(Self { function, request: "ctx", chosen: input, caller: None })
            }
            _ if is_action(module, function) => Some(Self { function, request: "", chosen: parameters, caller: None }),
            _ => None,
        }
    }

    /// A resolver of GraphQL: `(parent, { id }, { user }) => …`.
    fn resolver(function: Syntax<'t>, arguments: Syntax<'t>, context: Option<Syntax<'t>>) -> Self {
        let whole = context.filter(|name| name.kind() == Kind::Identifier).map(Syntax::text);
        // `{ User, req, pubsub }`: what the context holds beside who calls.
        let taken = || context.into_iter().flat_map(Syntax::children).map(Syntax::text).find(|name| matches!(*name, "req" | "request"));
        let request = whole.or_else(taken).unwrap_or_default();
        let pattern = context.filter(|name| name.kind() != Kind::Identifier);
        // Whoever calls may be known by a name of the application's own: a club, a tenant.
        let caller = pattern.and_then(|pattern| caller_of(pattern).or_else(|| pattern.children().find(|entry| !is_tool(entry.text()))));
        Self { function, request, chosen: SmallVec::from_iter([arguments]), caller }
    }

    /// A method of NestJS: `find(@Param('id') id: string, @CurrentUser() user: User)`.
    fn decorated(function: Syntax<'t>, parameters: &[Syntax<'t>]) -> Self {
        let mut handler = Self { function, request: "", chosen: SmallVec::new(), caller: None };
        for parameter in parameters {
            let Some(mark) = parameter.child(Kind::Decorator).and_then(Syntax::first) else { continue };
            match mark.field(Field::Function).unwrap_or(mark).text() {
                "Req" | "Request" => handler.request = parameter.field(Field::Pattern).map_or("", Syntax::text),
                name if CHOSEN.contains(&name) => handler.chosen.push(*parameter),
                name if NEITHER.contains(&name) => {}
                _ => handler.caller = Some(*parameter),
            }
        }
        handler
    }

    /// Whether a name is one that a parameter declares.
    pub(super) fn is_of(module: &Module<'t>, name: Syntax<'t>, parameter: Syntax<'t>) -> bool {
        matches!(name.kind(), Kind::Identifier | Kind::ShorthandProperty)
            && module.lookup(name.text(), name).is_some_and(|declared| parameter.holds(declared.name))
    }

    /// The part of the request that a value is, or is made of.
    pub(super) fn sent(&self, module: &Module<'t>, value: Syntax<'t>) -> Option<Ref> {
        caller::of_request(module, value)
            .or_else(|| {
                const MOST: usize = 12;
                let nodes = std::iter::once(value).chain(value.below()).take(MOST);
                let name = nodes.filter(|node| self.is_chosen(module, *node)).last()?;
                let member = name.parent().and_then(|outer| outer.field(Field::Property)).unwrap_or(name);
                Some(Ref::new(Scope::Request, ["params", member.text()]))
            })
            .or_else(|| Some(Ref::new(Scope::Request, ["params", origin::sent(module, self, value)?])))
    }

    /// Whether a parameter is one whose value the caller chooses.
    pub(super) fn is_given(&self, declared: Syntax<'t>) -> bool {
        self.chosen.iter().any(|parameter| parameter.holds(declared))
    }

    /// Whether a name stands for what a parameter brings that the caller chooses, by itself or in a constant.
    pub(super) fn is_chosen(&self, module: &Module<'t>, name: Syntax<'t>) -> bool {
        if self.chosen.is_empty() || !matches!(name.kind(), Kind::Identifier | Kind::ShorthandProperty) {
            return false;
        }
        let Some(declared) = module.lookup(name.text(), name) else { return false };
        match &declared.form {
            Form::Parameter(_) => self.is_given(declared.name),
            // `const { id } = input`, `const id = formData.get('id')`.
            Form::Variable(..) => origin::sent(module, self, name).is_some(),
            _ => false,
        }
    }
}

/// Whether a pattern takes parameters of the path out of what a wrapper hands over: `signedIn(async (req, { id }) => …)`
/// in the file of `/notes/[id]`.
fn is_of_path(module: &Module<'_>, taken: Syntax<'_>) -> bool {
    let is_key = |entry: Syntax<'_>| module.keys.iter().any(|key| entry.field(Field::Key).unwrap_or(entry).text() == key);
    taken.kind() == Kind::ObjectPattern && taken.first().is_some() && taken.children().all(is_key)
}

/// Whether a member of the context of a resolver is what it works with, rather than who calls: a model, a client.
fn is_tool(name: &str) -> bool {
    const TOOLS: [&str; 16] = [
        "req",
        "request",
        "res",
        "response",
        "db",
        "prisma",
        "models",
        "pubsub",
        "pubSub",
        "dataSources",
        "loaders",
        "logger",
        "log",
        "redis",
        "cache",
        "knex",
    ];
    name.starts_with(|char: char| char.is_ascii_uppercase()) || TOOLS.contains(&name)
}

/// The caller as a wrapper of the application's own hands them to a handler: `withSession(async (request, { userId }) => …)`,
/// `authed(async (req, user) => …)`.
fn caller_of(handed: Syntax<'_>) -> Option<Syntax<'_>> {
    let is_somebody = |name: &str| caller::is_owner(name) || caller::is_somebody(name);
    match handed.kind() {
        Kind::Identifier => is_somebody(handed.text()).then_some(handed),
        Kind::ObjectPattern => handed
            .children()
            .find(|entry| is_somebody(entry.field(Field::Key).or_else(|| entry.field(Field::Left)).unwrap_or(*entry).text())),
        _ => None,
    }
}

/// Whether a function reads parts of a request of a context, or what was put there: `ctx.params`, `c.req.param('id')`,
/// `c.get('user')`.
fn is_asked_for_parts(function: Syntax<'_>, context: &str) -> bool {
    let text = function.text();
    text.match_indices(context).any(|(at, _)| {
        let rest = &text[at + context.len()..];
        ["params", "request", "query", "req.", "env.", "get('", "get(\"", "var."]
            .iter()
            .any(|part| rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(part)))
    })
}

/// `protectedProcedure.input(…).mutation(async ({ ctx, input }) => …)`, or what stands in front of one:
/// `.use(async ({ ctx, input, next }) => …)`.
fn is_procedure(function: Syntax<'_>, taken: Syntax<'_>) -> bool {
    let call = function.parent().filter(|outer| outer.kind() == Kind::Arguments).and_then(Syntax::parent);
    let stands_before = |call: Syntax<'_>| called_name(call) == "use" && taken.text().contains("next");
    call.is_some_and(|call| matches!(called_name(call), "query" | "mutation") || stands_before(call))
        && ["input", "ctx"].iter().any(|part| taken.text().contains(part))
}

/// A function that a file exports for callers of its server: `'use server'`.
fn is_action<'t>(module: &Module<'t>, function: Syntax<'t>) -> bool {
    function.ancestors().take(3).any(|outer| outer.kind() == Kind::Export) && {
        let first = module.tree.root().first().and_then(Syntax::first);
        first.is_some_and(|first| unquoted(first) == "use server")
    }
}
