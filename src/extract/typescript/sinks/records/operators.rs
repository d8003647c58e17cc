//! Those who run an application: the page that a login sends them to, and roles that anybody may ask for.

use super::caller::of_request;
use crate::extract::typescript::names::{Module, unquoted};
use crate::extract::typescript::sinks::called_name;
use crate::parse::typescript::{Field, Kind, Syntax};

/// Names of what says what somebody may do.
const ROLES: [&str; 9] = ["role", "roles", "isAdmin", "is_admin", "admin", "isadmin", "permissions", "userRole", "isSuperuser"];
/// Calls that write a record.
const WRITES: [&str; 14] = [
    "create",
    "insert",
    "insertOne",
    "update",
    "updateOne",
    "updateMany",
    "findByIdAndUpdate",
    "findOneAndUpdate",
    "findOrCreate",
    "upsert",
    "save",
    "bulkCreate",
    "set",
    "build",
];

/// The page that operators alone are sent to: `res.redirect(user.isAdmin ? '/benefits' : '/')`, or a redirect below
/// `if (user.isAdmin)`.
pub(super) fn landing(node: Syntax<'_>) -> Option<&str> {
    if node.kind() != Kind::Call || called_name(node) != "redirect" {
        return None;
    }
    let target = node.field(Field::Arguments)?.children().last()?;
    let page = match target.kind() {
        Kind::Ternary => target.field(Field::Consequence).filter(|_| target.field(Field::Condition).is_some_and(asks_for_operator)),
        Kind::String => {
            let branch = node.ancestors().take(5).find(|outer| outer.kind() == Kind::If)?;
            let holds = branch.field(Field::Consequence).is_some_and(|then| then.holds(node));
            (holds && branch.field(Field::Condition).is_some_and(asks_for_operator)).then_some(target)
        }
        _ => None,
    };
    let page = page.filter(|page| page.kind() == Kind::String).map(unquoted)?;
    (page.starts_with('/') && page.len() > 1).then_some(page)
}

/// Whether a condition is that somebody runs the application.
fn asks_for_operator(condition: Syntax<'_>) -> bool {
    let text = condition.text().trim_matches(['(', ')', ' ']);
    let words = text.to_ascii_lowercase();
    !text.starts_with('!') && !text.contains("!=") && words.contains("admin")
}

/// The role that a record gets of the request: `user.role = req.body.role`, `User.update({ role: req.body.role }, …)`.
pub(super) fn promoted<'t>(module: &Module<'t>, node: Syntax<'t>) -> Option<&'t str> {
    let (name, value) = match node.kind() {
        Kind::Assignment => {
            let left = node.field(Field::Left).filter(|left| left.kind() == Kind::Member)?;
            // What a session is told lasts as long as that.
            let of_record =
                left.field(Field::Object).filter(|object| !object.text().contains("session") && object.kind() == Kind::Identifier);
            of_record?;
            (left.field(Field::Property)?.text(), node.field(Field::Right)?)
        }
        Kind::Pair => (node.field(Field::Key).map(unquoted)?, node.field(Field::Value)?),
        Kind::ShorthandProperty => (node.text(), node),
        _ => return None,
    };
    if !ROLES.contains(&name) || node.kind() != Kind::Assignment && !is_written(node) {
        return None;
    }
    // `=== 'admin'` tells one role from another; what is asked for is taken as it is.
    let is_plain = matches!(value.kind(), Kind::Member | Kind::Identifier | Kind::ShorthandProperty | Kind::Call | Kind::Binary);
    let is_taken =
        is_plain && of_request(module, value).is_some_and(|name| name.path.first().is_some_and(|part| part == "body" || part == "query"));
    is_taken.then_some(name)
}

/// Whether an entry of an object is written to a store: below a call that writes, as no filter of it.
fn is_written(entry: Syntax<'_>) -> bool {
    for outer in entry.ancestors().take(8) {
        match outer.kind() {
            Kind::Pair if matches!(outer.field(Field::Key).map_or("", unquoted), "where" | "filter") => return false,
            Kind::Call => return WRITES.contains(&called_name(outer)),
            Kind::New => return outer.field(Field::Constructor).is_some_and(|class| class.text().starts_with(char::is_uppercase)),
            Kind::Object | Kind::Pair | Kind::Arguments => {}
            _ => return false,
        }
    }
    false
}
