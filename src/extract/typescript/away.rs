//! Middleware that sends callers elsewhere: to the start page as well as to where people sign in. Which callers it
//! sends, those with credentials or those without, is told by the test in front.

use crate::parse::typescript::{Field, Kind, Syntax};

/// Where a middleware sends callers who show no credentials: `if (req.session.user) next(); else res.redirect('/')`.
/// Nothing where those are sent away who have signed in.
pub(super) fn turned(body: Syntax<'_>) -> Option<Syntax<'_>> {
    body.below().filter(|node| is_redirect(*node)).find(|redirect| is_for_strangers(*redirect, body))
}

fn is_redirect(node: Syntax<'_>) -> bool {
    let method = || node.field(Field::Function)?.field(Field::Property);
    node.kind() == Kind::Call && method().is_some_and(|method| method.text() == "redirect")
}

/// Whether a place is reached by those of whom a test in front found no credentials.
fn is_for_strangers(place: Syntax<'_>, body: Syntax<'_>) -> bool {
    let mut below = place;
    for outer in place.ancestors().take_while(|outer| outer.id() >= body.id()) {
        if outer.kind() == Kind::If {
            return asks_for_absence(outer) == (below.role() == Field::Consequence);
        }
        below = outer;
    }
    // Behind `if (req.session.user) return next()`.
    let is_before = |test: &Syntax<'_>| test.kind() == Kind::If && test.id() < place.id();
    body.children().filter(is_before).any(|test| !asks_for_absence(test) && goes_on(test))
}

fn goes_on(test: Syntax<'_>) -> bool {
    test.field(Field::Consequence).is_some_and(|branch| branch.text().contains("next()"))
}

/// The parts of a condition that must all hold: `a`, `b` and `c` of `(a && b && c)`.
pub(super) fn conjuncts(condition: Syntax<'_>) -> Vec<Syntax<'_>> {
    parts(condition, "&&")
}

/// The parts of a condition of which one is enough: `a`, `b` and `c` of `(a || b || c)`.
pub(super) fn disjuncts(condition: Syntax<'_>) -> Vec<Syntax<'_>> {
    parts(condition, "||")
}

fn parts<'t>(condition: Syntax<'t>, joined_by: &str) -> Vec<Syntax<'t>> {
    const MOST: usize = 8;
    let mut open = vec![condition];
    let mut parts = Vec::new();
    while let Some(part) = open.pop().filter(|_| parts.len() < MOST) {
        match part.kind() {
            Kind::Parenthesized => open.extend(part.first()),
            Kind::Binary if part.field(Field::Operator).is_some_and(|operator| operator.text() == joined_by) => {
                open.extend(part.field(Field::Left).into_iter().chain(part.field(Field::Right)));
            }
            _ => parts.push(part),
        }
    }
    parts
}

/// Whether the test of an `if` holds where something is missing: `!req.session.user`, `req.session.loggedIn !== 1`.
fn asks_for_absence(test: Syntax<'_>) -> bool {
    const NOTHING: [&str; 6] = ["null", "undefined", "false", "0", "''", "\"\""];
    let Some(condition) = test.field(Field::Condition) else { return false };
    let inner = condition.first().filter(|_| condition.kind() == Kind::Parenthesized).unwrap_or(condition);
    let first = inner.text().split(['|', '&']).next().unwrap_or_default().trim();
    let is_of_nothing = NOTHING.iter().any(|nothing| first.ends_with(nothing));
    if first.contains("!=") { !is_of_nothing } else { first.starts_with('!') || first.contains("==") && is_of_nothing }
}
