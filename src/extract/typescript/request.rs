//! Parameters that are a part of the request: `@Query('id') id` of NestJS, `({ body }, res) => …`.

use smol_str::SmolStr;

use super::names::unquoted;
use crate::ir::{Ref, Scope};
use crate::parse::typescript::{Field, Kind, Syntax};

/// The part of the request that a parameter stands for, by its decorator or the pattern that takes it.
pub(super) fn part(name: Syntax<'_>, path: &[&str]) -> Option<Ref> {
    decorated(name).or_else(|| destructured(name, path))
}

fn decorated(name: Syntax<'_>) -> Option<Ref> {
    let parameter = name.parent().filter(|parent| matches!(parent.kind(), Kind::RequiredParameter | Kind::OptionalParameter))?;
    let call = parameter.child(Kind::Decorator)?.first().filter(|call| call.kind() == Kind::Call)?;
    let arguments = call.field(Field::Arguments)?;
    let first = arguments.first();
    let key = first.filter(|first| first.kind() == Kind::String).map(unquoted);
    // A pipe parses or validates.
    if arguments.children().count() > usize::from(key.is_some()) {
        return None;
    }
    let part = match call.field(Field::Function)?.text() {
        "Body" => "body",
        "Query" => "query",
        "Param" => "params",
        "Headers" => "headers",
        "Req" | "Request" if key.is_none() => return Some(Ref { scope: Scope::Request, path: [].into_iter().collect() }),
        _ => return None,
    };
    let declared = parameter.field(Field::Type).map_or("", Syntax::text).trim_start_matches(':').trim();
    let is_plain = matches!(declared, "number" | "boolean" | "bigint" | "Date");
    // Validators check what has a class.
    let is_open =
        matches!(declared, "" | "any" | "object" | "string" | "unknown") || declared.starts_with('{') || declared.starts_with("Record<");
    match key {
        _ if is_plain => None,
        // A type of its own is an enum more often than not.
        Some(key) => is_open.then(|| Ref::new(Scope::Request, [part, key])),
        // Pipes for all routes may keep what a class names: that it is the whole body is not seen.
        None if is_open => Some(Ref::new(Scope::Request, ["payload"])),
        None => Some(Ref::new(Scope::Request, ["dto"])),
    }
}

/// `({ body, query }, res) => …`, and the parameters of the path that Next.js hands over.
fn destructured(name: Syntax<'_>, path: &[&str]) -> Option<Ref> {
    let [part @ ("body" | "query" | "params" | "headers" | "cookies"), ..] = path else { return None };
    let list = name.ancestors().find(|outer| outer.kind() == Kind::FormalParameters)?;
    let named = |at: usize| {
        let parameter = list.children().nth(at)?;
        Some(parameter.field(Field::Pattern).unwrap_or(parameter).text())
    };
    let is_handler = matches!(named(1), Some("res" | "response" | "reply" | "_res"))
        || *part == "params" && matches!(named(0), Some("req" | "request" | "_req" | "_request" | "_"));
    is_handler.then(|| Ref { scope: Scope::Request, path: path.iter().map(SmolStr::new).collect() })
}
