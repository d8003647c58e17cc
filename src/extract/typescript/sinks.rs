//! Functions that are dangerous when a stranger's data reaches them, by the rows of
//! `rules/tables/sinks.toml`; and settings that are bad wherever they stand.

mod address;
mod answer;
mod asked;
mod asymmetric;
mod bounds;
pub(super) mod callers;
mod checked;
mod claimed;
mod clock;
mod columns;
mod compare;
mod connection;
mod cookies;
mod counted;
mod declared;
mod dom;
mod escape;
mod failed;
mod faults;
mod flow;
pub(super) mod handed;
mod heard;
mod helper;
mod identity;
mod journal;
mod kept;
mod known;
mod legible;
mod letters;
mod linked;
mod logged;
mod made;
mod meant;
mod method;
mod parts;
mod plain;
mod policy;
mod pollute;
mod purpose;
mod records;
mod relogged;
mod rest;
mod rows;
mod sent;
mod session;
mod settings;
mod shown;
mod slow;
mod stands;
mod template;
mod told;
mod unhashed;
mod unsigned;
mod upload;
mod within;

use std::cell::{OnceCell, RefCell};

use smol_str::SmolStr;

use self::callers::Callers;
use self::checked::Checked;
use self::meant::{is_meant, is_record};
use self::parts::parts;
use self::rows::{Row, maker};
pub(super) use self::stands::constant_of;
use super::names::{Module, unquoted};
use crate::extract::Extract;
use crate::ir::{FactKind, Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

/// A file with what is read of the rest of it, once a sink is there to ask for it.
struct Around<'m, 't> {
    module: &'m Module<'t>,
    checked: OnceCell<Checked<'t>>,
    callers: OnceCell<Callers<'t>>,
    asks_server: OnceCell<bool>,
    loggers: RefCell<relogged::Loggers>,
}

/// Emits the sinks of a file; says what its calls hand to functions of other files.
pub(super) fn emit(module: &Module<'_>, cx: &mut Extract<'_>) -> handed::Calls {
    let around =
        Around { module, checked: OnceCell::new(), callers: OnceCell::new(), asks_server: OnceCell::new(), loggers: RefCell::default() };
    let mut handed = handed::Calls { may_relay: !is_component(&cx.file.path), ..handed::Calls::default() };
    for node in module.tree.all() {
        match node.kind() {
            Kind::Call | Kind::New => {
                call(&around, node, cx);
                records::model::call(module, node, cx);
                records::service(module, node, cx);
                records::around(node, cx);
                policy::pattern(module, node, cx);
                upload::emit(module, node, cx);
                method::emit(&around, node, cx);
                claimed::emit(module, node, cx);
                plain::emit(&around, node, cx);
                plain::made(&around, node, cx);
                told::object_type(node, cx);
                identity::issued(node, cx);
                identity::cookie(module, node, cx);
                known::account(module, node, cx);
                known::basic(module, node, cx);
                asymmetric::emit(module, node, cx);
                compare::unawaited(module, node, cx);
                journal::emit(module, node, cx);
                relogged::emit(&around, node, cx);
                told::emit(module, node, cx);
                template::emit(&around, node, cx);
                records::answered::emit(module, node, cx);
                faults::call(module, node, cx);
                helper::emit(module, node, cx);
                dom::call(&around, node, cx);
                handed::emit(&around, node, &mut handed);
            }
            Kind::Pair => {
                policy::pair(node, cx);
                settings::pair(node, cx);
                declared::pair(module, node, cx);
                known::pair(module, node, cx);
                pair(&around, node, cx);
            }
            // `client.search(base, { filter })`.
            Kind::ShorthandProperty if node.text() == "filter" => {
                value_sink(&around, node, SinkKind::Filter, Ref::new(Scope::Global, ["filter"]), node, None, cx);
            }
            Kind::ShorthandProperty if node.text() == "body" && is_below(node, &["$function"]) => {
                value_sink(&around, node, SinkKind::Code, Ref::new(Scope::Global, ["body"]), node, None, cx);
            }
            Kind::Assignment | Kind::AugmentedAssignment => {
                settings::assignment(module, node, cx);
                known::keys(module, node, cx);
                pollute::assignment(&around, node, cx);
                session::assignment(module, node, cx);
                identity::shared(module, node, cx);
                kept::assignment(module, node, cx);
                faults::assigned(module, node, cx);
                unsigned::instead(module, node, cx);
                told::emit(module, node, cx);
                records::answered::emit(module, node, cx);
                dom::assignment(&around, node, cx);
            }
            Kind::Binary => {
                compare::emit(module, node, cx);
                known::compared(module, node, cx);
                compare::skipped(module, node, cx);
                unsigned::emit(node, cx);
                policy::length(node, cx);
                purpose::biased(node, cx);
            }
            Kind::String | Kind::TemplateString => {
                records::model::table(node, cx);
                if node.kind() == Kind::TemplateString {
                    linked::emit(&around, node, cx);
                    crate::extract::schema::emit(node.text(), node.span(), cx);
                }
            }
            Kind::Member => {
                settings::password_in_query(module, node, cx);
                claimed::emit(module, node, cx);
            }
            Kind::Subscript => claimed::emit(module, node, cx),
            Kind::Update => counted::emit(node, cx),
            Kind::Return => {
                answer::emit(&around, node, cx);
                made::emit(&around, node, &mut handed);
                faults::returned(module, node, cx);
                told::emit(module, node, cx);
                records::answered::emit(module, node, cx);
            }
            Kind::Regex => slow::emit(&around, node, cx),
            Kind::For => bounds::emit(&around, node, cx),
            Kind::JsxAttribute => {
                settings::attribute(node, cx);
                dom::attribute(&around, node, cx);
            }
            kind if kind.is_function() => {
                heard::emit(&around, node, cx);
                claimed::parameters(module, node, cx);
                faults::formatter(module, node, cx);
                pollute::merge(node, cx);
                pollute::walk(node, cx);
                unhashed::emit(node, cx);
                records::handler(module, node, &mut handed.handed, cx);
                if let Some(body) = node.field(Field::Body).filter(|body| body.kind() != Kind::Block) {
                    made::emit(&around, body, &mut handed);
                }
            }
            kind if kind.is_class() => {
                records::model::class(node, cx);
                records::around(node, cx);
                told::class(node, cx);
            }
            _ => {}
        }
    }
    handed
}

fn call<'t>(around: &Around<'_, 't>, node: Syntax<'t>, cx: &mut Extract<'_>) {
    let module = around.module;
    let Some(arguments) = node.field(Field::Arguments).filter(|arguments| arguments.kind() == Kind::Arguments) else { return };
    let in_brackets = stands::in_brackets(module, node);
    let name = in_brackets.as_ref().map_or_else(|| called_name(node), |(name, _)| name);
    if matches!(name, "cookie" | "setCookie" | "set" | "serialize") {
        cookies::set(module, node, cx);
    }
    if matches!(name, "now" | "getTime" | "valueOf") {
        clock::emit(node, cx);
    }
    if name == "replace" {
        escape::emit(node, cx);
    }
    if matches!(name, "keys" | "entries") {
        columns::emit(module, node, cx);
    }
    if matches!(name, "toString" | "btoa") {
        legible::emit(node, cx);
    }
    if matches!(name, "includes" | "indexOf" | "startsWith" | "endsWith" | "test" | "match") {
        within::emit(module, node, cx);
    }
    if matches!(name, "render" | "view") {
        answer::view(around, node, cx);
    }
    // Most calls are of no known name: ask for the cheap part first.
    let may_be = rows::may_speak_of(name, node) || asked::may_be_one(name, node) || purpose::may_speak_of(name, node);
    let writes_record = is_record(module, node, name) || meant::is_columns(node);
    if !may_be && !writes_record && !stands::makes_function(module, node) {
        return;
    }
    let is_import = || matches!(name, "import" | "eval").then(|| Ref::new(Scope::Global, [name]));
    let callee = in_brackets.as_ref().map(|(_, callee)| callee.clone()).or_else(|| module.callee_of(node));
    let Some(callee) = callee.or_else(is_import).map(|callee| stands::promisified(module, node, callee)) else { return };
    if writes_record {
        let row = Row::of(SinkKind::Assign, 0);
        let parts = parts(around, node, arguments, row);
        cx.fact(node.span(), owner(node, &callee), FactKind::Sink(Sink { kind: row.kind, callee, parts, options: None }));
        return;
    }
    if name == "createHmac" {
        purpose::emit(module, node, &callee, cx);
    }
    let mut rows = rows::rows(&callee, name, node).peekable();
    if rows.peek().is_none() {
        if asked::may_be_one(name, node) {
            asked::emit(around, node, &callee, cx);
        }
        return purpose::emit(module, node, &callee, cx);
    }
    for row in rows.filter(|row| row.is_on(module, node) && is_meant(module, row.kind, name, node) && writes_lines(module, row.kind, node))
    {
        let parts = parts(around, node, arguments, *row);
        if row.kind == SinkKind::Fetch {
            send(module, node, arguments, &callee, cx);
            if address::is_sent_with_care(module, arguments) {
                continue;
            }
        }
        if !parts.is_empty() {
            let options = options(module, node, row.kind);
            let sink = Sink { kind: row.kind, callee: callee.clone(), parts, options };
            // A condition stands far behind the beginning of its chain.
            let is_condition =
                ["where", "andWhere", "orWhere", "having", "andHaving", "orderBy", "addOrderBy", "groupBy", "addGroupBy"].contains(&name);
            let is_link = row.kind == SinkKind::Sql && (is_condition || name.len() > "Raw".len() && name.ends_with("Raw"));
            let place = if is_link { arguments.span() } else { node.span() };
            cx.fact(place, owner(node, &callee), FactKind::Sink(sink));
        }
    }
}

/// Whether a file is a component of a page, by its ending.
fn is_component(path: &str) -> bool {
    [".tsx", ".jsx", ".vue", ".svelte"].iter().any(|ending| path.ends_with(ending))
}

/// Whether a logger that is made writes texts as they come: what it writes as JSON has no line breaks.
fn writes_lines<'t>(module: &Module<'t>, kind: SinkKind, call: Syntax<'t>) -> bool {
    let logger = call.field(Field::Function).and_then(|function| function.field(Field::Object));
    let made = logger.filter(|_| kind == SinkKind::LogLine).and_then(|logger| maker(module, logger));
    // log4js writes texts, unless it is told of another layout elsewhere.
    made.is_none_or(|made| {
        called_name(made) == "getLogger" || ["printf(", "simple()", "cli()"].iter().any(|format| made.text().contains(format))
    })
}

/// A request with its address and all that goes with it: nothing should go in the clear, and no secret.
fn send<'t>(module: &Module<'t>, node: Syntax<'t>, arguments: Syntax<'t>, callee: &Ref, cx: &mut Extract<'_>) {
    let mut values = arguments.children().map(|argument| module.lower(argument));
    let Some(first) = values.next() else { return };
    let mut rest: Vec<Node> = values.collect();
    // `request.post({ url, form })`.
    let named = first.as_map().and_then(|map| ["url", "uri"].iter().find_map(|key| map.get(key))).cloned();
    let address = match named {
        Some(address) => {
            rest.insert(0, first);
            address
        }
        None => first,
    };
    let options = Some(Node::new(node.span(), NodeKind::List(rest)));
    let parts = vec![SinkPart::new(address, Tri::No, "")];
    cx.fact(node.span(), owner(node, callee), FactKind::Sink(Sink { kind: SinkKind::Send, callee: callee.clone(), parts, options }));
}

/// Values whose key says what is done with them: `$where` is code of the store, `filter: '(uid=…)'` an
/// expression of LDAP.
fn pair<'t>(around: &Around<'_, 't>, node: Syntax<'t>, cx: &mut Extract<'_>) {
    let Some(value) = node.field(Field::Value) else { return };
    let key = node.field(Field::Key).map_or("", unquoted);
    let kind = match key {
        // The first step of an aggregation chooses like a filter does.
        "$where" | "$match" => SinkKind::Query,
        "filter" if matches!(value.kind(), Kind::TemplateString | Kind::Binary | Kind::Identifier) => SinkKind::Filter,
        "__html" => return dom::html(around, node, value, cx),
        "innerHTML" | "srcDoc" | "srcdoc" | "domPropsInnerHTML" if is_of_element(node) => return dom::html(around, node, value, cx),
        "handler" => return answer::handler(around, node, cx),
        "Location" => SinkKind::Redirect,
        "destination" if is_below(node, &["redirect"]) => SinkKind::Redirect,
        // What a function of AWS answers with.
        "body" if node.parent().is_some_and(|object| has_key(object, "statusCode")) => SinkKind::Html,
        // `{ $function: { body, args, lang: 'js' } }`: code of MongoDB.
        "body" if is_below(node, &["$function"]) => SinkKind::Code,
        "init" | "accumulate" | "merge" | "finalize" if is_below(node, &["$accumulator"]) => SinkKind::Code,
        _ => return,
    };
    value_sink(around, node, kind, Ref::new(Scope::Global, [key]), value, None, cx);
}

/// Whether a pair is a property of an element that the code makes: `h('div', { innerHTML })`, `createElement('iframe', { srcDoc })`.
fn is_of_element(pair: Syntax<'_>) -> bool {
    let call = pair.ancestors().nth(2).filter(|call| call.kind() == Kind::Call);
    call.is_some_and(|call| matches!(called_name(call), "h" | "createElement" | "jsx" | "jsxs" | "createVNode"))
}

/// Whether a pair stands in the object that one of these keys has.
fn is_below(pair: Syntax<'_>, keys: &[&str]) -> bool {
    pair.ancestors().nth(1).and_then(|outer| outer.field(Field::Key)).is_some_and(|key| keys.contains(&unquoted(key)))
}

/// Emits a sink with one part.
fn value_sink<'t>(
    around: &Around<'_, 't>,
    node: Syntax<'t>,
    kind: SinkKind,
    callee: Ref,
    part: Syntax<'t>,
    options: Option<Node>,
    cx: &mut Extract<'_>,
) {
    let parts = around.flowing(node, part, kind, "");
    if !parts.is_empty() {
        let owner = owner(node, &callee);
        cx.fact(node.span(), owner, FactKind::Sink(Sink { kind, callee, parts, options }));
    }
}

/// What the rule may ask beside the parts: the options of a parser, the name that an answer is sent by.
fn options<'t>(module: &Module<'t>, node: Syntax<'t>, kind: SinkKind) -> Option<Node> {
    match kind {
        SinkKind::Xml => {
            let options = node.field(Field::Arguments)?.children().nth(1)?;
            Some(module.lower(options))
        }
        SinkKind::Sql => connection::is_called_on(module, node).then(|| Node::text("connection", node.span())),
        SinkKind::Html | SinkKind::ErrorBody => Some(Node::text(root_name(node), node.span())),
        SinkKind::Deserialize => node.field(Field::Arguments)?.children().nth(1).map(|options| module.lower(options)),
        SinkKind::Disclose | SinkKind::LogLine => Some(Node::text("called", node.span())),
        // `Object.assign({}, …)`, `_.extend({}, …)`.
        SinkKind::Assign => {
            let target = node.field(Field::Arguments)?.first().filter(|target| target.kind() == Kind::Object)?;
            // What the record is given by default, the caller's word takes the place of: `Object.assign({ role: 'user' }, body)`.
            let grants = ["role", "roles", "isAdmin", "is_admin", "admin", "permissions"].iter().any(|key| has_key(target, key));
            let copies = matches!(node.field(Field::Function)?.field(Field::Object)?.text(), "Object" | "_" | "lodash");
            (!grants && copies).then(|| Node::text("new", target.span()))
        }
        // `vm.runInContext('load(data)', { load, data })`: what the text names.
        SinkKind::Code => node.field(Field::Arguments)?.children().nth(1).map(|names| module.lower(names)),
        _ => None,
    }
}

/// The value of a key of an object that is written out.
pub(super) fn value_of<'t>(object: Syntax<'t>, key: &str) -> Option<Syntax<'t>> {
    let pair = object.children().find(|entry| entry.field(Field::Key).is_some_and(|name| unquoted(name) == key))?;
    pair.field(Field::Value)
}

fn has_key(object: Syntax<'_>, key: &str) -> bool {
    object.kind() == Kind::Object
        && object.children().any(|entry| {
            entry.field(Field::Key).map_or(entry.kind() == Kind::ShorthandProperty && entry.text() == key, |name| unquoted(name) == key)
        })
}

/// The name of what is called, without looking anything up.
pub(in crate::extract::typescript) fn called_name(node: Syntax<'_>) -> &str {
    let Some(function) = node.field(Field::Function).or_else(|| node.field(Field::Constructor)) else { return "" };
    match function.kind() {
        Kind::Member => function.field(Field::Property).map_or("", Syntax::text),
        Kind::Identifier => function.text(),
        Kind::Import => "import",
        Kind::Parenthesized if is_indirect_eval(function) => "eval",
        _ => "",
    }
}

/// `(0, eval)(code)` runs the code in the global scope.
fn is_indirect_eval(function: Syntax<'_>) -> bool {
    function.text().trim_matches(['(', ')']).rsplit_once(',').is_some_and(|(_, last)| last.trim() == "eval")
}

/// What is between brackets or has its type said: `text` of `(text as string)`, `text!`.
fn uncast(node: Syntax<'_>) -> Syntax<'_> {
    const MOST: usize = 6;
    let inner = |node: &Syntax<'_>| matches!(node.kind(), Kind::Parenthesized | Kind::As | Kind::NonNull);
    (0..MOST).try_fold(node, |node, _| node.first().filter(|_| inner(&node)).ok_or(node)).unwrap_or_else(|node| node)
}

/// The name at the root of what a method is called on: `res` of `res.status(500).json(…)`.
pub(super) fn root_name(call: Syntax<'_>) -> &str {
    let mut node = call;
    for _ in 0..16 {
        let inner = match node.kind() {
            Kind::Call => node.field(Field::Function),
            Kind::Member | Kind::Subscript => node.field(Field::Object),
            Kind::NonNull | Kind::Parenthesized | Kind::As | Kind::Await => node.first(),
            Kind::Identifier => return node.text(),
            _ => None,
        };
        let Some(inner) = inner else { break };
        node = inner;
    }
    ""
}

fn owner(node: Syntax<'_>, callee: &Ref) -> SmolStr {
    super::calls::owner_of(node, callee)
}
