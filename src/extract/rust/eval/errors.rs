//! Errors of the program in what it answers with a status of 500: the caller is shown what only the log
//! should say. Of other statuses the text is mostly meant for the caller.

use smol_str::SmolStr;

use crate::extract::rust::chain::Chain;
use crate::extract::rust::sinks;
use crate::ir::{Entry, Node, NodeKind, Ref, Scope, SinkKind, Span};

use super::Eval;
use crate::parse::rust::Field;

/// Begins the name of what holds an error.
const ERROR: &str = "error@";
/// Nesting of what is answered.
const MAX_NESTING: u32 = 8;

/// A name that is bound to an error: `Err(e)`, the parameter of `map_err`.
pub(super) fn bound(name: &SmolStr, span: Span) -> Node {
    Node::new(span, NodeKind::Ref(Ref::new(Scope::Local, [ERROR.into(), name.clone()])))
}

/// Whether a parameter's type is an error of a library: `&sqlx::Error`. One of the program's own may be made for
/// the caller's eyes.
pub(super) fn is_of_library(ty: &Ref) -> bool {
    const SPEAK_OF_THE_INSIDE: [&str; 14] = [
        "sqlx",
        "diesel",
        "rusqlite",
        "mysql",
        "mysql_async",
        "postgres",
        "tokio_postgres",
        "mongodb",
        "redis",
        "sea_orm",
        "std",
        "anyhow",
        "reqwest",
        "deadpool_postgres",
    ];
    ty.path.len() > 1 && ty.last().ends_with("Error") && SPEAK_OF_THE_INSIDE.contains(&ty.first())
}

/// Methods whose closure is handed an error.
pub(super) fn hands_error(method: &str) -> bool {
    matches!(method, "map_err" | "or_else" | "unwrap_or_else" | "inspect_err")
}

/// Whether a value is an error as it was caught.
pub(super) fn is_error(node: &Node) -> bool {
    node.as_ref().is_some_and(|name| name.path.len() == 2 && name.first() == ERROR)
}

impl Eval<'_, '_> {
    /// Whether a pattern takes an error of a library out of one of the file's own: `AppError::Database(e)`.
    pub(super) fn is_error_of_library(&self, pattern: &[SmolStr]) -> bool {
        let [.., owner, variant] = pattern else { return false };
        let owner = if owner == "Self" { self.self_type } else { owner.as_str() };
        self.names.variant(owner, variant).is_some_and(|fields| self.holds_error(fields))
    }

    /// Whether the type whose method this is wraps an error of a library.
    pub(super) fn wraps_error(&self) -> bool {
        self.names.strukt(self.self_type).is_some_and(|it| self.holds_error(it.fields))
    }

    fn holds_error(&self, fields: &[Field]) -> bool {
        matches!(fields, [only] if is_of_library(&self.names.ty(&only.ty, "")))
    }

    /// A status and what is answered with it: `(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())`.
    pub(super) fn answer(&mut self, parts: &[Node], span: Span) {
        if parts.iter().any(is_server_error) {
            self.answered(parts, span);
        }
    }

    /// Functions of frameworks that answer: Rocket's `Custom(status, body)`, warp's `with_status(body, status)`.
    pub(super) fn answer_by_call(&mut self, name: &str, args: &[Node], span: Span) {
        match name {
            "ErrorInternalServerError" => self.answered(args, span),
            "Custom" | "with_status" | "from_string" => self.answer(args, span),
            _ => {}
        }
    }

    /// `HttpResponse::InternalServerError().body(error.to_string())`.
    pub(super) fn answer_by_method(&mut self, name: &str, receiver: &Node, args: &[Node], span: Span) {
        if name == "with_status" {
            // poem: a text and its status.
            if args.first().is_some_and(is_server_error) {
                self.answered(std::slice::from_ref(receiver), span);
            }
            return;
        }
        if !matches!(name, "body" | "json" | "text" | "set_body" | "body_string" | "with_body" | "message_body" | "render") {
            return;
        }
        let chain = Chain::of(receiver);
        let says = |name: &str| matches!(name, "InternalServerError" | "internal_server_error");
        let sets = || chain.steps.iter().any(|step| matches!(step.name, "status" | "status_code") && step.args.iter().any(is_server_error));
        if chain.constructor().is_some_and(|call| says(call.callee.last()) || call.args.iter().any(is_server_error)) || sets() {
            self.answered(args, span);
        }
    }

    fn answered(&mut self, parts: &[Node], span: Span) {
        if let Some(error) = parts.iter().find_map(|part| shown(part, MAX_NESTING)) {
            let found = sinks::whole(SinkKind::ErrorBody, error.clone());
            self.add_sinks(vec![found], span);
        }
    }
}

/// The status of an error that is the program's own.
fn is_server_error(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Ref(name) => matches!(name.last(), "INTERNAL_SERVER_ERROR" | "InternalServerError"),
        NodeKind::Number(status) => *status >= 500.0 && *status < 501.0,
        NodeKind::Call(call) => call.callee.last() == "from_u16" && call.args.first().is_some_and(is_server_error),
        _ => false,
    }
}

/// The error that a value shows.
fn shown(node: &Node, depth: u32) -> Option<&Node> {
    let depth = depth.checked_sub(1)?;
    match &node.kind {
        NodeKind::Ref(_) => is_error(node).then_some(node),
        NodeKind::Text(text) => text.holes().find_map(|hole| shown(hole, depth)),
        NodeKind::List(items) => items.iter().find_map(|item| shown(item, depth)),
        NodeKind::Map(map) => map.entries.iter().find_map(|entry| match entry {
            Entry::Pair { value, .. } | Entry::Computed { value, .. } => shown(value, depth),
            Entry::Spread(_) => None,
        }),
        // `json!({ "error": e.to_string() })`, `Json(Failure { message })`.
        NodeKind::Call(call) if call.is_new || matches!(call.callee.last(), "json!" | "Json" | "json" | "html" | "Some") => {
            call.args.iter().find_map(|arg| shown(arg, depth))
        }
        _ => None,
    }
}
