//! Paths for which a middleware lets everybody through before it asks: `if (OPEN.some((path) => req.url.startsWith(path)))
//! return next()`; and denials by where a request comes from, which ask nobody who they are.

use crate::extract::typescript::away;
use crate::extract::typescript::names::{Form, Module};
use crate::ir::{Func, Held, LeftOut, Span};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Statements of a middleware that are looked at.
const MAX_STATEMENTS: usize = 24;
/// Nodes of what a constant is made of.
const MAX_MADE: usize = 40;
/// What a condition tests that a browser says of itself and anybody may write.
const FROM: [&str; 5] = ["origin", "referer", "referrer", "user-agent", "useragent"];
/// What else it may ask, for which the caller needs something.
const CREDENTIALS: [&str; 12] =
    ["auth", "token", "cookie", "session", "secret", "apikey", "api-key", "api_key", "signature", "password", "jwt", "user."];

impl<'t> Module<'t> {
    /// The lists of paths, in front of the first denial.
    pub(super) fn left_out(&self, body: Syntax<'t>, func: &Func) -> Vec<LeftOut> {
        let Some(first) = func.denies.iter().map(|denial| denial.start).min() else { return Vec::new() };
        let before = body.children().take(MAX_STATEMENTS).take_while(|statement| statement.start() < first);
        let mut found = Vec::new();
        for test in before.filter(|statement| statement.kind() == Kind::If && lets_through(*statement)) {
            let Some(condition) = test.field(Field::Condition) else { continue };
            let inner = condition.first().filter(|_| condition.kind() == Kind::Parenthesized).unwrap_or(condition);
            let parts: Option<Vec<LeftOut>> = away::disjuncts(inner).into_iter().map(|part| self.paths_of(part)).collect();
            found.extend(parts.unwrap_or_default());
        }
        found
    }

    fn paths_of(&self, part: Syntax<'t>) -> Option<LeftOut> {
        if part.kind() == Kind::Binary {
            let is_same = part.field(Field::Operator).is_some_and(|sign| matches!(sign.text(), "===" | "=="));
            let (left, right) = (part.field(Field::Left)?, part.field(Field::Right)?);
            let is_text = right.kind() == Kind::String && is_same && self.is_path(left);
            return is_text.then(|| LeftOut { paths: self.lower(right), held: Held::Whole });
        }
        let function = part.field(Field::Function).filter(|function| part.kind() == Kind::Call && function.kind() == Kind::Member)?;
        let (object, method) = (function.field(Field::Object)?, function.field(Field::Property)?.text());
        let given = part.field(Field::Arguments)?.first()?;
        match method {
            "startsWith" | "includes" if given.kind() == Kind::String && self.is_path(object) => {
                let held = if method == "includes" { Held::Somewhere } else { Held::Beginning };
                Some(LeftOut { paths: self.lower(given), held })
            }
            "includes" | "has" if self.is_path(given) => Some(LeftOut { paths: self.lower(object), held: Held::Whole }),
            "some" if given.kind().is_function() => {
                let inner = given.field(Field::Body)?;
                let item = given.field(Field::Parameter).or_else(|| {
                    let first = given.field(Field::Parameters)?.first()?;
                    Some(first.field(Field::Pattern).unwrap_or(first))
                })?;
                let held = self.held_of(inner, item.text())?;
                Some(LeftOut { paths: self.lower(object), held })
            }
            _ => None,
        }
    }

    /// How the path has the item of a list: `req.url.startsWith(path)`, `req.path === path`.
    fn held_of(&self, test: Syntax<'t>, item: &str) -> Option<Held> {
        if test.kind() == Kind::Binary {
            let sides = [test.field(Field::Left)?, test.field(Field::Right)?];
            let is_same = test.field(Field::Operator).is_some_and(|sign| matches!(sign.text(), "===" | "=="));
            let is_told = sides.iter().any(|side| side.text() == item) && sides.iter().any(|side| self.is_path(*side));
            return (is_same && is_told).then_some(Held::Whole);
        }
        let function = test.field(Field::Function).filter(|function| test.kind() == Kind::Call && function.kind() == Kind::Member)?;
        let given = test.field(Field::Arguments)?.first()?;
        let is_told = given.text() == item && self.is_path(function.field(Field::Object)?);
        match function.field(Field::Property)?.text() {
            "startsWith" if is_told => Some(Held::Beginning),
            "includes" if is_told => Some(Held::Somewhere),
            _ => None,
        }
    }

    /// `req.path`, `request.raw.url`, or a constant that is made of one.
    fn is_path(&self, value: Syntax<'t>) -> bool {
        let says = |text: &str| ["url", "path", "originalUrl", "pathname"].iter().any(|name| text.ends_with(&format!(".{name}")));
        match value.kind() {
            Kind::Member => says(value.text()),
            Kind::Identifier => self.lookup(value.text(), value).is_some_and(|declared| match &declared.form {
                Form::Variable(Some(made), path) => match path.as_slice() {
                    [] => made.size() < MAX_MADE && made.below().any(|inner| inner.kind() == Kind::Member && says(inner.text())),
                    [member] => ["url", "path", "originalUrl", "pathname"].contains(member),
                    _ => false,
                },
                _ => false,
            }),
            _ => false,
        }
    }

    /// Whether a denial depends on nothing but where the request says that it comes from:
    /// `if (req.headers.origin !== SITE) return res.status(403).end()`.
    pub(super) fn asks_where_from(&self, denial: Syntax<'t>, function: Span) -> bool {
        let test = denial.ancestors().take_while(|outer| outer.span() != function).find(|outer| outer.kind() == Kind::If);
        let Some(condition) = test.and_then(|test| test.field(Field::Condition)) else { return false };
        let mut text = condition.text().to_ascii_lowercase();
        for name in condition.below().filter(|name| name.kind() == Kind::Identifier).take(MAX_STATEMENTS) {
            if let Some(Form::Variable(Some(made), _)) = self.lookup(name.text(), name).map(|declared| &declared.form)
                && self.pays(1)
            {
                text.push('\n');
                text.push_str(&made.text().chars().take(200).collect::<String>().to_ascii_lowercase());
            }
        }
        FROM.iter().any(|word| text.contains(word)) && !CREDENTIALS.iter().any(|word| text.contains(word))
    }
}

/// Whether all that a branch does is to go on: `return`, `return next()`, `{ next(); return }`.
fn lets_through(test: Syntax<'_>) -> bool {
    let Some(then) = test.field(Field::Consequence).filter(|_| test.field(Field::Alternative).is_none()) else { return false };
    let statements: Vec<Syntax<'_>> = if then.kind() == Kind::Block { then.children().take(3).collect() } else { vec![then] };
    let goes_on = |statement: &Syntax<'_>| {
        let text = statement.text().trim_start_matches("return").trim_end_matches(';').trim().trim_start_matches("await ");
        matches!(text, "" | "next()" | "done()" | "true")
    };
    matches!(statements.len(), 1 | 2) && statements.iter().all(goes_on) && statements.last().is_some_and(|last| last.kind() == Kind::Return)
}
