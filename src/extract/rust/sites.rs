//! Which calls some extractor knows: rows of `rules/tables/rust-calls.toml`, by the end of their path.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::ir::{Node, NodeKind, Op, Ref, Scope, Span};
use crate::tables::{V, table};

use super::chain::Chain;

/// Who reads a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Interest {
    /// A cross-origin policy.
    Cors,
    /// A token that is read.
    TokenCheck,
    /// The options of such a reading.
    TokenOptions,
    /// A token that is signed.
    TokenIssue,
    /// A key that tokens are signed with or checked by.
    TokenKey,
    /// A cookie that is built.
    Cookie,
}

/// A row of the table.
struct Row {
    interest: Interest,
    end: Vec<&'static str>,
    crates: &'static [V],
    loose: bool,
}

static ROWS: LazyLock<FxHashMap<&'static str, Vec<Row>>> = LazyLock::new(|| {
    let mut rows: FxHashMap<&'static str, Vec<Row>> = FxHashMap::default();
    for row in table("rust-calls").map_or(&[][..], |table| table.list("call")) {
        let interest = match row.text("kind") {
            "cors" => Interest::Cors,
            "token-check" => Interest::TokenCheck,
            "token-options" => Interest::TokenOptions,
            "token-issue" => Interest::TokenIssue,
            "token-key" => Interest::TokenKey,
            "cookie" => Interest::Cookie,
            _ => continue,
        };
        for end in row.texts("ends") {
            let end: Vec<&'static str> = end.split("::").collect();
            let last = end.last().copied().unwrap_or_default();
            rows.entry(last).or_default().push(Row { interest, end, crates: row.list("crates"), loose: row.flag("loose") });
        }
    }
    rows
});

/// Who reads a call of this path.
pub(super) fn of_path(path: &Ref) -> Option<Interest> {
    let rows = ROWS.get(path.last())?;
    let names = path.names();
    let fits = |row: &&Row| {
        let from = |crates: &[V]| crates.iter().any(|name| name.as_text() == Some(names[0]));
        names.ends_with(&row.end)
            && matches!(path.scope, Scope::Rust | Scope::Local)
            && (from(row.crates)
                || (row.loose && names.len() == row.end.len())
                || (names.len() == 1 && row.end[0].starts_with("dangerous")))
    };
    rows.iter().find(fits).map(|row| row.interest)
}

/// Calls `found` with each interest in a value: in the root of its chain.
pub(super) fn interests(node: &Node, found: &mut dyn FnMut(Interest, Span)) {
    let chain = Chain::of(node);
    if let Some(call) = chain.constructor()
        && let Some(interest) = of_path(&call.callee)
    {
        found(interest, chain.root.span);
    }
}

/// Whether the value is a builder that some extractor reads: its changes are kept.
pub(super) fn is_known(node: &Node) -> bool {
    Chain::of(node).constructor().is_some_and(|call| of_path(&call.callee).is_some())
}

/// Whether a macro writes a log line.
pub(super) fn is_log_macro(name: &str) -> bool {
    matches!(
        name,
        "trace"
            | "debug"
            | "info"
            | "warn"
            | "error"
            | "event"
            | "span"
            | "log"
            | "println"
            | "eprintln"
            | "print"
            | "eprint"
            | "dbg"
            | "panic"
            | "info_span"
            | "debug_span"
            | "error_span"
            | "warn_span"
            | "trace_span"
    )
}

/// In which kind of deployment a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// In development and tests only.
    Development,
    /// In production only.
    Production,
    /// It does not say.
    Any,
}

/// Reads `cfg!(debug_assertions)`, `is_dev`, `!config.production`, `env == "development"`.
pub(super) fn mode(condition: &Node) -> Mode {
    match &condition.kind {
        NodeKind::Op(Op::Not, operands) => match operands.first().map(mode) {
            Some(Mode::Development) => Mode::Production,
            Some(Mode::Production) => Mode::Development,
            _ => Mode::Any,
        },
        NodeKind::Op(Op::Ne, operands) => match operands.iter().map(mode).find(|mode| *mode != Mode::Any) {
            Some(Mode::Development) => Mode::Production,
            Some(Mode::Production) => Mode::Development,
            _ => Mode::Any,
        },
        NodeKind::Op(Op::Eq | Op::And, operands) => operands.iter().map(mode).find(|mode| *mode != Mode::Any).unwrap_or(Mode::Any),
        NodeKind::Ref(reference) => by_word(reference.last()),
        NodeKind::Text(text) => text.as_str().map_or(Mode::Any, by_word),
        NodeKind::Call(call) => match by_word(call.callee.last()) {
            Mode::Any => call.args.iter().map(mode).find(|mode| *mode != Mode::Any).unwrap_or(Mode::Any),
            mode => mode,
        },
        _ => Mode::Any,
    }
}

/// Whoever runs it asks for it: `if config.accept_invalid_certs`, `if tls.skip_verify`, `if ca == "ignore"`.
fn asks_for_no_check(lower: &str) -> bool {
    let skips = ["skip", "ignore", "disable", "without"].iter().any(|word| lower.contains(word));
    super::sinks::turns_check_off(lower)
        || lower.contains("insecure")
        || lower == "ignore"
        || skips && ["verif", "tls", "ssl", "cert", "hostname"].iter().any(|word| lower.contains(word))
}

/// The other way round: `if config.verify_tls`.
fn asks_for_check(lower: &str) -> bool {
    ["verif", "validat", "check"].iter().any(|word| lower.contains(word))
        && ["tls", "ssl", "cert", "hostname", "peer"].iter().any(|word| lower.contains(word))
}

/// Whether a value is the way of TLS that somebody chose, or asks for it: `match config.ssl_mode`,
/// `if matches!(config.check, CertPolicy::Demand)`.
pub(super) fn is_mode_of_tls(value: &Node) -> bool {
    let says = |name: &str| {
        let lower = name.to_ascii_lowercase();
        ["tls", "ssl", "cert"].iter().any(|word| lower.contains(word))
            && ["mode", "verif", "policy", "level", "check"].iter().any(|word| lower.contains(word))
    };
    match &value.kind {
        NodeKind::Ref(name) => name.names().iter().rev().take(2).any(|name| says(name)),
        NodeKind::Op(Op::Eq | Op::Ne | Op::Not, operands) => operands.iter().any(is_mode_of_tls),
        NodeKind::Call(call) if call.callee.last() == "matches!" => call.args.iter().any(is_mode_of_tls),
        _ => false,
    }
}

fn by_word(word: &str) -> Mode {
    let lower = word.to_ascii_lowercase();
    let mut parts = lower.split(['_', '-', '!', '.', ':']);
    if asks_for_no_check(&lower)
        || lower.contains("debug_assertions")
        || parts.clone().any(|part| matches!(part, "dev" | "development" | "debug" | "test" | "testing"))
    {
        Mode::Development
    } else if asks_for_check(&lower) || parts.any(|part| matches!(part, "prod" | "production" | "release")) {
        Mode::Production
    } else {
        Mode::Any
    }
}
