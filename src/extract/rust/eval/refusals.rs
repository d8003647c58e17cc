//! Who turns callers away without saying so in a status: a function that is left because nobody is signed in
//! (`auth.user.ok_or(Error::Login)?`, `let Some(id) = session.get("user_id").await? else { … }`), and one that
//! sends whoever is not to the page where people sign in.

use smol_str::SmolStr;

use crate::ir::{CallSite, Node, Ref, Span};
use crate::parse::rust::{Arm, Block, Expr, ExprKind, Path, Stmt, Type, Unary};

use super::{Eval, checks};
use crate::extract::rust::{func, sites};

/// Calls in calls that are looked into for the words of an error.
const MAX_NESTING: u32 = 6;

/// Methods that hand an identity on that may be missing, or a part of it.
const KEEPS: [&str; 24] = [
    "ok",
    "flatten",
    "unwrap",
    "expect",
    "unwrap_or",
    "unwrap_or_default",
    "as_ref",
    "as_deref",
    "as_mut",
    "clone",
    "cloned",
    "copied",
    "map",
    "and_then",
    "filter",
    "to_owned",
    "take",
    "user",
    "map_err",
    "context",
    "into_inner",
    "as_deref_mut",
    "read",
    "lock",
];

impl Eval<'_, '_> {
    /// Remembers which parameters that may hold nothing the function decides something by.
    pub(super) fn asked(&mut self, decided: &Expr) {
        match &decided.kind {
            ExprKind::Path(_) => {
                let parameter = self.variable(decided).and_then(|at| self.locals[at].parameter);
                if let Some(param) = parameter.and_then(|at| self.func.params.get_mut(at)) {
                    param.is_asked = true;
                }
            }
            ExprKind::Field { on, .. }
            | ExprKind::Try(on)
            | ExprKind::Await(on)
            | ExprKind::Unary(_, on)
            | ExprKind::Let { value: on, .. } => self.asked(on),
            ExprKind::Method { on, args, .. } => {
                self.asked(on);
                self.all_asked(args);
            }
            ExprKind::Binary { left, right, .. } => {
                self.asked(left);
                self.asked(right);
            }
            ExprKind::Tuple(items) | ExprKind::Call { args: items, .. } => self.all_asked(items),
            ExprKind::Macro(call) => call.args.iter().for_each(|arg| self.asked(&arg.value)),
            _ => {}
        }
    }

    fn all_asked(&mut self, decided: &[Expr]) {
        for expr in decided {
            self.asked(expr);
        }
    }

    /// `identity.ok_or(error)?`; what has no identity ends here.
    pub(super) fn tried(&mut self, on: &Expr) {
        self.asked(on);
        self.needed(on);
        // async-graphql answers with an error where a request brought no such value: `ctx.data::<Claims>()?`.
        if matches!(&without_words(on).kind, ExprKind::Method { name, types, .. } if name.text == "data" && is_kept_identity(types) && types[0].last() != "Option")
        {
            self.missing(without_words(on));
        }
        if let ExprKind::Method { on, name, .. } = &without_words(on).kind
            && matches!(name.text.as_str(), "ok_or" | "ok_or_else")
        {
            self.missing(on);
        }
    }

    /// The name of an error that the function answers with: whether its type turns callers away, linking knows.
    pub(super) fn note_error(&mut self, error: Option<&Expr>) {
        let Some(error) = error else { return };
        let path = match &error.kind {
            _ if words_of(error, MAX_NESTING).is_some_and(func::says_denied) => {
                self.func.denies.push(error.span);
                return;
            }
            ExprKind::Closure(closure) => return self.note_error(Some(&closure.body)),
            ExprKind::Method { on, name, .. } if matches!(name.text.as_str(), "into" | "into_response") => {
                return self.note_error(Some(on));
            }
            ExprKind::Path(path) | ExprKind::Struct { path, .. } => path,
            _ => return,
        };
        // `StatusCode::UNAUTHORIZED` says so itself.
        let is_constant = !path.last().contains(char::is_lowercase);
        if path.names.len() > 1 && !is_constant {
            self.func.calls.push(CallSite::new(self.names.path(path, self.self_type), error.span));
        }
    }

    /// `let Some(user) = identity else { … }`.
    pub(super) fn left_without(&mut self, value: &Expr) {
        self.asked(value);
        self.missing(value);
    }

    /// `if auth.user.is_none() { return … }`.
    pub(super) fn left_if(&mut self, cond: &Expr) {
        match &cond.kind {
            ExprKind::Binary { op: "||", left, right } => {
                self.left_if(left);
                self.left_if(right);
            }
            ExprKind::Unary(Unary::Not, on) => {
                if let ExprKind::Method { on, name, .. } = &on.kind
                    && matches!(name.text.as_str(), "is_some" | "is_ok")
                {
                    self.missing(on);
                }
            }
            ExprKind::Method { on, name, .. } if matches!(name.text.as_str(), "is_none" | "is_err") => self.missing(on),
            _ => {}
        }
    }

    /// `match auth.user { Some(user) => …, None => return … }`.
    pub(super) fn left_in(&mut self, subject: &Expr, arms: &[Arm]) {
        self.asked(subject);
        if arms.iter().any(|arm| is_nothing(arm) && checks::leaves(&arm.body)) {
            self.missing(subject);
        }
    }

    /// Remembers a call without whose result the function goes no further, before it is read.
    fn needed(&mut self, value: &Expr) {
        match &value.kind {
            ExprKind::Call { callee, .. } if callee.as_path().is_some() => self.needs.push(value.span),
            ExprKind::Await(on) | ExprKind::Try(on) => self.needed(on),
            ExprKind::Method { on, name, .. }
                if matches!(name.text.as_str(), "ok_or" | "ok_or_else") || KEEPS.contains(&name.text.as_str()) =>
            {
                self.needed(on);
            }
            _ => {}
        }
    }

    /// Whether the function goes no further without the result of a call that is read now.
    pub(super) fn is_needed(&mut self, call: Span) -> bool {
        let at = self.needs.iter().rposition(|needed| *needed == call);
        at.map(|at| self.needs.swap_remove(at)).is_some()
    }

    fn missing(&mut self, value: &Expr) {
        self.needed(value);
        if self.is_identity(value) {
            self.func.reads_credentials = true;
            self.func.denies.push(value.span);
        }
    }

    /// Whether a value says who calls, if somebody signed in: the user of a session's backend, what a session
    /// keeps under a user's name, a parameter that an extractor may have left empty.
    fn is_identity(&self, value: &Expr) -> bool {
        match &value.kind {
            ExprKind::Path(_) => self.variable(value).is_some_and(|at| {
                let local = &self.locals[at];
                local.holds_identity || local.parameter.is_some() && local.ty.as_ref().is_some_and(may_be_nobody)
            }),
            ExprKind::Field { on, name } => names_user(&name.text) && self.type_of(on).is_some_and(|ty| is_session(ty.last())),
            ExprKind::Await(on) | ExprKind::Try(on) | ExprKind::Unary(_, on) => self.is_identity(on),
            ExprKind::Method { name, types, .. }
                if matches!(name.text.as_str(), "get" | "remove" | "data" | "data_opt") && is_kept_identity(types) =>
            {
                true
            }
            ExprKind::Method { on, name, args, .. } => match (name.text.as_str(), args.first()) {
                ("get" | "get_private" | "get_signed" | "remove", Some(key)) => {
                    let keeps = key.as_str().map_or_else(|| key.as_path().is_some_and(|path| names_user(path.last())), names_user);
                    keeps && self.type_of(on).is_some_and(|ty| is_session(ty.last()) || ty.last().ends_with("Jar"))
                }
                ("ok_or" | "ok_or_else", _) => self.is_identity(on),
                (name, _) if KEEPS.contains(&name) => self.is_identity(on),
                _ => false,
            },
            _ => false,
        }
    }

    /// Remembers that a variable holds what says who calls.
    pub(super) fn bound_to(&mut self, value: &Expr) {
        let holds_identity = self.is_identity(value);
        if let Some(local) = self.locals.last_mut() {
            local.holds_identity = holds_identity;
        }
    }

    /// A redirect in a branch to where people sign in.
    pub(super) fn sent_to_login(&mut self, callee: &Ref, args: &[Node], span: Span) {
        let is_redirect = callee.names().iter().any(|name| matches!(*name, "Redirect" | "SeeOther"));
        let leads_to_login = |node: &Node| {
            let words = node.as_text().map(|text| text.to_string().to_ascii_lowercase()).unwrap_or_default();
            ["login", "log-in", "signin", "sign-in", "sign_in"].iter().any(|word| words.contains(word))
        };
        if self.branch > 0 && is_redirect && args.first().is_some_and(leads_to_login) {
            self.func.denies.push(span);
        }
    }
}

/// The text that an error is made of: `Error::new("not signed in")`, `"forbidden".into()`, `anyhow!("forbidden")`.
fn words_of(error: &Expr, depth: u32) -> Option<&str> {
    let depth = depth.checked_sub(1)?;
    match &error.kind {
        ExprKind::Str { text, .. } => Some(text),
        ExprKind::Call { args, .. } => args.iter().find_map(|arg| words_of(arg, depth)),
        ExprKind::Method { on, name, .. } if matches!(name.text.as_str(), "into" | "to_string" | "to_owned" | "extend" | "extend_with") => {
            words_of(on, depth)
        }
        ExprKind::Macro(call) => call.args.iter().find_map(|arg| words_of(&arg.value, depth)),
        _ => None,
    }
}

/// Whether what is asked for by its type says who calls: `Claims`, `CurrentUser`, and no service that knows all users.
fn is_kept_identity(types: &[Type]) -> bool {
    const OF_PROGRAM: [&str; 15] = [
        "Service",
        "Repo",
        "Repository",
        "Store",
        "Loader",
        "Config",
        "Pool",
        "Client",
        "Provider",
        "Manager",
        "Settings",
        "Dao",
        "Keys",
        "Cache",
        "Storage",
    ];
    let [ty] = types else { return false };
    let ty = if matches!(ty.last(), "Arc" | "Extension" | "Option") { ty.args.first().unwrap_or(ty) } else { ty };
    let name = ty.last();
    let lower = name.to_ascii_lowercase();
    let says = names_user(name) || ["claims", "viewer", "caller", "session", "jwt", "token"].iter().any(|word| lower.contains(word));
    says && !OF_PROGRAM.iter().any(|end| name.ends_with(end))
}

/// `Err(_) => …`, `None => …`, `_ => …`.
fn is_nothing(arm: &Arm) -> bool {
    arm.pat.names.is_empty() || arm.pat.path.last().is_some_and(|path| path == "Err")
}

/// Whether whoever has nothing gets a value all the same: `Err(_) => "guest".to_string()`, `None => Caller::Guest`.
pub(super) fn goes_on_without(arm: &Arm) -> bool {
    is_nothing(arm) && arm.pat.path.last().is_none_or(|path| matches!(path.as_str(), "Err" | "None")) && is_plain(&arm.body, MAX_NESTING)
}

/// A value that is there whatever was asked: no answer that turns away, no verdict, nothing that is left with.
fn is_plain(value: &Expr, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match &value.kind {
        ExprKind::Str { .. } | ExprKind::Number(_) => true,
        ExprKind::Path(path) => is_value(path),
        ExprKind::Struct { path, fields, .. } => is_value(path) && fields.iter().all(|(_, value)| is_plain(value, depth)),
        ExprKind::Call { callee, args } => callee.as_path().is_some_and(is_value) && args.iter().all(|arg| is_plain(arg, depth)),
        ExprKind::Method { on, name, args, .. } => {
            matches!(name.text.as_str(), "into" | "to_string" | "to_owned") && args.is_empty() && is_plain(on, depth)
        }
        _ => false,
    }
}

/// A name of a value of the program's own: no error, no status, not `None`, of which the caller makes what it likes.
fn is_value(path: &Path) -> bool {
    const REFUSALS: [&str; 7] = ["Err", "Fail", "Forward", "Reject", "Refus", "Deni", "None"];
    let is_status = !path.last().contains(char::is_lowercase);
    let refuses = |name: &SmolStr| REFUSALS.iter().any(|word| name.contains(word)) || func::says_denied(name);
    !is_status && !path.names.iter().any(refuses)
}

/// Whether a block does nothing but write down what it was given.
pub(super) fn only_logs(block: &Block) -> bool {
    let is_log = |stmt: &Stmt| matches!(stmt, Stmt::Expr { expr: Expr { kind: ExprKind::Macro(call), .. }, .. } if sites::is_log_macro(call.path.last()));
    !block.stmts.is_empty() && block.stmts.iter().all(is_log)
}

/// An error in other words: `identity.ok_or(error).map_err(Error::from)`.
fn without_words(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Method { on, name, .. } if matches!(name.text.as_str(), "map_err" | "context" | "with_context") => without_words(on),
        ExprKind::Await(on) => without_words(on),
        _ => expr,
    }
}

/// What a session's user, or the key that one is kept under, is called.
fn names_user(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["user", "uid", "account", "identity", "member", "auth", "login", "principal", "admin"].iter().any(|word| name.contains(word))
}

/// Types of sessions, of what a session's backend knows of its user, and of what resolvers are handed.
fn is_session(name: &str) -> bool {
    name.contains("Session") || name.ends_with("Context") || matches!(name, "Ctx" | "Identity")
}

/// `Option<Identity>`, `Result<Claims, Error>`: what a framework hands over whether or not somebody signed in.
fn may_be_nobody(ty: &Type) -> bool {
    const OF_REQUEST: [&str; 12] =
        ["Path", "Query", "Json", "Form", "String", "str", "TypedHeader", "Extension", "Multipart", "HeaderMap", "Bytes", "ConnectInfo"];
    let is_name = |inner: &Type| inner.last().starts_with(char::is_uppercase) && !OF_REQUEST.contains(&inner.last());
    matches!(ty.last(), "Option" | "Result") && ty.args.first().is_some_and(is_name)
}
