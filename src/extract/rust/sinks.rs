//! Dangerous calls in Rust: SQL as text, TLS without its check, broken hashes of secrets, requests to
//! addresses that a caller names.

use crate::ir::{Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Span, Tri};

/// The sink that a call of a path is.
pub(super) fn of_call(callee: &Ref, args: &[Node]) -> Option<Sink> {
    let names = callee.names();
    let owner = names.len().checked_sub(2).map_or("", |at| names[at]);
    match (owner, *names.last()?) {
        (_, "AssertSqlSafe" | "sql_query")
        | ("sqlx", "query" | "query_as" | "query_scalar" | "raw_sql" | "query_with" | "query_as_with")
        | ("Statement", "from_string")
        | ("dsl", "sql")
        | ("Expr", "cust") => sql(callee, args),
        ("md5", "compute") | ("Md5" | "Sha1" | "MD5", "digest") => {
            let algorithm = if owner.eq_ignore_ascii_case("sha1") { "sha1" } else { "md5" };
            let label = args.first().and_then(secret_name)?;
            let value = Node::text(algorithm, args[0].span);
            Some(sink(SinkKind::Hash, callee, vec![SinkPart { value, tainted: Tri::No, label }]))
        }
        ("reqwest" | "blocking", "get") => fetch(callee, args),
        _ => None,
    }
    .and_then(judged)
}

/// The sink that a method is.
pub(super) fn of_method(name: &str, args: &[Node], span: Span) -> Option<Sink> {
    let callee = Ref::new(Scope::Local, [name]);
    match name {
        "danger_accept_invalid_certs"
        | "danger_accept_invalid_hostnames"
        | "tls_danger_accept_invalid_certs"
        | "tls_danger_accept_invalid_hostnames"
            if args.first().and_then(Node::as_bool) == Some(true) =>
        {
            Some(tls_off(callee, span))
        }
        "set_verify" | "set_verify_callback"
            if args.first().and_then(Node::as_ref).is_some_and(|mode| matches!(mode.last(), "NONE" | "SSL_VERIFY_NONE")) =>
        {
            Some(tls_off(callee, span))
        }
        "query" | "execute" | "prepare" | "query_row" | "query_one" | "query_opt" | "query_map" | "query_first" | "query_iter"
        | "query_drop" | "exec_drop" | "execute_batch" | "batch_execute" | "simple_query" | "execute_unprepared" | "prepare_cached"
        | "query_raw" => sql(&callee, args),
        _ => None,
    }
    .and_then(judged)
}

fn judged(mut sink: Sink) -> Option<Sink> {
    crate::lower::judge(&mut sink).then_some(sink)
}

fn sink(kind: SinkKind, callee: &Ref, parts: Vec<SinkPart>) -> Sink {
    Sink { kind, callee: callee.clone(), parts, options: None }
}

fn sql(callee: &Ref, args: &[Node]) -> Option<Sink> {
    let statement = args.iter().find(|arg| arg.as_text().is_some_and(crate::ir::Text::has_holes))?;
    Some(sink(SinkKind::Sql, callee, vec![SinkPart { value: statement.clone(), tainted: Tri::Maybe, label: "sql".into() }]))
}

fn fetch(callee: &Ref, args: &[Node]) -> Option<Sink> {
    let address = args.first()?;
    Some(sink(SinkKind::Fetch, callee, vec![SinkPart { value: address.clone(), tainted: Tri::Maybe, label: "url".into() }]))
}

fn tls_off(callee: Ref, span: Span) -> Sink {
    let mut options = crate::ir::Map::default();
    options.push("verify", span, Node::new(span, NodeKind::Bool(false)));
    Sink { kind: SinkKind::Tls, callee, parts: Vec::new(), options: Some(Node::new(span, NodeKind::Map(options))) }
}

/// The name of a value that must stay secret.
fn secret_name(node: &Node) -> Option<smol_str::SmolStr> {
    let name = match &node.kind {
        NodeKind::Ref(name) => name.last().split('@').next().unwrap_or_default().to_owned(),
        NodeKind::Call(call) => return call.receiver.as_ref().and_then(secret_name),
        NodeKind::Text(text) => return text.holes().find_map(secret_name),
        _ => return None,
    };
    let lower = name.to_ascii_lowercase();
    let secret =
        ["password", "passwd", "passphrase", "secret", "pin_code", "credit_card", "card_number"].iter().any(|word| lower.contains(word));
    (secret && !lower.ends_with("_hash") && !lower.ends_with("_id")).then(|| name.into())
}
