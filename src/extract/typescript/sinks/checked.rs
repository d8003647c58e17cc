//! Values that the code tests before it uses them: `allowed.includes(url)`, `isEmail(address)`,
//! `typeof id !== 'string'`, `file.startsWith(root)`. What such a test lets through is the code's choice.

mod decides;

use rustc_hash::FxHashMap;

use self::decides::{decides, is_before};
use super::{address, called_name, uncast};
use crate::extract::typescript::items::is_part;
use crate::extract::typescript::names::{Form, Module, unquoted};
use crate::ir::{Ref, SinkKind};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Nodes of one argument that are looked at.
const MAX_NAMES: usize = 200;
/// Variables in variables that are followed.
const MAX_HOPS: u32 = 3;
/// Pieces of one path that are looked at.
const MAX_PIECES: usize = 8;

/// The tests of a file, by the text of what they test.
pub(super) struct Checked<'t> {
    places: FxHashMap<&'t str, Vec<Test>>,
}

#[derive(Clone, Copy)]
struct Test {
    /// Position in the tree.
    at: u32,
    says: Says,
    /// It asks for a slash or a scheme in front: an address may be one of the own site then, a file any of all.
    is_mark: bool,
    /// What is done only if the test holds, where it says nothing of the rest.
    within: Option<u32>,
}

/// What a test says of a value that passes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    /// How large it is, at most or at least.
    Size,
    /// Its type (`typeof`), and nothing of what it holds.
    Type,
    /// That it is a text or bytes, which are as long as they say, and nothing of what it holds.
    Form,
    /// A part of an address that others have too: the host may go on, or `//` may name one.
    Beginning,
    /// Where a file is, as of [`Says::Beginning`]: asked for, and said by what says more.
    Folder,
    /// A part of it: a pattern that need not fit the whole.
    Part,
    /// All of it.
    Whole,
}

/// Whether a name is given what a method of texts alone makes of it.
fn is_made_of_text(left: Syntax<'_>, assignment: Syntax<'_>) -> bool {
    const METHODS: [&str; 8] =
        ["toLowerCase", "toUpperCase", "trim", "trimStart", "trimEnd", "normalize", "toLocaleLowerCase", "toLocaleUpperCase"];
    assignment.field(Field::Right).filter(|right| right.kind() == Kind::Call && METHODS.contains(&called_name(*right))).is_some_and(
        |right| {
            let object = right.field(Field::Function).and_then(|function| function.field(Field::Object));
            object.is_some_and(|object| object.text() == left.text())
        },
    )
}

impl<'t> Checked<'t> {
    /// Collects the tests in one pass.
    pub(super) fn new(module: &Module<'t>) -> Self {
        let tree = module.tree;
        let mut places: FxHashMap<&str, Vec<Test>> = FxHashMap::default();
        let mut add = |tested: Option<Syntax<'t>>, place: Syntax<'t>, says: Says| {
            let Some(tested) = tested.map(uncast).filter(|tested| is_name(*tested)) else { return };
            let test = Test { at: place.id(), says, is_mark: asks_for_mark(place), within: None };
            places.entry(tested.text()).or_default().push(test);
            // Of an address whose host is one that is wanted, all may be used.
            if let Some(object) = host_of(tested) {
                places.entry(parsed(object).unwrap_or(object).text()).or_default().push(test);
                // `const address = new URL(text)`: the text is of that host, too. Behind a base, it may name another.
                let says_host = !tested.text().ends_with(".protocol");
                let is_whole = |made: &Syntax<'t>| made.field(Field::Arguments).is_some_and(|given| given.children().count() == 1);
                if let Some(text) = made_of(module, object).filter(is_whole).and_then(parsed).filter(|_| says_host) {
                    places.entry(text.text()).or_default().push(test);
                }
            }
            if let Some(address) = address_of(module, tested) {
                places.entry(address.text()).or_default().push(test);
            }
        };
        for node in tree.all() {
            match node.kind() {
                // `Object.prototype.hasOwnProperty.call(known, name)`.
                Kind::Call if called_name(node) == "call" => {
                    let function = node.field(Field::Function).map_or("", Syntax::text);
                    if function.ends_with("hasOwnProperty.call") {
                        add(node.field(Field::Arguments).and_then(|arguments| arguments.children().nth(1)), node, Says::Whole);
                    }
                }
                // `check(body, { email: String })` of Meteor throws for anything else, other members too.
                Kind::Call if called_name(node) == "check" && is_of_meteor(module, node) => {
                    add(node.field(Field::Arguments).and_then(Syntax::first), node, Says::Type);
                }
                // `host.endsWith('.example.com')`.
                Kind::Call if called_name(node) == "endsWith" && first_word(node).starts_with('.') => {
                    let object = node.field(Field::Function).and_then(|function| function.field(Field::Object));
                    let object = object.filter(|object| host_of(*object).is_some() || address_of(module, *object).is_some());
                    add(object, node, Says::Whole);
                }
                Kind::Call if is_test(called_name(node)) => {
                    let says = match () {
                        // What is read when an address begins so is what the rest of it says.
                        // A path that is absolute or not may lead anywhere all the same.
                        () if called_name(node) == "isAbsolute" => Says::Type,
                        () if called_name(node) == "startsWith" && first_word(node).starts_with("file:") => Says::Type,
                        () if asks_for_type(called_name(node)) => Says::Form,
                        () if address::is_loose(node) || asks_for_scheme(node) => Says::Beginning,
                        () if is_partial(module, node) => Says::Part,
                        () => Says::Whole,
                    };
                    if makes_clean(called_name(node)) && node.parent().is_none_or(|outer| outer.kind() != Kind::ExpressionStatement) {
                        continue;
                    }
                    // `text.match(pattern)` tests the text, `pattern.test(text)` what it is handed.
                    if called_name(node) != "match" {
                        for argument in node.field(Field::Arguments).into_iter().flat_map(Syntax::children).take(4) {
                            add(Some(argument), node, says);
                        }
                    }
                    let object = node.field(Field::Function).and_then(|function| function.field(Field::Object));
                    add(object.filter(|_| called_name(node) != "test" && !asks_for_word(node)), node, says);
                }
                // `ids.map(…)` throws for what only has a length.
                Kind::Call if matches!(called_name(node), "map" | "forEach" | "some" | "every" | "filter" | "find") => {
                    add(node.field(Field::Function).and_then(|function| function.field(Field::Object)), node, Says::Size);
                }
                // `name = name.trim()` throws for what is no text.
                Kind::Assignment => add(node.field(Field::Left).filter(|left| is_made_of_text(*left, node)), node, Says::Type),
                Kind::Unary if node.field(Field::Operator).is_some_and(|operator| operator.text() == "typeof") && !asks_for_any(node) => {
                    add(node.field(Field::Argument), node, Says::Type);
                }
                Kind::Binary => match node.field(Field::Operator).map_or("", Syntax::text) {
                    "in" => add(node.field(Field::Left), node, Says::Whole),
                    "===" | "!==" | "==" | "!=" => {
                        if let Some(asked) = is_asked_of_list(node) {
                            for side in [Field::Left, Field::Right] {
                                add(node.field(side), asked, Says::Whole);
                            }
                        }
                        let is_host = |left: &Syntax<'t>| host_of(*left).is_some() || address_of(module, *left).is_some();
                        add(node.field(Field::Left).filter(is_host).filter(|_| !decides::chooses(node)), node, Says::Whole);
                    }
                    // What a loop runs to bounds nothing.
                    "<" | "<=" | ">" | ">=" if node.parent().is_none_or(|outer| outer.kind() != Kind::For) => {
                        for side in [Field::Left, Field::Right].into_iter().filter_map(|side| node.field(side)) {
                            let length = side.field(Field::Property).filter(|name| name.text() == "length");
                            add(Some(side), node, Says::Size);
                            add(length.and_then(|_| side.field(Field::Object)), node, Says::Size);
                        }
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
        for node in tree.all().filter(|node| node.kind() == Kind::Binary) {
            let Some((tested, then)) = equal(node) else { continue };
            places.entry(tested.text()).or_default().push(Test {
                at: node.id(),
                says: Says::Whole,
                is_mark: false,
                within: Some(then.id()),
            });
        }
        Self { places }
    }

    /// Whether something in a value, or what a name in it is made of, is tested in the function that it
    /// belongs to, before the call is over. Tests of the type alone count for queries.
    pub(super) fn holds(&self, module: &Module<'t>, call: Syntax<'t>, part: Syntax<'t>, kind: SinkKind) -> bool {
        let least = match kind {
            SinkKind::Allocate => Says::Size,
            // `$where` runs a text as code.
            SinkKind::Query if part.parent().and_then(|pair| pair.field(Field::Key)).is_some_and(|key| unquoted(key) == "$where") => {
                Says::Beginning
            }
            SinkKind::Query => Says::Type,
            SinkKind::Redirect | SinkKind::Fetch => Says::Part,
            // What holds a word somewhere may hold anything else beside it.
            SinkKind::Code | SinkKind::Exec => Says::Whole,
            SinkKind::Path => Says::Folder,
            _ => Says::Beginning,
        };
        // Of a filter, one value that is tested says nothing of another.
        if kind == SinkKind::Query
            && let Some(filter) = written_out(module, part)
        {
            let sent = |name: &Ref| is_part(name) && matches!(name.first(), "body" | "query");
            let is_parameter = |value: Syntax<'t>| {
                let declared = module.lookup(value.text(), value).filter(|_| value.kind() == Kind::Identifier);
                declared.is_some_and(|declared| matches!(&declared.form, Form::Parameter(_)))
            };
            let of_request = |value: Syntax<'t>| is_name(value) && (module.lower(value).as_ref().is_some_and(sent) || is_parameter(value));
            let mut values = filter.children().filter_map(|entry| entry.field(Field::Value)).filter(|value| of_request(*value)).peekable();
            if values.peek().is_some() {
                // `validationResult(req)` is of all that is in it.
                let names = |value: Syntax<'t>| std::iter::once(value).chain(value.below()).filter(|node| is_name(*node)).take(MAX_NAMES);
                return values.all(|value| names(value).any(|name| self.is_name_tested(module, call, name, least)));
            }
        }
        let names = std::iter::once(part).chain(part.below()).filter(|node| is_name(*node)).take(MAX_NAMES);
        let mut is_tested = false;
        for name in names {
            if self.is_name_tested(module, call, name, least) {
                if !matches!(kind, SinkKind::Path | SinkKind::Sql) {
                    return true;
                }
                is_tested = true;
            }
        }
        if kind == SinkKind::Sql {
            return is_tested && !self.has_untested_hole(module, call, part, least);
        }
        is_tested && !(part.kind() == Kind::Call && self.has_untested_piece(module, call, part, least))
    }

    /// Whether a path is joined of a piece that comes from the request as it is, beside those that are tested.
    fn has_untested_piece(&self, module: &Module<'t>, call: Syntax<'t>, path: Syntax<'t>, least: Says) -> bool {
        let pieces = path.field(Field::Arguments).filter(|_| matches!(called_name(path), "join" | "resolve"));
        let is_sent = |piece: Syntax<'t>| {
            let made = module.lookup(piece.text(), piece).filter(|_| piece.kind() == Kind::Identifier);
            let value = match made.map(|made| &made.form) {
                Some(Form::Variable(Some(value), path)) if path.is_empty() => *value,
                _ => piece,
            };
            // `req.query.lang || 'en'`.
            let value = value.field(Field::Left).filter(|_| value.kind() == Kind::Binary).unwrap_or(value);
            is_name(value) && module.lower(value).as_ref().is_some_and(is_part)
        };
        pieces.into_iter().flat_map(Syntax::children).any(|piece| {
            let mut names = std::iter::once(piece).chain(piece.below()).filter(|node| is_name(*node)).take(MAX_NAMES);
            is_sent(piece) && !names.any(|name| self.is_name_tested(module, call, name, least))
        })
    }

    /// Whether a statement is put together with a part of the request as it is, beside those that are tested.
    fn has_untested_hole(&self, module: &Module<'t>, call: Syntax<'t>, statement: Syntax<'t>, least: Says) -> bool {
        let made = made_of(module, statement).unwrap_or(statement);
        let holes = made.children().filter(|hole| made.kind() == Kind::TemplateString && hole.kind() == Kind::Substitution);
        let is_sent = |value: Syntax<'t>| {
            let lowered = module.lower(value);
            is_name(value) && lowered.as_ref().is_some_and(|name| is_part(name) || module.of_constant(value, name).is_some())
        };
        holes.filter_map(Syntax::first).take(MAX_PIECES).any(|hole| is_sent(hole) && !self.is_name_tested(module, call, hole, least))
    }

    /// Whether a name is tested, or something that it is made of.
    fn is_name_tested(&self, module: &Module<'t>, call: Syntax<'t>, name: Syntax<'t>, least: Says) -> bool {
        self.is_tested_within(module, call, name, least, MAX_HOPS)
    }

    fn is_tested_within(&self, module: &Module<'t>, call: Syntax<'t>, name: Syntax<'t>, least: Says, hops: u32) -> bool {
        if is_bound_by_path(name) || self.is_tested(module, call, name, least) {
            return true;
        }
        let made = (name.kind() == Kind::Identifier).then(|| module.lookup(name.text(), name)).flatten();
        let Some(Form::Variable(Some(value), _)) = made.map(|declaration| &declaration.form) else { return false };
        let mut parts = std::iter::once(*value).chain(value.below()).filter(|node| is_name(*node)).take(MAX_NAMES);
        if parts.any(|inner| self.is_tested(module, call, inner, least)) {
            return true;
        }
        // `const folder = join(base, name); const file = join(folder, 'theme.json')`: what is joined of nothing untested.
        let pieces = value.field(Field::Arguments).filter(|_| hops > 1 && matches!(called_name(*value), "join" | "resolve"));
        let mut pieces = pieces.into_iter().flat_map(Syntax::children).filter(|piece| is_name(*piece)).take(MAX_PIECES);
        let is_sent = |piece: Syntax<'t>| module.lower(piece).as_ref().is_some_and(is_part);
        pieces.clone().all(|piece| !is_sent(piece)) && pieces.any(|piece| self.is_tested_within(module, call, piece, least, hops - 1))
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
        // What a value is handed to does not test it before: `members.validate(email, password, done)` looks somebody up.
        let is_earlier = |test: &&Test| test.at < call.after() && test.at != call.id();
        let says = |test: &&Test| test.says.is_at_least(least) && !(test.is_mark && least == Says::Folder);
        tests.iter().filter(says).filter(is_earlier).any(|test| {
            let place = call.with_id(test.at);
            let is_where = || match test.within {
                Some(then) => call.with_id(then).is_some_and(|then| then.holds(call)),
                None => place.is_some_and(|place| decides(place, call)),
            };
            place.is_some_and(|place| around.is_none_or(|around| around.holds(place)) && is_before(place, call)) && is_where()
        })
    }
}

impl Says {
    fn is_at_least(self, least: Self) -> bool {
        match least {
            Self::Size => self != Self::Type,
            Self::Type | Self::Form => self != Self::Size,
            Self::Beginning | Self::Folder => matches!(self, Self::Beginning | Self::Part | Self::Whole),
            Self::Part => matches!(self, Self::Part | Self::Whole),
            Self::Whole => self == Self::Whole,
        }
    }
}

/// The call of `!tools.some((tool) => tool.name === name)`, of the comparison in it: what passes is one of the list.
fn is_asked_of_list(comparison: Syntax<'_>) -> Option<Syntax<'_>> {
    let function = comparison.parent().filter(|outer| outer.kind() == Kind::ArrowFunction)?;
    let call = function.parent()?.parent().filter(|call| call.kind() == Kind::Call && called_name(*call) == "some")?;
    let is_negated = call.parent().is_some_and(|outer| outer.kind() == Kind::Unary && outer.text().starts_with('!'));
    let is_equal = comparison.field(Field::Operator).is_some_and(|sign| matches!(sign.text(), "===" | "=="));
    (is_negated && is_equal).then_some(call)
}

/// Whether a call is of Meteor's `check`, with a pattern that says of each value of which type it is.
fn is_of_meteor<'t>(module: &Module<'t>, call: Syntax<'t>) -> bool {
    let Some(pattern) = call.field(Field::Arguments).and_then(|arguments| arguments.children().nth(1)) else { return false };
    let is_any = |part: Syntax<'t>| matches!(part.text(), "Object" | "Match.Any");
    module.callee_of(call).is_some_and(|callee| callee.module() == Some("meteor/check"))
        && !std::iter::once(pattern).chain(pattern.below()).any(is_any)
}

/// A name that is compared with a text that is written out, and what is done only if they are equal:
/// `if (name === 'a.txt') read(name)`.
fn equal(test: Syntax<'_>) -> Option<(Syntax<'_>, Syntax<'_>)> {
    if !matches!(test.field(Field::Operator)?.text(), "===" | "==") || test.field(Field::Right)?.kind() != Kind::String {
        return None;
    }
    let tested = test.field(Field::Left).filter(|left| is_name(*left))?;
    let asks = test.ancestors().find(|outer| !matches!(outer.kind(), Kind::Parenthesized | Kind::Binary))?;
    let condition = asks.field(Field::Condition).filter(|condition| condition.holds(test))?;
    let each_names_it = condition.text().split("||").all(|either| either.contains(tested.text()));
    Some((tested, asks.field(Field::Consequence)?)).filter(|_| each_names_it)
}

/// Whether the path of a route says what a parameter may be: `req.params.id` of `/users/:id(\d+)`.
fn is_bound_by_path(member: Syntax<'_>) -> bool {
    let (Some(object), Some(name)) = (member.field(Field::Object), member.field(Field::Property)) else { return false };
    if object.field(Field::Property).unwrap_or(object).text() != "params" {
        return false;
    }
    let pattern = format!(":{}(", name.text());
    let lists = member.ancestors().filter(|outer| outer.kind() == Kind::Arguments);
    lists.filter_map(Syntax::first).any(|path| path.kind() == Kind::String && path.text().contains(&pattern))
}

/// The address that a constant holds the host of: `text` of `const host = new URL(text).hostname`.
fn address_of<'t>(module: &Module<'t>, name: Syntax<'t>) -> Option<Syntax<'t>> {
    let declaration = module.lookup(name.text(), name).filter(|_| name.kind() == Kind::Identifier)?;
    let Form::Variable(Some(value), path) = &declaration.form else { return None };
    let made = match path.as_slice() {
        [] => host_of(*value)?,
        ["origin" | "host" | "hostname" | "protocol"] => *value,
        _ => return None,
    };
    parsed(made)
}

/// What a constant is made of.
fn made_of<'t>(module: &Module<'t>, name: Syntax<'t>) -> Option<Syntax<'t>> {
    match &module.lookup(name.text(), name).filter(|_| name.kind() == Kind::Identifier)?.form {
        Form::Variable(Some(made), path) if path.is_empty() => Some(*made),
        _ => None,
    }
}

/// The text that an address is made of: `text` of `new URL(text)`.
fn parsed(made: Syntax<'_>) -> Option<Syntax<'_>> {
    made.field(Field::Arguments)?.first().filter(|_| made.kind() == Kind::New || called_name(made) == "parse")
}

/// `typeof name !== 'undefined'`: there is a value, of whatever type.
fn asks_for_any(test: Syntax<'_>) -> bool {
    let other = test.parent().filter(|outer| outer.kind() == Kind::Binary).and_then(|outer| outer.field(Field::Right));
    other.is_some_and(|other| unquoted(other) == "undefined")
}

/// `address.startsWith('http')`: of whatever host.
fn asks_for_scheme(test: Syntax<'_>) -> bool {
    called_name(test) == "startsWith" && matches!(first_word(test).trim_end_matches(['/', ':']), "http" | "https")
}

/// `file.startsWith('/')`, `file.startsWith('http')`.
fn asks_for_mark(test: Syntax<'_>) -> bool {
    asks_for_scheme(test) || called_name(test) == "startsWith" && matches!(first_word(test), "/" | "./" | "~")
}

/// `isString(name)`, `Buffer.isBuffer(body)`, `isNotEmpty(text)`: there is a value of a type, whatever it holds.
fn asks_for_type(name: &str) -> bool {
    matches!(
        name,
        "isString" | "isBuffer" | "isDefined" | "isUndefined" | "isNull" | "isNil" | "isEmpty" | "isNotEmpty" | "isBlank" | "isView"
    )
}

/// The text that a test is handed.
fn first_word(test: Syntax<'_>) -> &str {
    test.field(Field::Arguments).and_then(Syntax::first).filter(|first| first.kind() == Kind::String).map_or("", unquoted)
}

/// The address of which a member says the host, or the scheme: `url` of `url.hostname`.
fn host_of(member: Syntax<'_>) -> Option<Syntax<'_>> {
    let name = member.field(Field::Property).filter(|_| member.kind() == Kind::Member)?;
    matches!(name.text(), "origin" | "host" | "hostname" | "protocol").then(|| member.field(Field::Object)).flatten()
}

/// `value.includes('trusted.example')`: it may hold anything else too. Signs that no address or name may have are
/// another matter: `..`, `//`.
fn asks_for_word(test: Syntax<'_>) -> bool {
    let word = first_word(test);
    let is_compared = test
        .parent()
        .filter(|outer| outer.kind() == Kind::Binary)
        .is_some_and(|outer| outer.field(Field::Operator).is_some_and(|operator| operator.text().contains(['=', '<', '>'])));
    matches!(called_name(test), "includes" | "indexOf") && !is_compared && word.contains(|char: char| char.is_ascii_alphanumeric())
}

/// Functions that make a clean value of another, which stays as it was.
fn makes_clean(name: &str) -> bool {
    name.to_ascii_lowercase().contains("sanit")
}

/// `value.match(/a/)`, `/a/.test(value)` with a pattern that is open at one end.
fn is_partial<'t>(module: &Module<'t>, test: Syntax<'t>) -> bool {
    let object = test.field(Field::Function).and_then(|function| function.field(Field::Object));
    let named = |node: Syntax<'t>| match module.lookup(node.text(), node).map(|declaration| &declaration.form) {
        Some(Form::Variable(Some(made), path)) if path.is_empty() && node.kind() == Kind::Identifier => *made,
        _ => node,
    };
    let mut sides = object.into_iter().chain(test.field(Field::Arguments).and_then(Syntax::first)).map(named);
    let pattern = sides.find(|node| node.kind() == Kind::Regex);
    pattern.is_some_and(|pattern| {
        let text = pattern.text();
        !text.starts_with("/^") || !text.trim_end_matches(|char: char| char.is_ascii_lowercase()).ends_with("$/")
    })
}

/// The object that a filter is, or the variable of which it is the value.
fn written_out<'t>(module: &Module<'t>, part: Syntax<'t>) -> Option<Syntax<'t>> {
    let made = match part.kind() {
        Kind::Identifier => match &module.lookup(part.text(), part)?.form {
            Form::Variable(Some(made), path) if path.is_empty() => *made,
            _ => return None,
        },
        _ => part,
    };
    (made.kind() == Kind::Object).then_some(made)
}

fn is_name(node: Syntax<'_>) -> bool {
    matches!(node.kind(), Kind::Identifier | Kind::Member | Kind::Subscript | Kind::ShorthandProperty)
}

/// Names of functions that say whether a value is one that is wanted.
fn is_test(name: &str) -> bool {
    if matches!(name, "includes" | "has" | "hasOwn" | "hasOwnProperty" | "test" | "startsWith" | "indexOf" | "match") {
        return true;
    }
    let says_is =
        name.trim_start_matches('_').strip_prefix("is").is_some_and(|rest| rest.starts_with(|char: char| char.is_ascii_uppercase()));
    let lower = name.to_ascii_lowercase();
    let asks_who = ["password", "login", "credential"].iter().any(|word| lower.contains(word));
    says_is || ["valid", "sanit", "allow", "inside", "within"].iter().any(|word| lower.contains(word)) && !asks_who
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
