//! What a request brings into a function: which parameters hold it, and which of its parts can be text
//! that the caller makes up. A number, an identifier or a choice of an enum can't break out of anything.

use smol_str::SmolStr;

use crate::extract::rust::func;
use crate::ir::{Node, NodeKind, Ref, Scope, Span, Why};
use crate::parse::rust::{Attr, Expr, ExprKind, Field, Param, Type, Unary};

use super::{Eval, Local, flow, is_from_outside, is_of_request};

/// What a type can hold.
enum Carries<'t> {
    /// Words.
    Text,
    /// A number, a date, an identifier of fixed shape.
    Number,
    /// A struct of this file.
    Record(&'t [Field]),
    /// A type of which nothing is known.
    Unknown,
}

/// Attributes that make a function a handler, whose plain parameters come from the request too.
pub(super) fn is_handler(attrs: &[Attr]) -> bool {
    let verb = |name: &str| {
        matches!(
            name,
            "get" | "post" | "put" | "delete" | "patch" | "head" | "options" | "route" | "handler" | "oai" | "endpoint" | "debug_handler"
        )
    };
    attrs.iter().any(|attr| verb(attr.path.last()))
}

impl<'t> Eval<'_, 't> {
    /// The values of a parameter's names, if a request brings them.
    pub(super) fn of_request(&self, param: &Param, lowered: &crate::ir::Param, handler: bool) -> Option<Vec<Node>> {
        let ty = param.ty.as_ref()?;
        if flow::is_stream(ty) {
            let sent = |name: &crate::parse::rust::Name| Ref::new(Scope::Request, ["response".into(), name.text.clone()]);
            return Some(param.pat.names.iter().map(|name| Node::new(name.span, NodeKind::Ref(sent(name)))).collect());
        }
        let is_extractor = func::is_request(lowered);
        if !(is_extractor || handler && self.is_plain(ty)) {
            return None;
        }
        let inner = content(ty);
        let by_path = std::iter::once(ty).chain(&ty.args).any(|ty| ty.last() == "Path");
        let by_header = std::iter::once(ty).chain(&ty.args).any(|ty| ty.last() == "TypedHeader");
        let header = |name: &crate::parse::rust::Name| Ref::new(Scope::Request, ["headers".into(), name.text.clone()]);
        let one = |name: &crate::parse::rust::Name, ty: &Type| {
            if by_header { Node::new(name.span, NodeKind::Ref(header(name))) } else { self.brought(&name.text, ty, by_path, name.span) }
        };
        let names = &param.pat.names;
        if let Carries::Record(fields) = self.carries(inner)
            && !param.pat.plain
            && param.pat.path.last().is_some_and(|path| path == inner.last())
        {
            let of = |name: &crate::parse::rust::Name| fields.iter().find(|field| field.name.text == name.text);
            return Some(names.iter().map(|name| of(name).map_or_else(|| one(name, inner), |field| one(name, &field.ty))).collect());
        }
        // `key @ (owner, number)` has a name for all of it.
        let whole = names.len().saturating_sub(inner.args.len());
        if inner.last() == "()" && whole <= 1 && inner.args.len() + whole == names.len() {
            let parts = names[whole..].iter().zip(&inner.args).map(|(name, ty)| one(name, ty));
            return Some(names[..whole].iter().map(|name| one(name, inner)).chain(parts).collect());
        }
        Some(names.iter().map(|name| one(name, inner)).collect())
    }

    fn brought(&self, name: &str, ty: &Type, by_path: bool, span: Span) -> Node {
        if is_short(ty) {
            return Node::unknown(Why::Opaque, span);
        }
        let is_text = match self.carries(ty) {
            Carries::Text | Carries::Record(_) => true,
            Carries::Number => false,
            // A part of a path that is no text is an identifier of some kind.
            Carries::Unknown => !by_path,
        };
        let kind = match (is_text, ty.last()) {
            (false, _) => "number",
            (true, "Uri" | "OriginalUri") => "url",
            (true, "HeaderMap" | "HeaderValue" | "HeaderName") => "headers",
            (true, _) => "params",
        };
        Node::new(span, NodeKind::Ref(Ref::new(Scope::Request, [kind, name])))
    }

    /// Text, bytes or a form: what a handler takes of a path, a query or a body without an extractor.
    fn is_plain(&self, ty: &Type) -> bool {
        matches!(self.carries(ty), Carries::Text | Carries::Number) && !matches!(ty.last(), "Path" | "PathBuf")
    }

    fn carries(&self, ty: &Type) -> Carries<'t> {
        match ty.last() {
            "String" | "str" | "Cow" | "PathBuf" | "OsString" | "Value" | "Bytes" | "BytesMut" | "Url" | "Uri" | "HeaderMap"
            | "HeaderValue" | "Multipart" | "Request" | "HttpRequest" | "RawQuery" | "Form" | "RawStr" | "Body" => Carries::Text,
            // Keys and values: `Query<HashMap<String, usize>>`.
            "HashMap" | "BTreeMap" | "IndexMap" => ty.args.get(1).map_or(Carries::Text, |value| match self.carries(value) {
                Carries::Number => Carries::Number,
                _ => Carries::Text,
            }),
            "u8" if ty.args.is_empty() => Carries::Text,
            name if is_number(name) => Carries::Number,
            "Vec" | "Option" | "Result" | "Box" | "Arc" | "[]" | "()" => {
                let mut parts = ty.args.iter().map(|inner| self.carries(inner));
                let first = parts.next().unwrap_or(Carries::Unknown);
                parts.fold(first, |known, next| match (known, next) {
                    (Carries::Number, next) => next,
                    (known, _) => known,
                })
            }
            name if self.names.is_enum(name) => Carries::Number,
            name => match self.names.strukt(name) {
                Some(it) => Carries::Record(it.fields),
                None => self.names.alias(name).map_or(Carries::Unknown, |ty| match ty.last() {
                    "String" | "str" => Carries::Text,
                    _ => Carries::Unknown,
                }),
            },
        }
    }

    /// A field of a request's value, by the type that its struct gives it.
    pub(super) fn field_of_request(&self, on: &Expr, base: &Ref, name: &str, span: Span) -> Node {
        let of = self.type_of(on).map(content);
        if of.is_some_and(|ty| ty.last() == "Parts") {
            return part_of_request(name, span);
        }
        let ty = of.and_then(|ty| match self.carries(ty) {
            Carries::Record(fields) => fields.iter().find(|field| field.name.text == name).map(|field| &field.ty),
            _ => None,
        });
        if ty.is_some_and(is_short) {
            return Node::unknown(Why::Opaque, span);
        }
        let is_number = ty.is_some_and(|ty| matches!(self.carries(ty), Carries::Number));
        let path = if is_number { Ref::new(Scope::Request, ["number", name]) } else { base.child(SmolStr::from(name)) };
        Node::new(span, NodeKind::Ref(path))
    }

    /// The type of a struct that is made here, which is as good as a written one: `Login { … }`, `Config::from_env()?`.
    pub(super) fn made_type(&self, value: &Expr) -> Option<Type> {
        match &value.kind {
            ExprKind::Struct { path, .. } => Some(Type { names: path.names.clone(), ..Type::default() }),
            ExprKind::Try(on) | ExprKind::Await(on) => self.made_type(on),
            ExprKind::Method { on, name, .. } if matches!(name.text.as_str(), "unwrap" | "expect" | "unwrap_or_default" | "context") => {
                self.made_type(on)
            }
            ExprKind::Call { callee, .. } => {
                let path = callee.as_path()?;
                let [before @ .., name] = path.names.as_slice() else { return None };
                let ty = before.last().filter(|ty| ty.starts_with(char::is_uppercase) && *ty != "Self")?;
                let makes_itself = match self.names.method(ty, name) {
                    Some(method) => method.returns.as_ref().map(content).is_some_and(|made| made.last() == "Self" || made.last() == ty),
                    None => matches!(name.as_str(), "new" | "load" | "from_env" | "from_file" | "default" | "read" | "init"),
                };
                makes_itself.then(|| Type { names: before.to_vec(), ..Type::default() })
            }
            _ => None,
        }
    }

    /// The type of a name or a field, as far as the file writes it down.
    pub(super) fn type_of<'s>(&'s self, expr: &Expr) -> Option<&'s Type> {
        match &expr.kind {
            ExprKind::Path(path) => {
                let local = self.locals.iter().rev().find(|local| Some(local.name.as_str()) == path.single());
                match local {
                    Some(Local { ty: Some(ty), .. }) => Some(ty),
                    _ if path.single() == Some("self") && !self.self_type.is_empty() => Some(&self.of_self),
                    _ => None,
                }
            }
            ExprKind::Field { on, name } if name.text == "0" => self.type_of(on),
            ExprKind::Field { on, name } => match self.carries(content(self.type_of(on)?)) {
                Carries::Record(fields) => fields.iter().find(|field| field.name.text == name.text).map(|field| &field.ty),
                _ => None,
            },
            ExprKind::Method { on, name, args, .. } if args.is_empty() && super::calls::is_transparent_method(&name.text) => {
                self.type_of(on)
            }
            ExprKind::Unary(Unary::Deref | Unary::BorrowMut, on) | ExprKind::Try(on) | ExprKind::Await(on) => self.type_of(on),
            _ => None,
        }
    }
}

/// What a request is made of, once it is taken apart: `parts.headers`.
fn part_of_request(name: &str, span: Span) -> Node {
    match name {
        "headers" => Node::new(span, NodeKind::Ref(Ref::new(Scope::Request, [name]))),
        "uri" => Node::new(span, NodeKind::Ref(Ref::new(Scope::Request, ["url", name]))),
        _ => Node::unknown(Why::Opaque, span),
    }
}

/// Numbers of two bytes at most: neither words nor a size that could hurt.
fn is_short(ty: &Type) -> bool {
    let ty = content(ty);
    match (ty.last(), ty.args.get(1)) {
        ("HashMap" | "BTreeMap" | "IndexMap", Some(value)) => is_short(value),
        (name, _) => matches!(name, "u8" | "i8" | "u16" | "i16" | "bool"),
    }
}

/// Types whose values are written without any word of the caller's.
pub(super) fn is_number(name: &str) -> bool {
    matches!(
        name,
        "u16"
            | "u32"
            | "u64"
            | "u128"
            | "usize"
            | "i8"
            | "i16"
            | "i32"
            | "i64"
            | "i128"
            | "isize"
            | "f32"
            | "f64"
            | "bool"
            | "char"
            | "Uuid"
            | "Ulid"
            | "DateTime"
            | "NaiveDate"
            | "NaiveDateTime"
            | "IpAddr"
            | "Ipv4Addr"
            | "SocketAddr"
            | "ObjectId"
            | "NonZeroU32"
            | "NonZeroU64"
            | "OffsetDateTime"
            | "Date"
            | "Decimal"
            | "Duration"
    )
}

/// What an extractor holds: `Option<web::Query<Search>>` is `Search`.
pub(super) fn content(ty: &Type) -> &Type {
    let mut at = ty;
    for _ in 0..4 {
        let wraps = matches!(
            at.last(),
            "Path"
                | "Query"
                | "Json"
                | "Form"
                | "Option"
                | "Result"
                | "Valid"
                | "Validated"
                | "Box"
                | "Arc"
                | "Data"
                | "JsonBody"
                | "QueryParam"
                | "PathParam"
                | "Extract"
                | "Garde"
                | "WithRejection"
                | "State"
                | "Extension"
                | "Rc"
        );
        match at.args.first().filter(|_| wraps) {
            Some(inner) => at = inner,
            None => break,
        }
    }
    at
}

/// What a method makes of a request's value, where that is not the value in another form.
pub(super) fn method(name: &str, receiver: &Node, types: &[Type], expected: Option<&str>, span: Span) -> Option<Node> {
    if !is_of_request(receiver) {
        // Of the environment, what is read as a number is one.
        let is_number = name == "parse" && !is_text_type(types.first().map(Type::last).or(expected).unwrap_or_default());
        return (is_number && is_from_outside(receiver)).then(|| Node::unknown(Why::Opaque, span));
    }
    let number = || Some(Node::new(span, NodeKind::Ref(Ref::new(Scope::Request, ["number", name]))));
    let source = receiver.as_ref().map(Ref::first);
    // `req.query::<usize>("page")`.
    if types.first().is_some_and(|ty| is_number(ty.last())) {
        return number();
    }
    match name {
        "parse" | "try_into" => {
            let to = types.first().map(Type::last).or(expected).unwrap_or_default();
            if is_text_type(to) { Some(receiver.clone()) } else { Some(number_of(receiver, span)) }
        }
        // Of a path its last part, of an uploaded file whatever the caller calls it.
        "file_name" => {
            let of_path =
                receiver.as_call().is_some_and(|call| matches!(call.callee.last(), "new" | "from" | "join" | "clean" | "canonicalize"));
            Some(if of_path { Node::unknown(Why::Opaque, span) } else { receiver.clone() })
        }
        "as_u64" | "as_i64" | "as_f64" | "content_length" | "as_usize" | "read_u32" | "read_u64" | "read_i32" | "read_i64" => number(),
        // The address of the request itself: a file may be named by it, another server may not.
        "uri" | "url" | "full_url" | "original_uri" => Some(Node::new(span, NodeKind::Ref(Ref::new(Scope::Request, ["url", name])))),
        "headers" if source != Some("response") => Some(Node::new(span, NodeKind::Ref(Ref::new(Scope::Request, ["headers"])))),
        "path" if source == Some("params") => Some(Node::new(span, NodeKind::Ref(Ref::new(Scope::Request, ["url", name])))),
        // How much came is known when it is there.
        "len" | "count" | "as_bool" | "hash" | "read_u8" | "read_i8" | "read_u16" | "read_i16" | "local_addr" => {
            Some(Node::unknown(Why::Opaque, span))
        }
        "is_empty"
        | "is_some"
        | "is_none"
        | "is_ok"
        | "is_err"
        | "contains"
        | "starts_with"
        | "ends_with"
        | "eq"
        | "cmp"
        | "extensions"
        | "app_data"
        | "peer_addr"
        | "method"
        | "version"
        | "state"
        | "rocket"
        | "local_cache"
        | "connection_info"
        | "content_type"
        | "is_match"
        | "session"
        | "remote_addr"
        | "status"
        | "eq_ignore_ascii_case"
        | "all"
        | "any"
        | "data"
        | "identity"
        | "matches"
        | "validate"
            if source != Some("input") =>
        {
            Some(Node::unknown(Why::Opaque, span))
        }
        _ => None,
    }
}

/// Types that `parse` makes of a text and that hold its words.
fn is_text_type(name: &str) -> bool {
    matches!(name, "String" | "PathBuf" | "Url" | "Uri" | "HeaderValue" | "Value" | "Cow" | "OsString")
}

/// A number that is read off a value: no text any more, but whoever wrote the value chose it.
pub(super) fn number_of(receiver: &Node, span: Span) -> Node {
    let first = receiver.as_ref().map_or("number", |name| if name.first() == "input" { "input" } else { "number" });
    Node::new(span, NodeKind::Ref(Ref::new(Scope::Request, [first, "number"])))
}
