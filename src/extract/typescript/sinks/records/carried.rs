//! Records that are carried on before they are sent: put on the request by what stands in front of a handler
//! (`req.user = await User.findById(id)`), or handed back by another function of the same service.

use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::extract::typescript::names::Module;
use crate::extract::typescript::sinks::called_name;
use crate::parse::typescript::{Field, Kind, Syntax};

/// The member of the request that an assignment sets: `user` of `req.user = …`, by a function that stands in front of
/// handlers.
pub(super) fn set_on_request(node: Syntax<'_>) -> Option<(&str, Syntax<'_>)> {
    let left = node.field(Field::Left).filter(|left| node.kind() == Kind::Assignment && left.kind() == Kind::Member)?;
    let member = of_request(left)?;
    Some((member, node.field(Field::Right)?))
}

/// The member of the request that a value is: `user` of `req.user`.
pub(super) fn of_request(value: Syntax<'_>) -> Option<&str> {
    const MEMBERS: [&str; 8] = ["user", "account", "member", "currentUser", "admin", "customer", "me", "profile"];
    let name = value.field(Field::Property).filter(|_| value.kind() == Kind::Member)?.text();
    let is_request = matches!(value.field(Field::Object)?.text(), "req" | "request" | "ctx.state" | "res.locals");
    (is_request && MEMBERS.contains(&name)).then_some(name)
}

/// The values that an assignment may give: of `user || null`, the first.
pub(super) fn given(value: Syntax<'_>) -> SmallVec<[Syntax<'_>; 2]> {
    match value.kind() {
        Kind::Null | Kind::Undefined => SmallVec::new(),
        Kind::Binary if value.field(Field::Operator).is_some_and(|sign| matches!(sign.text(), "||" | "??")) => {
            [Field::Left, Field::Right].into_iter().filter_map(|side| value.field(side)).flat_map(given).collect()
        }
        _ => SmallVec::from_iter([value]),
    }
}

/// The function of the same class that a value is the result of: `this.findById(id)`.
pub(super) fn own_method(call: Syntax<'_>) -> Option<SmolStr> {
    let function = call.field(Field::Function).filter(|function| call.kind() == Kind::Call && function.kind() == Kind::Member)?;
    let is_own = function.field(Field::Object).is_some_and(|object| object.kind() == Kind::This);
    is_own.then(|| SmolStr::new(called_name(call)))
}

/// The statement of `db.prepare('SELECT …').get(id)`, also where a constant holds what is prepared.
pub(super) fn prepared<'t>(module: &Module<'t>, call: Syntax<'t>) -> Option<Syntax<'t>> {
    let on = call.field(Field::Function)?.field(Field::Object)?;
    let made = if on.kind() == Kind::Call { on } else { crate::extract::typescript::sinks::rows::maker(module, on)? };
    made.field(Field::Arguments).filter(|_| called_name(made) == "prepare")?.first()
}
