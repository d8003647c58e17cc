//! Readers of tokens that are written by hand and believe a token that says it has no signature:
//! `if (header.alg === 'none') return claims`.

use super::callers::name_of;
use crate::extract::Extract;
use crate::extract::typescript::names::unquoted;
use crate::ir::{Behaviour, FactKind, Field as Value, Node, Ref, Scope, TokenCheck, Tri, Why};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Emits a comparison with `none` that lets a token pass.
pub(super) fn emit(comparison: Syntax<'_>, cx: &mut Extract<'_>) {
    let (Some(left), Some(right)) = (comparison.field(Field::Left), comparison.field(Field::Right)) else { return };
    let is_equal = comparison.field(Field::Operator).is_some_and(|operator| matches!(operator.text(), "===" | "=="));
    let asks = |name: Syntax<'_>, word: Syntax<'_>| {
        word.kind() == Kind::String && unquoted(word).eq_ignore_ascii_case("none") && is_algorithm(name)
    };
    if !is_equal || !asks(left, right) && !asks(right, left) || !passes(comparison) {
        return;
    }
    let (span, unknown) = (comparison.span(), || Value::unknown(Why::Opaque, comparison.span()));
    let function = comparison.ancestors().find(|outer| outer.kind().is_function()).map(name_of).filter(|name| !name.is_empty());
    let check = TokenCheck {
        library: "code".into(),
        version: None,
        callee: Ref::new(Scope::Global, [function.unwrap_or("alg")]),
        algorithms: Value::known(vec![Node::text("none", span)], span),
        signature: Value::unknown(Why::Opaque, span),
        issuer: unknown(),
        audience: unknown(),
        expiry: Value::unknown(Why::Opaque, span),
        required_claims: Value::unknown(Why::Opaque, span),
        key: unknown(),
        enforced: Tri::Maybe,
        verified_elsewhere: Tri::Maybe,
        result_used: Tri::Maybe,
        behaviour: Behaviour::default(),
        options: None,
        span,
    };
    cx.fact(span, "alg", FactKind::TokenCheck(Box::new(check)));
}

/// `header.alg`, `alg`, `header.alg.toLowerCase()`.
fn is_algorithm(name: Syntax<'_>) -> bool {
    let name = match name.field(Field::Function).filter(|_| name.kind() == Kind::Call) {
        Some(method) => method.field(Field::Object).unwrap_or(name),
        None => name,
    };
    name.field(Field::Property).unwrap_or(name).text() == "alg"
}

/// Whether what the comparison is true for goes on with something: `return claims`, unlike `return null` and `throw`.
fn passes(comparison: Syntax<'_>) -> bool {
    let gives = |value: Syntax<'_>| !matches!(value.kind(), Kind::Null | Kind::False | Kind::Undefined) && value.text() != "undefined";
    let Some(outer) = comparison.ancestors().find(|outer| outer.kind() != Kind::Parenthesized) else { return false };
    let Some(then) = outer.field(Field::Consequence) else { return false };
    match outer.kind() {
        Kind::Ternary => then.kind() != Kind::Call && gives(then),
        Kind::If => {
            let last = if then.kind() == Kind::Block { then.children().last() } else { Some(then) };
            let returned = last.filter(|last| last.kind() == Kind::Return).and_then(Syntax::first);
            returned.is_some_and(|value| gives(value) && !value.text().contains("40"))
        }
        _ => false,
    }
}
