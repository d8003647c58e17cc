//! Records that a handler asks a store for by an id of the request.

use smol_str::SmolStr;

use super::caller::{Asked, OWNERS, of_request, tells_of_caller};
use super::model;
use crate::extract::typescript::names::{Module, unquoted};
use crate::extract::typescript::sinks::called_name;
use crate::ir::{Node, NodeKind};
use crate::parse::typescript::{Field, Kind, Syntax};

/// One record, or those of one owner, as a handler finds it.
pub(super) struct Lookup {
    /// What it is a record of.
    pub model: SmolStr,
    /// By which method.
    pub method: SmolStr,
    /// What of the request names it.
    pub by: Node,
    /// Whether it is asked for, or compared, with the caller.
    pub is_own: bool,
}

impl Lookup {
    /// What a call looks up. Handlers that look at their caller for something else say nothing.
    pub(super) fn of<'t>(module: &Module<'t>, call: Syntax<'t>, asked: &Asked<'t>) -> Option<Self> {
        let method = called_name(call);
        if !is_lookup(method) {
            return None;
        }
        let filter = Filter::of(module, call, method)?;
        let of_caller = filter.values().any(|value| is_of_caller(module, value));
        let is_own = of_caller || asked.is_known() && is_compared(call);
        if asked.is_known() && !is_own {
            return None;
        }
        let named = filter.named(module);
        let by = match named {
            Some(name) => Node::new(call.span(), NodeKind::Ref(name)),
            None if of_caller => Node::text("", call.span()),
            None => return None,
        };
        Some(Self { model: filter.model, method: SmolStr::new(method), by, is_own })
    }
}

/// By what records are chosen.
struct Filter<'t> {
    model: SmolStr,
    /// The values that stand for an id, by themselves or under its name.
    ids: Vec<Syntax<'t>>,
    /// All others.
    others: Vec<Syntax<'t>>,
}

impl<'t> Filter<'t> {
    fn of(module: &Module<'t>, call: Syntax<'t>, method: &str) -> Option<Self> {
        let arguments: Vec<Syntax<'t>> = call.field(Field::Arguments)?.children().take(4).collect();
        let first = *arguments.first()?;
        if model::is_statement(first) {
            let mut found = Self { model: model::of_statement(first)?, ids: Vec::new(), others: Vec::new() };
            let bound = arguments.iter().skip(1).copied().filter(|argument| !argument.kind().is_function());
            match model::id_of_statement(first) {
                Some(name) => bound.for_each(|value| found.add_named(name, value)),
                None => found.others.extend(bound),
            }
            return Some(found);
        }
        let model = model::of_receiver(module, call)?;
        let filter = arguments.iter().find_map(|argument| value_of(*argument, "where")).unwrap_or(first);
        let mut found = Self { model, ids: Vec::new(), others: Vec::new() };
        match filter.kind() {
            Kind::Object => filter.children().for_each(|entry| found.add(entry)),
            _ if is_by_key(method) => found.ids.push(filter),
            _ => {}
        }
        Some(found)
    }

    fn add(&mut self, entry: Syntax<'t>) {
        let (key, value) = match entry.kind() {
            Kind::ShorthandProperty => (entry.text(), entry),
            Kind::Pair => match (entry.field(Field::Key), entry.field(Field::Value)) {
                (Some(key), Some(value)) => (unquoted(key), value),
                _ => return,
            },
            _ => return,
        };
        self.add_named(key, value);
    }

    /// Adds a value by what it stands under: the id of something else is that of what is asked for, the id of an owner
    /// says who asks.
    fn add_named(&mut self, key: &str, value: Syntax<'t>) {
        if !model::is_id(key) || OWNERS.contains(&key) {
            return self.others.push(value);
        }
        self.ids.push(value);
        if let Some(other) = model::of_id(key) {
            self.model = other;
        }
    }

    fn values(&self) -> impl Iterator<Item = Syntax<'t>> + '_ {
        self.ids.iter().chain(&self.others).copied()
    }

    /// The part of the request that chooses.
    fn named(&self, module: &Module<'t>) -> Option<crate::ir::Ref> {
        self.ids.iter().find_map(|value| of_request(module, *value))
    }
}

/// Whether a value is the caller's own id.
fn is_of_caller<'t>(module: &Module<'t>, value: Syntax<'t>) -> bool {
    let tells = |node: Syntax<'t>| tells_of_caller(node, "req") || tells_of_caller(node, "request");
    std::iter::once(value).chain(value.below()).any(|node| match node.kind() {
        Kind::Identifier | Kind::ShorthandProperty => module.lookup(node.text(), node).is_some_and(|declared| match &declared.form {
            crate::extract::typescript::names::Form::Variable(Some(made), _) if !declared.top => {
                std::iter::once(*made).chain(made.below()).take(24).any(tells)
            }
            _ => false,
        }),
        _ => tells(node),
    })
}

/// Whether the handler around a call compares something with its caller, as in `order.userId !== req.user.id`.
fn is_compared(call: Syntax<'_>) -> bool {
    let Some(handler) =
        call.ancestors().filter(|outer| outer.kind().is_function()).find(|outer| super::caller::request_of(*outer).is_some())
    else {
        return false;
    };
    handler.below().any(|node| match node.kind() {
        Kind::Binary => {
            let operator = node.field(Field::Operator).map_or("", Syntax::text);
            matches!(operator, "===" | "!==" | "==" | "!=") && names_owner(node)
        }
        Kind::Call => called_name(node) == "equals" && names_owner(node),
        _ => false,
    })
}

/// Whether a comparison is one of ids: of who owns a record with who asks.
fn names_owner(node: Syntax<'_>) -> bool {
    let text = node.text().to_ascii_lowercase();
    ["user", "owner", "author", "creator", "createdby", "account", "session", "customer", "patient"].iter().any(|word| text.contains(word))
        && ["id", "_id", "owner", "author", "createdby"].iter().any(|word| text.contains(word))
}

fn value_of<'t>(object: Syntax<'t>, key: &str) -> Option<Syntax<'t>> {
    (object.kind() == Kind::Object).then(|| super::super::value_of(object, key)).flatten()
}

/// Whether a method chooses by the key that it is handed.
fn is_by_key(method: &str) -> bool {
    method.starts_with("findBy") || matches!(method, "findByPk" | "findById" | "get" | "delete" | "findOneById")
}

/// Methods of stores that find, change or take away records.
fn is_lookup(method: &str) -> bool {
    method.starts_with("find")
        || matches!(
            method,
            "update"
                | "updateOne"
                | "updateMany"
                | "deleteOne"
                | "deleteMany"
                | "delete"
                | "destroy"
                | "remove"
                | "replaceOne"
                | "query"
                | "execute"
                | "get"
                | "all"
                | "run"
        )
}
