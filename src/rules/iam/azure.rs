//! Roles of Azure: what an assignment or a role of one's own gives on a whole subscription, and the
//! permissions of the directory, by `rules/tables/azure_roles.toml`.

use crate::finding::Severity;
use crate::ir::{Dialect, Fact, Grant, GrantSite, Node, Part, Resource, Text, Tri};
use crate::rules::Check;
use crate::tables::{V, table};

/// Owner and contributor of a subscription, and roles of one's own that allow every operation.
pub(in crate::rules) fn wide_role(cx: &mut Check<'_>, fact: &Fact, grant: &Grant) {
    assigned(cx, fact, grant, "wide");
    if !is_definition(grant) {
        return;
    }
    let Some(star) = grant.actions.iter().find(|action| is(action, "*").is_yes()) else { return };
    // All but who may do what is what a contributor has; so is all of less than a subscription.
    let is_owner = allows(grant, ASSIGN).is_yes() && grant.resources.iter().any(|scope| level(scope).is_some());
    let severity = if is_owner { Severity::High } else { Severity::Medium };
    let what = format!("the role `{}` allows every operation (`{star}`)", fact.owner);
    cx.report(super::at(cx, fact, star, what).severity(severity));
}

/// The operation that gives a role to anybody.
const ASSIGN: &str = "Microsoft.Authorization/roleAssignments/write";
/// Operations that lead to any other.
const ESCALATING: [&str; 3] = [ASSIGN, "Microsoft.Authorization/roleDefinitions/write", "Microsoft.Authorization/elevateAccess/action"];

/// Roles whose holder can give itself any role.
pub(in crate::rules) fn escalation(cx: &mut Check<'_>, fact: &Fact, grant: &Grant) {
    assigned(cx, fact, grant, "escalation");
    if !is_definition(grant) || grant.actions.iter().any(|action| !is(action, "*").is_no()) {
        return;
    }
    let Some(operation) = ESCALATING.iter().find(|operation| allows(grant, operation).is_yes()) else { return };
    if let Some(action) = grant.actions.iter().find(|action| covers(action, operation).is_yes()) {
        let what = format!("the role `{}` allows `{action}`: whoever has it can give itself any role", fact.owner);
        cx.report(super::at(cx, fact, action, what));
    }
}

/// An assignment of a role of the table on a subscription or more, unless a condition narrows it.
fn assigned(cx: &mut Check<'_>, fact: &Fact, grant: &Grant, topic: &str) {
    if grant.dialect != Dialect::Azure || grant.site != GrantSite::Resource || !grant.conditions.is_empty() {
        return;
    }
    let Some((role, level)) = grant.actions.first().zip(grant.resources.first().and_then(level)) else { return };
    let row = rows("role").iter().find(|row| row.text("topic") == topic && is(role, row.text("name")).is_yes());
    if let Some(row) = row {
        let what = format!("`{}` gives `{role}` on {level}: {}", fact.owner, row.text("says"));
        cx.report(super::at(cx, fact, role, what).severity(Severity::of(row.text("severity"))));
    }
}

fn is_definition(grant: &Grant) -> bool {
    grant.dialect == Dialect::Azure && grant.site == GrantSite::Unattached
}

fn is(node: &Node, word: &str) -> Tri {
    node.as_text().map_or(Tri::Maybe, |text| text.eq_ignore_case(word))
}

/// Whether a role allows an operation: some action covers it and no exception does.
fn allows(grant: &Grant, operation: &str) -> Tri {
    let given = Tri::any(grant.actions.iter().map(|action| covers(action, operation)));
    given.and(!Tri::any(grant.not_actions.iter().map(|action| covers(action, operation)))).and((!grant.open).into())
}

/// Whether an operation is one that a pattern (`Microsoft.Authorization/*`) stands for.
fn covers(pattern: &Node, operation: &str) -> Tri {
    match pattern.as_text().map(Text::known) {
        Some(Some(pattern)) => Text::lit(operation, crate::ir::Span::default()).glob_ignore_case(&pattern),
        _ => Tri::Maybe,
    }
}

/// What a scope is, if it is a whole subscription or more: by its path, or by what it refers to.
fn level(scope: &Node) -> Option<&'static str> {
    if let Some(reference) = scope.as_ref() {
        let of = |ty: &str| reference.first().split(['.', '/']).any(|part| part == ty);
        return match reference.last() {
            "id" if of("azurerm_subscription") => Some("a whole subscription"),
            "id" if of("azurerm_management_group") => Some("a management group"),
            _ => None,
        };
    }
    let text = scope.as_text()?;
    if text.eq_str("/").is_yes() {
        return Some("everything");
    }
    if is_one_below(text, "/providers/Microsoft.Management/managementGroups/", "management_group") {
        return Some("a management group");
    }
    is_one_below(text, "/subscriptions/", "subscription").then_some("a whole subscription")
}

/// Whether a path is `prefix` and one segment. A value that is not known counts if its name says
/// that it is the segment's id.
fn is_one_below(text: &Text, prefix: &str, name: &str) -> bool {
    if let Some(known) = text.known() {
        let rest = known.get(..prefix.len()).filter(|start| start.eq_ignore_ascii_case(prefix)).map(|_| &known[prefix.len()..]);
        return rest.is_some_and(|rest| !rest.trim_end_matches('/').is_empty() && !rest.trim_end_matches('/').contains('/'));
    }
    match text.pieces.as_slice() {
        [first, second] => {
            let is_prefix = matches!(&first.part, Part::Lit(start) if start.eq_ignore_ascii_case(prefix));
            let is_id = matches!(&second.part, Part::Hole(hole) if Node::as_ref(hole).is_some_and(|it| it.last().contains(name)));
            is_prefix && is_id
        }
        _ => false,
    }
}

/// Permissions of Microsoft Graph, and roles of the directory, that make an administrator.
pub(in crate::rules) fn directory_permission(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    let (key, paths): (_, &[&str]) = match resource.ty.as_str() {
        "azuread_app_role_assignment" => ("graph", &["app_role_id"]),
        "azuread_application" => ("graph", &["required_resource_access.resource_access"]),
        "azuread_application_api_access" => ("graph", &["role_ids"]),
        "azuread_directory_role_assignment" | "azuread_directory_role_eligibility_schedule_request" => {
            ("directory", &["role_id", "role_definition_id"])
        }
        _ => return,
    };
    for node in paths.iter().flat_map(|path| resource.attrs.all(path)) {
        node.each(&mut |item| {
            // Delegated permissions (`Scope`) are bounded by what the user may do.
            let id = item.get("id").unwrap_or(item);
            if item.get("type").is_some_and(|ty| !is(ty, "Role").is_yes()) {
                return;
            }
            let row = rows(key).iter().find(|row| match id.as_ref() {
                Some(reference) => reference.path.iter().any(|part| part == row.text("name")),
                None => is(id, row.text("id")).is_yes(),
            });
            if let Some(row) = row {
                let what = format!("`{}` has `{}`: it can {}", fact.owner, row.text("name"), row.text("says"));
                cx.report(super::at(cx, fact, id, what));
            }
        });
    }
}

fn rows(key: &str) -> &'static [V] {
    table("azure_roles").map_or(&[][..], |table| table.list(key))
}
