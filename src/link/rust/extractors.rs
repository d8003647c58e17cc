//! Parameters of handlers that a framework takes from the request: which of them turn a caller away.

use rustc_hash::FxHashSet;

use super::{Index, MAX_CALLS, MAX_HOPS, is_optional};
use crate::ir::{Func, Node, NodeKind, Param, Ref, Span, Why};
use crate::source::FileId;

impl Index<'_> {
    /// The guard that a handler's parameter is: a type that can turn the caller away.
    pub(super) fn extractor(&self, param: &Param, file: FileId) -> Option<Node> {
        const PLAIN: [&str; 33] = [
            "Depot",
            "Response",
            "FlowCtrl",
            "Path",
            "Query",
            "Json",
            "Form",
            "State",
            "Extension",
            "Data",
            "Option",
            "Result",
            "String",
            "Bytes",
            "HeaderMap",
            "Request",
            "Multipart",
            "HttpRequest",
            "TypedHeader",
            "Uri",
            "Method",
            "ConnectInfo",
            "Vec",
            "Arc",
            "Body",
            "Payload",
            "Host",
            "Valid",
            "Ctx",
            "Piped",
            "Scope",
            "Inject",
            "Bind",
        ];
        let ty = param.ty.as_ref()?;
        // `u32`, `&str`: what Rocket and salvo read off the path.
        let is_primitive = ty.path.len() == 1 && ty.last().starts_with(char::is_lowercase);
        if PLAIN.contains(&ty.last()) || ty.path.is_empty() || is_primitive {
            return None;
        }
        let node = Node::new(param.span, NodeKind::Ref(ty.clone()));
        let guard = self.guard(&node, file, 2);
        let NodeKind::Func(func) = &guard.kind else {
            // What the library reads, the handler alone can check.
            let is_left = matches!(ty.last(), "BearerAuth" | "BasicAuth" | "AuthBearer" | "AuthBasic");
            return (!is_left || !param.name.starts_with('_')).then_some(guard);
        };
        let seen = if func.denies.is_empty() && !func.accepts_any {
            self.seen_in(func, MAX_HOPS, &mut FxHashSet::default())
        } else {
            Seen::default()
        };
        // Credentials are read and something is refused, in words that say no status: it can't be told.
        let is_open_question = seen.credentials && seen.refusal;
        Some(if is_open_question { Node { kind: NodeKind::Unknown(Why::Opaque), ..guard } } else { guard })
    }

    /// What an extractor and what it asks show: the extractors that it is made of, and its own methods.
    fn seen_in(&self, func: &Func, hops: usize, visited: &mut FxHashSet<Span>) -> Seen {
        let mut seen = Seen { credentials: func.reads_credentials, refusal: !func.denies.is_empty() };
        let Some(hops) = hops.checked_sub(1).filter(|_| visited.insert(func.span)) else { return seen };
        for (at, call) in func.calls.iter().enumerate().take(MAX_CALLS) {
            if is_optional(&func.calls[..at], call) {
                continue;
            }
            seen.refusal |=
                matches!(call.callee.last(), "Err" | "err" | "ok_or" | "ok_or_else" | "bail!" | "ensure!" | "Error" | "Failure");
            let asked = match call.callee.path.as_slice() {
                // `User::from_request(…)`: the type's own summary.
                [owner, name] if owner.starts_with(char::is_uppercase) && (name.starts_with("from_request") || name == "extract") => {
                    Ref::new(call.callee.scope.clone(), [owner.clone()])
                }
                [owner, _] if owner.starts_with(char::is_uppercase) => call.callee.clone(),
                [_] => call.callee.clone(),
                _ => continue,
            };
            if let Some(inner) = self.function(&asked, func.span.file) {
                let inner = self.seen_in(inner, hops, visited);
                seen.credentials |= inner.credentials;
                seen.refusal |= inner.refusal;
            }
        }
        seen
    }
}

/// What the functions behind an extractor do.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// They read credentials.
    credentials: bool,
    /// They answer with an error.
    refusal: bool,
}

/// loco's prelude brings `auth::JWT` in by a glob.
pub(super) fn of_prelude(param: &Param) -> Option<Node> {
    let names = param.ty.as_ref()?.names();
    let is_token = matches!(names.as_slice(), ["auth", _] | [_] | ["loco_rs", ..])
        && names.last().is_some_and(|name| matches!(*name, "JWT" | "JWTWithUser" | "ApiToken"));
    is_token.then(|| Node::new(param.span, NodeKind::Ref(Ref::import("loco_rs", names[names.len() - 1]))))
}
