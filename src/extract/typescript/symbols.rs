//! The names that a file binds, imports and exports.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::{SmolStr, format_smolstr};

use super::controllers;
use super::dialect::Dialect;
use super::names::{Declaration, Form, Module, imported, unquoted};
use super::shapes;
use crate::ir::{Binding, BindingKind, Call, Import, Left, Map, Node, NodeKind, Op, Ref, Scope, Symbols, Tri, Why};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Function-local constants that are bound for linking, at the most.
const MAX_LOCALS: usize = 10_000;

impl<'t> Module<'t> {
    /// Binds the file's names. Runs after facts are made: constants inside functions are bound only
    /// if a fact refers to them.
    pub(super) fn symbols(&self) -> Symbols {
        let mut symbols = Symbols { parses_queries: self.parses_queries(), ..Symbols::default() };
        for declaration in self.top() {
            self.bind(declaration, &mut symbols);
        }
        for node in self.tree.root().children() {
            match node.kind() {
                Kind::Export => self.export(node, &mut symbols),
                Kind::ExpressionStatement => self.common_js(node, &mut symbols),
                _ => {}
            }
            symbols.bindings.extend(shapes::of_type(node));
        }
        symbols.bindings.extend(self.schemas());
        let mut bound = BTreeSet::new();
        // Binding one may want others, so the list is not held while it is bound.
        let next = || self.wanted.borrow_mut().pop();
        while let Some(id) = next() {
            if bound.len() >= MAX_LOCALS {
                break;
            }
            if bound.insert(id)
                && let Some(name) = self.tree.root().with_id(id)
                && let Some(declaration) = self.lookup(name.text(), name)
            {
                self.bind(declaration, &mut symbols);
            }
        }
        symbols
    }

    /// Whether the file says how query strings are parsed: a setting of Express, an option of Fastify, a package of Koa.
    fn parses_queries(&self) -> bool {
        let text = self.tree.root().text().as_bytes();
        [b"query parser".as_slice(), b"querystringParser", b"koa-qs"].iter().any(|word| memchr::memmem::find(text, word).is_some())
    }

    /// What `option` of `for (const option of OPTIONS)` may be, where the list of objects is written out.
    fn each_of_list(&self, declaration: &Declaration<'t>) -> Option<Node> {
        const MOST: usize = 16;
        let outer = declaration.name.ancestors().take(3).find(|outer| outer.kind() == Kind::ForIn)?;
        let right = outer.field(Field::Right).filter(|_| outer.field(Field::Operator).is_some_and(|word| word.text() == "of"))?;
        let list = match right.kind() {
            Kind::Identifier => match self.lookup(right.text(), right) {
                Some(made) if !self.is_reassigned(made) && self.pushed(made).is_empty() => match &made.form {
                    Form::Variable(Some(list), path) if path.is_empty() => *list,
                    _ => return None,
                },
                _ => return None,
            },
            _ => right,
        };
        let items = || list.children().take(MOST + 1);
        let is_written = list.kind() == Kind::Array && items().count() <= MOST && items().all(|item| item.kind() == Kind::Object);
        is_written.then(|| Node::new(list.span(), NodeKind::Op(Op::Or, items().map(|item| self.lower(item)).collect())))
    }

    fn bind(&self, declaration: &Declaration<'t>, symbols: &mut Symbols) {
        let name = self.linked_name(declaration);
        let span = declaration.name.span();
        let mut push = |name: SmolStr, kind, value| symbols.bindings.push(Binding { name, kind, value, span });
        match &declaration.form {
            Form::Import(target) => {
                symbols.imports.push(Import { local: name, target: target.clone(), span });
            }
            Form::Variable(value, path) => {
                let kind = if self.is_reassigned(declaration) { BindingKind::Mutable } else { BindingKind::Const };
                let made = *value;
                let mut value = value
                    .map(|value| self.lower(value))
                    .or_else(|| self.each_of_list(declaration))
                    .unwrap_or_else(|| Node::unknown(Why::NoValue, span));
                if let NodeKind::Map(map) = &mut value.kind {
                    self.complete(declaration, map);
                }
                push(name.clone(), kind, path.iter().fold(value, |value, key| member_of(&value, key)));
                if let Some(function) = made.filter(|_| path.is_empty()) {
                    self.constructed(&name, function, symbols);
                }
            }
            // `(fn: lambda.Function)`: whose methods are called on it.
            Form::Parameter(path) if path.is_empty() => {
                let parameter = declaration.name.parent().and_then(|parameter| self.instance_of(parameter));
                if let Some(instance) = parameter.filter(is_construct) {
                    push(name, BindingKind::Const, instance);
                }
            }
            Form::Parameter(_) => {}
            Form::Function(node) => {
                push(name.clone(), BindingKind::Function, Node::new(node.span(), NodeKind::Func(self.function(*node))));
                self.constructed(&name, *node, symbols);
            }
            Form::Enum(node) => push(name, BindingKind::Const, self.enumeration(*node)),
            Form::Class(node) => self.class(&name, *node, symbols),
        }
    }

    /// Adds what is set on an object after it is made: `options.secret = …` beside its declaration; of
    /// what only some calls or branches set, that it is not known.
    fn complete(&self, declaration: &Declaration<'t>, map: &mut Map) {
        let block = |node: Syntax<'t>| node.ancestors().find(|outer| matches!(outer.kind(), Kind::Block | Kind::Program));
        let home = block(declaration.name);
        for assignment in self.member_assignments(declaration).iter().filter(|assignment| assignment.kind() == Kind::Assignment) {
            let (Some(left), Some(right)) = (assignment.field(Field::Left), assignment.field(Field::Right)) else { continue };
            let Some(key) = left.field(Field::Property) else { continue };
            let is_sure = block(*assignment) == home;
            let value = if is_sure { self.lower(right) } else { Node::unknown(Why::Opaque, right.span()) };
            map.push(SmolStr::new(key.text()), key.span(), value);
        }
    }

    /// An enum as a map of its members.
    fn enumeration(&self, node: Syntax<'t>) -> Node {
        let mut map = Map::default();
        for (at, member) in node.field(Field::Body).into_iter().flat_map(Syntax::children).enumerate() {
            let name = member.field(Field::Name).unwrap_or(member);
            #[expect(clippy::cast_precision_loss, reason = "an enum of 2^52 members does not fit in a file")]
            let ordinal = Node::new(member.span(), NodeKind::Number(at as f64));
            let value = member.field(Field::Value).map_or(ordinal, |value| self.lower(value));
            map.push(SmolStr::new(unquoted(name)), name.span(), value);
        }
        Node::new(node.span(), NodeKind::Map(map))
    }

    /// A class as a map of `extends` and `decorators`; its members as bindings `Class.member`, those
    /// that the constructor injects as instances of their types.
    fn class(&self, name: &SmolStr, node: Syntax<'t>, symbols: &mut Symbols) {
        let span = node.span();
        let mut map = Map::default();
        if let Some(base) = self.base_class(node) {
            map.push("extends", base.span, base);
        }
        let mut decorators: Vec<Node> = decorators_of(node).filter_map(Syntax::first).map(|inner| self.lower(inner)).collect();
        decorators.extend(controllers::hooks(self, node));
        if !decorators.is_empty() {
            map.push("decorators", span, Node::new(span, NodeKind::List(decorators)));
        }
        if let Some(members) = shapes::of_class(node) {
            map.push(Left::KEY, span, members);
        }
        symbols.bindings.push(Binding {
            name: name.clone(),
            kind: BindingKind::Class,
            value: Node::new(span, NodeKind::Map(map)),
            span: node.field(Field::Name).unwrap_or(node).span(),
        });
        // `this.router = express.Router()` in a constructor: what is mounted elsewhere by the member's name; and below which
        // path, `this.usersPath = '/users'`.
        let makes_router = |value: Syntax<'t>| {
            value.kind() == Kind::Call && self.callee_of(value).is_some_and(|callee| Dialect::made_by(&callee).is_some())
        };
        let made = made_members(node, |value| value.kind() == Kind::New || makes_router(value) || is_constant(value));
        for member in node.field(Field::Body).into_iter().flat_map(Syntax::children) {
            let Some(key) = member.field(Field::Name).or_else(|| member.field(Field::Property)) else { continue };
            let (kind, value) = match member.kind() {
                Kind::Method => {
                    if key.text() == "constructor" {
                        self.injected(name, member, symbols);
                    }
                    (BindingKind::Function, Node::new(member.span(), NodeKind::Func(self.function(member))))
                }
                Kind::Field | Kind::JsField => match member.field(Field::Value) {
                    // The constructor says otherwise later.
                    Some(_) if made.get(key.text()).is_some_and(|value| is_constant(*value)) => continue,
                    Some(value) => (BindingKind::Const, self.lower(value)),
                    None if made.contains_key(key.text()) => continue,
                    None => match self.instance_of(member) {
                        Some(instance) => (BindingKind::Const, instance),
                        None => continue,
                    },
                },
                _ => continue,
            };
            symbols.bindings.push(Binding { name: format_smolstr!("{name}.{}", unquoted(key)), kind, value, span: key.span() });
        }
        self.members(name, made, symbols);
    }

    fn members(&self, name: &SmolStr, made: BTreeMap<&str, Syntax<'t>>, symbols: &mut Symbols) {
        for (member, value) in made {
            let name = format_smolstr!("{name}.{member}");
            symbols.bindings.push(Binding { name, kind: BindingKind::Const, value: self.lower(value), span: value.span() });
        }
    }

    /// What a function gives to what `new` makes of it: `this.guard = (req, res, next) => …`.
    fn constructed(&self, name: &SmolStr, function: Syntax<'t>, symbols: &mut Symbols) {
        if !function.kind().is_function() || function.kind() == Kind::ArrowFunction || !function.text().contains("this.") {
            return;
        }
        let owner =
            |value: Syntax<'t>| value.ancestors().skip(1).find(|outer| outer.kind().is_function() && outer.kind() != Kind::ArrowFunction);
        let made =
            made_members(function, |value| value.kind().is_function() && owner(value).is_some_and(|owner| owner.id() == function.id()));
        self.members(name, made, symbols);
    }

    pub(super) fn base_class(&self, node: Syntax<'t>) -> Option<Node> {
        let heritage = node.child(Kind::ClassHeritage)?.first()?;
        let base = if heritage.kind() == Kind::Extends { heritage.field(Field::Value)? } else { heritage };
        Some(self.lower(base))
    }

    /// `constructor(private readonly jwt: JwtService)`.
    fn injected(&self, class: &SmolStr, constructor: Syntax<'t>, symbols: &mut Symbols) {
        for parameter in constructor.field(Field::Parameters).into_iter().flat_map(Syntax::children) {
            let is_property =
                parameter.children().any(|child| child.kind() == Kind::Accessibility) || parameter.text().starts_with("readonly");
            let Some(name) = parameter.field(Field::Pattern).filter(|_| is_property) else { continue };
            if let Some(value) = self.instance_of(parameter) {
                symbols.bindings.push(Binding {
                    name: format_smolstr!("{class}.{}", name.text()),
                    kind: BindingKind::Const,
                    value,
                    span: name.span(),
                });
            }
        }
    }

    /// A declared type as `new Type()`: enough to know whose methods are called.
    fn instance_of(&self, node: Syntax<'t>) -> Option<Node> {
        let annotated = node.field(Field::Type)?.first()?;
        let callee = self.type_name(annotated)?;
        let call = Call { callee, receiver: None, args: Vec::new(), is_new: true, result_used: Tri::Yes };
        Some(Node::new(annotated.span(), NodeKind::Call(Box::new(call))))
    }

    fn export(&self, node: Syntax<'t>, symbols: &mut Symbols) {
        let source = node.field(Field::Source).map(unquoted);
        let is_default = node.child(Kind::DefaultToken).is_some();
        if let Some(declaration) = node.field(Field::Declaration) {
            let mut names: Vec<&str> = declaration.field(Field::Name).map(Syntax::text).into_iter().collect();
            for declarator in declaration.children().filter(|child| child.kind() == Kind::VariableDeclarator) {
                let Some(name) = declarator.field(Field::Name) else { continue };
                if name.kind() == Kind::Identifier {
                    names.push(name.text());
                } else {
                    names.extend(
                        name.below().filter(|inner| matches!(inner.kind(), Kind::Identifier | Kind::ShorthandPattern)).map(Syntax::text),
                    );
                }
            }
            if is_default {
                match names.first() {
                    Some(name) => symbols.exports.push(("default".into(), Ref::new(Scope::Local, [*name]))),
                    None => self.default_export(declaration, symbols),
                }
                return;
            }
            symbols.exports.extend(names.into_iter().map(|name| (SmolStr::new(name), Ref::new(Scope::Local, [name]))));
            return;
        }
        if let Some(value) = node.field(Field::Value) {
            self.default_export(value, symbols);
            return;
        }
        for part in node.children() {
            match part.kind() {
                Kind::ExportClause => {
                    for specifier in part.children().filter(|child| child.kind() == Kind::ExportSpecifier) {
                        let Some(name) = specifier.field(Field::Name) else { continue };
                        let shown = specifier.field(Field::Alias).unwrap_or(name);
                        let target = match source {
                            Some(source) => imported(source, &[unquoted(name)]),
                            None => {
                                self.lookup(name.text(), node).map_or_else(|| Ref::new(Scope::Global, [name.text()]), |_| self.name(name))
                            }
                        };
                        symbols.exports.push((SmolStr::new(unquoted(shown)), target));
                    }
                }
                Kind::NamespaceExport => {
                    if let (Some(name), Some(source)) = (part.children().last(), source) {
                        symbols.exports.push((SmolStr::new(unquoted(name)), Ref::import(source, "*")));
                    }
                }
                Kind::StarToken => {
                    if let Some(source) = source {
                        symbols.exports.push(("*".into(), Ref::import(source, "*")));
                    }
                }
                _ => {}
            }
        }
        // `export * from './x'`: the star is an unnamed token in some versions of the grammar.
        if let Some(source) = source
            && node.child(Kind::ExportClause).is_none()
            && node.child(Kind::NamespaceExport).is_none()
            && node.child(Kind::StarToken).is_none()
        {
            symbols.exports.push(("*".into(), Ref::import(source, "*")));
        }
    }

    fn default_export(&self, value: Syntax<'t>, symbols: &mut Symbols) {
        let node = self.lower(value);
        if let NodeKind::Ref(target) = &node.kind {
            symbols.exports.push(("default".into(), target.clone()));
            return;
        }
        let span = node.span;
        symbols.bindings.push(Binding { name: "default".into(), kind: BindingKind::Const, value: node, span });
        self.constructed(&"default".into(), value, symbols);
        symbols.exports.push(("default".into(), Ref::new(Scope::Local, ["default"])));
    }

    /// `module.exports = …`, `exports.a = …`, `module.exports.a = …`.
    fn common_js(&self, node: Syntax<'t>, symbols: &mut Symbols) {
        let Some(assignment) = node.first().filter(|inner| inner.kind() == Kind::Assignment) else { return };
        let (Some(left), Some(right)) = (assignment.field(Field::Left), assignment.field(Field::Right)) else { return };
        let target = left.text();
        if target == "module.exports" || target == "exports" {
            // `exports = module.exports = …` nests.
            self.default_export(right, symbols);
            if right.kind() == Kind::Object {
                for entry in right.children() {
                    let key = entry.field(Field::Key).or_else(|| entry.field(Field::Name)).unwrap_or(entry);
                    let name = unquoted(key);
                    let is_name = matches!(key.kind(), Kind::PropertyName | Kind::String | Kind::ShorthandProperty);
                    if is_name {
                        symbols.exports.push((SmolStr::new(name), Ref::new(Scope::Local, ["default", name])));
                    }
                }
            }
        } else if left.kind() == Kind::Identifier && self.lookup(target, left).is_none() {
            // `verifyToken = (req, res, next) => …`: a global by omission, that the file then exports.
            let value = self.lower(right);
            symbols.bindings.push(Binding { name: SmolStr::new(target), kind: BindingKind::Mutable, value, span: left.span() });
        } else if let Some(name) = target.strip_prefix("module.exports.").or_else(|| target.strip_prefix("exports."))
            && !name.contains(['.', '[', '('])
        {
            let bound = format_smolstr!("exports.{name}");
            let value = self.lower(right);
            let reference = value.as_ref().cloned().unwrap_or_else(|| Ref::new(Scope::Local, [bound.clone()]));
            self.constructed(&bound, right, symbols);
            symbols.bindings.push(Binding { name: bound, kind: BindingKind::Const, value, span: left.span() });
            symbols.exports.push((SmolStr::new(name), reference));
        }
    }
}

/// The members that one assignment to `this` makes, of those whose value is wanted: `this.api = new RestApi(…)`.
fn made_members<'t>(class: Syntax<'t>, wanted: impl Fn(Syntax<'t>) -> bool) -> BTreeMap<&'t str, Syntax<'t>> {
    let mut made = BTreeMap::new();
    let mut again = Vec::new();
    for node in class.below().filter(|node| node.kind() == Kind::Assignment) {
        let (Some(target), Some(value)) = (node.field(Field::Left), node.field(Field::Right)) else { continue };
        let is_own = target.kind() == Kind::Member && target.field(Field::Object).is_some_and(|object| object.kind() == Kind::This);
        let Some(name) = target.field(Field::Property).filter(|_| is_own).map(Syntax::text) else { continue };
        if made.insert(name, value).is_some() || !wanted(value) {
            again.push(name);
        }
    }
    for name in again {
        made.remove(name);
    }
    made
}

/// Whether what a constructor sets is a text that is written out, or an object of such.
fn is_constant(value: Syntax<'_>) -> bool {
    let is_said = match value.kind() {
        Kind::String => true,
        Kind::Object => {
            value.first().is_some()
                && value.children().all(|entry| entry.field(Field::Value).is_some_and(|said| said.kind() == Kind::String))
        }
        _ => false,
    };
    // What only some branches set is not known.
    let around = || value.ancestors().find(|outer| outer.kind() == Kind::Block).and_then(Syntax::parent);
    is_said && around().and_then(|method| method.field(Field::Name)).is_some_and(|name| name.text() == "constructor")
}

/// Whether an instance is of a class of AWS CDK, or of NestJS's tokens: types whose methods are facts.
fn is_construct(instance: &Node) -> bool {
    let module = instance.as_call().and_then(|call| call.callee.module());
    module.is_some_and(|module| module.starts_with("aws-cdk-lib") || module.starts_with("@aws-cdk/") || module == "@nestjs/jwt")
}

/// A member of a value; of a list, nothing is known of which one.
fn member_of(value: &Node, key: &str) -> Node {
    match key {
        // Each part of a text is of the text.
        "[]" if value.as_call().is_some_and(|call| call.callee.last() == "split") => value.clone(),
        "[]" => Node::unknown(Why::Opaque, value.span),
        _ => value.member(key),
    }
}

/// The decorators of a class or member: children of it, or of the `export` around it, or the
/// siblings before a member.
pub(super) fn decorators_of<'t>(node: Syntax<'t>) -> impl Iterator<Item = Syntax<'t>> {
    let exported = node.parent().filter(|parent| parent.kind() == Kind::Export);
    let mut before: Vec<Syntax<'t>> = Vec::new();
    if let Some(body) = node.parent().filter(|parent| parent.kind() == Kind::ClassBody) {
        for sibling in body.children() {
            if sibling == node {
                break;
            }
            if sibling.kind() == Kind::Decorator {
                before.push(sibling);
            } else {
                before.clear();
            }
        }
    }
    let own = node.children().filter(|child| child.kind() == Kind::Decorator);
    let around = exported.into_iter().flat_map(Syntax::children).filter(|child| child.kind() == Kind::Decorator);
    around.chain(before).chain(own)
}
