//! What an ability grants: `ab.can(Action::Manage, post::Entity).when(…)`.

use std::collections::BTreeSet;

use super::{Attrs, Place};
use crate::extract::Extract;
use crate::ir::Span;
use crate::parse::rust::{Expr, ExprKind, Function};

/// Adds a `nestrs-ability` for each grant of a function that is handed an `AbilityBuilder`.
pub(super) fn extract(cx: &mut Extract<'_>, function: &Function, place: &Place<'_>) {
    let builds = |name: &str| matches!(name, "AbilityBuilder" | "Abilities");
    if !function.params.iter().any(|param| param.ty.as_ref().is_some_and(|ty| builds(ty.last()))) {
        return;
    }
    let is_visitor = function.name.text.contains("visitor") || function.name.text.contains("anonymous");
    let mut seen: BTreeSet<Span> = BTreeSet::new();
    let mut leaves_early = false;
    let mut grants = Vec::new();
    function.body.walk(0, &mut |expr, branch| {
        leaves_early |= branch > 0 && matches!(expr.kind, ExprKind::Return(_));
        let Some(grant) = grant(expr).filter(|grant| seen.insert(grant.span)) else { return };
        grants.push((grant, branch > 0 || leaves_early));
    });
    for (Grant { action, entity, conditions, span }, is_in_branch) in grants {
        Attrs::default()
            .text("action", action, span)
            .text("entity", entity, span)
            .flag("conditions", conditions, span)
            .flag("visitor", is_visitor, span)
            .flag("branch", is_in_branch, span)
            .emit(cx, "nestrs-ability", &place.owner(function), span);
    }
}

struct Grant<'e> {
    action: &'e str,
    entity: String,
    conditions: bool,
    span: Span,
}

/// The grant that a chain of methods makes, seen from its outermost one.
fn grant(expr: &Expr) -> Option<Grant<'_>> {
    let mut conditions = false;
    let mut at = expr;
    loop {
        let ExprKind::Method { on, name, args, .. } = &at.kind else { return None };
        if name.text == "can" {
            let [action, entity] = args.as_slice() else { return None };
            let entity = entity.as_path().map(|path| path.names.join("::")).unwrap_or_default();
            return Some(Grant { action: action.as_path()?.last(), entity, conditions, span: name.span });
        }
        conditions |= name.text.starts_with("when") || name.text == "filter";
        at = on;
    }
}
