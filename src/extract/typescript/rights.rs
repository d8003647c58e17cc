//! What somebody may do, where a function tests it: `if (req.user.role !== 'admin')`, `roles.includes(me.role)`; and ids
//! of the request, by which a guard asks whether something is its caller's.

use std::sync::LazyLock;

use super::sinks::called_name;
use crate::needles::Needles;
use crate::parse::typescript::{Field, Kind, Syntax};

/// Parts of the names of what says so.
static WORDS: LazyLock<Needles> = LazyLock::new(|| {
    let words = ["role", "admin", "permission", "privilege", "superuser", "moderator", "staff", "clerk", "rank"];
    Needles::new(words.iter().map(|word| (word.as_bytes(), true)))
});

/// Steps from a name to the test that it stands in.
const MAX_STEPS: usize = 8;

/// Whether a name is that of what somebody may do.
pub(super) fn is_right(name: &str) -> bool {
    WORDS.stand_in(name.as_bytes()) || matches!(name, "scope" | "scopes" | "groups" | "abilities" | "grants")
}

/// Whether a value is tested: compared, negated, looked for in a list, or all that a condition is. What is handed on, as
/// in `request.user = { id, role: token.role }`, is not.
pub(super) fn is_tested(value: Syntax<'_>) -> bool {
    const TESTS: [&str; 6] = ["includes", "has", "some", "every", "indexOf", "equals"];
    // What the request asks for says nothing of what its sender may do.
    if value.field(Field::Object).is_some_and(is_part) {
        return false;
    }
    let mut at = value;
    for outer in value.ancestors().take(MAX_STEPS) {
        match outer.kind() {
            Kind::Binary if matches!(outer.field(Field::Operator).map_or("", Syntax::text), "||" | "&&" | "??") => {}
            Kind::Binary | Kind::Unary => return !is_noted(outer),
            Kind::If | Kind::Ternary => return outer.field(Field::Condition).is_some_and(|condition| condition.holds(at)),
            Kind::Call => return TESTS.contains(&called_name(outer)),
            Kind::Member | Kind::Subscript | Kind::Parenthesized | Kind::Arguments | Kind::NonNull | Kind::As => {}
            _ => return false,
        }
        at = outer;
    }
    false
}

/// Whether a refusal says that somebody who is known may not, by a flag of theirs: `if (!member.steward) return res.status(403)`.
/// Whether somebody's account is open says nothing of what they may do.
pub(super) fn is_refused_by_flag(denial: Syntax<'_>) -> bool {
    let text = denial.text();
    if !["403", "orbidden", "FORBIDDEN"].iter().any(|word| text.contains(word)) {
        return false;
    }
    let test = denial.ancestors().take_while(|outer| !outer.kind().is_function()).find(|outer| outer.kind() == Kind::If);
    let Some(condition) = test.and_then(|test| test.field(Field::Condition)) else { return is_let_in_by_flag(denial) };
    let is_refused =
        |part: Syntax<'_>| part.kind() == Kind::Unary && part.field(Field::Argument).is_some_and(is_flag) || is_held_to_true(part);
    super::away::disjuncts(condition).into_iter().any(is_refused)
}

/// Whether those who have a flag have gone on before a refusal: `if (req.user.steward === true) return next()`.
fn is_let_in_by_flag(denial: Syntax<'_>) -> bool {
    let block = denial.ancestors().take_while(|outer| !outer.kind().is_function()).find(|outer| outer.kind() == Kind::Block);
    let before = block.into_iter().flat_map(Syntax::children).take_while(|statement| statement.start() < denial.start());
    let goes_on = |test: &Syntax<'_>| test.field(Field::Consequence).is_some_and(|then| then.text().contains("next()"));
    let mut tests = before.filter(|statement| statement.kind() == Kind::If).filter(goes_on).filter_map(|test| test.field(Field::Condition));
    tests.any(|condition| std::iter::once(condition).chain(condition.below()).any(is_held_to_true))
}

/// `req.user.steward === true`, or that it is not.
fn is_held_to_true(test: Syntax<'_>) -> bool {
    let sides = [Field::Left, Field::Right].map(|side| test.field(side));
    test.kind() == Kind::Binary && matches!(sides, [Some(flag), Some(value)] if is_flag(flag) && value.text() == "true")
}

/// Whether a value is a flag of somebody that says what they may do: `steward` of `req.user.steward`.
fn is_flag(member: Syntax<'_>) -> bool {
    const STATES: [&str; 20] = [
        "activ", "verif", "confirm", "bann", "block", "delet", "enabl", "disabl", "lock", "suspend", "status", "expire", "onboard",
        "complet", "subscri", "paid", "factor", "mfa", "accept", "agree",
    ];
    if member.kind() != Kind::Member {
        return false;
    }
    let holder = member.field(Field::Object).map_or("", |object| object.field(Field::Property).unwrap_or(object).text());
    let name = member.field(Field::Property).map_or("", Syntax::text).to_ascii_lowercase();
    let of_somebody = ["user", "member", "account", "person", "profile", "me", "employee", "customer"].contains(&holder);
    of_somebody && !STATES.iter().any(|state| name.contains(state)) && !is_id(&name)
}

/// Whether what a test gives is only written down: `req.session.canManage = user.role === 'admin'`.
fn is_noted(test: Syntax<'_>) -> bool {
    test.parent().is_some_and(|outer| match outer.kind() {
        Kind::Pair => true,
        Kind::Assignment => outer.field(Field::Left).is_some_and(|left| left.kind() == Kind::Member),
        _ => false,
    })
}

/// Whether a member is an id that a request brings: `projectId` of `input.projectId`, `id` of `req.params.id`.
pub(super) fn is_id_sent(member: Syntax<'_>, name: &str) -> bool {
    is_id(name) && member.field(Field::Object).is_some_and(is_part)
}

/// Whether a pattern takes an id of what a request brings: `const { id } = req.params`.
pub(super) fn takes_id(taken: Syntax<'_>) -> bool {
    let declarator = taken.ancestors().take(3).find(|outer| outer.kind() == Kind::VariableDeclarator);
    is_id(taken.text()) && declarator.and_then(|declarator| declarator.field(Field::Value)).is_some_and(is_part)
}

fn is_id(name: &str) -> bool {
    name == "id" || ["Id", "ID", "_id"].iter().any(|ending| name.ends_with(ending))
}

fn is_part(object: Syntax<'_>) -> bool {
    let name = object.field(Field::Property).unwrap_or(object).text();
    matches!(name, "params" | "input" | "rawInput" | "body" | "query" | "args")
}

/// Whether a member is who calls: `user` of `req.user`, `userId` of `ctx.userId`.
pub(super) fn is_caller(member: Syntax<'_>, name: &str) -> bool {
    const WHO: [&str; 14] = [
        "user",
        "userId",
        "session",
        "auth",
        "account",
        "claims",
        "currentUser",
        "member",
        "customer",
        "principal",
        "viewer",
        "actor",
        "who",
        "token",
    ];
    let holder = member.field(Field::Object).map(|object| object.field(Field::Property).unwrap_or(object).text());
    WHO.contains(&name) && holder.is_some_and(|holder| matches!(holder, "req" | "request" | "ctx" | "context" | "c" | "state" | "locals"))
}
