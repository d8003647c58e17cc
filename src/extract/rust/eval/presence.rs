//! Who asks only that credentials are there, whatever they are: an extractor that takes the token out of its header
//! for the handler, a middleware that goes on for whoever sends one.

use super::Eval;
use crate::ir::{self, CallSite, Func, Node};
use crate::parse::rust::{Expr, Param, Type};

/// What can be done to a header and its text without finding out whether it is true.
const SHAPES: [&str; 67] = [
    "and_then",
    "as_bytes",
    "as_deref",
    "as_ref",
    "as_str",
    "body",
    "boxed",
    "call",
    "clone",
    "cloned",
    "contains_key",
    "cookie",
    "cookies",
    "debug!",
    "err",
    "error!",
    "expect",
    "filter_map",
    "finish",
    "format!",
    "from_static",
    "get",
    "get_one",
    "headers",
    "info!",
    "into",
    "into_response",
    "is_empty",
    "is_err",
    "is_none",
    "is_ok",
    "is_some",
    "json",
    "json!",
    "len",
    "map",
    "map_err",
    "map_into_left_body",
    "map_into_right_body",
    "next",
    "nth",
    "ok",
    "ok_or",
    "ok_or_else",
    "or",
    "or_else",
    "parts",
    "pin",
    "ready",
    "request",
    "run",
    "splitn",
    "starts_with",
    "split",
    "split_at",
    "split_once",
    "split_whitespace",
    "strip_prefix",
    "to_owned",
    "to_str",
    "to_string",
    "token",
    "trim",
    "trim_start_matches",
    "unwrap",
    "warn!",
    "is_some_and",
];

/// Types of libraries that read credentials and leave what they hold to the handler.
const HEADERS: [&str; 8] = ["TypedHeader", "Authorization", "Bearer", "Basic", "BearerAuth", "BasicAuth", "AuthBearer", "CookieJar"];

/// Parameters in which everything is as the caller sent it, and the application's own. A session, a signed jar of cookies
/// and the extractors of an application hold what was checked.
const UNCHECKED: [&str; 20] = [
    "HeaderMap",
    "Request",
    "ServiceRequest",
    "HttpRequest",
    "Parts",
    "RequestParts",
    "Next",
    "State",
    "Data",
    "Payload",
    "Method",
    "Uri",
    "OriginalUri",
    "MatchedPath",
    "ConnectInfo",
    "FlowCtrl",
    "Response",
    "Self",
    "S",
    "self",
];

impl Eval<'_, '_> {
    /// Remembers a look-up: of what has no name that the code says, or by a function that is handed over by its name.
    pub(super) fn note_look_up(&mut self, method: &str, args: &[Expr]) {
        let is_named = |arg: &Expr| arg.as_str().is_some() || arg.as_path().is_some_and(|path| !path.last().contains(char::is_lowercase));
        let is_harmless = |arg: &Expr| arg.as_path().is_none_or(|path| path.last() == "from" || SHAPES.contains(&path.last()));
        self.func.accepts_any &= match method {
            "get" | "get_one" | "contains_key" | "cookie" => !args.is_empty() && args.iter().all(is_named),
            "and_then" | "map" | "filter_map" | "is_some_and" => args.iter().all(is_harmless),
            _ => true,
        };
    }

    /// Remembers a comparison, unless it is with the name of a scheme: `scheme != "Bearer"`.
    pub(super) fn note_comparison(&mut self, sides: [&Node; 2]) {
        let is_scheme = |side: &Node| {
            side.as_str().is_some_and(|text| matches!(text.trim().to_ascii_lowercase().as_str(), "bearer" | "basic" | "token" | ""))
        };
        self.func.accepts_any &= sides.into_iter().any(is_scheme);
    }
}

/// Whether a function in which nothing is compared or looked up takes credentials apart and does nothing else, and is
/// handed nothing that somebody else has checked.
pub(in crate::extract::rust) fn only_looks(func: &Func) -> bool {
    let is_unchecked = |param: &ir::Param| {
        let is_sent = |ty: &ir::Ref| UNCHECKED.contains(&ty.last()) || HEADERS.contains(&ty.last());
        param.name.starts_with('_') || param.ty.as_ref().is_none_or(is_sent)
    };
    func.calls.iter().all(is_shape) && func.params.iter().all(is_unchecked)
}

fn is_shape(call: &CallSite) -> bool {
    let names = call.callee.names();
    match names.as_slice() {
        // What is made of them: an error, an answer, the extractor itself.
        [.., name] if name.starts_with(char::is_uppercase) => !name.ends_with("Layer"),
        [.., owner, "from_request_parts" | "from_request" | "extract"] => HEADERS.contains(owner),
        [.., name] => SHAPES.contains(name),
        [] => false,
    }
}

/// Whether a parameter holds credentials that nothing in the function can look at: `_: TypedHeader<Authorization<Bearer>>`.
pub(super) fn is_unread(param: &Param) -> bool {
    let holds_header = |ty: &Type| std::iter::once(ty).chain(&ty.args).any(|ty| HEADERS.contains(&ty.last()));
    param.pat.names.iter().all(|name| name.text.starts_with('_')) && param.ty.as_ref().is_some_and(holds_header)
}
