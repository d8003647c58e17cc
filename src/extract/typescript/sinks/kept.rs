//! What tells of a person and is written down as it is, beside what is encrypted.

use super::{called_name, owner};
use crate::extract::Extract;
use crate::extract::typescript::names::Module;
use crate::ir::{FactKind, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::lower::words::{names_password, names_secret_value};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Bytes of a function that is looked at.
const MAX_FUNCTION: usize = 16 << 10;

/// Emits `user.ssn = ssn` in a function that encrypts another member of the same record.
pub(super) fn assignment<'t>(module: &Module<'t>, node: Syntax<'t>, cx: &mut Extract<'_>) {
    let (Some(left), Some(right)) = (node.field(Field::Left), node.field(Field::Right)) else { return };
    let Some(name) = left.field(Field::Property).filter(|_| left.kind() == Kind::Member).map(Syntax::text) else { return };
    let is_plain = matches!(right.kind(), Kind::Identifier | Kind::Member);
    if !is_plain || !names_secret_value(name) || names_password(name) {
        return;
    }
    let Some(function) = node.ancestors().find(|outer| outer.kind().is_function() && outer.span().len() <= MAX_FUNCTION) else { return };
    let encrypts = |inner: Syntax<'_>| {
        let (to, value) = match inner.kind() {
            Kind::Assignment => (inner.field(Field::Left), inner.field(Field::Right)),
            Kind::Pair => (inner.field(Field::Key), inner.field(Field::Value)),
            _ => return false,
        };
        // What is encrypted under the same name is what is written down.
        let is_other = to.is_some_and(|to| to.field(Field::Property).unwrap_or(to).text() != name);
        is_other && value.is_some_and(|value| value.kind() == Kind::Call && called_name(value).to_ascii_lowercase().starts_with("encrypt"))
    };
    if function.below().any(encrypts) {
        let callee = Ref::new(Scope::Global, [name]);
        let parts = vec![SinkPart::new(module.lower(right), Tri::Yes, name)];
        let owner = owner(node, &callee);
        cx.fact(node.span(), owner, FactKind::Sink(Sink { kind: SinkKind::Keep, callee, parts, options: None }));
    }
}
