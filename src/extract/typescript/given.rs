//! Parameters that hold nothing but what the code itself says: of a type that leaves no room for text, the place of an
//! item in a list, or of a function that this file alone calls, and hands literals each time.

use rustc_hash::FxHashMap;

use super::names::{Declaration, Form, Module, unquoted};
use super::sinks::called_name;
use super::sinks::callers::name_of;
use crate::parse::typescript::{Field, Kind, Syntax, Tree};

/// Callers of one function that are looked at.
const MAX_CALLERS: usize = 16;
/// Values in values that are followed.
const MAX_HOPS: u32 = 4;

/// The calls of a file by the name of what they call, and how often each name is used.
pub(super) struct Uses<'t> {
    calls: FxHashMap<&'t str, Vec<Syntax<'t>>>,
    names: FxHashMap<&'t str, usize>,
}

impl<'t> Uses<'t> {
    fn new(tree: &'t Tree<'t>) -> Self {
        let mut uses = Self { calls: FxHashMap::default(), names: FxHashMap::default() };
        for node in tree.all() {
            match node.kind() {
                Kind::Call => uses.calls.entry(called_name(node)).or_default().push(node),
                Kind::Identifier | Kind::ShorthandProperty | Kind::PropertyName | Kind::PrivateName => {
                    *uses.names.entry(node.text()).or_default() += 1;
                }
                // `service['search']`.
                Kind::String if node.role() == Field::Index => *uses.names.entry(unquoted(node)).or_default() += 1,
                _ => {}
            }
        }
        uses
    }

    /// The calls of a function with which nothing else is done: it is not exported nor handed on, and no method that
    /// others may call.
    fn all_calls_of(&self, function: Syntax<'t>) -> Option<&[Syntax<'t>]> {
        let name = name_of(function);
        let holder = function.parent().filter(|holder| holder.kind() == Kind::VariableDeclarator).and_then(Syntax::parent);
        let is_own = match function.kind() {
            Kind::Method => is_private(function),
            Kind::Function => true,
            _ => holder.is_some(),
        };
        let is_exported = holder.unwrap_or(function).parent().is_some_and(|outer| outer.kind() == Kind::Export);
        let calls = self.calls.get(name).filter(|calls| is_own && !is_exported && calls.len() <= MAX_CALLERS)?;
        let is_plain = |call: &Syntax<'t>| {
            let called = call.field(Field::Function).map_or("", Syntax::text);
            let is_of_function = if function.kind() == Kind::Method { called.strip_prefix("this.") == Some(name) } else { called == name };
            let arguments = call.field(Field::Arguments).into_iter().flat_map(Syntax::children);
            is_of_function && !arguments.into_iter().any(|argument| argument.kind() == Kind::Spread)
        };
        (self.names.get(name) == Some(&(calls.len() + 1)) && calls.iter().all(is_plain)).then_some(calls)
    }
}

/// `private search(…)`, `#search(…)`.
fn is_private(method: Syntax<'_>) -> bool {
    name_of(method).starts_with('#') || method.child(Kind::Accessibility).is_some_and(|word| word.text() == "private")
}

impl<'t> Module<'t> {
    /// Whether what a parameter holds is the code's own choice, whoever calls.
    pub(super) fn is_given_by_code(&self, parameter: &Declaration<'t>) -> bool {
        is_plain_data(parameter.name) || is_place_in_list(parameter.name) || self.is_given_literals(parameter, MAX_HOPS)
    }

    fn is_given_literals(&self, parameter: &Declaration<'t>, hops: u32) -> bool {
        let Form::Parameter(path) = &parameter.form else { return false };
        let Some(function) = parameter.name.ancestors().find(|outer| outer.kind().is_function()) else { return false };
        // An item of a list that is taken apart, or a member of an object.
        if hops == 0 || name_of(function).is_empty() || !path.is_empty() && !is_default(parameter.name) {
            return false;
        }
        let Some(calls) = self.uses.get_or_init(|| Uses::new(self.tree)).all_calls_of(function) else { return false };
        let list = function.field(Field::Parameters);
        let declared = list.and_then(|list| list.children().enumerate().find(|(_, one)| one.holds(parameter.name)));
        let (at, otherwise) = match declared {
            Some((at, one)) => (at, one.field(Field::Value).or_else(|| one.field(Field::Right))),
            None => (0, None),
        };
        self.assignments(parameter).is_empty()
            && calls.iter().all(|call| {
                let given = call.field(Field::Arguments).and_then(|arguments| arguments.children().nth(at));
                given.or(otherwise).is_none_or(|given| self.is_of_code(given, hops - 1))
            })
    }

    /// Whether a value is written out, or put together of values that are.
    fn is_of_code(&self, value: Syntax<'t>, hops: u32) -> bool {
        let Some(fewer) = hops.checked_sub(1) else { return false };
        let each = |field: Field| value.field(field).is_some_and(|part| self.is_of_code(part, fewer));
        match value.kind() {
            Kind::String | Kind::Number | Kind::True | Kind::False | Kind::Null | Kind::Undefined | Kind::Update => true,
            Kind::TemplateString => {
                let mut holes = value.children().filter(|part| part.kind() == Kind::Substitution).filter_map(Syntax::first);
                holes.all(|hole| self.is_of_code(hole, fewer))
            }
            Kind::Parenthesized | Kind::As | Kind::NonNull | Kind::Satisfies => {
                value.first().is_some_and(|inner| self.is_of_code(inner, fewer))
            }
            Kind::Array => value.children().all(|item| self.is_of_code(item, fewer)),
            Kind::Binary => each(Field::Left) && each(Field::Right),
            Kind::Ternary => each(Field::Consequence) && each(Field::Alternative),
            Kind::Identifier => match self.lookup(value.text(), value) {
                Some(declaration) => match &declaration.form {
                    Form::Variable(Some(made), path) => {
                        let later = self.assignments(declaration);
                        let is_of_code = |assignment: &Syntax<'t>| {
                            assignment.kind() == Kind::Update
                                || assignment.field(Field::Right).is_some_and(|right| self.is_of_code(right, fewer))
                        };
                        path.is_empty() && self.is_of_code(*made, fewer) && later.len() <= MAX_CALLERS && later.iter().all(is_of_code)
                    }
                    Form::Parameter(_) => {
                        is_plain_data(declaration.name) || is_place_in_list(declaration.name) || self.is_given_literals(declaration, fewer)
                    }
                    _ => false,
                },
                None => false,
            },
            _ => false,
        }
    }
}

/// Whether a parameter is declared as a number, a boolean, a date or one of several words, or is a number if nothing is
/// handed over: `(wait = 10 * SECOND)`.
fn is_plain_data(name: Syntax<'_>) -> bool {
    let Some(parameter) = name.parent() else { return false };
    let Some(declared) = parameter.field(Field::Type).map(|kind| kind.text().trim_start_matches(':').trim()) else {
        let otherwise = parameter.field(Field::Value).or_else(|| parameter.field(Field::Right).filter(|_| is_default(name)));
        return otherwise.is_some_and(is_number);
    };
    let is_word = |one: &str| one.len() > 1 && one.starts_with(['\'', '"']) && one.ends_with(['\'', '"']);
    let is_plain = |one: &str| matches!(one, "number" | "boolean" | "bigint" | "Date" | "true" | "false" | "null" | "undefined");
    declared.trim_start_matches('|').split('|').map(str::trim).all(|one| is_plain(one) || is_word(one))
}

/// `10`, `30 * SECOND`.
fn is_number(value: Syntax<'_>) -> bool {
    let multiplies = || value.field(Field::Operator).is_some_and(|sign| matches!(sign.text(), "*" | "/" | "-"));
    value.kind() == Kind::Number || value.kind() == Kind::Binary && multiplies()
}

/// `(order = 'asc')` of JavaScript.
fn is_default(name: Syntax<'_>) -> bool {
    let outer = name.parent().filter(|outer| outer.kind() == Kind::AssignmentPattern);
    outer.and_then(Syntax::parent).is_some_and(|outer| outer.kind() == Kind::FormalParameters)
}

/// `list.map((item, index) => …)`; of a map or a form, the second is the key.
fn is_place_in_list(name: Syntax<'_>) -> bool {
    let of_list = || {
        let list = name.ancestors().find(|outer| outer.kind() == Kind::FormalParameters)?;
        let function = list.parent().filter(|_| list.children().nth(1).is_some_and(|second| second.holds(name)))?;
        let call = function.parent()?.parent().filter(|call| call.kind() == Kind::Call)?;
        let is_first = call.field(Field::Arguments)?.first().is_some_and(|first| first == function);
        let on = call.field(Field::Function)?.field(Field::Object)?.text();
        let has_keys = || ["Map(", "earchParams", "eaders", "ormData"].iter().any(|word| on.contains(word));
        let is_of_list = match called_name(call) {
            "map" | "flatMap" | "filter" | "some" | "every" | "find" | "findIndex" => true,
            "forEach" => !has_keys(),
            _ => false,
        };
        Some(is_first && is_of_list)
    };
    of_list().unwrap_or(false)
}
