//! Functions as the summary of what matters about them: a guard is judged by its body, not its name.

use smol_str::SmolStr;

use super::{Node, Ref, Span, Tri};

/// A function, method, closure or class of handlers, reduced to what linking and rules ask.
#[derive(Debug, Clone, PartialEq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent observations of one body")]
pub struct Func {
    /// Its name; empty for a closure.
    pub name: SmolStr,
    /// Its parameters, in order.
    pub params: Vec<Param>,
    /// Every call in its body, nested closures included, in source order.
    pub calls: Vec<CallSite>,
    /// Places that turn a caller away: a 401 or 403 answer, a thrown `Unauthorized`, a redirect to
    /// a login page, `Err(StatusCode::UNAUTHORIZED)`.
    pub denies: Vec<Span>,
    /// Where all of them stand under conditions on the request's path or kind: the parts of paths that are asked for
    /// (`req.path.startsWith('/admin')`). Other requests go past it, so that it guards nothing else.
    pub only_for: Vec<SmolStr>,
    /// The paths for which it lets everybody through before it asks.
    pub left_out: Vec<LeftOut>,
    /// Whether it hands the request on: calls `next()`, returns the inner response.
    pub continues: bool,
    /// Whether it can let an anonymous caller through; `No` if each path denies or proves identity.
    pub lets_anonymous_through: Tri,
    /// Whether each way through it ends in `next()`, but for what its calls throw.
    pub runs_on: bool,
    /// Whether it answers nothing where something fails: `catch { return undefined }`.
    pub fails_quietly: bool,
    /// What it returns, where that is one expression: a wrapper that returns a closure.
    pub returns: Option<Node>,
    /// Whether that stands under a condition of its own, and nothing is returned otherwise: `if (known) return origin`.
    pub returns_sometimes: bool,
    /// Calls of its own callbacks (`done(null, true)`), as far as they are few.
    pub answers: Vec<Node>,
    /// What it tests its parameters for: `origin.endsWith('.example.com')`, as far as they are few.
    pub tests: Vec<Node>,
    /// Whether it reads the request's credentials: the `Authorization` header, a session, a cookie.
    pub reads_credentials: bool,
    /// Whether it asks only that they are there: it compares, decodes and looks up nothing, so that any would do.
    pub accepts_any: bool,
    /// Whether it is asynchronous: its callers go on before it is done, unless they wait.
    pub is_async: bool,
    /// Whether it turns away who brings no token of a form, whoever calls.
    pub checks_form: bool,
    /// Whether it tests what its caller may do: a role, a permission, a flag of administrators.
    pub tests_rights: bool,
    /// Whether it reads an id of the request, and who calls: a guard that does both asks for more than a login.
    pub reads_ids: bool,
    /// Whether it reads who calls.
    pub reads_caller: bool,
    /// Whether it writes: inserts, updates, deletes, sends.
    pub writes: bool,
    /// Whether some of that changes or takes away what is there, rather than adding to it.
    pub alters: bool,
    /// Whether it answers that there were too many calls: 429.
    pub slows_down: bool,
    /// Whether each answer that it gives itself says that it failed (4xx, 5xx) or is written out; it may give none.
    pub answers_alike: Tri,
    /// Whether it hands the request and the answer on as the platform has them: `server.handle(request.raw, reply.raw)`.
    pub hands_over: bool,
    /// Keys of the metadata it asks a route for (`reflector.get(IS_PUBLIC_KEY, …)`): a global guard
    /// lets a route through that carries the key.
    pub reads_markers: Vec<Node>,
    /// Whether it asks nothing of a route that is marked with nothing.
    pub asks_of_marked: bool,
    /// The whole function.
    pub span: Span,
}

/// Paths that a middleware leaves out by its own word: `if (OPEN.includes(req.path)) return next()`.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    /// One path, a list of them, or the name of one.
    pub paths: Node,
    /// How a request's path has one of them.
    pub held: Held,
}

/// How a path has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// It is the other.
    Whole,
    /// It begins with it.
    Beginning,
    /// It has it somewhere.
    Somewhere,
}

/// A parameter of a [`Func`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Param {
    /// Its name; empty for a pattern.
    pub name: SmolStr,
    /// Its type, by the outermost name: `Json`, `AuthUser`, `Option`.
    pub ty: Option<Ref>,
    /// The type's arguments: `User` of `Option<User>`.
    pub ty_args: Vec<Ref>,
    /// Decorators or attributes on it: `@CurrentUser()`.
    pub markers: Vec<Ref>,
    /// Whether the body decides something by it, where it may be empty.
    pub is_asked: bool,
    /// Where it stands.
    pub span: Span,
}

/// A call inside a [`Func`].
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "independent observations of one call")]
pub struct CallSite {
    /// What is called.
    pub callee: Ref,
    /// Where.
    pub span: Span,
    /// Whether its result is dropped or only logged, where it may tell who calls.
    pub is_ignored: bool,
    /// Whether its result may be nothing and is only written down: `by: viewer?.id ?? null`.
    pub is_noted: bool,
    /// Whether it is made on every way through the function, and what it throws is thrown on.
    pub is_certain: bool,
    /// Whether it is a statement that nobody waits for: what an asynchronous function throws there is lost.
    pub is_left_alone: bool,
}

impl CallSite {
    /// A call of which nothing more is known.
    pub fn new(callee: Ref, span: Span) -> Self {
        Self { callee, span, is_ignored: false, is_noted: false, is_certain: false, is_left_alone: false }
    }
}
