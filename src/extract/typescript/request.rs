//! Names that are a part of the request, or of what else comes from outside: `@Query('id') id` of NestJS,
//! `({ body }, res) => …`, the arguments of a resolver, the address of a page.

use super::names::unquoted;
use super::symbols::decorators_of;
use crate::ir::{Call, Node, Ref, Scope};
use crate::parse::typescript::{Field, Kind, Syntax};

/// The part of the request that a parameter stands for, by its decorator or the pattern that takes it.
pub(super) fn part(name: Syntax<'_>, path: &[&str]) -> Option<Ref> {
    decorated(name).or_else(|| destructured(name, path)).or_else(|| handed(name, path)).or_else(|| of_action(name, path))
}

/// The parameters of a server action (`'use server'`): whatever a caller sends, since types hold only in the code.
fn of_action(name: Syntax<'_>, path: &[&str]) -> Option<Ref> {
    let parameter = name.ancestors().find(|outer| matches!(outer.kind(), Kind::RequiredParameter | Kind::OptionalParameter))?;
    let function = parameter.ancestors().find(|outer| outer.kind().is_function())?;
    let is_marked = |text: &str| text.starts_with("'use server'") || text.starts_with("\"use server\"");
    let file = parameter.ancestors().last()?;
    let is_exported = function.ancestors().take(3).any(|outer| outer.kind() == Kind::Export);
    let is_action = is_exported && is_marked(file.text().trim_start())
        || function.field(Field::Body).and_then(Syntax::first).is_some_and(|first| is_marked(first.text()));
    if !is_action {
        return None;
    }
    let base = match parameter.field(Field::Type).map_or("", Syntax::text).trim_start_matches(':').trim() {
        "FormData" => Ref::new(Scope::Request, ["formData"]),
        "" | "any" | "unknown" | "object" => Ref::new(Scope::Request, ["payload"]),
        "string" => Ref::new(Scope::Request, ["args", name.text()]),
        _ => return None,
    };
    Some(path.iter().fold(base, |base, name| base.child(*name)))
}

/// The entry of an archive that a loop runs over: `for (const entry of zip.getEntries())`, `of directory.files` of
/// unzipper.
pub(super) fn is_entry(name: Syntax<'_>) -> bool {
    let head = name.ancestors().take(3).find(|outer| outer.kind() == Kind::ForIn);
    head.and_then(|head| head.field(Field::Right)).is_some_and(|list| {
        let text = list.text();
        let is_of_unzipper = text.ends_with(".files") || text.contains(".files.") || text.contains(".files?.");
        text.ends_with(".getEntries()") || is_of_unzipper && is_of_file(name, "unzipper")
    })
}

/// What only the event of a gateway has.
const GATEWAY: [&str; 3] = ["queryStringParameters", "multiValueQueryStringParameters", "pathParameters"];

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
        "Args" => "args",
        "MessageBody" => "message",
        "Req" | "Request" if key.is_none() => return Some(Ref::to(Scope::Request)),
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
        None => Some(declared_as(parameter, part, declared)),
    }
}

/// A body of a declared type. Where a pipe of the method or its class may check it, the type says nothing.
fn declared_as(parameter: Syntax<'_>, part: &str, declared: &str) -> Ref {
    let is_name = declared.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let mut around = parameter.ancestors().filter(|outer| outer.kind() == Kind::Method || outer.kind().is_class());
    let is_piped = around.any(|outer| decorators_of(outer).any(|decorator| decorator.text().contains("Pipe")));
    if is_name && !is_piped { Ref::declared(part, declared) } else { Ref::new(Scope::Request, ["dto"]) }
}

/// The parameter of a list that is the request, whatever its name: the first of a function that is handed a path, and
/// answers with its second: `app.get('/', (r, answer) => answer.send(…))`.
pub(super) fn taken_by_handler(list: Syntax<'_>) -> Option<Syntax<'_>> {
    const ANSWERS: [&str; 8] = ["send(", "json(", "end(", "status(", "redirect(", "render(", "sendFile(", "sendStatus("];
    const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "all", "use"];
    let function = list.parent()?;
    let arguments = function.parent().filter(|outer| outer.kind() == Kind::Arguments)?;
    let method = arguments.parent()?.field(Field::Function)?.field(Field::Property)?.text();
    let has_path = arguments.first().is_some_and(|path| path.kind() == Kind::String && unquoted(path).starts_with('/'));
    let mut names = list.children().map(|parameter| parameter.field(Field::Pattern).unwrap_or(parameter));
    let (first, second) = (names.next()?, names.next()?);
    if !has_path || !METHODS.contains(&method) || first.kind() != Kind::Identifier {
        return None;
    }
    let body = function.field(Field::Body)?.text();
    let mut uses = body.match_indices(second.text()).filter_map(|(at, name)| body[at + name.len()..].strip_prefix('.'));
    uses.any(|rest| ANSWERS.iter().any(|answer| rest.starts_with(answer))).then_some(first)
}

/// `({ body, query }, res) => …`, and the parameters of the path that Next.js hands over.
fn destructured(name: Syntax<'_>, path: &[&str]) -> Option<Ref> {
    let (first, rest) = path.split_first()?;
    if *first == "searchParams" && is_of_page(name) {
        return Some(rest.iter().fold(Ref::new(Scope::Request, ["query"]), |base, name| base.child(*name)));
    }
    let part = of_gateway(first);
    if !matches!(part, "body" | "query" | "params" | "headers" | "cookies" | "payload" | "file" | "files") {
        return None;
    }
    let list = name.ancestors().find(|outer| outer.kind() == Kind::FormalParameters)?;
    let named = |at: usize| {
        let parameter = list.children().nth(at)?;
        Some(parameter.field(Field::Pattern).unwrap_or(parameter).text())
    };
    let of_page = list.parent().and_then(|function| function.field(Field::Name)).is_some_and(|name| name.text() == "getServerSideProps");
    let first = list.first().map_or("", Syntax::text);
    let is_handler = of_page
        || named(1).is_none_or(|second| matches!(second, "context" | "_context" | "callback"))
            && GATEWAY.iter().any(|key| first.contains(key))
        || matches!(named(1), Some("res" | "response" | "reply" | "_res" | "h"))
        || part == "params" && matches!(named(0), Some("req" | "request" | "_req" | "_request" | "_"));
    is_handler.then(|| rest.iter().fold(Ref::new(Scope::Request, [part]), |base, name| base.child(*name)))
}

/// Whether a name is taken out of what Next.js hands a page: the first parameter of the function that a file exports as
/// its default.
fn is_of_page(name: Syntax<'_>) -> bool {
    let Some(list) = name.ancestors().find(|outer| outer.kind() == Kind::FormalParameters) else { return false };
    let export = list.ancestors().take(3).find(|outer| outer.kind() == Kind::Export);
    list.first().is_some_and(|first| first.holds(name))
        && export.is_some_and(|export| export.text().trim_start_matches("export").trim_start().starts_with("default"))
}

/// Parameters that frameworks fill with what comes from outside: the arguments of a resolver of GraphQL, the
/// message of a socket, the entry of an archive, the parameters of a page's address.
fn handed(name: Syntax<'_>, path: &[&str]) -> Option<Ref> {
    let function = name.ancestors().find(|outer| outer.kind().is_function())?;
    let position = match function.field(Field::Parameters) {
        Some(list) => list.children().position(|parameter| parameter.holds(name))?,
        None => 0,
    };
    let is_args = position == 1 && is_resolver(function) || position == 0 && (is_procedure(function, name) || is_root_resolver(function));
    let part = if is_args {
        "args"
    } else {
        let call = function.parent().filter(|outer| outer.kind() == Kind::Arguments)?.parent()?;
        let called = call.field(Field::Function)?;
        let (object, method) = (called.field(Field::Object)?.text(), called.field(Field::Property)?.text());
        let event = call.field(Field::Arguments)?.first().filter(|first| first.kind() == Kind::String).map_or("", unquoted);
        let listens = position == 0 && method == "on";
        match method {
            "on" if listens && event == "entry" && !looks_at_names(name) => "entry",
            "forEach" | "map" if position == 0 && object.ends_with(".getEntries()") => "entry",
            // What `Open` of unzipper has listed.
            "forEach" | "map" if position == 0 && object.ends_with(".files") && lists_archives(name) => "entry",
            "on" if listens && event != "error" && matches!(object, "socket" | "client" | "ws" | "conn") => "message",
            // `request.on('data', (chunk) => …)` of a server without a framework.
            "on" if listens && event == "data" && matches!(object, "req" | "request") && is_parameter(function, object) => "body",
            // `server.on('method', (error, params, callback) => …)` of XML-RPC.
            "on" if position == 1 && name.text() == "params" && is_of_file(name, "xmlrpc") => "args",
            // `app.param('id', (req, res, next, id) => …)`.
            "param" if position == 3 => "params",
            // What a page asks the process of Electron that shows it.
            "on" | "handle" | "once" if position > 0 && object == "ipcMain" => "ipc",
            "subscribe"
                if position == 0
                    && ["queryParams", "queryParamMap", "route.params", "paramMap", "fragment"].iter().any(|end| object.ends_with(end)) =>
            {
                "address"
            }
            _ => return None,
        }
    };
    // `on('entry', (header, stream) => …)` of tar-stream.
    let inner = (part == "entry" && name.text() == "header").then_some("header");
    Some(Ref::new(Scope::Request, std::iter::once(part).chain(inner).chain(path.iter().copied())))
}

/// Whether a function around another is handed something under a name first: the request, not one that is sent.
fn is_parameter(inner: Syntax<'_>, name: &str) -> bool {
    let mut around = inner.ancestors().filter(|outer| outer.kind().is_function());
    around.any(|outer| {
        let first = outer.field(Field::Parameters).and_then(Syntax::first);
        first.is_some_and(|first| first.field(Field::Pattern).unwrap_or(first).text() == name)
    })
}

/// Whether a parameter is what a procedure is called with from far away: `'shop.Lookup': (params, done) => …` in a map of
/// such.
fn is_procedure(function: Syntax<'_>, name: Syntax<'_>) -> bool {
    let key = function.parent().filter(|outer| outer.kind() == Kind::Pair).and_then(|pair| pair.field(Field::Key));
    matches!(name.text(), "params" | "args") && key.is_some_and(|key| key.kind() == Kind::String && key.text().contains('.'))
}

/// Whether the file of a node asks for a library.
fn is_of_file(node: Syntax<'_>, library: &str) -> bool {
    let asks = |quote: char| node.ancestors().last().is_some_and(|file| file.text().contains(&format!("{quote}{library}{quote}")));
    asks('\'') || asks('"')
}

/// Whether a file lists archives with unzipper, which leaves the names of entries as they are.
fn lists_archives(name: Syntax<'_>) -> bool {
    name.tree().holds("unzipper", |text| text.contains("unzipper.Open") || text.contains("from 'unzipper'"))
}

/// yauzl refuses names that lead out of the archive, unless it is told to hand them over as bytes.
fn looks_at_names(name: Syntax<'_>) -> bool {
    let file = name.ancestors().last().map_or("", Syntax::text);
    file.contains("yauzl") && !file.contains("decodeStrings: false")
}

/// A field of `Query`, `Mutation` or `Subscription` in a map of resolvers, or the `resolve` of a field.
pub(super) fn is_resolver(function: Syntax<'_>) -> bool {
    // `secured((parent, args) => …)`: a wrapper hands the arguments on.
    let wrapper = function.parent().filter(|outer| outer.kind() == Kind::Arguments).and_then(Syntax::parent);
    let value = wrapper.unwrap_or(function);
    let own = if function.kind() == Kind::Method { Some(function) } else { value.parent().filter(|outer| outer.kind() == Kind::Pair) };
    let Some(own) = own else { return false };
    let named = |node: Syntax<'_>| node.field(Field::Key).or_else(|| node.field(Field::Name)).map_or("", unquoted).to_owned();
    if matches!(named(own).as_str(), "resolve" | "subscribe") {
        return true;
    }
    let holder = own.parent().filter(|outer| outer.kind() == Kind::Object).and_then(Syntax::parent);
    holder.is_some_and(|holder| {
        matches!(holder.kind(), Kind::Pair | Kind::VariableDeclarator)
            && matches!(named(holder).as_str(), "Query" | "Mutation" | "Subscription")
            || is_part_of_resolvers(holder) && reads_like_resolver(function)
    })
}

/// Whether the object that something holds may be the resolvers of one type, which another file puts together with the
/// others: `module.exports = { … }`, `export const memberQueries = { … }`.
pub(super) fn is_part_of_resolvers(holder: Syntax<'_>) -> bool {
    match holder.kind() {
        Kind::Assignment => holder.field(Field::Left).is_some_and(|left| matches!(left.text(), "module.exports" | "exports")),
        Kind::Export => true,
        Kind::VariableDeclarator => {
            let name = holder.field(Field::Name).map_or("", Syntax::text).to_ascii_lowercase();
            ["query", "queries", "mutation", "mutations", "resolver", "resolvers"].iter().any(|end| name.ends_with(end))
        }
        _ => false,
    }
}

/// Whether a function takes what resolvers are handed: what is around the field, the arguments, the context.
pub(super) fn reads_like_resolver<'t>(function: Syntax<'t>) -> bool {
    const AROUND: [&str; 11] = ["_", "__", "parent", "_parent", "root", "_root", "obj", "_obj", "source", "_source", "rootValue"];
    let mut parameters = function.field(Field::Parameters).into_iter().flat_map(Syntax::children);
    let pattern = |parameter: Syntax<'t>| parameter.field(Field::Pattern).unwrap_or(parameter).text();
    let is_first = parameters.next().is_some_and(|first| AROUND.contains(&pattern(first)));
    let second = parameters.next().map_or("", pattern);
    is_first
        && (second.starts_with('{')
            || second.trim_start_matches('_').starts_with("arg")
            || second.starts_with('_') && parameters.next().is_some())
}

/// A resolver of the object that `graphql-js` calls the root: `rootValue: { user: ({ name }) => … }`, `const root = { user }`,
/// which is handed the arguments first.
pub(super) fn is_root_resolver(function: Syntax<'_>) -> bool {
    let holder = match function.kind() {
        Kind::Method => function.parent(),
        Kind::Function => return is_named_by_root(function),
        _ => match function.parent() {
            Some(pair) if pair.kind() == Kind::Pair => pair.parent(),
            Some(made) if made.kind() == Kind::VariableDeclarator => return is_named_by_root(made),
            _ => None,
        },
    };
    let Some(holder) = holder.filter(|holder| holder.kind() == Kind::Object).and_then(Syntax::parent) else { return false };
    let name = holder.field(Field::Key).or_else(|| holder.field(Field::Name)).map_or("", unquoted);
    is_root(name) && (is_about_graphql(function) || takes_context(function) || has_resolvers(holder))
}

/// Whether the object of resolvers names a function: `const root = { user: getUser }`.
fn is_named_by_root(function: Syntax<'_>) -> bool {
    const LONGEST: usize = 4_000;
    /// Statements of a file, for each of its functions.
    const MOST: usize = 500;
    let name = function.field(Field::Name).map_or("", Syntax::text);
    if name.is_empty() || !is_about_graphql(function) {
        return false;
    }
    let statements = function.tree().root().children().take(MOST);
    statements.flat_map(|statement| std::iter::once(statement).chain(statement.children())).any(|made| {
        let value = made.field(Field::Value).filter(|value| value.kind() == Kind::Object && value.span().len() <= LONGEST);
        let names = |value: Syntax<'_>| value.children().any(|entry| entry.field(Field::Value).unwrap_or(entry).text() == name);
        made.field(Field::Name).is_some_and(|own| is_root(own.text())) && value.is_some_and(names)
    })
}

/// Whether a function is handed the context of a query behind its arguments: `({ id }, ctx) => …`.
fn takes_context(function: Syntax<'_>) -> bool {
    let second = function.field(Field::Parameters).and_then(|list| list.children().nth(1));
    second.is_some_and(|second| matches!(second.field(Field::Pattern).unwrap_or(second).text(), "ctx" | "context" | "_ctx" | "_context"))
}

/// Whether one of the functions that an object holds is handed the context of a query.
fn has_resolvers(holder: Syntax<'_>) -> bool {
    const MOST: usize = 24;
    let functions = holder.field(Field::Value).into_iter().flat_map(Syntax::children).take(MOST);
    functions.map(|entry| entry.field(Field::Value).unwrap_or(entry)).any(|value| value.kind().is_function() && takes_context(value))
}

pub(super) fn is_root(name: &str) -> bool {
    matches!(name, "rootValue" | "rootResolver" | "rootResolvers") || name.to_ascii_lowercase().ends_with("root")
}

fn is_about_graphql(node: Syntax<'_>) -> bool {
    node.tree().holds("graphql", |text| ["graphql", "GraphQL"].iter().any(|word| text.contains(word)))
}

/// Whether a parameter is the event that a function of AWS is run with: the first of what a module exports as
/// `handler`, or under any name of `exports`.
pub(super) fn is_of_function(parameter: Syntax<'_>) -> bool {
    let Some(function) = parameter.ancestors().find(|outer| outer.kind().is_function()) else { return false };
    let first = function.field(Field::Parameters).and_then(Syntax::first).or_else(|| function.field(Field::Parameter));
    let Some(holder) = function.parent().filter(|_| first.is_some_and(|first| first.holds(parameter))) else { return false };
    match holder.kind() {
        Kind::Assignment => holder.field(Field::Left).is_some_and(|left| {
            let target = left.text();
            target.starts_with("exports.") || target.starts_with("module.exports.")
        }),
        Kind::VariableDeclarator => {
            let is_named =
                |field| holder.field(field).is_some_and(|name| name.text().to_ascii_lowercase().trim_end_matches('>').ends_with("handler"));
            (is_named(Field::Name) || is_named(Field::Type)) && holder.ancestors().any(|outer| outer.kind() == Kind::Export)
        }
        Kind::Export => function.field(Field::Name).is_some_and(|name| name.text().to_ascii_lowercase().ends_with("handler")),
        _ => false,
    }
}

/// Whether a parameter is what the gateway of AWS hands to a function, where a member of such a name is read of it: by
/// its name, by its type, or by what is exported.
pub(super) fn is_event(parameter: Syntax<'_>, member: &str) -> bool {
    const TYPES: [&str; 4] = ["APIGateway", "LambdaFunctionURL", "ALBEvent", "HandlerEvent"];
    let types = |text: &str| TYPES.iter().any(|name| text.contains(name));
    let declared = parameter.parent().and_then(|parameter| parameter.field(Field::Type)).map_or("", Syntax::text);
    let handler = || {
        let function = parameter.ancestors().find(|outer| outer.kind().is_function())?;
        function.parent()?.field(Field::Type).map(Syntax::text)
    };
    parameter.text() == "event" || types(declared) || is_of_function(parameter) && (is_of_gateway(member) || handler().is_some_and(types))
}

/// Whether nothing but the event of a gateway has a member of that name.
pub(super) fn is_of_gateway(member: &str) -> bool {
    GATEWAY.contains(&member)
}

/// A part of an event that the gateway of AWS hands to a function, by the name that requests have for it.
pub(super) fn of_gateway(name: &str) -> &str {
    match name {
        "queryStringParameters" | "multiValueQueryStringParameters" => "query",
        "pathParameters" => "params",
        name => name,
    }
}

/// What whoever makes a link says of a page: its address, where the visitor came from, its window's name.
pub(super) fn of_page(base: &Ref, name: &str) -> Option<Ref> {
    let names = base.names();
    let is_outside = match names.as_slice() {
        ["location"] | ["window" | "document" | "self" | "top" | "parent", "location"] => matches!(name, "hash" | "search" | "href"),
        ["document"] => matches!(name, "URL" | "referrer" | "documentURI" | "baseURI"),
        ["window"] => name == "name",
        _ => false,
    };
    is_outside.then(|| Ref::new(Scope::Request, ["address", name]))
}

/// What React Router hands to a component: `props.location.search`, `this.props.match.params`.
pub(super) fn is_of_router(base: &Ref, name: &str) -> bool {
    let mut names = base.path.iter().rev().map(|name| name.split('@').next().unwrap_or_default());
    let (last, before) = (names.next().unwrap_or_default(), names.next());
    let is_prop = before == Some("props") || before.is_none() && base.is_parameter();
    is_prop && matches!((last, name), ("location", "search" | "hash") | ("match", "params"))
}

/// `url.parse(req.url, true)`, of which `query` is what Express calls so.
pub(super) fn takes_address_apart(call: &Call) -> bool {
    let is_address = |name: &Ref| name.scope == Scope::Request && matches!(name.names().as_slice(), ["url" | "originalUrl"]);
    call.callee.module() == Some("url") && call.callee.last() == "parse" && call.args.first().and_then(Node::as_ref).is_some_and(is_address)
}

/// Hooks that read the address of the page.
pub(super) fn is_hook(value: Syntax<'_>) -> bool {
    value.kind() == Kind::Call
        && matches!(value.field(Field::Function).map_or("", Syntax::text), "useSearchParams" | "useQueryParams" | "useParams")
}

/// Hooks whose members are of the address: `useRouter().query`, `useLocation().search`, `useRoute().params` of Vue.
pub(super) fn is_hook_with(value: Syntax<'_>, member: &str) -> bool {
    let hook = value.field(Field::Function).filter(|_| value.kind() == Kind::Call).map_or("", Syntax::text);
    matches!((hook, member), ("useRouter", "query") | ("useLocation", "search" | "hash") | ("useRoute", "query" | "params" | "hash"))
}
