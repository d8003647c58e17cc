//! Cross-origin headers that are set by hand: `res.setHeader('Access-Control-Allow-Origin', '*')`,
//! objects of headers. They become calls of a library that does not exist, `headers#cors`, so that
//! their values are resolved and judged as those of any other.

use super::names::{Module, unquoted};
use crate::extract::Extract;
use crate::ir::{Call, FactKind, Map, Node, NodeKind, Ref, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

const ORIGIN: &str = "access-control-allow-origin";
const CREDENTIALS: &str = "access-control-allow-credentials";

/// Emits the policies of a file.
pub(super) fn emit(module: &Module<'_>, cx: &mut Extract<'_>) {
    for node in module.tree.all().filter(|node| is_header(*node, ORIGIN)) {
        let Some((value, place)) = value_of(node) else { continue };
        let origin = module.lower(value);
        let function = node.ancestors().find(|outer| outer.kind().is_function());
        // What is sent under a condition, or after a look-up, is not whatever was asked.
        let is_checked = function.is_some_and(|function| chooses(function) || is_conditional(node, function));
        let with_credentials = function.or(node.parent()).is_some_and(allows_credentials);
        let span = node.span();
        let mut options = Map::default();
        let origin = match origin.kind {
            NodeKind::Text(_) | NodeKind::Null => origin,
            NodeKind::List(mut items) if items.len() == 1 => items.swap_remove(0),
            _ if is_checked => continue,
            _ => origin,
        };
        options.push("origin", span, origin);
        if with_credentials {
            options.push("credentials", span, Node::new(span, NodeKind::Bool(true)));
        }
        let args = vec![Node::new(place.span(), NodeKind::Map(options))];
        let call = Call { callee: Ref::import("headers", "cors"), receiver: None, args, is_new: false, result_used: Tri::Yes };
        cx.fact(place.span(), "Access-Control-Allow-Origin", FactKind::Call(call));
    }
}

fn is_header(node: Syntax<'_>, header: &str) -> bool {
    node.kind() == Kind::String && unquoted(node).eq_ignore_ascii_case(header)
}

/// The value of a header, with the call, pair or assignment that sets it.
fn value_of(name: Syntax<'_>) -> Option<(Syntax<'_>, Syntax<'_>)> {
    let parent = name.parent()?;
    match parent.kind() {
        Kind::Pair if name.role() == Field::Key => Some((parent.field(Field::Value)?, parent)),
        Kind::Arguments => {
            let call = parent.parent().filter(|call| call.kind() == Kind::Call)?;
            let method = call.field(Field::Function)?.field(Field::Property)?.text();
            let sets = matches!(method, "setHeader" | "header" | "set" | "append" | "addHeader");
            let value = parent.children().nth(1).filter(|_| sets && parent.first() == Some(name))?;
            Some((value, call))
        }
        // `ctx.res.headers['Access-Control-Allow-Origin'] = ['*']`.
        Kind::Subscript => {
            let assignment = parent.parent().filter(|outer| outer.kind() == Kind::Assignment && parent.role() == Field::Left)?;
            Some((assignment.field(Field::Right)?, assignment))
        }
        _ => None,
    }
}

/// Whether a header for credentials is set in the same function or object.
fn allows_credentials(around: Syntax<'_>) -> bool {
    around.below().filter(|node| is_header(*node, CREDENTIALS)).filter_map(value_of).any(|(value, _)| matches!(unquoted(value), "true"))
}

/// Whether a function looks something up in a list or a pattern.
fn chooses(function: Syntax<'_>) -> bool {
    function.below().filter(|node| node.kind() == Kind::Member).any(|member| {
        let name = member.field(Field::Property).map_or("", Syntax::text);
        matches!(name, "includes" | "indexOf" | "has" | "test" | "match" | "some" | "find" | "endsWith" | "startsWith")
    })
}

fn is_conditional(node: Syntax<'_>, function: Syntax<'_>) -> bool {
    node.ancestors().take_while(|outer| *outer != function).any(|outer| matches!(outer.kind(), Kind::If | Kind::Ternary | Kind::Switch))
}
