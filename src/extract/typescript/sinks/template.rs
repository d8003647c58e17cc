//! Templates that stand in the code, with the data they are filled with: what one shows as it is goes into markup.
//! `ejs.render('<p><%- note %></p>', { note })`, `const page = Handlebars.compile('<b>{{{name}}}</b>')` and `page({ name })`.

use std::borrow::Cow;

use super::{Around, called_name, flow, maker, owner, value_of};
use crate::extract::Extract;
use crate::extract::typescript::names::{Form, Module, unquoted};
use crate::ir::{FactKind, Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};
use crate::parse::view::{Engine, Place, parse};
use crate::source::Src;

/// Bytes of a template that are looked at.
const MAX_TEMPLATE: usize = 20_000;

/// How an engine writes what it does not escape.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// As the family does.
    Own(Engine),
    /// `<%= value %>`, as Lodash and Underscore do; `<%-` escapes.
    Equals,
    /// `{{= value }}`, as doT does; `{{!` escapes.
    Dot,
    /// Nunjucks that is told to escape nothing.
    Open,
}

/// Emits what a template is filled with and shows as it is.
pub(super) fn emit<'t>(around: &Around<'_, 't>, call: Syntax<'t>, cx: &mut Extract<'_>) {
    let module = around.module;
    let Some(function) = call.field(Field::Function) else { return };
    let arguments = || call.field(Field::Arguments).into_iter().flat_map(Syntax::children);
    // `page(data)` of a template that was compiled, or a template and its data at once.
    let (made, data) = match called_name(call) {
        "render" | "renderString" => (call, arguments().nth(1)),
        _ if matches!(function.kind(), Kind::Identifier | Kind::Call) && compiles(module) => match maker(module, function) {
            Some(made) if matches!(called_name(made), "compile" | "template") => (made, arguments().next()),
            _ => return,
        },
        _ => return,
    };
    let Some(data) = data else { return };
    let Some(dialect) = dialect(module, made) else { return };
    let template = made.field(Field::Arguments).and_then(Syntax::first).and_then(|first| written(module, first));
    let Some(template) = template.filter(|text| text.len() <= MAX_TEMPLATE && is_html(dialect, text)) else { return };
    let (text, engine) = in_family(dialect, template);
    let given = flow::flowing(module, data, module.lower(data));
    for shown in parse(&Src::embedded(cx.file.id, &text, &[]), engine) {
        let is_raw = matches!(shown.place, Place::Markup | Place::Json | Place::Script) && shown.through.is_empty();
        let Some(value) = Some(&shown.path).filter(|_| is_raw).and_then(|path| member(&given, path)) else { continue };
        let callee = Ref::new(Scope::Global, ["template"]);
        let parts = vec![SinkPart::new(value, Tri::Maybe, "whole")];
        let options = Some(Node::text("template", call.span()));
        let owner = owner(call, &callee);
        cx.fact(call.span(), owner, FactKind::Sink(Sink { kind: SinkKind::Html, callee, parts, options }));
    }
}

/// Whether the file compiles templates at all.
fn compiles(module: &Module<'_>) -> bool {
    module.tree.holds("templates", |text| [".compile(", ".template(", "template("].iter().any(|call| text.contains(call)))
}

/// The dialect of what a call renders or compiles, by the library that it is of.
fn dialect<'t>(module: &Module<'t>, call: Syntax<'t>) -> Option<Dialect> {
    let callee = module.callee_of(call)?;
    let object = call.field(Field::Function).and_then(|function| function.field(Field::Object));
    // `const views = new nunjucks.Environment(loader, options)`.
    let made = object.filter(|_| callee.module().is_none()).and_then(|object| maker(module, object));
    let library = match callee.module() {
        Some(module) => module.to_owned(),
        None => module.callee_of(made?)?.module()?.to_owned(),
    };
    let has = |option: &str| {
        let options = made.unwrap_or(call).field(Field::Arguments).into_iter().flat_map(Syntax::children);
        options.filter(|options| options.kind() == Kind::Object).find_map(|options| value_of(options, option))
    };
    Some(match library.as_str() {
        "ejs" | "eta" => Dialect::Own(Engine::Ejs),
        "pug" | "jade" => Dialect::Own(Engine::Pug),
        "handlebars" | "mustache" | "hogan.js" | "hbs" => Dialect::Own(Engine::Mustache),
        "lodash" | "lodash-es" | "underscore" | "lodash/template" | "lodash.template" => Dialect::Equals,
        "dot" => Dialect::Dot,
        "nunjucks" | "swig" | "swig-templates" => match has("autoescape") {
            Some(value) if value.kind() == Kind::False => Dialect::Open,
            _ => Dialect::Own(Engine::Nunjucks),
        },
        _ => return None,
    })
}

/// A template that is written out, here or as a constant.
fn written<'t>(module: &Module<'t>, template: Syntax<'t>) -> Option<&'t str> {
    let literal = match template.kind() {
        Kind::Identifier => match &module.lookup(template.text(), template)?.form {
            Form::Variable(Some(made), path) if path.is_empty() => *made,
            _ => return None,
        },
        _ => template,
    };
    let is_whole = literal.kind() == Kind::String || literal.kind() == Kind::TemplateString && literal.child(Kind::Substitution).is_none();
    is_whole.then(|| unquoted(literal))
}

/// Whether a template writes HTML: a letter, a message or a file of settings has no elements.
fn is_html(dialect: Dialect, text: &str) -> bool {
    let opens = |(at, _): (usize, &str)| text[at + 1..].starts_with(|char: char| char.is_ascii_alphabetic());
    dialect == Dialect::Own(Engine::Pug) || text.match_indices('<').any(opens)
}

/// The template as the family's own engine would have it.
fn in_family(dialect: Dialect, text: &str) -> (Cow<'_, str>, Engine) {
    match dialect {
        Dialect::Own(Engine::Pug) => (text.replace("\\n", "\n").into(), Engine::Pug),
        Dialect::Own(engine) => (text.into(), engine),
        Dialect::Equals => (text.replace("<%-", "<%#").replace("<%=", "<%-").into(), Engine::Ejs),
        Dialect::Dot => (text.replace("{{=", "<%- ").replace("}}", "%>").into(), Engine::Ejs),
        Dialect::Open => (text.replace("}}", "| safe }}").into(), Engine::Nunjucks),
    }
}

/// A member of what a template is filled with; nothing if it is known not to be there.
fn member(given: &Node, path: &[String]) -> Option<Node> {
    let (first, rest) = path.split_first()?;
    let value = match &given.kind {
        NodeKind::Map(map) => map.get(first)?.clone(),
        _ => given.member(first),
    };
    Some(rest.iter().fold(value, |value, name| value.get(name).cloned().unwrap_or_else(|| value.member(name))))
}
