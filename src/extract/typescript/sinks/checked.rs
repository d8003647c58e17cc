//! Values that the code tests before it uses them: `allowed.includes(url)`, `isEmail(address)`,
//! `typeof id !== 'string'`, `file.startsWith(root)`. What such a test lets through is the code's choice.

use rustc_hash::FxHashMap;

use super::called_name;
use crate::extract::typescript::names::{Form, Module, unquoted};
use crate::ir::SinkKind;
use crate::parse::typescript::{Field, Kind, Syntax, Tree};

/// Nodes of one argument that are looked at.
const MAX_NAMES: usize = 200;

/// The tests of a file, by the text of what they test.
pub(super) struct Checked<'t> {
    places: FxHashMap<&'t str, Vec<Test>>,
}

#[derive(Clone, Copy)]
struct Test {
    /// Position in the tree.
    at: u32,
    says: Says,
}

/// What a test says of a value that passes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    /// Its type (`typeof`), and nothing of what it holds.
    Type,
    /// A part of it: a pattern that need not fit the whole.
    Part,
    /// All of it.
    Whole,
}

impl<'t> Checked<'t> {
    /// Collects the tests in one pass.
    pub(super) fn new(tree: &'t Tree<'t>) -> Self {
        let mut places: FxHashMap<&str, Vec<Test>> = FxHashMap::default();
        let mut add = |tested: Option<Syntax<'t>>, place: Syntax<'t>, says: Says| {
            let Some(tested) = tested.filter(|tested| is_name(*tested)) else { return };
            let test = Test { at: place.id(), says };
            places.entry(tested.text()).or_default().push(test);
            // Of an address whose host is one that is wanted, all may be used.
            if let Some(object) = host_of(tested) {
                places.entry(object.text()).or_default().push(test);
            }
        };
        for node in tree.all() {
            match node.kind() {
                Kind::Call if is_test(called_name(node)) => {
                    let says = if is_partial(node) { Says::Part } else { Says::Whole };
                    if makes_clean(called_name(node)) && node.parent().is_none_or(|outer| outer.kind() != Kind::ExpressionStatement) {
                        continue;
                    }
                    for argument in node.field(Field::Arguments).into_iter().flat_map(Syntax::children).take(4) {
                        add(Some(argument), node, says);
                    }
                    let object = node.field(Field::Function).and_then(|function| function.field(Field::Object));
                    add(object.filter(|_| !asks_for_word(node)), node, says);
                }
                Kind::Unary if node.field(Field::Operator).is_some_and(|operator| operator.text() == "typeof") => {
                    add(node.field(Field::Argument), node, Says::Type);
                }
                Kind::Binary => match node.field(Field::Operator).map_or("", Syntax::text) {
                    "in" => add(node.field(Field::Left), node, Says::Whole),
                    "===" | "!==" | "==" | "!=" => {
                        add(node.field(Field::Left).filter(|left| host_of(*left).is_some()), node, Says::Whole);
                    }
                    _ => {}
                },
                Kind::Switch => add(node.field(Field::Value).and_then(Syntax::first), node, Says::Whole),
                // `if (!HOSTS[name]) return`.
                Kind::Subscript if node.ancestors().take(3).any(|outer| outer.kind() == Kind::If) => {
                    add(node.field(Field::Index), node, Says::Whole);
                }
                _ => {}
            }
        }
        Self { places }
    }

    /// Whether something in a value, or what a name in it is made of, is tested in the function that it
    /// belongs to, before the call is over. Tests of the type alone count for queries.
    pub(super) fn holds(&self, module: &Module<'t>, call: Syntax<'t>, part: Syntax<'t>, kind: SinkKind) -> bool {
        if self.places.is_empty() {
            return false;
        }
        let least = match kind {
            SinkKind::Query => Says::Type,
            // What holds a word somewhere may hold anything else beside it.
            SinkKind::Code | SinkKind::Exec => Says::Whole,
            _ => Says::Part,
        };
        let names = std::iter::once(part).chain(part.below()).filter(|node| is_name(*node)).take(MAX_NAMES);
        for name in names {
            if self.is_tested(module, call, name, least) {
                return true;
            }
            let made = (name.kind() == Kind::Identifier).then(|| module.lookup(name.text(), name)).flatten();
            if let Some(Form::Variable(Some(value), _)) = made.map(|declaration| &declaration.form)
                && std::iter::once(*value)
                    .chain(value.below())
                    .filter(|node| is_name(*node))
                    .take(MAX_NAMES)
                    .any(|inner| self.is_tested(module, call, inner, least))
            {
                return true;
            }
        }
        false
    }

    fn is_tested(&self, module: &Module<'t>, call: Syntax<'t>, name: Syntax<'t>, least: Says) -> bool {
        let Some(tests) = self.places.get(name.text()) else { return false };
        let mut root = name;
        while let Some(object) = root.field(Field::Object) {
            root = object;
        }
        // The same words in another function are another value, and a test in one says nothing in another.
        let declared = module.lookup(root.text(), call).map_or(call, |declaration| declaration.name);
        let around = declared.ancestors().find(|outer| outer.kind().is_function());
        tests.iter().filter(|test| test.says.is_at_least(least) && test.at < call.after()).any(|test| {
            let place = call.with_id(test.at);
            place.is_some_and(|place| around.is_none_or(|around| around.holds(place)) && is_before(place, call))
        })
    }
}

impl Says {
    fn is_at_least(self, least: Self) -> bool {
        match least {
            Self::Type => true,
            Self::Part => self != Self::Type,
            Self::Whole => self == Self::Whole,
        }
    }
}

/// Whether a test is made in the function of a call, or around it; a callback belongs to what it is handed to.
fn is_before(test: Syntax<'_>, call: Syntax<'_>) -> bool {
    let is_own = |outer: &Syntax<'_>| outer.kind().is_function() && outer.parent().is_none_or(|up| up.kind() != Kind::Arguments);
    test.ancestors().find(is_own).is_none_or(|function| function.holds(call))
}

/// The address of which a member says the host: `url` of `url.hostname`.
fn host_of(member: Syntax<'_>) -> Option<Syntax<'_>> {
    let name = member.field(Field::Property).filter(|_| member.kind() == Kind::Member)?;
    matches!(name.text(), "origin" | "host" | "hostname").then(|| member.field(Field::Object)).flatten()
}

/// `value.includes('trusted.example')`: it may hold anything else too. Signs that no address or name may have are
/// another matter: `..`, `//`.
fn asks_for_word(test: Syntax<'_>) -> bool {
    let word = test.field(Field::Arguments).and_then(Syntax::first).filter(|first| first.kind() == Kind::String).map_or("", unquoted);
    let is_compared = test.parent().is_some_and(|outer| outer.kind() == Kind::Binary);
    matches!(called_name(test), "includes" | "indexOf") && !is_compared && word.contains(|char: char| char.is_ascii_alphanumeric())
}

/// Functions that make a clean value of another, which stays as it was.
fn makes_clean(name: &str) -> bool {
    name.to_ascii_lowercase().contains("sanit")
}

/// `value.match(/a/)`, `/a/.test(value)` with a pattern that is open at one end.
fn is_partial(test: Syntax<'_>) -> bool {
    let object = test.field(Field::Function).and_then(|function| function.field(Field::Object));
    let pattern = object.into_iter().chain(test.field(Field::Arguments).and_then(Syntax::first)).find(|node| node.kind() == Kind::Regex);
    pattern.is_some_and(|pattern| {
        let text = pattern.text();
        !text.starts_with("/^") || !text.trim_end_matches(|char: char| char.is_ascii_lowercase()).ends_with("$/")
    })
}

fn is_name(node: Syntax<'_>) -> bool {
    matches!(node.kind(), Kind::Identifier | Kind::Member | Kind::Subscript | Kind::ShorthandProperty)
}

/// Names of functions that say whether a value is one that is wanted.
fn is_test(name: &str) -> bool {
    if matches!(name, "includes" | "has" | "test" | "startsWith" | "indexOf" | "match") {
        return true;
    }
    let says_is = name.strip_prefix("is").is_some_and(|rest| rest.starts_with(|char: char| char.is_ascii_uppercase()));
    let lower = name.to_ascii_lowercase();
    says_is || ["valid", "sanit", "allow"].iter().any(|word| lower.contains(word)) && !lower.contains("password")
}

/// Whether the handler around a call stands behind a validator in its route: `post('/', validate(schema), …)`.
pub(super) fn is_behind_validator(node: Syntax<'_>) -> bool {
    let handlers = node.ancestors().filter(|outer| outer.kind().is_function());
    for handler in handlers.take(3) {
        let Some(arguments) = handler.parent().filter(|outer| outer.kind() == Kind::Arguments) else { continue };
        let mut before =
            arguments.children().take_while(|argument| *argument != handler).filter(|argument| argument.kind() != Kind::String);
        if before.any(|argument| {
            let text = argument.text().to_ascii_lowercase();
            ["valid", "schema", "celebrate", "joi", "zod", "check("].iter().any(|word| text.contains(word))
        }) {
            return true;
        }
    }
    false
}
