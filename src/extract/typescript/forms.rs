//! Tokens of forms: what middleware gives whoever has none yet, and asks back with each form. That shows that a page of the
//! application sent the form, and nothing of who calls.

use super::sinks::called_name;
use crate::ir::{Func, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Calls that make what nobody can guess.
const RANDOM: [&str; 9] = ["randomBytes", "randomUUID", "nanoid", "uuid", "uuidv4", "v4", "generateToken", "secretSync", "createToken"];

/// What is seen of a function's session while its body is looked through.
#[derive(Debug, Default)]
pub(super) struct Session<'t> {
    /// Members of sessions and cookies that are read or written: `formToken` of `req.session.formToken`.
    members: Vec<&'t str>,
    /// Those among them that the function makes of chance.
    made: Option<&'t str>,
    /// Whether a session is handed on, or a method of it called.
    is_whole: bool,
}

/// Members that are kept; a function with more does something else.
const MAX_MEMBERS: usize = 8;

impl<'t> Session<'t> {
    /// Adds a member of a request that may tell who calls: `session`, `cookies`, `user`. What is only written tells nothing.
    pub(super) fn add(&mut self, session: Syntax<'t>) {
        let is_left = |node: Syntax<'t>| {
            node.parent().is_some_and(|outer| outer.kind() == Kind::Assignment && outer.field(Field::Left) == Some(node))
        };
        if is_left(session) {
            return;
        }
        let outer = session.parent().filter(|outer| outer.kind() == Kind::Member && outer.field(Field::Object) == Some(session));
        let Some(member) = outer.filter(|_| self.members.len() < MAX_MEMBERS) else {
            self.is_whole = true;
            return;
        };
        let name = member.field(Field::Property).map_or("", Syntax::text);
        if self.members.last() != Some(&name) {
            self.members.push(name);
        }
        let assigned = member.parent().filter(|_| is_left(member)).and_then(|assigned| assigned.field(Field::Right));
        if assigned.is_some_and(is_random) {
            self.made = Some(name);
        }
    }

    /// Tells a middleware whose refusals are about the token of a form alone: all that it looks at of the session is what
    /// it has put there itself, or is named for that.
    pub(super) fn tell(&self, func: &mut Func) {
        let names_form = |name: &str| {
            let name = name.to_ascii_lowercase();
            name.contains("csrf") || name.contains("xsrf")
        };
        let is_form = |name: &&str| Some(*name) == self.made || names_form(name);
        if self.is_whole || self.members.is_empty() || !self.members.iter().all(is_form) || func.denies.is_empty() || !func.continues {
            return;
        }
        func.checks_form = true;
        func.reads_credentials = false;
        func.lets_anonymous_through = Tri::Yes;
    }
}

/// Whether a value is made of chance: `crypto.randomBytes(24).toString('hex')`.
fn is_random(value: Syntax<'_>) -> bool {
    const NODES: usize = 24;
    let calls = std::iter::once(value).chain(value.below()).take(NODES).filter(|node| node.kind() == Kind::Call);
    calls.map(called_name).any(|name| RANDOM.contains(&name))
}
