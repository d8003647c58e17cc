//! Schemas of zod, Joi and yup: what they leave of what they parse, and where the parsed request goes.

use smol_str::{SmolStr, format_smolstr};

use super::names::{Form, Module, unquoted};
use super::sinks::called_name;
use crate::ir::{Binding, BindingKind, Left, Map, Node, NodeKind, Ref, Scope};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Members of one schema that are looked at.
const MAX_MEMBERS: usize = 64;
/// Steps from what is parsed to the request, and calls of one chain.
const MAX_STEPS: usize = 16;

/// Packages whose schemas are read.
const PACKAGES: [&str; 7] = ["zod", "zod/v3", "zod/v4", "zod/mini", "joi", "@hapi/joi", "yup"];
/// Methods of a schema that give back what they let through.
const PARSES: [&str; 8] = ["parse", "parseAsync", "safeParse", "safeParseAsync", "validate", "validateAsync", "validateSync", "cast"];
/// What a schema of texts may ask of them that lets any sign through.
const ANY_TEXT: [&str; 22] = [
    "string",
    "min",
    "max",
    "length",
    "nonempty",
    "trim",
    "optional",
    "nullable",
    "nullish",
    "default",
    "describe",
    "required",
    "allow",
    "label",
    "lowercase",
    "uppercase",
    "toLowerCase",
    "toUpperCase",
    "catch",
    "url",
    "uri",
    "includes",
];
/// What leaves nothing that means anything in a statement, a path or a page.
const HARMLESS: [&str; 30] = [
    "number",
    "int",
    "integer",
    "boolean",
    "bigint",
    "date",
    "enum",
    "nativeEnum",
    "literal",
    "uuid",
    "guid",
    "cuid",
    "cuid2",
    "ulid",
    "nanoid",
    "datetime",
    "isoDate",
    "ip",
    "ipv4",
    "ipv6",
    "time",
    "duration",
    "regex",
    "pattern",
    "matches",
    "oneOf",
    "valid",
    "alphanum",
    "hex",
    "port",
];

impl<'t> Module<'t> {
    /// The part of the request that a call gives back as a schema leaves it: `schema.parse(await request.json())`,
    /// `parseBody(request, schema)` of the repository's own.
    pub(super) fn parsed(&self, call: Syntax<'t>) -> Option<Ref> {
        let function = call.field(Field::Function).filter(|_| call.kind() == Kind::Call)?;
        let arguments = call.field(Field::Arguments).filter(|list| list.kind() == Kind::Arguments)?;
        if PARSES.contains(&called_name(call)) {
            let schema = self.schema_named(function.field(Field::Object)?)?;
            return Some(Ref::declared(self.part_parsed(arguments.first()?, MAX_STEPS)?, &schema));
        }
        let is_schema =
            |argument: &Syntax<'t>| argument.kind() == Kind::Identifier && argument.text().to_ascii_lowercase().contains("schema");
        if function.kind() != Kind::Identifier || arguments.children().count() > 3 {
            return None;
        }
        let schema = self.schema_named(arguments.children().find(is_schema)?)?;
        let mut others = arguments.children().filter(|argument| !is_schema(argument));
        let part = others.find_map(|argument| self.part_parsed(argument, MAX_STEPS))?;
        Some(Ref::declared(part, &schema))
    }

    /// The name under which a schema is found by linking: of another file its own, of this file its place.
    fn schema_named(&self, schema: Syntax<'t>) -> Option<SmolStr> {
        match schema.kind() {
            Kind::Identifier => match &self.lookup(schema.text(), schema)?.form {
                Form::Import(target) if target.module().is_some_and(|module| !PACKAGES.contains(&module)) => {
                    Some(format_smolstr!("{}{}", Left::SCHEMA, target.last()))
                }
                Form::Variable(Some(made), path) if path.is_empty() && self.is_schema(*made) => Some(placed(*made)),
                _ => None,
            },
            // `schemas.createUser`.
            Kind::Member => match &self.lookup(schema.field(Field::Object)?.text(), schema)?.form {
                Form::Import(target) if target.last() == "*" => {
                    Some(format_smolstr!("{}{}", Left::SCHEMA, schema.field(Field::Property)?.text()))
                }
                _ => None,
            },
            Kind::Call => self.is_schema(schema).then(|| placed(schema)),
            _ => None,
        }
    }

    /// Which part of the request a value is, whole: `await request.json()`, `req.query`, `Object.fromEntries(searchParams)`.
    fn part_parsed(&self, value: Syntax<'t>, steps: usize) -> Option<&'static str> {
        let steps = steps.checked_sub(1)?;
        let inner = |value: Syntax<'t>| self.part_parsed(value, steps);
        match value.kind() {
            Kind::Await | Kind::Parenthesized | Kind::As | Kind::NonNull | Kind::Satisfies => inner(value.first()?),
            Kind::Object => {
                let only = value.first().filter(|entry| value.children().count() == 1 && entry.kind() == Kind::Spread)?;
                inner(only.first()?)
            }
            Kind::Call => {
                let reads = self.callee_of(value).filter(|callee| callee.scope == Scope::Request);
                if reads.is_some() {
                    return Some("body");
                }
                let is_through = matches!(called_name(value), "fromEntries" | "parse" | "entries");
                let object = value.field(Field::Function).and_then(|function| function.field(Field::Object));
                let argument = value.field(Field::Arguments).and_then(Syntax::first);
                if is_through { argument.or(object).and_then(inner) } else { None }
            }
            Kind::Identifier => {
                if let Some(part) = whole_part(&self.name(value)) {
                    return Some(part);
                }
                let declaration = self.lookup(value.text(), value)?;
                match &declaration.form {
                    // `const { searchParams } = new URL(request.url)`.
                    Form::Variable(Some(made), path) if path.as_slice() == ["searchParams"] => {
                        made.text().contains(".url").then_some("query")
                    }
                    Form::Variable(Some(made), path) if path.is_empty() => inner(*made),
                    // `let body; try { body = await request.json() } catch { … }`.
                    Form::Variable(None, _) => match self.assignments(declaration) {
                        [once] => inner(once.field(Field::Right)?),
                        _ => None,
                    },
                    _ => None,
                }
            }
            Kind::Member => whole_part(self.lower(value).as_ref()?),
            _ => None,
        }
    }

    /// Whether a value is a schema of an object that is written out: `z.object({ … }).strict()`.
    fn is_schema(&self, made: Syntax<'t>) -> bool {
        made.kind() == Kind::Call && self.written_schema(made).is_some()
    }

    /// The members of a schema that is written out. What looks at the whole, or changes it, may look at each of them.
    fn written_schema(&self, made: Syntax<'t>) -> Option<Syntax<'t>> {
        const KEEPS: [&str; 10] =
            ["strict", "passthrough", "strip", "partial", "required", "describe", "optional", "noUnknown", "unknown", "nullable"];
        let mut at = made;
        for _ in 0..MAX_STEPS {
            let function = at.field(Field::Function).filter(|_| at.kind() == Kind::Call)?;
            let object = function.field(Field::Object)?;
            if self.is_library(object) {
                let members = at.field(Field::Arguments)?.first().filter(|members| members.kind() == Kind::Object);
                return members.filter(|_| matches!(called_name(at), "object" | "strictObject" | "looseObject"));
            }
            if called_name(at) == "shape" && self.is_empty_of_library(object) {
                return at.field(Field::Arguments)?.first().filter(|members| members.kind() == Kind::Object);
            }
            if !KEEPS.contains(&called_name(at)) {
                return None;
            }
            at = object;
        }
        None
    }

    /// `yup.object()`, whose members stand in `.shape({ … })`.
    fn is_empty_of_library(&self, call: Syntax<'t>) -> bool {
        let object = call.field(Field::Function).and_then(|function| function.field(Field::Object));
        called_name(call) == "object" && object.is_some_and(|object| self.is_library(object))
    }

    fn is_library(&self, name: Syntax<'t>) -> bool {
        name.kind() == Kind::Identifier && self.name(name).module().is_some_and(|module| PACKAGES.contains(&module))
    }

    /// What the members of the file's schemas leave, under the names by which they are found.
    pub(super) fn schemas(&self) -> Vec<Binding> {
        if !self.tree.holds("schemas", |text| text.contains(".object(") && ["zod", "joi", "yup"].iter().any(|name| text.contains(name))) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for call in self.tree.all().filter(|node| node.kind() == Kind::Call) {
            let is_inner = call.parent().is_some_and(|outer| outer.kind() == Kind::Member && is_schema_method(outer));
            let Some(members) = Some(call).filter(|_| !is_inner).and_then(|call| self.written_schema(call)) else { continue };
            let span = members.span();
            let mut map = Map::default();
            for entry in members.children().filter(|entry| entry.kind() == Kind::Pair).take(MAX_MEMBERS) {
                let (Some(key), Some(value)) = (entry.field(Field::Key), entry.field(Field::Value)) else { continue };
                if let Some(left) = self.left_by(value) {
                    map.push(SmolStr::new(unquoted(key)), key.span(), Node::text(left.word(), key.span()));
                }
            }
            let mut outer = Map::default();
            outer.push(Left::KEY, span, Node::new(span, NodeKind::Map(map)));
            let value = Node::new(span, NodeKind::Map(outer));
            let declared = call.parent().filter(|outer| outer.kind() == Kind::VariableDeclarator);
            let name = declared.and_then(|outer| outer.field(Field::Name)).map(|name| format_smolstr!("{}{}", Left::SCHEMA, name.text()));
            let mut push = |name: SmolStr| found.push(Binding { name, kind: BindingKind::Alias, value: value.clone(), span });
            push(placed(call));
            name.map(&mut push);
        }
        found
    }

    /// What one member lets through, if all that is asked of it is known: `z.string().min(1)`.
    fn left_by(&self, value: Syntax<'t>) -> Option<Left> {
        let (mut at, mut all_known, mut harmless) = (value, true, false);
        for _ in 0..MAX_STEPS {
            let function = at.field(Field::Function).filter(|_| at.kind() == Kind::Call)?;
            let (name, object) = (called_name(at), function.field(Field::Object)?);
            harmless |= HARMLESS.contains(&name);
            all_known &= ANY_TEXT.contains(&name);
            if self.is_library(object) || object.text() == "z.coerce" {
                return match name {
                    _ if harmless => Some(Left::Harmless),
                    "string" if all_known => Some(Left::Text),
                    "any" | "unknown" => Some(Left::Anything),
                    _ => None,
                };
            }
            at = object;
        }
        None
    }
}

/// Whether a member of a schema is called on it, and what stands around is the whole schema.
fn is_schema_method(member: Syntax<'_>) -> bool {
    let outer = member.parent().filter(|outer| outer.kind() == Kind::Call);
    outer.is_some_and(|outer| !PARSES.contains(&called_name(outer)))
}

/// A schema by its place in its file.
fn placed(made: Syntax<'_>) -> SmolStr {
    format_smolstr!("{}{}:{}", Left::SCHEMA, made.span().file.0, made.start())
}

/// The part of a request that a name stands for, whole.
fn whole_part(name: &Ref) -> Option<&'static str> {
    if name.scope != Scope::Request || name.path.len() > 1 {
        return None;
    }
    match name.first() {
        "query" | "searchParams" | "querystring" => Some("query"),
        "params" => Some("params"),
        "body" | "payload" | "" => Some("body"),
        _ => None,
    }
}
