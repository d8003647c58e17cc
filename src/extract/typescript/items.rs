//! Names that stand for a part of what a request sent, one or more steps away: `item` of
//! `req.body.items.map((item) => …)` and of `for (const item of req.body.items)`, what a promise of a part of the
//! request hands on, a constant that holds a part.

use super::names::{Declaration, Form, Module, unquoted};
use crate::ir::{NodeKind, Ref, Scope};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Steps from one name to the next that are followed.
const MAX_STEPS: u32 = 3;

/// The longest value of a constant that is looked at, in bytes: it is read anew for each of its names.
const MAX_BYTES: usize = 400;

/// Objects whose functions are handed the list first: `_.map(list, item => …)`, `Promise.map(list, item => …)`.
const TAKE_LISTS: [&str; 5] = ["_", "lodash", "Promise", "Bluebird", "async"];

impl<'t> Module<'t> {
    /// The part of a request that the parameter of a callback, or the variable of a loop, is an item of.
    pub(super) fn item_of_request(&self, declaration: &Declaration<'t>) -> Option<Ref> {
        let (name, path) = match &declaration.form {
            Form::Parameter(path) => (handed(declaration.name)?, path),
            Form::Variable(None, path) => (looped(declaration.name)?, path),
            _ => return None,
        };
        let list = self.part_of_request(list_of(name))?;
        Some(path.iter().fold(list.child("[]"), |base, name| base.child(*name)))
    }

    /// What an expression stands for, if that is a part of a request, as it is or in a constant.
    fn part_of_request(&self, value: Syntax<'t>) -> Option<Ref> {
        // `[req.query.name].forEach(…)`.
        if value.kind() == Kind::Array {
            return value.children().find_map(|item| self.part_of_request(item));
        }
        let is_name = matches!(value.kind(), Kind::Identifier | Kind::Member | Kind::Subscript | Kind::NonNull | Kind::As);
        let left = self.steps.get();
        if !is_name || left == 0 {
            return None;
        }
        self.steps.set(left - 1);
        let lowered = self.lower(value).kind;
        self.steps.set(left);
        let NodeKind::Ref(name) = lowered else { return None };
        if is_part(&name) || is_whole(&name) { Some(name) } else { self.of_constant(value, &name).or_else(|| self.of_split(value)) }
    }

    /// What a constant is split of: `const names = req.query.names.split(',')`. Steps are counted and paid for as those of
    /// [`Self::of_constant`].
    fn of_split(&self, value: Syntax<'t>) -> Option<Ref> {
        let declaration = self.lookup(value.text(), value).filter(|_| value.kind() == Kind::Identifier)?;
        let Form::Variable(Some(made), path) = &declaration.form else { return None };
        let function = made.field(Field::Function).filter(|_| made.kind() == Kind::Call && path.is_empty())?;
        let is_split = function.field(Field::Property).is_some_and(|name| name.text() == "split");
        let left = self.steps.get();
        if !is_split || left == 0 || self.is_reassigned(declaration) || left < MAX_STEPS && !self.pays(made.size()) {
            return None;
        }
        self.steps.set(left - 1);
        let found = self.part_of_request(function.field(Field::Object)?);
        self.steps.set(left);
        found
    }

    /// What a constant that holds a part of a request stands for: `const { name } = req.body`.
    pub(super) fn of_constant(&self, part: Syntax<'t>, name: &Ref) -> Option<Ref> {
        let root =
            std::iter::once(part).chain(part.below()).find(|node| matches!(node.kind(), Kind::Identifier | Kind::ShorthandProperty))?;
        let declaration = self.lookup(root.text(), root).filter(|declaration| !self.is_reassigned(declaration))?;
        let Form::Variable(Some(made), path) = &declaration.form else { return None };
        let made = Some(or_nothing(*made)).filter(|made| may_be_name(made.kind()) && made.span().len() <= MAX_BYTES)?;
        // A list may be made of what goes through it (`for (var row of rows) { var rows = row.items }`), and each name in a
        // value may lead on to as many: steps are counted, and what is asked on the way is paid for.
        let left = self.steps.get();
        if left == 0 || left < MAX_STEPS && !self.pays(made.size()) {
            return None;
        }
        self.steps.set(left - 1);
        let lowered = self.lower(made).kind;
        self.steps.set(left);
        let NodeKind::Ref(base) = lowered else { return None };
        let taken = path.iter().copied().fold(base, |base, name| base.child(name));
        let whole = name.path.iter().skip(1).fold(taken, |base, name| base.child(name.clone()));
        if is_part(&whole) {
            return Some(whole);
        }
        // `const id = asked.id` of `const asked = url.parse(req.url, true).query`.
        let left = self.steps.get().checked_sub(1).filter(|_| whole.scope == Scope::Local)?;
        self.steps.set(left);
        let found = self.of_constant(made, &whole);
        self.steps.set(left + 1);
        found
    }

    /// How many steps may be gone at the beginning.
    pub(super) const fn steps() -> u32 {
        MAX_STEPS
    }
}

/// `req.body` of `req.body || {}`: of an empty object nothing is taken.
fn or_nothing(made: Syntax<'_>) -> Syntax<'_> {
    let is_either = made.kind() == Kind::Binary && made.field(Field::Operator).is_some_and(|sign| matches!(sign.text(), "||" | "??"));
    let is_empty = made.field(Field::Right).is_some_and(|other| other.kind() == Kind::Object && other.first().is_none());
    made.field(Field::Left).filter(|_| is_either && is_empty).unwrap_or(made)
}

/// Whether an expression can lower to a name of the request: most constants are made by calls, which never do, and to
/// lower those for each use of each constant was a hundredth of a scan.
fn may_be_name(kind: Kind) -> bool {
    let is_literal = matches!(kind, Kind::String | Kind::TemplateString | Kind::Number | Kind::True | Kind::False | Kind::Null);
    let is_made = matches!(kind, Kind::Call | Kind::New | Kind::Await | Kind::Array | Kind::Object | Kind::Ternary | Kind::Regex);
    !is_literal && !is_made && !kind.is_function()
}

/// Whether a name is that of a part of a request.
pub(super) fn is_part(name: &Ref) -> bool {
    name.scope == Scope::Request && name.path.len() > 1
}

/// Whether a name is that of all parameters or all of the body.
pub(super) fn is_whole(name: &Ref) -> bool {
    name.scope == Scope::Request
        && (matches!(name.names().as_slice(), ["body" | "query" | "params" | "payload" | "dto"])
            || name.path.len() == 1 && name.declared_as().is_some())
}

/// The list whose items a callback is called with, by the parameter that takes them.
fn handed(parameter: Syntax<'_>) -> Option<Syntax<'_>> {
    let function = parameter.ancestors().find(|outer| outer.kind().is_function())?;
    let arguments = function.parent().filter(|outer| outer.kind() == Kind::Arguments)?;
    let called = arguments.parent()?.field(Field::Function).filter(|called| called.kind() == Kind::Member)?;
    let (object, method) = (called.field(Field::Object)?, called.field(Field::Property)?.text());
    let at = match method {
        "map" | "forEach" | "filter" | "some" | "every" | "find" | "flatMap" | "each" | "mapSeries" | "eachSeries" | "then" | "tap" => 0,
        "reduce" | "reduceRight" => 1,
        _ => return None,
    };
    let place = match function.field(Field::Parameters) {
        Some(list) => list.children().position(|one| one.holds(parameter))?,
        None => 0,
    };
    if place != at {
        return None;
    }
    match method {
        // `Promise.resolve(value).then((value) => …)`.
        "then" | "tap" => {
            let is_made = object.field(Field::Function).is_some_and(|made| made.text().ends_with(".resolve"));
            object.field(Field::Arguments)?.first().filter(|_| is_made)
        }
        _ if TAKE_LISTS.contains(&object.text()) => arguments.first().filter(|list| *list != function),
        _ => Some(object),
    }
}

/// The list that a loop goes through.
fn looped(name: Syntax<'_>) -> Option<Syntax<'_>> {
    let head = name.ancestors().take(4).find(|outer| outer.kind() == Kind::ForIn)?;
    let is_item = head.field(Field::Left).is_some_and(|left| left.holds(name));
    // `for (const key in object)` goes through names.
    head.field(Field::Right).filter(|right| is_item && head.text()[..(right.start() - head.start()) as usize].trim_end().ends_with("of"))
}

/// The list that another is made of: `list` of `[].concat(list)`, `Object.entries(list)`, `list.split(',')`.
fn list_of(mut value: Syntax<'_>) -> Syntax<'_> {
    for _ in 0..4 {
        let inner = match value.kind() {
            Kind::Parenthesized => value.first(),
            Kind::Binary => value.field(Field::Left),
            Kind::Call => {
                let function = value.field(Field::Function);
                let argument = || value.field(Field::Arguments).and_then(Syntax::first);
                let object = || function.and_then(|function| function.field(Field::Object));
                match function.map_or("", Syntax::text) {
                    "[].concat" | "Object.entries" | "Object.values" | "Object.keys" | "Array.from" | "JSON.parse" | "String" => argument(),
                    _ if function.is_some_and(is_of_text) => object(),
                    _ => None,
                }
            }
            _ => None,
        };
        let Some(inner) = inner else { break };
        value = inner;
    }
    value
}

/// Methods that make a list of a text or a list.
fn is_of_text(function: Syntax<'_>) -> bool {
    let method = function.field(Field::Property).map_or("", unquoted);
    matches!(method, "split" | "slice" | "reverse" | "sort" | "flat" | "concat")
}
