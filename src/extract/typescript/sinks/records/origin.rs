//! Where a value of a handler comes from: whether it is what the request sends, perhaps read as a number or checked by a
//! schema on its way, and nothing that was asked for with it.

use super::handler::Handler;
use crate::extract::typescript::names::{Form, Module};
use crate::extract::typescript::sinks::called_name;
use crate::parse::typescript::{Field, Kind, Syntax};

/// Steps that a value is followed back.
const MAX_STEPS: usize = 16;
/// Parts of a request that its caller writes, and methods that read them.
const SENT: [&str; 13] =
    ["params", "body", "query", "payload", "nextUrl", "json", "formData", "text", "req", "request", "param", "valid", "searchParams"];

/// The name of the part of a request that a value is: `id` of `Number(req.params.id)`, of
/// `const { id } = Body.parse(await req.json())`.
pub(super) fn sent<'t>(module: &Module<'t>, handler: &Handler<'t>, value: Syntax<'t>) -> Option<&'t str> {
    let mut at = value;
    let mut name: Option<&'t str> = None;
    let called = |name: Option<&'t str>, own: &'t str| Some(name.unwrap_or(own));
    for _ in 0..MAX_STEPS {
        at = match at.kind() {
            Kind::Identifier | Kind::ShorthandProperty => {
                if at.text() == handler.request {
                    return None;
                }
                name = called(name, at.text());
                let declared = module.lookup(at.text(), at)?;
                match &declared.form {
                    Form::Variable(Some(made), path) if !declared.top && !module.is_reassigned(declared) => {
                        name = path.last().copied().or(name);
                        *made
                    }
                    Form::Parameter(_) if handler.is_given(declared.name) => return name,
                    // `(request, { params })` of Next.js.
                    Form::Parameter(path) if path.first() == Some(&"params") => return path.last().copied().or(name),
                    // `withSession(async (request, session, params) => …)`.
                    Form::Parameter(path) if path.is_empty() && at.text() == "params" && !handler.request.is_empty() => return name,
                    _ => return None,
                }
            }
            Kind::Member => {
                let (object, property) = (at.field(Field::Object)?, at.field(Field::Property)?.text());
                if is_part(handler, object, property) || property == "params" && is_parameter(module, object) {
                    return called(name, property);
                }
                // `schema.safeParse(params.id).data`.
                name = if property == "data" { name } else { called(name, property) };
                object
            }
            Kind::Subscript => at.field(Field::Object)?,
            Kind::Await | Kind::Parenthesized | Kind::NonNull | Kind::As | Kind::Satisfies => at.first()?,
            Kind::Binary if matches!(at.field(Field::Operator)?.text(), "||" | "??") => at.field(Field::Left)?,
            Kind::Binary if at.field(Field::Operator)?.text() == "+" => at.field(Field::Right)?,
            Kind::Unary => at.field(Field::Argument)?,
            Kind::New if matches!(called_name(at), "ObjectId" | "ObjectID" | "UUID" | "String" | "Number") => {
                at.field(Field::Arguments)?.first()?
            }
            Kind::Call => {
                let function = at.field(Field::Function)?;
                let object = function.field(Field::Object);
                if object.is_some_and(|object| is_part(handler, object, called_name(at))) {
                    let key = at.field(Field::Arguments)?.first().filter(|key| key.kind() == Kind::String);
                    let key = key.filter(|_| called_name(at) == "param").map(crate::extract::typescript::names::unquoted);
                    return name.or(key).or(Some("body"));
                }
                handed_through(at, object)?
            }
            _ => return None,
        };
    }
    None
}

/// Whether a member is a part of the request that its caller writes: `params` of `req`, `json` of `c.req`.
fn is_part(handler: &Handler<'_>, object: Syntax<'_>, property: &str) -> bool {
    let request = handler.request;
    let is_request = object.text() == request
        || matches!(object.kind(), Kind::Member)
            && object.field(Field::Object).is_some_and(|root| root.text() == request)
            && object.field(Field::Property).is_some_and(|part| matches!(part.text(), "req" | "request"));
    !request.is_empty() && is_request && SENT.contains(&property) && !matches!(property, "req" | "request")
}

/// Whether a name is a parameter: the context that Next.js hands over behind the request.
fn is_parameter<'t>(module: &Module<'t>, name: Syntax<'t>) -> bool {
    let declared = || module.lookup(name.text(), name);
    name.kind() == Kind::Identifier && declared().is_some_and(|declared| matches!(declared.form, Form::Parameter(_)))
}

/// What a call reads or checks and gives again: `Number(id)`, `schema.parse(body)`, `id.trim()`.
fn handed_through<'t>(call: Syntax<'t>, object: Option<Syntax<'t>>) -> Option<Syntax<'t>> {
    match called_name(call) {
        "Number" | "String" | "parseInt" | "BigInt" | "decodeURIComponent" | "parse" | "parseAsync" | "safeParse" | "safeParseAsync"
        | "validateSync" | "cast" | "ObjectId" | "toObjectId" | "fromEntries" | "escape" => call.field(Field::Arguments)?.first(),
        "toString" | "trim" | "toLowerCase" | "slice" => object,
        // What a form brings: `form.get('id')`.
        "get" => call.field(Field::Arguments)?.first().filter(|key| key.kind() == Kind::String).and(object),
        _ => None,
    }
}
