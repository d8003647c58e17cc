//! What names stand for: imports, the environment, and the parts of a request under every name that frameworks give them.

use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::extract::typescript::names::{Declaration, Form, Module, imported, is_package, unquoted};
use crate::extract::typescript::request;
use crate::ir::{Ref, Scope};
use crate::parse::typescript::{Field, Kind, Syntax};

impl<'t> Module<'t> {
    /// What an identifier refers to.
    pub(in crate::extract::typescript) fn name(&self, node: Syntax<'t>) -> Ref {
        match self.lookup(node.text(), node) {
            Some(declaration) => self.reference(declaration),
            None => Ref::new(Scope::Global, [node.text()]),
        }
    }

    /// A declaration as a reference: an import or a piece of the environment is looked through.
    pub(in crate::extract::typescript) fn stands_for(&self, declaration: &Declaration<'t>) -> Ref {
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
    pub(super) fn required(&self, call: Syntax<'t>) -> Option<Ref> {
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
    pub(super) fn this(node: Syntax<'t>) -> Ref {
        match node.ancestors().find(|outer| outer.kind().is_class()).and_then(|class| class.field(Field::Name)) {
            Some(name) => Ref::new(Scope::Local, [name.text()]),
            None => Ref::new(Scope::Global, ["this"]),
        }
    }

    /// What a member is of what comes from outside by another way than a request: an event of a gateway, a
    /// message, the address of a page.
    pub(super) fn outside(&self, base: &Ref, name: &str, object: Syntax<'t>) -> Option<Ref> {
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
    pub(super) fn is_context(&self, object: Syntax<'t>) -> bool {
        matches!(object.text(), "ctx" | "c" | "context")
            && self.lookup(object.text(), object).is_some_and(|declaration| matches!(declaration.form, Form::Parameter(_)))
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
pub(super) fn extend(base: &Ref, name: &str) -> Ref {
    match (&base.scope, base.names().as_slice()) {
        (Scope::Import(module), [first @ ("*" | "default")]) => imported(module, &[first, name]),
        _ => base.child(name),
    }
}

/// `process.env`, `import.meta.env`, `Bun.env`.
pub(in crate::extract::typescript) fn is_env(node: Syntax<'_>) -> bool {
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
pub(super) fn is_request_part(name: &str) -> bool {
    matches!(name, "request" | "req" | "query" | "params" | "body" | "querystring" | "originalUrl" | "cookies")
}
