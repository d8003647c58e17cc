//! Who may be made to act for somebody else: a service for any of its customers, a vendor for any of its.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::finding::{Level, Severity};
use crate::ir::{Condition, Dialect, Fact, Grant, GrantSite, Node, PrincipalKind, Tri};
use crate::lower::iam::condition::narrows;
use crate::lower::iam::effective::allows;
use crate::rules::Check;
use crate::tables::table;

/// Vendors that act in their customers' accounts, by the number of their own.
static VENDORS: LazyLock<FxHashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let rows = table("aws_accounts").map_or(&[][..], |table| table.list("vendor"));
    rows.iter().flat_map(|row| row.texts("accounts").map(|account| (account, row.text("name")))).collect()
});

/// Services that anybody may point at a resource of somebody else.
static SERVICES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    table("aws_accounts").and_then(|table| table.get("deputies")).map(|row| row.texts("services").collect()).unwrap_or_default()
});

/// A load balancer calls functions of its own account only.
const WITHIN_ITS_ACCOUNT: &str = "elasticloadbalancing.amazonaws.com";

/// A service, or a vendor, that may act for any of its customers.
pub(in crate::rules) fn confused_deputy(cx: &mut Check<'_>, fact: &Fact, grant: &Grant) {
    if grant.dialect != Dialect::Aws || !allows(grant).is_yes() {
        return;
    }
    match grant.site {
        GrantSite::Resource => service(cx, fact, grant),
        GrantSite::Trust => vendor(cx, fact, grant),
        _ => {}
    }
}

fn service(cx: &mut Check<'_>, fact: &Fact, grant: &Grant) {
    const TIES: [&str; 6] =
        ["aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner", "aws:principalorgid"];
    let is_tied = |condition: &Condition| Tri::any(TIES.iter().map(|key| condition.key.eq_ignore_case(key)));
    if grant.conditions.iter().any(|condition| condition.operator.is_empty() || !is_tied(condition).is_no()) {
        return;
    }
    let is_function = grant.holders.iter().any(|holder| holder.first().contains("aws_lambda_permission."));
    for principal in grant.principals.iter().filter(|principal| principal.kind == PrincipalKind::Service) {
        if principal.name.as_str() == Some(WITHIN_ITS_ACCOUNT) {
            continue;
        }
        if is_function {
            let what = format!("`{}` lets `{}` call the function for any account", fact.owner, principal.name);
            cx.report(super::at(cx, fact, &principal.name, what));
        } else if let Some(name) = principal.name.as_str()
            && SERVICES.contains(&name)
            && !grant.actions.is_empty()
        {
            let what = format!("`{}` lets `{name}` use it ({}) for any account", fact.owner, super::some(&grant.actions));
            cx.report(super::at(cx, fact, &principal.name, what).severity(Severity::Low).level(Level::Pedantic));
        }
    }
}

fn vendor(cx: &mut Check<'_>, fact: &Fact, grant: &Grant) {
    if grant.conditions.iter().any(|condition| !narrows(condition, None).is_no()) {
        return;
    }
    for principal in &grant.principals {
        if let Some((account, name)) = account(&principal.name).and_then(|account| Some((account, VENDORS.get(account)?))) {
            let what =
                format!("`{}` can be assumed by {name} ({account}) for any of its customers: no `sts:ExternalId` is asked for", fact.owner);
            let fix = "Add a condition that `sts:ExternalId` equals the value that the vendor gave you.";
            cx.report(crate::finding::Finding { fix: fix.to_owned(), ..super::at(cx, fact, &principal.name, what) });
        }
    }
}

/// A role that a whole account may assume: whoever holds `sts:AssumeRole` there.
pub(in crate::rules) fn account_trust(cx: &mut Check<'_>, fact: &Fact, grant: &Grant) {
    if grant.site != GrantSite::Trust || grant.dialect != Dialect::Aws || !allows(grant).is_yes() || !grant.conditions.is_empty() {
        return;
    }
    for principal in grant.principals.iter().filter(|principal| principal.kind == PrincipalKind::Aws) {
        if let Some(account) = account(&principal.name) {
            let what = format!("`{}` can be assumed by everybody in the account {account} who may assume roles", fact.owner);
            cx.report(super::at(cx, fact, &principal.name, what));
        }
    }
}

/// The number of an account that is named whole, as `111122223333` or by its root.
fn account(node: &Node) -> Option<&str> {
    let text = node.as_str()?;
    let account = match text.strip_prefix("arn:") {
        Some(arn) => arn.split_once(":iam::")?.1.strip_suffix(":root")?,
        None => text,
    };
    (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
}
