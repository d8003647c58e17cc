//! Middleware that turns callers away from some requests alone: `if (req.path.startsWith('/admin') && !req.user) …401`.

use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::extract::typescript::names::unquoted;
use crate::ir::Func;
use crate::parse::typescript::{Field, Kind, Syntax};

/// What no path has in it: whoever sends no file goes past a check of those who do.
pub(super) const NO_PATH: &str = "\0";

/// The parts of paths that the conditions around all denials of a function ask for; nothing if one of them stands apart.
pub(super) fn parts_of_paths(function: Syntax<'_>, func: &Func) -> Vec<SmolStr> {
    if func.denies.is_empty() || !func.continues || !has_conditions(function) {
        return Vec::new();
    }
    let mut parts = Vec::new();
    for denial in &func.denies {
        let asked = function.below().filter(|node| node.kind() == Kind::If).find_map(|branch| {
            let is_in = branch.field(Field::Consequence).is_some_and(|then| then.span().contains(*denial));
            branch.field(Field::Condition).filter(|_| is_in).and_then(part_of_path)
        });
        let Some(part) = asked else { return Vec::new() };
        parts.push(part);
    }
    parts.sort_unstable();
    parts.dedup();
    parts
}

/// Whether a function asks what is requested at all: most ask who calls.
fn has_conditions(function: Syntax<'_>) -> bool {
    ["path", "url", "Url", "URL", "multipart"].iter().any(|word| function.text().contains(word))
}

/// The part that a path must have for a condition to hold, every side of its `&&`s being asked.
fn part_of_path(condition: Syntax<'_>) -> Option<SmolStr> {
    let mut open: SmallVec<[Syntax<'_>; 8]> = SmallVec::from_iter([condition]);
    while let Some(part) = open.pop() {
        match part.kind() {
            Kind::Parenthesized => open.extend(part.first()),
            Kind::Binary if part.field(Field::Operator).is_some_and(|sign| sign.text() == "&&") => {
                open.extend(part.field(Field::Left));
                open.extend(part.field(Field::Right));
            }
            Kind::Call => {
                let called = part.field(Field::Function).filter(|function| function.kind() == Kind::Member);
                let name = called.and_then(|called| called.field(Field::Property)).map_or("", Syntax::text);
                let object = called.and_then(|called| called.field(Field::Object)).map_or("", Syntax::text);
                let given = part.field(Field::Arguments).and_then(Syntax::first).filter(|first| first.kind() == Kind::String).map(unquoted);
                match (name, given) {
                    ("is", Some(kind)) if kind.starts_with("multipart") => return Some(NO_PATH.into()),
                    ("startsWith" | "includes", Some(text)) if is_path(object) && text.len() > 1 && text.starts_with('/') => {
                        return Some(text.trim_end_matches('/').into());
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    None
}

/// `req.path`, `request.originalUrl`, `ctx.request.url`, `pathname`.
fn is_path(object: &str) -> bool {
    let last = object.rsplit('.').next().unwrap_or(object);
    matches!(last, "path" | "url" | "originalUrl" | "pathname" | "baseUrl")
}
