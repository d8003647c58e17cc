//! What records and paths are by nature: of one person, of people who look at each other, of operators.

use crate::ir::Route;

/// Records that are of one person by nature, by the stem of their model's name.
const PRIVATE: [&str; 70] = [
    "ticket",
    "conversation",
    "passport",
    "basket",
    "cart",
    "order",
    "invoice",
    "bill",
    "mandate",
    "meter",
    "seat",
    "payment",
    "card",
    "creditcard",
    "wallet",
    "address",
    "addresse",
    "appointment",
    "prescription",
    "medicalrecord",
    "record",
    "transaction",
    "account",
    "bankaccount",
    "allocation",
    "benefit",
    "salary",
    "note",
    "memo",
    "message",
    "document",
    "secret",
    "passphrase",
    "lease",
    "contract",
    "subscription",
    "booking",
    "reservation",
    "claim",
    "policy",
    "loan",
    "statement",
    "receipt",
    "payslip",
    "payroll",
    "timesheet",
    "expense",
    "todo",
    "diary",
    "journal",
    "credential",
    "apikey",
    "token",
    "contact",
    "billing",
    "paymentmethod",
    "budget",
    "goal",
    "diagnosis",
    "labresult",
    "patient",
    "medication",
    "refund",
    "transfer",
    "beneficiary",
    "deposit",
    "quote",
    "policyholder",
    "tax",
    "taxreturn",
];

/// Models of accounts.
pub(super) const ACCOUNTS: [&str; 6] = ["user", "account", "member", "customer", "employee", "patient"];

/// Paths below which people look at each other by design.
const SOCIAL: [&str; 27] = [
    "pictures",
    "images",
    "recipes",
    "user",
    "users",
    "profile",
    "profiles",
    "u",
    "members",
    "posts",
    "post",
    "comments",
    "followers",
    "following",
    "friends",
    "articles",
    "reviews",
    "photos",
    "public",
    "avatar",
    "blog",
    "feed",
    "stats",
    "videos",
    "channel",
    "channels",
    "likes",
];

/// Whether records are of one person by nature, by the stem of their model's name.
pub(in crate::rules::routes) fn is_private(stem: &str) -> bool {
    PRIVATE.contains(&stem)
}

/// A part of a path as models are named: `invoice` of `invoices`.
pub(super) fn stem(segment: &str) -> String {
    let name: String = segment.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect();
    name.strip_suffix('s').filter(|rest| rest.len() > 2 && !rest.ends_with('s')).map_or(name.clone(), str::to_owned)
}

/// Whether a path is one below which people look at each other by design.
pub(super) fn is_social(route: &Route) -> bool {
    route.path.to_string().to_ascii_lowercase().split('/').any(|segment| SOCIAL.contains(&segment))
}

/// Whether a path is one of operators, to whom all records are open: whether others get there is another question.
pub(super) fn is_of_operators(route: &Route) -> bool {
    const CORNERS: [&str; 6] = ["admin", "administration", "staff", "internal", "backoffice", "manage"];
    route.path.to_string().to_ascii_lowercase().split('/').any(|segment| CORNERS.contains(&segment))
}
