//! Functions as summaries: what they call, whether they turn callers away, hand on, read
//! credentials, write. Nothing here goes by the function's own name.

use std::sync::{Arc, LazyLock};

use smol_str::SmolStr;

use super::names::{Module, unquoted};
use super::sinks::called_name;
use super::{away, noted, passes, rights};
use crate::ir::{CallSite, Func, Node, Param, Ref, Scope, Span, Tri};
use crate::needles::Needles;
use crate::parse::typescript::{Field, Kind, Syntax};

/// Parts of the names of functions and classes that answer with an error: `next(errorHandler(401, '…'))`,
/// `new AppError('…', 401)`, `sendResponse(res, 401, '…')`.
static ERRORS: LazyLock<Needles> = LazyLock::new(|| {
    let words = ["error", "exception", "respon", "reply", "fail", "reject", "deny", "abort"];
    Needles::new(words.iter().map(|word| (word.as_bytes(), true)))
});

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
        for inner in std::iter::once(body).chain(body.below()) {
            self.look(inner, &mut func);
        }
        func.returns = self.returned(body);
        if func.denies.is_empty() && func.continues && func.reads_credentials {
            func.denies.extend(away::turned(body).map(Syntax::span));
        }
        if func.denies.is_empty() && (passes::runs_through(body) || passes::swallows(body)) {
            func.lets_anonymous_through = Tri::Yes;
        }
        func.runs_on = func.continues && func.denies.is_empty() && passes::runs_on(body);
        Arc::new(func)
    }

    /// Adds what one node of a body says.
    fn look(&self, node: Syntax<'t>, func: &mut Func) {
        func.fails_quietly |= node.kind() == Kind::Catch && passes::is_quiet(node);
        match node.kind() {
            Kind::Call | Kind::New => {
                let Some(callee) = self.callee_of(node) else { return };
                func.continues |= node.kind() == Kind::Call && is_next(&callee, &func.params);
                func.writes |= is_write(callee.last()) && (!is_answer(&callee) || is_on_store(node)) || statement(node).is_some();
                let is_noted = self.is_noted(node, func.span);
                func.reads_credentials |= is_credential_call(&callee) && !is_noted || first_text(node).is_some_and(is_credential_header);
                if denies(&callee, node) {
                    self.deny(node, func);
                }
                func.slows_down |= is_told_to_wait(node);
                func.alters |= alters(&callee, node);
                if asks_for_metadata(&callee)
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
                let is_ignored = passes::is_ignored(node, &callee, |nodes| self.pays(nodes));
                let is_certain = passes::is_certain(node, func.span);
                let is_left_alone = node.parent().is_some_and(|outer| outer.kind() == Kind::ExpressionStatement);
                func.calls.push(CallSite { callee, span: node.span(), is_ignored, is_noted, is_certain, is_left_alone });
            }
            Kind::Member => {
                let name = node.field(Field::Property).map_or("", Syntax::text);
                func.reads_credentials |= is_credential_header(name) || is_credential_member(node, name);
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
            Kind::If | Kind::Catch if passes::without_credentials(node) => func.lets_anonymous_through = Tri::Yes,
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
        if !self.is_switched(denial, func.span) && !passes::is_told_by_error(denial) {
            func.denies.push(denial.span());
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
                if found.is_some() {
                    return None;
                }
                found = Some(node.first()?);
            }
            id += 1;
        }
        Some(self.lower(found?))
    }
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

/// Whether a resolver of GraphQL takes its caller out of the context: `(parent, args, { user }) => …`.
fn is_handed_caller(function: Syntax<'_>) -> bool {
    let context = function.field(Field::Parameters).and_then(|list| list.children().nth(2));
    let pattern =
        context.map(|context| context.field(Field::Pattern).unwrap_or(context)).filter(|pattern| pattern.kind() == Kind::ObjectPattern);
    let is_caller = |taken: Syntax<'_>| {
        let name = taken.field(Field::Key).unwrap_or(taken).text();
        matches!(name, "user" | "currentUser" | "session" | "auth" | "viewer" | "me" | "userId")
    };
    // One that is taken and looked at nowhere tells nothing.
    let is_used = |name: &str| {
        let is_name = |node: Syntax<'_>| matches!(node.kind(), Kind::Identifier | Kind::ShorthandProperty) && node.text() == name;
        function.field(Field::Body).is_some_and(|body| std::iter::once(body).chain(body.below()).any(is_name))
    };
    let used = |taken: &Syntax<'_>| is_used(taken.field(Field::Value).unwrap_or(*taken).text());
    pattern.is_some_and(|pattern| pattern.children().filter(|taken| is_caller(*taken)).any(|taken| used(&taken)))
        && super::request::is_resolver(function)
}

/// Whether a handler of NestJS is handed what proves who calls: `@Headers('x-webhook-secret') secret`.
fn is_handed_secret(function: Syntax<'_>) -> bool {
    let parameters = function.field(Field::Parameters).into_iter().flat_map(Syntax::children);
    let decorators = parameters.flat_map(Syntax::children).filter(|child| child.kind() == Kind::Decorator);
    decorators.filter_map(Syntax::first).filter(|made| super::sinks::called_name(*made) == "Headers").filter_map(first_text).any(|name| {
        let name = name.to_ascii_lowercase();
        is_credential_header(&name) || ["secret", "signature", "token", "api-key"].iter().any(|word| name.contains(word))
    })
}

/// The first argument of a call, if it is a string.
fn first_text(call: Syntax<'_>) -> Option<&str> {
    let first = call.field(Field::Arguments)?.first()?;
    (first.kind() == Kind::String).then(|| unquoted(first))
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

/// A status number, or a constant, that means that the caller is turned away.
pub(super) fn is_denial(value: Syntax<'_>) -> bool {
    let text = if value.kind() == Kind::String { unquoted(value) } else { value.text() };
    let last = text.rsplit('.').next().unwrap_or_default();
    ["401", "403", "UNAUTHORIZED", "FORBIDDEN", "UNAUTHENTICATED", "HTTP_401_UNAUTHORIZED"]
        .iter()
        .any(|word| last.eq_ignore_ascii_case(word))
}

/// Whether a call answers that the caller may not, or makes an error that does.
pub(super) fn denies(callee: &Ref, call: Syntax<'_>) -> bool {
    // Names inside functions carry their place.
    let name = callee.last().split('@').next().unwrap_or_default();
    let argument = call.field(Field::Arguments).and_then(Syntax::first);
    match name {
        "status" | "sendStatus" | "code" | "writeHead" | "throw" | "createError" | "HTTPException" | "HttpException" | "abort"
        | "error" | "httpError" | "assert" => {
            call.field(Field::Arguments).is_some_and(|arguments| arguments.children().take(3).any(is_denial))
        }
        // Restify sends the status alone or first.
        "send" => argument.is_some_and(|first| first.kind() == Kind::Number && is_denial(first)),
        // Hono answers with the status behind the body: `c.json({ error }, 401)`.
        "json" | "text" | "body" | "html" | "newResponse" => {
            call.field(Field::Arguments).is_some_and(|arguments| arguments.children().skip(1).take(1).any(is_denial))
        }
        // SvelteKit's status stands before the place: `redirect(303, '/login')`.
        "redirect" => call.field(Field::Arguments).is_some_and(|arguments| arguments.children().take(2).any(is_sign_in)),
        "unauthorized" | "forbidden" | "Unauthorized" | "Forbidden" | "unauthenticated" | "accessDenied" => true,
        _ => {
            let is_error = || ERRORS.stand_in(name.as_bytes());
            let arguments = || call.field(Field::Arguments).into_iter().flat_map(Syntax::children).take(3);
            let thrown = call.kind() == Kind::New || call.parent().is_some_and(|parent| parent.kind() == Kind::Throw);
            // `throw new Error('Unauthorized')`: a server action has no status to answer with.
            let says = |argument: Syntax<'_>| thrown && argument.kind() == Kind::String && says_denied(unquoted(argument));
            // `throw new Denied(401)`: an error of the application's own, whatever its name.
            let is_thrown = call.kind() == Kind::New && call.parent().is_some_and(|parent| parent.kind() == Kind::Throw);
            let is_status = |argument: Syntax<'_>| argument.kind() == Kind::Number && is_denial(argument);
            thrown && is_denial_name(name)
                || is_error() && arguments().any(|argument| is_denial(argument) || says(argument))
                || is_thrown && arguments().any(is_status)
        }
    }
}

/// Whether a caller is sent to where people sign in.
fn is_sign_in(place: Syntax<'_>) -> bool {
    let text = place.text().to_ascii_lowercase();
    ["login", "signin", "sign-in", "sign_in", "/auth"].iter().any(|word| text.contains(word))
}

/// Names of errors that say that the caller is not known or not allowed.
fn is_denial_name(name: &str) -> bool {
    [
        "Unauthorized",
        "Unauthorised",
        "Forbidden",
        "Unauthenticated",
        "AuthenticationError",
        "AuthenticationException",
        "AuthorizationException",
        "AuthorizationError",
        "NotAuthenticated",
        "AccessDenied",
    ]
    .iter()
    .any(|word| name.contains(word))
}

/// Whether an error's text says that the caller is not known or not allowed.
fn says_denied(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    [
        "unauthor",
        "unauthent",
        "not authent",
        "not authori",
        "not logged in",
        "not signed in",
        "forbidden",
        "access denied",
        "not allowed",
        "no permission",
    ]
    .iter()
    .chain(&["sign in first", "log in first", "must be logged in", "must be signed in", "login required", "authentication required"])
    .any(|phrase| text.contains(phrase))
}

/// Whether a function says that it is asynchronous, before its name and parameters.
fn is_async(function: Syntax<'_>) -> bool {
    let named = function.field(Field::Name).or_else(|| function.field(Field::Parameters)).or_else(|| function.field(Field::Parameter));
    let before = named.map_or(0, |named| (named.start() - function.start()) as usize);
    function.text().get(..before).is_some_and(|text| text.split_whitespace().any(|word| word == "async"))
}

fn is_credential_header(name: &str) -> bool {
    const HEADERS: [&str; 6] = ["authorization", "x-api-key", "proxy-authorization", "x-auth-token", "x-access-token", "signature"];
    /// What a header of a sender's own ends with: `X-Hub-Signature-256`, `X-Cron-Secret`, `Upstash-Signature`.
    const ENDS: [&str; 6] = ["-signature", "-signature-256", "-secret", "-api-key", "-admin-token", "-service-token"];
    let ends_with = |end: &&str| {
        name.len() > end.len() && name.is_char_boundary(name.len() - end.len()) && name[name.len() - end.len()..].eq_ignore_ascii_case(end)
    };
    HEADERS.iter().any(|header| name.eq_ignore_ascii_case(header)) || ENDS.iter().any(ends_with)
}

/// `req.session`, `req.sessionID`, `req.user`, `ctx.state.user`, `request.cookies`, `req.isAuthenticated`.
fn is_credential_member(node: Syntax<'_>, name: &str) -> bool {
    let is_identity =
        matches!(name, "session" | "sessionID" | "user" | "cookies" | "signedCookies" | "isAuthenticated" | "auth" | "currentUser");
    node.field(Field::Object).is_some_and(|object| {
        let base = object.text().rsplit('.').next().unwrap_or_default();
        // What a hook of SvelteKit found out of the caller, under a name of the application's own.
        let is_known = matches!(name, "userId" | "claims" | "viewer") && matches!(base, "ctx" | "context");
        base == "locals" || is_known || is_identity && matches!(base, "req" | "request" | "ctx" | "context" | "c" | "state" | "event")
    })
}

/// Calls that look up who the caller is.
fn is_credential_call(callee: &Ref) -> bool {
    matches!(
        callee.last(),
        "getServerSession"
            | "getSession"
            | "getToken"
            | "cookies"
            | "getCookie"
            | "isAuthenticated"
            | "getUserSession"
            | "serverSupabaseUser"
            | "currentUser"
            | "getAuth"
            | "jwtVerify"
            | "verifyIdToken"
            | "authenticate"
    )
}

/// A status number, or a constant, that says that there were too many calls.
fn is_too_many(value: Syntax<'_>) -> bool {
    let text = if value.kind() == Kind::String { unquoted(value) } else { value.text() };
    matches!(text.rsplit('.').next(), Some("429" | "TOO_MANY_REQUESTS" | "TooManyRequests"))
}

/// Whether a call answers that there were too many, or makes an error that does: `res.status(429)`, `new HttpError(429)`.
fn is_told_to_wait(call: Syntax<'_>) -> bool {
    let is_made = call.kind() == Kind::New && called_name(call).contains("TooManyRequests");
    is_made || call.field(Field::Arguments).is_some_and(|arguments| arguments.children().take(3).any(is_too_many))
}

/// Whether a call changes or takes away what is stored, unlike one that adds to it.
fn alters(callee: &Ref, call: Syntax<'_>) -> bool {
    let adds = |name: &str| ["create", "insert", "send", "publish", "enqueue"].iter().any(|verb| name.starts_with(verb));
    let name = callee.last_named();
    is_write(name) && (!is_answer(callee) || is_on_store(call)) && !adds(name) && name != "bulkCreate"
        || statement(call).is_some_and(|text| !begins(text, "insert into "))
}

/// Methods that change stored data or send something.
fn is_write(name: &str) -> bool {
    let stem = ["create", "insert", "update", "delete", "upsert", "remove", "save", "destroy", "send", "publish", "enqueue", "patch"]
        .iter()
        .find_map(|stem| name.strip_prefix(stem));
    stem.is_some_and(|rest| matches!(rest, "" | "One" | "Many" | "All" | "ById" | "AndUpdate" | "OneById"))
        || matches!(
            name,
            "updateTable"
                | "deleteFrom"
                | "insertInto"
                | "findOneAndUpdate"
                | "findByIdAndUpdate"
                | "findByIdAndDelete"
                | "bulkWrite"
                | "bulkCreate"
                | "sendMail"
                | "writeFile"
        )
}

/// A statement that changes rows, as what a call is made with: `` sql`delete from …` ``, `pool.query('update …')`,
/// `all(app, 'insert into …')`.
fn statement(call: Syntax<'_>) -> Option<&str> {
    let given = call.field(Field::Arguments)?;
    let tag = std::iter::once(given).filter(|given| given.kind() == Kind::TemplateString);
    let mut texts = tag.chain(given.children().take(2)).filter(|text| matches!(text.kind(), Kind::String | Kind::TemplateString));
    texts.find_map(|text| {
        let text = text.text().get(1..)?.trim_start();
        let is_update = || begins(text, "update ") && text.to_ascii_lowercase().contains(" set ");
        (begins(text, "insert into ") || begins(text, "insert or ") || begins(text, "delete from ") || is_update()).then_some(text)
    })
}

fn begins(text: &str, verb: &str) -> bool {
    text.get(..verb.len()).is_some_and(|start| start.eq_ignore_ascii_case(verb))
}

/// `res.send(…)` sends an answer, and stores nothing.
fn is_answer(callee: &Ref) -> bool {
    let base = callee.first().split('@').next().unwrap_or_default();
    let of = callee.path.iter().rev().nth(1).map_or("", |of| of.split('@').next().unwrap_or(of));
    callee.scope == Scope::Global && callee.path.len() == 1
        || matches!(of, "headers" | "cookies" | "searchParams" | "formData" | "requestHeaders" | "responseHeaders")
        || matches!(base, "res" | "response" | "reply" | "ctx" | "c" | "rep" | "resp")
}

/// Whether a method is called on rows of a store that a chain chooses: `db.collection('pictures').remove(…)`,
/// `knex('users').where({ id }).update(…)`.
fn is_on_store(call: Syntax<'_>) -> bool {
    const LINKS: usize = 6;
    const OF_STORE: [&str; 9] = ["collection", "where", "andWhere", "from", "table", "knex", "getRepository", "db", "tx"];
    let links = std::iter::successors(Some(call), |call| {
        call.field(Field::Function)?.field(Field::Object).filter(|object| object.kind() == Kind::Call)
    });
    links.skip(1).take(LINKS).any(|link| OF_STORE.contains(&called_name(link)))
}

/// `reflector.get(KEY, …)` and its kin.
fn asks_for_metadata(callee: &Ref) -> bool {
    matches!(callee.last(), "getAllAndOverride" | "getAllAndMerge" | "getMetadata")
        || callee.last() == "get" && callee.path.len() >= 2 && callee.path[callee.path.len() - 2].to_ascii_lowercase().contains("reflector")
}
