//! Schemas that are made of objects: `new GraphQLObjectType({ name: 'Query', fields: { me: { type, resolve } } })`. The
//! fields of the types that queries and mutations begin with are routes; those of others are reached through them.

use super::{bare, resolver};
use crate::extract::typescript::names::{Form, Module, unquoted};
use crate::extract::typescript::sinks::value_of;
use crate::ir::Fact;
use crate::parse::typescript::{Field, Kind, Syntax};

/// Whether an object type is made.
pub(super) fn is_made(made: Syntax<'_>) -> bool {
    constructor(made) == "GraphQLObjectType"
}

fn constructor(made: Syntax<'_>) -> &str {
    let name = made.field(Field::Constructor).filter(|_| made.kind() == Kind::New);
    name.map_or("", |name| name.field(Field::Property).unwrap_or(name).text())
}

/// The options of the schema that a file makes of its types: `new GraphQLSchema({ query, mutation })`.
pub(super) fn schema<'t>(module: &Module<'t>, text: &str) -> Option<Syntax<'t>> {
    if !text.contains("GraphQLObjectType") {
        return None;
    }
    module.tree.all().find(|node| constructor(*node) == "GraphQLSchema").and_then(options_of)
}

/// Adds the fields of a type that queries or mutations begin with.
pub(super) fn extract<'t>(module: &Module<'t>, schema: Option<Syntax<'t>>, made: Syntax<'t>, facts: &mut Vec<Fact>) {
    let Some(options) = options_of(made) else { return };
    let Some(method) = method_of(schema, made, options) else { return };
    let Some(fields) = value_of(options, "fields").and_then(|fields| object_of(module, fields)) else { return };
    for field in fields.children().filter(|field| field.kind() == Kind::Pair) {
        let (Some(name), Some(config)) = (field.field(Field::Key), field.field(Field::Value).and_then(|config| object_of(module, config)))
        else {
            continue;
        };
        let is_resolve =
            |entry: &Syntax<'t>| entry.field(Field::Key).or_else(|| entry.field(Field::Name)).map_or("", unquoted) == "resolve";
        let Some(entry) = config.children().find(is_resolve) else { continue };
        let (place, value) = match entry.kind() {
            Kind::Method => (entry.field(Field::Name), Some(entry)),
            _ => (entry.field(Field::Key), entry.field(Field::Value).map(bare)),
        };
        if let (Some(place), Some(value)) = (place, value) {
            facts.push(resolver(module, method, name, value, place));
        }
    }
}

fn options_of(made: Syntax<'_>) -> Option<Syntax<'_>> {
    made.field(Field::Arguments)?.first().map(bare).filter(|options| options.kind() == Kind::Object)
}

/// What queries or mutations begin with, by the type's own name or by what the schema of the file says:
/// `new GraphQLSchema({ query: Root })`.
fn method_of(schema: Option<Syntax<'_>>, made: Syntax<'_>, options: Syntax<'_>) -> Option<&'static str> {
    let said = value_of(options, "name").map_or("", unquoted);
    let by_name = match said {
        "Query" | "RootQuery" | "RootQueryType" | "QueryType" | "Queries" => Some("QUERY"),
        "Mutation" | "RootMutation" | "RootMutationType" | "MutationType" | "Mutations" => Some("MUTATION"),
        _ => None,
    };
    by_name.or_else(|| {
        let declared = made.parent().filter(|outer| outer.kind() == Kind::VariableDeclarator)?.field(Field::Name)?.text();
        let schema = schema?;
        [("query", "QUERY"), ("mutation", "MUTATION")]
            .into_iter()
            .find(|(key, _)| value_of(schema, key).is_some_and(|of| of.text() == declared))
            .map(|(_, method)| method)
    })
}

/// An object, in place, in a constant, or made by a function of no arguments: `fields: () => ({ … })`.
fn object_of<'t>(module: &Module<'t>, value: Syntax<'t>) -> Option<Syntax<'t>> {
    const STEPS: usize = 4;
    let mut at = bare(value);
    for _ in 0..STEPS {
        at = match at.kind() {
            Kind::Object => return Some(at),
            Kind::Identifier => match &module.lookup(at.text(), at)?.form {
                Form::Variable(Some(made), path) if path.is_empty() => bare(*made),
                _ => return None,
            },
            Kind::ArrowFunction => bare(at.field(Field::Body)?),
            Kind::Block => at.children().last().filter(|last| last.kind() == Kind::Return)?.first().map(bare)?,
            _ => return None,
        };
    }
    None
}
