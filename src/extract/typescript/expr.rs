//! Expressions as [`Node`]s, with imports applied and nothing else resolved.

use smallvec::SmallVec;
use smol_str::SmolStr;

use super::believed::result_used;
use super::names::{Declaration, Form, Module, imported, is_package, unquoted};
use super::request;
use crate::ir::{Call, Entry, Map, Node, NodeKind, Op, Part, Piece, Ref, Scope, Text, Tri, Why};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Nesting of one expression that is followed; deeper parts are unknown.
const MAX_NESTING: u32 = 96;

impl<'t> Module<'t> {
    /// The value of an expression.
    pub(super) fn lower(&self, node: Syntax<'t>) -> Node {
        self.expr(node, 0)
    }

    fn expr(&self, node: Syntax<'t>, depth: u32) -> Node {
        let span = node.span();
        if depth > MAX_NESTING {
            return Node::unknown(Why::Bound, span);
        }
        let depth = depth + 1;
        let make = |kind| Node::new(span, kind);
        match node.kind() {
            Kind::String | Kind::TemplateString => make(NodeKind::Text(self.string(node, depth))),
            Kind::Number => make(number(node.text()).map_or(NodeKind::Unknown(Why::Opaque), NodeKind::Number)),
            Kind::True => make(NodeKind::Bool(true)),
            Kind::False => make(NodeKind::Bool(false)),
            Kind::Null | Kind::Undefined => make(NodeKind::Null),
            Kind::Regex => make(NodeKind::Call(Box::new(regex(node)))),
            Kind::Array => make(NodeKind::List(node.children().map(|item| self.expr(item, depth)).collect())),
            Kind::Spread => match node.first() {
                Some(inner) => make(NodeKind::Op(Op::Spread, vec![self.expr(inner, depth)])),
                None => Node::unknown(Why::Broken, span),
            },
            Kind::Object => make(NodeKind::Map(self.object(node, depth))),
            Kind::Identifier | Kind::ShorthandProperty => self.identifier(node),
            Kind::This | Kind::Super => make(NodeKind::Ref(Self::this(node))),
            Kind::Member | Kind::Subscript => self.member(node, depth),
            Kind::Call | Kind::New => self.call(node, depth),
            Kind::Parenthesized
            | Kind::As
            | Kind::Satisfies
            | Kind::NonNull
            | Kind::Instantiation
            | Kind::JsxExpression
            | Kind::ExpressionStatement => node.first().map_or_else(|| Node::unknown(Why::Broken, span), |inner| self.expr(inner, depth)),
            Kind::TypeAssertion | Kind::Sequence => {
                node.children().last().map_or_else(|| Node::unknown(Why::Broken, span), |inner| self.expr(inner, depth))
            }
            Kind::Assignment => match node.field(Field::Right) {
                Some(right) => self.expr(right, depth),
                None => Node::unknown(Why::Broken, span),
            },
            Kind::Await => match node.first().map(|inner| self.expr(inner, depth)) {
                // `await import('m')` is the module.
                Some(inner) if matches!(&inner.kind, NodeKind::Ref(target) if target.last() == "*") => inner,
                Some(inner) => make(NodeKind::Op(Op::Await, vec![inner])),
                None => Node::unknown(Why::Broken, span),
            },
            Kind::Ternary => {
                let part = |field| node.field(field).map_or_else(|| Node::unknown(Why::Broken, span), |part| self.expr(part, depth));
                make(NodeKind::Op(Op::Cond, vec![part(Field::Condition), part(Field::Consequence), part(Field::Alternative)]))
            }
            Kind::Unary => self.unary(node, depth),
            Kind::Binary => self.binary(node, depth),
            kind if kind.is_function() => make(NodeKind::Func(self.function(node))),
            _ => Node::unknown(Why::Opaque, span),
        }
    }

    /// A string or template, its escapes decoded, its substitutions as holes.
    fn string(&self, node: Syntax<'t>, depth: u32) -> Text {
        let mut text = Text::default();
        for part in node.children() {
            let span = part.span();
            let piece = match part.kind() {
                Kind::Fragment => Part::Lit(SmolStr::new(part.text())),
                Kind::Escape => Part::Lit(unescape(part.text())),
                Kind::Substitution => {
                    let inner = part.first().map_or_else(|| Node::unknown(Why::Broken, span), |inner| self.expr(inner, depth));
                    text.push(inner);
                    continue;
                }
                _ => continue,
            };
            text.pieces.push(Piece { span, part: piece });
        }
        text.join_literals();
        text
    }

    fn object(&self, node: Syntax<'t>, depth: u32) -> Map {
        let mut map = Map::default();
        for entry in node.children() {
            match entry.kind() {
                Kind::Pair | Kind::Method => {
                    let Some(key) = entry.field(Field::Key).or_else(|| entry.field(Field::Name)) else { continue };
                    let value = match entry.kind() {
                        Kind::Method => Node::new(entry.span(), NodeKind::Func(self.function(entry))),
                        _ => match entry.field(Field::Value) {
                            Some(value) => self.expr(value, depth),
                            None => Node::unknown(Why::Broken, entry.span()),
                        },
                    };
                    match key.kind() {
                        Kind::ComputedName => {
                            let key = key.first().map_or_else(|| Node::unknown(Why::Broken, key.span()), |inner| self.expr(inner, depth));
                            map.entries.push(match key.as_str() {
                                Some(known) => Entry::Pair { key: known.into(), key_span: key.span, value },
                                None => Entry::Computed { key, value },
                            });
                        }
                        _ => map.push(SmolStr::new(unquoted(key)), key.span(), value),
                    }
                }
                Kind::ShorthandProperty => map.push(SmolStr::new(entry.text()), entry.span(), self.identifier(entry)),
                Kind::Spread => {
                    if let Some(inner) = entry.first() {
                        map.entries.push(Entry::Spread(self.expr(inner, depth)));
                    }
                }
                _ => {}
            }
        }
        map
    }

    fn identifier(&self, node: Syntax<'t>) -> Node {
        let span = node.span();
        if node.text() == "undefined" {
            return Node::new(span, NodeKind::Null);
        }
        Node::new(span, NodeKind::Ref(self.name(node)))
    }

    /// What an identifier refers to.
    pub(super) fn name(&self, node: Syntax<'t>) -> Ref {
        match self.lookup(node.text(), node) {
            Some(declaration) => self.reference(declaration),
            None => Ref::new(Scope::Global, [node.text()]),
        }
    }

    /// A declaration as a reference: an import or a piece of the environment is looked through.
    pub(super) fn stands_for(&self, declaration: &Declaration<'t>) -> Ref {
        match &declaration.form {
            Form::Import(target) => return target.clone(),
            Form::Variable(Some(value), path) if !path.contains(&"[]") => {
                // `const { verify } = require('jsonwebtoken')`, `const { SECRET } = process.env`.
                if path.first().is_some_and(|first| request::is_hook_with(*value, first)) {
                    return path.iter().skip(1).fold(Ref::new(Scope::Request, ["address"]), |base, name| base.child(*name));
                }
                if request::is_hook(*value) {
                    return path.iter().fold(Ref::new(Scope::Request, ["address"]), |base, name| base.child(*name));
                }
                if let Some(base) = self.module_or_env(*value) {
                    return path.iter().fold(base, |base, name| extend(&base, name));
                }
                // `const { body } = event`.
                if let [first, rest @ ..] = path.as_slice()
                    && (value.text() == "event" || request::is_of_gateway(first) || matches!(*first, "body" | "data"))
                    && let Some(base) = self.outside(&Ref::new(Scope::Local, ["event"]), first, *value)
                {
                    return rest.iter().fold(base, |base, name| base.child(*name));
                }
            }
            Form::Variable(None, path) if request::is_entry(declaration.name) => {
                return path.iter().fold(Ref::new(Scope::Request, ["entry"]), |base, name| base.child(*name));
            }
            Form::Variable(Some(value), _) if request::is_hook(*value) => return Ref::new(Scope::Request, ["address"]),
            Form::Parameter(path) if is_request(declaration) || self.requests.contains(&declaration.name.id()) => {
                return Ref::new(Scope::Request, path.iter().map(SmolStr::new));
            }
            Form::Parameter(path) => {
                let part = request::part(declaration.name, path).or_else(|| self.taken_of_message(declaration.name, path));
                if let Some(part) = part.or_else(|| self.item_of_request(declaration)) {
                    return part;
                }
            }
            Form::Variable(None, _) => {
                if let Some(part) = self.item_of_request(declaration) {
                    return part;
                }
            }
            _ => {}
        }
        if !declaration.top {
            self.wanted.borrow_mut().push(declaration.name.id());
        }
        Ref::new(Scope::Local, [self.linked_name(declaration)])
    }

    /// `require('x')`, `require('x').y`, `process.env`, `import.meta.env`, `await import('x')`: bases
    /// that a constant may stand for without being a value of its own.
    fn module_or_env(&self, node: Syntax<'t>) -> Option<Ref> {
        let mut names: SmallVec<[&str; 4]> = SmallVec::new();
        let mut node = node;
        for _ in 0..8 {
            match node.kind() {
                Kind::Member => {
                    if is_env(node) {
                        let base = Ref::to(Scope::Env);
                        return Some(names.iter().rev().fold(base, |base, name| base.child(*name)));
                    }
                    names.push(node.field(Field::Property)?.text());
                    node = node.field(Field::Object)?;
                }
                Kind::Await | Kind::Parenthesized | Kind::As | Kind::NonNull => node = node.first()?,
                // `const { JWT } = jose`.
                Kind::Identifier => {
                    let base = self.package(node)?;
                    return Some(names.iter().rev().fold(base, |base, name| extend(&base, name)));
                }
                // `Promise.promisifyAll(require('fs'))` of bluebird.
                Kind::Call if node.field(Field::Function)?.text().ends_with("promisifyAll") => {
                    node = node.field(Field::Arguments)?.first()?;
                }
                Kind::Call => {
                    let base = self.required(node)?;
                    return Some(names.iter().rev().fold(base, |base, name| extend(&base, name)));
                }
                _ => return None,
            }
        }
        None
    }

    /// The package, or the export of one, that a name stands for.
    fn package(&self, name: Syntax<'t>) -> Option<Ref> {
        let package = match &self.lookup(name.text(), name)?.form {
            Form::Import(target) => target.clone(),
            Form::Variable(Some(value), path) if path.is_empty() && value.kind() == Kind::Call => self.required(*value)?,
            _ => return None,
        };
        package.module().is_some_and(is_package).then_some(package)
    }

    /// The module of `require('x')` and `import('x')`.
    fn required(&self, call: Syntax<'t>) -> Option<Ref> {
        let function = call.field(Field::Function)?;
        let is_require = match function.kind() {
            Kind::Import => true,
            Kind::Identifier => function.text() == "require" && self.lookup("require", function).is_none(),
            _ => false,
        };
        let argument = call.field(Field::Arguments)?.first().filter(|_| is_require)?;
        match argument.kind() {
            Kind::String => Some(imported(unquoted(argument), &["*"])),
            _ => beside(argument, 3).map(|path| imported(&format!(".{path}"), &["*"])),
        }
    }

    /// `this` inside a class, as the class; `super` likewise.
    fn this(node: Syntax<'t>) -> Ref {
        match node.ancestors().find(|outer| outer.kind().is_class()).and_then(|class| class.field(Field::Name)) {
            Some(name) => Ref::new(Scope::Local, [name.text()]),
            None => Ref::new(Scope::Global, ["this"]),
        }
    }

    fn member(&self, node: Syntax<'t>, depth: u32) -> Node {
        let span = node.span();
        let Some(object) = node.field(Field::Object) else { return Node::unknown(Why::Broken, span) };
        if is_env(node) {
            return Node::new(span, NodeKind::Ref(Ref::to(Scope::Env)));
        }
        let base = self.expr(object, depth);
        let key = match node.kind() {
            Kind::Member => node.field(Field::Property).map(|name| Node::text(name.text(), name.span())),
            _ => node.field(Field::Index).map(|index| self.expr(index, depth)),
        };
        let Some(key) = key else { return Node::unknown(Why::Broken, span) };
        match (&base.kind, key.as_str()) {
            (NodeKind::Ref(target), Some(name)) if let Some(part) = self.outside(target, name, object) => {
                Node::new(span, NodeKind::Ref(part))
            }
            (NodeKind::Ref(_), Some(name)) if is_request_part(name) && self.is_context(object) => {
                // `ctx.request.body` of Koa and `c.req.query` of Hono.
                let path: &[&str] = if matches!(name, "request" | "req") { &[] } else { &[name] };
                Node::new(span, NodeKind::Ref(Ref::new(Scope::Request, path.iter().copied())))
            }
            // The application itself, which Payload puts on requests; Hapi calls a body so.
            (NodeKind::Ref(target), Some("payload"))
                if target.scope == Scope::Request
                    && target.path.is_empty()
                    && self.tree.holds("PayloadRequest", |text| text.contains("PayloadRequest")) =>
            {
                Node::new(span, NodeKind::Ref(Ref::new(Scope::Global, ["payload"])))
            }
            (NodeKind::Ref(target), Some(name)) => Node::new(span, NodeKind::Ref(extend(target, name))),
            (NodeKind::Call(call), Some("query")) if request::takes_address_apart(call) => {
                Node::new(span, NodeKind::Ref(Ref::new(Scope::Request, ["query"])))
            }
            (_, Some(_)) => Node::new(span, NodeKind::Op(Op::Attr, vec![base, key])),
            (_, None) => Node::new(span, NodeKind::Op(Op::Index, vec![base, key])),
        }
    }

    /// What a member is of what comes from outside by another way than a request: an event of a gateway, a
    /// message, the address of a page.
    fn outside(&self, base: &Ref, name: &str, object: Syntax<'t>) -> Option<Ref> {
        let is_parameter = || {
            object.kind() == Kind::Identifier
                && self
                    .lookup(object.text(), object)
                    .is_some_and(|declaration| matches!(&declaration.form, Form::Parameter(path) if path.is_empty()))
        };
        match &base.scope {
            Scope::Global | Scope::Local if request::is_of_router(base, name) => Some(Ref::new(Scope::Request, ["address"])),
            Scope::Global | Scope::Local if base.path.iter().any(|part| matches!(part.as_str(), "snapshot" | "$route")) => {
                let is_part = matches!(name, "queryParams" | "params" | "queryParamMap" | "paramMap" | "fragment" | "query" | "hash");
                is_part.then(|| Ref::new(Scope::Request, ["address"]))
            }
            Scope::Global => request::of_page(base, name),
            Scope::Local => match name {
                "body" | "queryStringParameters" | "multiValueQueryStringParameters" | "pathParameters" | "headers" => {
                    let declaration = self.lookup(object.text(), object).filter(|_| is_parameter())?;
                    request::is_event(declaration.name, name).then(|| Ref::new(Scope::Request, [request::of_gateway(name)]))
                }
                "query" | "search" | "hash" | "params" => {
                    let declaration = self.lookup(object.text(), object).filter(|_| object.kind() == Kind::Identifier)?;
                    let Form::Variable(Some(made), path) = &declaration.form else { return None };
                    (path.is_empty() && request::is_hook_with(*made, name)).then(|| Ref::new(Scope::Request, ["address"]))
                }
                "data" => {
                    let declaration = self.lookup(object.text(), object).filter(|_| is_parameter())?;
                    let function = declaration.name.ancestors().find(|outer| outer.kind().is_function())?;
                    self.takes_any_window(function).then(|| Ref::new(Scope::Request, ["posted"]))
                }
                _ if object.text() == "event" => {
                    let declaration = self.lookup("event", object).filter(|_| is_parameter())?;
                    request::is_of_function(declaration.name).then(|| Ref::new(Scope::Request, ["event", name]))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a name is the context that Koa and Hono hand to handlers.
    fn is_context(&self, object: Syntax<'t>) -> bool {
        matches!(object.text(), "ctx" | "c" | "context")
            && self.lookup(object.text(), object).is_some_and(|declaration| matches!(declaration.form, Form::Parameter(_)))
    }

    fn call(&self, node: Syntax<'t>, depth: u32) -> Node {
        let span = node.span();
        let is_new = node.kind() == Kind::New;
        if let Some(module) = self.required(node).filter(|_| !is_new) {
            return Node::new(span, NodeKind::Ref(module));
        }
        let Some(function) = node.field(Field::Function).or_else(|| node.field(Field::Constructor)) else {
            return Node::unknown(Why::Broken, span);
        };
        let (callee, receiver) = self.callee(function, depth);
        // `Deno.env.get('X')`.
        if callee.scope == Scope::Global && callee.names().as_slice() == ["Deno", "env", "get"] {
            let name = node.field(Field::Arguments).and_then(Syntax::first).map(unquoted);
            return Node::new(span, NodeKind::Ref(Ref::new(Scope::Env, name)));
        }
        let args = match node.field(Field::Arguments) {
            // A tagged template.
            Some(args) if args.kind() == Kind::TemplateString => vec![self.expr(args, depth)],
            Some(args) => args.children().map(|arg| self.expr(arg, depth)).collect(),
            None => Vec::new(),
        };
        Node::new(span, NodeKind::Call(Box::new(Call { callee, receiver, args, is_new, result_used: result_used(node) })))
    }

    /// What is called, and the expression that it is called on where that is no plain name.
    fn callee(&self, function: Syntax<'t>, depth: u32) -> (Ref, Option<Node>) {
        let lowered = self.expr(function, depth);
        match lowered.kind {
            NodeKind::Ref(target) => (called(target), None),
            NodeKind::Op(Op::Attr, mut operands) if operands.len() == 2 => {
                let name = SmolStr::new(operands[1].as_str().unwrap_or_default());
                (Ref::new(Scope::Global, [name]), Some(operands.swap_remove(0)))
            }
            kind => (Ref::to(Scope::Global), Some(Node { kind, ..lowered })),
        }
    }

    /// What a call or `new` calls, without lowering its arguments or receiver.
    pub(super) fn callee_of(&self, node: Syntax<'t>) -> Option<Ref> {
        let mut function = node.field(Field::Function).or_else(|| node.field(Field::Constructor))?;
        let mut names: SmallVec<[&str; 4]> = SmallVec::new();
        for _ in 0..16 {
            match function.kind() {
                Kind::Parenthesized | Kind::NonNull | Kind::As | Kind::Instantiation => function = function.first()?,
                Kind::Member => {
                    names.push(function.field(Field::Property)?.text());
                    function = function.field(Field::Object)?;
                }
                Kind::Identifier => {
                    let base = self.name(function);
                    return Some(called(names.iter().rev().fold(base, |base, name| extend(&base, name))));
                }
                Kind::This | Kind::Super => {
                    let base = Self::this(function);
                    return Some(names.iter().rev().fold(base, |base, name| base.child(*name)));
                }
                Kind::Call => {
                    if let Some(base) = self.required(function) {
                        return Some(called(names.iter().rev().fold(base, |base, name| extend(&base, name))));
                    }
                    return names.first().map(|name| Ref::new(Scope::Global, [*name]));
                }
                _ => return names.first().map(|name| Ref::new(Scope::Global, [*name])),
            }
        }
        None
    }

    fn unary(&self, node: Syntax<'t>, depth: u32) -> Node {
        let span = node.span();
        let operator = node.field(Field::Operator).map_or("", Syntax::text);
        let Some(argument) = node.field(Field::Argument) else { return Node::unknown(Why::Broken, span) };
        match operator {
            "!" => Node::new(span, NodeKind::Op(Op::Not, vec![self.expr(argument, depth)])),
            "void" => Node::new(span, NodeKind::Null),
            // `+text` is `Number(text)`.
            "+" => match self.expr(argument, depth) {
                Node { kind: NodeKind::Number(value), .. } => Node::new(span, NodeKind::Number(value)),
                inner => {
                    let call = Call { args: vec![inner], ..Call::of(Ref::new(Scope::Global, ["Number"])) };
                    Node::new(span, NodeKind::Call(Box::new(call)))
                }
            },
            "-" => match self.expr(argument, depth) {
                Node { kind: NodeKind::Number(value), .. } => Node::new(span, NodeKind::Number(-value)),
                inner => Node::new(span, NodeKind::Op(Op::Neg, vec![inner])),
            },
            _ => Node::unknown(Why::Opaque, span),
        }
    }

    /// A chain of one operator is one flat operation: `a + b + c` nests to the left without end.
    fn binary(&self, node: Syntax<'t>, depth: u32) -> Node {
        let span = node.span();
        let word = node.field(Field::Operator).map_or("", Syntax::text);
        let Some(op) = operator(word) else { return Node::unknown(Why::Opaque, span) };
        let mut parts = Vec::new();
        let mut left = node;
        let flat = matches!(op, Op::Add | Op::Or | Op::And | Op::Coalesce);
        loop {
            let (Some(first), Some(second)) = (left.field(Field::Left), left.field(Field::Right)) else {
                return Node::unknown(Why::Broken, span);
            };
            parts.push(second);
            let same = first.kind() == Kind::Binary && first.field(Field::Operator).is_some_and(|operator| operator.text() == word);
            if flat && same && parts.len() < 4096 {
                left = first;
            } else {
                parts.push(first);
                break;
            }
        }
        let operands: Vec<Node> = parts.into_iter().rev().map(|part| self.expr(part, depth)).collect();
        let is_text = |operand: &Node| matches!(operand.kind, NodeKind::Text(_));
        if op == Op::Add && operands.iter().any(is_text) {
            let mut text = Text::default();
            for operand in operands {
                text.push(operand);
            }
            text.join_literals();
            return Node::new(span, NodeKind::Text(text));
        }
        Node::new(span, NodeKind::Op(op, operands))
    }
}

/// What of a path is below the folder of its file: `/env/all.js` of `path.join(__dirname, 'env', 'all.js')`,
/// `` `${__dirname}/env/all.js` ``.
fn beside(path: Syntax<'_>, depth: u32) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    let literal = |part: Syntax<'_>| (part.kind() == Kind::String).then(|| unquoted(part).to_owned());
    match path.kind() {
        Kind::Identifier => (path.text() == "__dirname").then(String::new),
        Kind::Binary => Some(beside(path.field(Field::Left)?, depth)? + &literal(path.field(Field::Right)?)?),
        Kind::TemplateString => unquoted(path).strip_prefix("${__dirname}").filter(|rest| !rest.contains("${")).map(str::to_owned),
        Kind::Call if matches!(path.field(Field::Function)?.text(), "path.resolve" | "path.join" | "resolve" | "join") => {
            let mut parts = path.field(Field::Arguments)?.children();
            let mut joined = beside(parts.next()?, depth)?;
            for part in parts {
                joined = format!("{joined}/{}", literal(part)?.trim_start_matches("./"));
            }
            Some(joined)
        }
        _ => None,
    }
}

/// One more name on a reference; `default` of a package is the package.
fn extend(base: &Ref, name: &str) -> Ref {
    match (&base.scope, base.names().as_slice()) {
        (Scope::Import(module), [first @ ("*" | "default")]) => imported(module, &[first, name]),
        _ => base.child(name),
    }
}

/// A namespace that is called is the module's own function.
fn called(target: Ref) -> Ref {
    match target.module() {
        Some(module) if target.path.len() == 1 && target.first() == "*" => Ref::import(module, "default"),
        _ => target,
    }
}

/// `process.env`, `import.meta.env`, `Bun.env`.
pub(super) fn is_env(node: Syntax<'_>) -> bool {
    node.kind() == Kind::Member
        && node.field(Field::Property).is_some_and(|name| name.text() == "env")
        && node.field(Field::Object).is_some_and(|object| matches!(object.text(), "process" | "import.meta" | "Bun"))
}

/// Whether a parameter is the request, by what every framework calls it.
fn is_request(declaration: &Declaration<'_>) -> bool {
    let Form::Parameter(path) = &declaration.form else { return false };
    path.is_empty() && matches!(declaration.name.text(), "req" | "request" | "_req" | "_request")
}

/// Members of a context object that are the request's.
fn is_request_part(name: &str) -> bool {
    matches!(name, "request" | "req" | "query" | "params" | "body" | "querystring" | "originalUrl")
}

fn operator(word: &str) -> Option<Op> {
    Some(match word {
        "||" => Op::Or,
        "??" => Op::Coalesce,
        "&&" => Op::And,
        "==" | "===" => Op::Eq,
        "!=" | "!==" => Op::Ne,
        "<" => Op::Lt,
        "<=" => Op::Le,
        ">" => Op::Gt,
        ">=" => Op::Ge,
        "+" => Op::Add,
        "-" => Op::Sub,
        "*" => Op::Mul,
        "/" => Op::Div,
        "%" => Op::Rem,
        _ => return None,
    })
}

/// A number in any of the forms of the language.
fn number(text: &str) -> Option<f64> {
    let digits = text.replace('_', "").to_ascii_lowercase();
    let digits = digits.strip_suffix('n').unwrap_or(&digits);
    #[expect(clippy::cast_precision_loss, reason = "numbers are doubles in this language")]
    let radix = |digits: &str, radix| u64::from_str_radix(digits, radix).ok().map(|number| number as f64);
    match digits.get(..2) {
        Some("0x") => radix(&digits[2..], 16),
        Some("0o") => radix(&digits[2..], 8),
        Some("0b") => radix(&digits[2..], 2),
        _ => digits.parse().ok(),
    }
}

/// What an escape sequence stands for.
fn unescape(text: &str) -> SmolStr {
    let code = |digits: &str| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
    let mut rest = text.chars().skip(1);
    let decoded = match rest.next() {
        Some('n') => Some('\n'),
        Some('t') => Some('\t'),
        Some('r') => Some('\r'),
        Some('b') => Some('\u{8}'),
        Some('f') => Some('\u{c}'),
        Some('v') => Some('\u{b}'),
        Some('0') if text.len() == 2 => Some('\0'),
        Some('x') => code(&text[2..]),
        Some('u') => code(text[2..].trim_start_matches('{').trim_end_matches('}')),
        // A line continuation.
        Some('\n' | '\r') => return SmolStr::default(),
        other => other,
    };
    decoded.map(|char| SmolStr::new(char.encode_utf8(&mut [0; 4]))).unwrap_or_default()
}

/// A regular expression as the constructor that it is short for; the text keeps its slashes.
fn regex(node: Syntax<'_>) -> Call {
    Call {
        callee: Ref::new(Scope::Global, ["RegExp"]),
        receiver: None,
        args: vec![Node::text(node.text(), node.span())],
        is_new: true,
        result_used: Tri::Yes,
    }
}
