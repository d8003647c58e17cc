//! Policies of the platform's own that somebody is given, by `rules/tables/aws_managed_policies.toml`.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::at;
use crate::finding::{Level, Severity};
use crate::ir::{Fact, Kind, Node, Part, Resource, ResourceMode, Text};
use crate::rules::Check;
use crate::tables::table;

/// What a policy allows.
#[derive(Clone, Copy)]
struct Row {
    name: &'static str,
    severity: Severity,
    says: &'static str,
}

static POLICIES: LazyLock<FxHashMap<&'static str, Row>> = LazyLock::new(|| {
    let rows = table("aws_managed_policies").map_or(&[][..], |table| table.list("policy"));
    rows.iter()
        .flat_map(|row| {
            let (severity, says) = (Severity::of(row.text("severity")), row.text("says"));
            row.texts("names").map(move |name| (name, Row { name, severity, says }))
        })
        .collect()
});

/// Which attributes attach policies, by the beginning of the resource's type.
const ATTACHING: [(&str, &str); 6] = [
    ("aws_iam_", "policy_arn"),
    ("aws_iam_", "managed_policy_arns"),
    ("aws_iam_", "policy_arns"),
    ("aws_ssoadmin_managed_policy_attachment", "managed_policy_arn"),
    ("aws_ssoadmin_permission_set", "managed_policies"),
    ("aws_ssoadmin_permission_set", "managed_policy_arns"),
];

/// Every principal that is given one of the policies, by its ARN or through `data aws_iam_policy`.
pub(in crate::rules) fn admin_policy(cx: &mut Check<'_>) {
    let model = cx.model;
    let resources = || {
        let all = model.of(Kind::Resource).filter_map(|fact| Some((fact, fact.resource()?)));
        all.filter(|(_, resource)| resource.ty.starts_with("aws_"))
    };
    let looked_up: FxHashMap<&str, Row> =
        resources().filter_map(|(_, resource)| Some((resource.address.as_str(), of_data(resource)?))).collect();
    for (fact, resource) in resources().filter(|(_, resource)| resource.mode == ResourceMode::Managed) {
        for (_, attr) in ATTACHING.iter().filter(|(ty, _)| resource.ty.starts_with(ty)) {
            for node in resource.attrs.all(attr) {
                node.each(&mut |arn| {
                    let found = match arn.as_ref() {
                        Some(reference) => looked_up.get(reference.first()).copied(),
                        None => arn.as_text().and_then(by_arn),
                    };
                    if let Some(row) = found {
                        report(cx, fact, arn, row);
                    }
                });
            }
        }
    }
}

fn report(cx: &mut Check<'_>, fact: &Fact, arn: &Node, row: Row) {
    let what = format!("`{}` gives `{}`: {}", fact.owner, row.name, row.says);
    let finding = at(cx, fact, arn, what).severity(row.severity);
    // All of a service that holds no data is doubtful, not wrong.
    cx.report(if row.severity == Severity::Low { finding.level(Level::Pedantic) } else { finding });
}

/// The policy that a `data aws_iam_policy` looks up.
fn of_data(resource: &Resource) -> Option<Row> {
    if resource.ty != "aws_iam_policy" || resource.mode != ResourceMode::Data {
        return None;
    }
    let by_name = resource.attrs.get("name").and_then(Node::as_str).and_then(|name| POLICIES.get(name).copied());
    by_name.or_else(|| resource.attrs.get("arn").and_then(Node::as_text).and_then(by_arn))
}

/// The policy of an ARN. One that the table knows is a policy of AWS's own: its account is `aws`.
fn by_arn(arn: &Text) -> Option<Row> {
    let last = arn.pieces.last()?;
    let Part::Lit(end) = &last.part else { return None };
    let row = POLICIES.get(end.rsplit('/').next()?)?;
    let is_own = |path: &str| arn.ends(&[path, row.name].concat()).is_yes();
    let is_aws = [":aws:policy/", ":aws:policy/job-function/"].iter().any(|path| is_own(path));
    (is_aws && arn.starts("arn:").is_yes()).then_some(*row)
}
