//! Roles of Google Cloud: what a binding gives to whom, by `rules/tables/google_roles.toml`.

use crate::finding::{Level, Severity};
use crate::ir::{Dialect, Fact, Grant, GrantSite, Node};
use crate::rules::Check;
use crate::tables::{V, table};

/// What holds other things: a role on one of these is a role on all that is in it.
const WIDE: [(&str, &str); 3] =
    [("project/", "a whole project"), ("folder/", "a whole folder"), ("organization/", "the whole organization")];

/// The owner, editor or viewer of a project.
pub(in crate::rules) fn basic_role(cx: &mut Check<'_>, fact: &Fact, grant: &Grant) {
    let Some((row, role, level)) = wide_role(grant, "basic") else { return };
    let what = format!("`{}` gives `{role}` on {level}: {}", fact.owner, row.text("says"));
    let finding = super::at(cx, fact, role, what).severity(severity(row));
    cx.report(if row.flag("pedantic") { finding.level(Level::Pedantic) } else { finding });
}

/// Roles on a project, and permissions of custom roles, that turn into more.
pub(in crate::rules) fn escalation(cx: &mut Check<'_>, fact: &Fact, grant: &Grant) {
    if let Some((row, role, level)) = wide_role(grant, "escalation").filter(|_| grant.conditions.is_empty()) {
        let what = format!("`{}` gives `{role}` on {level}: whoever has it can {}", fact.owner, row.text("says"));
        let finding = super::at(cx, fact, role, what).severity(severity(row));
        cx.report(if row.flag("pedantic") { finding.level(Level::Pedantic) } else { finding });
    }
    if grant.dialect == Dialect::Gcp && grant.site == GrantSite::Unattached {
        let named = |row: &V, key| {
            row.texts(key).find_map(|name| grant.actions.iter().find(|node| node.as_text().is_some_and(|text| text.eq_str(name).is_yes())))
        };
        for row in rows("permission") {
            let Some(permission) = named(row, "names") else { continue };
            let second = named(row, "with");
            if row.get("with").is_some() && second.is_none() {
                continue;
            }
            let with = second.map_or_else(String::new, |second| format!(" and `{second}`"));
            let what = format!("`{}` has `{permission}`{with}: whoever has it can {}", fact.owner, row.text("says"));
            cx.report(super::at(cx, fact, permission, what).severity(severity(row)));
        }
    }
}

/// A role for everybody, or for everybody with an account at Google.
pub(in crate::rules) fn public_member(cx: &mut Check<'_>, fact: &Fact, grant: &Grant) {
    if grant.dialect != Dialect::Gcp || !grant.conditions.is_empty() {
        return;
    }
    let Some(role) = grant.actions.first() else { return };
    let row =
        rows("public").iter().find(|row| row.texts("roles").any(|pattern| role.as_text().is_some_and(|text| text.glob(pattern).is_yes())));
    for principal in &grant.principals {
        let Some(name) = principal.name.as_text() else { continue };
        let who = if name.eq_str("allUsers").is_yes() {
            "everybody"
        } else if name.eq_str("allAuthenticatedUsers").is_yes() {
            "everybody with a Google account"
        } else {
            continue;
        };
        let what = match row {
            Some(row) => format!("`{}` lets {who} {} (`{role}`)", fact.owner, row.text("says")),
            None => format!("`{}` gives `{role}` to {who}", fact.owner),
        };
        cx.report(super::at(cx, fact, &principal.name, what).severity(row.map_or(Severity::Critical, severity)));
    }
}

/// A role on a project for the account that every machine and function has unless it names its own.
pub(in crate::rules) fn default_account(cx: &mut Check<'_>, fact: &Fact, grant: &Grant) {
    let Some((role, level)) = wide(grant) else { return };
    for principal in &grant.principals {
        let Some(name) = principal.name.as_text() else { continue };
        let by_name = name.ends("-compute@developer.gserviceaccount.com").or(name.ends("@appspot.gserviceaccount.com"));
        let is_default = |hole: &Node| {
            hole.as_ref().is_some_and(|reference| {
                ["data.google_compute_default_service_account.", "data.google_app_engine_default_service_account."]
                    .iter()
                    .any(|data| reference.first().contains(data))
            })
        };
        if by_name.is_yes() || name.holes().any(is_default) {
            let what = format!("`{}` gives `{role}` on {level} to the default account `{name}`", fact.owner);
            cx.report(super::at(cx, fact, &principal.name, what));
        }
    }
}

/// A private mail account as a member.
pub(in crate::rules) fn private_account(cx: &mut Check<'_>, fact: &Fact, grant: &Grant) {
    if grant.dialect != Dialect::Gcp {
        return;
    }
    for principal in &grant.principals {
        let Some(name) = principal.name.as_text() else { continue };
        let is_private = name.starts("user:").and(name.ends("@gmail.com").or(name.ends("@googlemail.com")));
        if is_private.is_yes()
            && let Some(role) = grant.actions.first()
        {
            let what = format!("`{}` gives `{role}` to the private account `{name}`", fact.owner);
            cx.report(super::at(cx, fact, &principal.name, what));
        }
    }
}

/// The role of a binding on a project, a folder or the organization, and that level's name.
fn wide(grant: &Grant) -> Option<(&Node, &'static str)> {
    if grant.dialect != Dialect::Gcp || grant.site != GrantSite::Resource {
        return None;
    }
    let (role, on) = (grant.actions.first()?, grant.resources.first()?.as_text()?);
    let (_, level) = WIDE.iter().find(|(kind, _)| on.starts(kind).is_yes())?;
    Some((role, *level))
}

/// The row of the role that a binding on a project gives.
fn wide_role<'g>(grant: &'g Grant, topic: &str) -> Option<(&'static V, &'g Node, &'static str)> {
    let (role, level) = wide(grant)?;
    let text = role.as_text()?;
    let row = rows("role").iter().find(|row| row.text("topic") == topic && text.eq_str(row.text("name")).is_yes())?;
    Some((row, role, level))
}

fn rows(key: &str) -> &'static [V] {
    table("google_roles").map_or(&[][..], |table| table.list(key))
}

fn severity(row: &V) -> Severity {
    Severity::of(row.text("severity"))
}
