//! graphql-shield: rules over the fields of a schema, `shield({ Mutation: { add: isMember, '*': deny } }, { fallbackRule })`.
//! A field without a rule has that of its type, of `'*'`, or the fallback, which lets everybody through.
//! <https://the-guild.dev/graphql/shield/docs/shield>

use smol_str::SmolStr;

use super::graphql::PACKAGE;
use super::names::Module;
use super::paths::all_but;
use crate::ir::{Fact, FactKind, Guard, GuardScope, Map, Node, NodeKind, Span, Text, Why};
use crate::parse::typescript::{Field, Syntax};

/// The types of a schema whose fields are asked for first, and how their routes are called.
const TYPES: [(&str, &str); 2] = [("Query", "QUERY"), ("Mutation", "MUTATION")];

/// Adds what a call of `shield` puts in front of the fields.
pub(super) fn extract<'t>(module: &Module<'t>, call: Syntax<'t>, facts: &mut Vec<Fact>) {
    let mut arguments = call.field(Field::Arguments).into_iter().flat_map(Syntax::children).map(|argument| module.lower(argument));
    let rules = arguments.next();
    let fallback = arguments.next().and_then(|options| options.get("fallbackRule").cloned());
    let Some(rules) = rules.as_ref().and_then(Node::as_map).filter(|rules| !rules.is_open()) else {
        let unknown = Node::unknown(Why::Opaque, call.span());
        facts.push(Fact::new(call.span(), PACKAGE, FactKind::Guard(Guard::new(unknown, GuardScope::Module, None, 0))));
        return;
    };
    for (ty, method) in TYPES {
        match rules.get(ty) {
            Some(Node { kind: NodeKind::Map(fields), .. }) => of_fields(fields, fallback.as_ref(), method, facts),
            Some(rule) => guard(rule.clone(), "/:field", method, facts),
            None => fallback.iter().for_each(|rule| guard(rule.clone(), "/:field", method, facts)),
        }
    }
}

/// The rules of one type's fields, and what holds for those that have none.
fn of_fields(fields: &Map, fallback: Option<&Node>, method: &str, facts: &mut Vec<Fact>) {
    let named: Vec<&SmolStr> = fields.pairs().map(|(name, _)| name).filter(|name| *name != "*").collect();
    for (name, rule) in fields.pairs().filter(|(name, _)| *name != "*") {
        guard(rule.clone(), &format!("/{name}"), method, facts);
    }
    if let Some(rule) = fields.get("*").or(fallback) {
        let paths = named.iter().map(|name| Text::lit(format!("/{name}"), rule.span)).collect();
        guard(all_but(rule.clone(), paths), "/:field", method, facts);
    }
}

fn guard(rule: Node, path: &str, method: &str, facts: &mut Vec<Fact>) {
    let span: Span = rule.span;
    let scope = GuardScope::Prefix(Text::lit(path, span), vec![SmolStr::new(method)]);
    facts.push(Fact::new(span, PACKAGE, FactKind::Guard(Guard::new(rule, scope, None, 0))));
}
