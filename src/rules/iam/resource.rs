//! `Resource: "*"`, judged by what the actions are.

use std::sync::LazyLock;

use crate::finding::Severity;
use crate::ir::{Dialect, Fact, Grant, GrantSite, Node, Text, Tri};
use crate::lower::iam::actions::{Level, matching};
use crate::rules::Check;
use crate::tables::table;

/// Reads that on every resource are a leak of all data.
static READS: LazyLock<Vec<&'static str>> = LazyLock::new(|| rows("read"));
/// Writes that services need on every resource.
static MILD: LazyLock<Vec<&'static str>> = LazyLock::new(|| rows("mild"));

fn rows(key: &str) -> Vec<&'static str> {
    table("aws_escalation").and_then(|table| table.get(key)).map(|row| row.texts("actions").collect()).unwrap_or_default()
}

/// Keys of conditions that say nothing about the resource.
const UNRELATED: [&str; 5] =
    ["aws:securetransport", "aws:requestedregion", "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:currenttime"];

/// Writes, or reads of data, on every resource where they could be limited to some.
pub(in crate::rules) fn wildcard_resource(cx: &mut Check<'_>, fact: &Fact, grant: &Grant) {
    if grant.dialect != Dialect::Aws || !matches!(grant.site, GrantSite::Identity | GrantSite::Unattached) || !super::allows(grant).is_yes()
    {
        return;
    }
    let Some(star) =
        grant.resources.iter().find(|node| node.as_text().is_some_and(|text| text.eq_str("*").or(text.eq_str("arn:aws:s3:::*")).is_yes()))
    else {
        return;
    };
    let is_unrelated = |key: &Text| Tri::any(UNRELATED.iter().map(|known| key.eq_ignore_case(known))).is_yes();
    if grant.conditions.iter().any(|condition| !is_unrelated(&condition.key)) {
        return;
    }
    let mut named: Vec<(String, Severity)> = Vec::new();
    for pattern in grant.actions.iter().filter_map(Node::as_str) {
        if !pattern.contains(':') || pattern == "*:*" {
            continue;
        }
        for (name, level) in matching(pattern) {
            let is_mild = MILD.iter().any(|mild| covers(mild, &name));
            named.push((
                name,
                if is_mild {
                    Severity::Low
                } else if level == Level::Permissions {
                    Severity::High
                } else {
                    Severity::Medium
                },
            ));
        }
        named.extend(READS.iter().filter(|read| covers(pattern, read)).map(|read| ((*read).to_owned(), Severity::Medium)));
    }
    named.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
    named.dedup();
    let Some((_, severity)) = named.first() else { return };
    let severity = (*severity).min(Severity::Medium);
    let shown: Vec<String> = named.iter().take(3).map(|(name, _)| format!("`{name}`")).collect();
    let more = if named.len() > 3 { format!(" and {} more actions", named.len() - 3) } else { String::new() };
    let what = format!("`{}` allows {}{more} on every resource (`{star}`)", fact.owner, shown.join(", "));
    cx.report(super::at(cx, fact, star, what).severity(severity));
}

/// Whether a pattern covers an action.
fn covers(pattern: &str, action: &str) -> bool {
    Text::lit(action, crate::ir::Span::default()).glob_ignore_case(pattern).is_yes()
}
