//! What a condition of a statement keeps out.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use crate::ir::{Condition, Node, Tri};

/// Keys of the request that its sender chooses or that every ordinary request has: a condition on them
/// is no bound on who may do what.
const WEAK: [&str; 8] = [
    "aws:requestedregion",
    "aws:securetransport",
    "aws:useragent",
    "aws:referer",
    "aws:tokenissuetime",
    "aws:epochtime",
    "s3:signatureversion",
    "s3:authtype",
];

/// Years that are over: before any of them nothing is waiting. A constant, so that a scan's result does
/// not change with the day.
const PAST: &str = "2025";

/// Whether a condition narrows what its statement allows: no where it provably lets every ordinary
/// request of the holder through. `service` is the one that a role is passed to, if that is the question.
pub fn narrows(condition: &Condition, service: Option<&str>) -> Tri {
    let operator = condition.operator.to_ascii_lowercase();
    let operator = operator.rsplit(':').next().unwrap_or_default();
    let base = operator.strip_suffix("ifexists").unwrap_or(operator);
    let is_key = |key: &str| condition.key.eq_ignore_case(key).is_yes();
    let some = |test: &dyn Fn(&str) -> bool| any_value(condition, test);
    if base.is_empty() || base == "null" {
        return Tri::Maybe;
    }
    if WEAK.iter().any(|key| is_key(key)) {
        return Tri::No;
    }
    let is_text = base == "stringlike" || base == "arnlike" || base == "arnequals";
    if is_text && some(&|value| !value.is_empty() && value.bytes().all(|byte| byte == b'*')) {
        return Tri::No;
    }
    if is_key("aws:MultiFactorAuthPresent") {
        return if some(&|value| value.eq_ignore_ascii_case("false")) { Tri::No } else { Tri::Yes };
    }
    if is_key("aws:CurrentTime") {
        return time(base, condition);
    }
    if is_key("iam:PassedToService") && !base.contains("not") {
        return match service {
            Some(service) if some(&|value| super::pattern::covers(value, service)) => Tri::No,
            Some(_) if condition.values.iter().all(|value| value.as_str().is_some()) => Tri::Yes,
            Some(_) => Tri::Maybe,
            None => Tri::Yes,
        };
    }
    if base == "ipaddress" && some(&crate::lower::cidr_is_open) {
        return Tri::No;
    }
    Tri::Maybe
}

/// Whether one of a condition's known values passes a test.
fn any_value(condition: &Condition, test: impl Fn(&str) -> bool) -> bool {
    condition.values.iter().filter_map(Node::as_str).any(test)
}

/// Before and after a moment.
fn time(operator: &str, condition: &Condition) -> Tri {
    let is_past =
        any_value(condition, |value| value.get(..4).is_some_and(|year| year.bytes().all(|byte| byte.is_ascii_digit()) && year < PAST));
    match (operator, is_past) {
        ("dategreaterthan" | "dategreaterthanequals", true) => Tri::No,
        ("datelessthan" | "datelessthanequals", true) => Tri::Yes,
        _ => Tri::Maybe,
    }
}

/// Whether a denial's condition spares somebody in particular: "unless it comes from there", "unless with
/// a second factor". What such a denial leaves is as narrow as an allow with the condition turned round.
pub fn guards(condition: &Condition) -> bool {
    let operator = condition.operator.to_ascii_lowercase();
    let is_second_factor = condition.key.eq_ignore_case("aws:MultiFactorAuthPresent").is_yes();
    let is_negative = operator.contains("not") || operator == "null" || is_second_factor;
    is_negative && !WEAK.iter().any(|key| condition.key.eq_ignore_case(key).is_yes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Span, Text};

    #[test]
    fn only_what_keeps_somebody_out_narrows() {
        let span = Span::default();
        for (operator, key, value, service, wanted) in [
            ("StringEquals", "aws:RequestedRegion", "eu-west-1", None, Tri::No),
            ("Bool", "aws:SecureTransport", "true", None, Tri::No),
            ("Bool", "aws:MultiFactorAuthPresent", "true", None, Tri::Yes),
            ("Bool", "aws:MultiFactorAuthPresent", "false", None, Tri::No),
            ("StringEquals", "aws:PrincipalOrgID", "o-1", None, Tri::Maybe),
            ("StringLike", "aws:PrincipalTag/team", "*", None, Tri::No),
            ("IpAddress", "aws:SourceIp", "0.0.0.0/0", None, Tri::No),
            ("IpAddress", "aws:SourceIp", "198.51.100.0/24", None, Tri::Maybe),
            ("DateGreaterThan", "aws:CurrentTime", "2017-01-01T00:00:00Z", None, Tri::No),
            ("DateLessThan", "aws:CurrentTime", "2017-01-01T00:00:00Z", None, Tri::Yes),
            ("DateGreaterThan", "aws:CurrentTime", "2051-01-01T00:00:00Z", None, Tri::Maybe),
            ("StringEquals", "iam:PassedToService", "ec2.amazonaws.com", Some("ec2.amazonaws.com"), Tri::No),
            ("StringEquals", "iam:PassedToService", "ec2.amazonaws.com", Some("glue.amazonaws.com"), Tri::Yes),
            ("StringEquals", "iam:PassedToService", "ec2.amazonaws.com", None, Tri::Yes),
            ("StringLike", "iam:PassedToService", "*", None, Tri::No),
        ] {
            let values = vec![Node::text(value, span)];
            let condition = Condition { operator: operator.into(), key: Text::lit(key, span), values, span };
            assert_eq!(narrows(&condition, service), wanted, "{operator} {key} {value}");
        }
    }
}
