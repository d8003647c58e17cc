//! Texts that are statements or expressions of a language, with values in them.

use super::taint::tainted;
use crate::ir::{Node, NodeKind, Op, Part, Ref, Scope, SinkPart, Text, Tri};

/// A text that begins as a statement of SQL or Cypher does and has holes.
pub(super) fn is_sql(node: &Node) -> bool {
    if let NodeKind::Op(Op::Or | Op::Cond | Op::Coalesce, values) = &node.kind {
        return values.iter().any(is_sql);
    }
    let Some(text) = node.as_text().filter(|text| text.has_holes()) else { return false };
    first_words(text).is_some_and(|words| {
        let words = words.trim_start().to_ascii_lowercase();
        [
            "select ",
            "insert into",
            "update ",
            "delete from",
            "with ",
            "drop ",
            "alter ",
            "create ",
            "truncate ",
            "exec ",
            "call ",
            "grant ",
            "set ",
            "match (",
            "optional match",
            "merge (",
            "unwind ",
        ]
        .iter()
        .any(|start| {
            // `settings:` begins with no `set`.
            let ends = |rest: &str| !rest.starts_with(|char: char| char.is_ascii_alphanumeric() || matches!(char, ':' | '-' | '_' | '.'));
            words.starts_with(start)
                || words.trim_start_matches(['\n', '(']).strip_prefix(start.trim_end()).is_some_and(ends) && words.len() > start.len()
        })
    })
}

pub(super) fn first_words(text: &Text) -> Option<&str> {
    match &text.pieces.first()?.part {
        Part::Lit(words) => Some(words),
        Part::Hole(_) => None,
    }
}

/// A text that is joined of others: `'…'.concat(x)`, `['…', x].join('')`, `format('… %s', x)`, `'… NAME …'.replace('NAME', x)`,
/// and the bytes of such.
pub(super) fn joined(node: &Node) -> Option<Text> {
    let call = node.as_call()?;
    if call.callee.last() == "from" && call.callee.first() == "Buffer" {
        let given = call.args.first()?;
        return joined(given).or_else(|| given.as_text().cloned());
    }
    if let ("replace" | "replaceAll", [pattern, with]) = (call.callee.last(), call.args.as_slice()) {
        let (before, after) = call.receiver.as_ref()?.as_str()?.split_once(pattern.as_str().filter(|pattern| !pattern.is_empty())?)?;
        let mut text = Text::default();
        for part in [&Node::text(before, node.span), with, &Node::text(after, node.span)] {
            text.push(part.clone());
        }
        return Some(text);
    }
    let parts: Vec<&Node> = match call.callee.last() {
        "concat" => call.receiver.iter().chain(&call.args).collect(),
        "join" => call.receiver.as_ref()?.as_list()?.iter().collect(),
        "format" if call.callee.module().is_none_or(|module| module == "util") => call.args.iter().collect(),
        _ => return None,
    };
    let mut text = Text::default();
    for part in parts {
        text.push(part.clone());
    }
    text.join_literals();
    Some(text)
}

/// What a builder of queries sorts or groups by, where a request names it: `orderBy(`item.${sort}`)`. What a caller hands
/// over may be one of a list.
pub(super) fn is_order(callee: &Ref, node: &Node) -> bool {
    matches!(callee.last(), "orderBy" | "addOrderBy" | "groupBy" | "addGroupBy")
        && (is_of_request(node) || node.as_text().is_some_and(Text::has_holes) && tainted(node, 12).is_yes())
}

/// A part of a statement with values in its text, in a call that takes it as it is; or a whole statement
/// that a request sends.
pub(super) fn is_part(callee: &Ref, node: &Node) -> bool {
    let method = callee.last();
    match method {
        "whereRaw" | "orWhereRaw" | "andWhereRaw" | "orderByRaw" | "havingRaw" | "groupByRaw" | "joinRaw" | "fromRaw" | "selectRaw"
        | "literal" | "raw" | "$queryRawUnsafe" | "$executeRawUnsafe" => {
            node.as_text().is_some_and(Text::has_holes) || node.as_map().is_none() && tainted(node, 12).is_yes()
        }
        // What the extractor has seen to be of a builder of queries.
        "where" | "andWhere" | "orWhere" if is_of_request(node) => true,
        "where" | "andWhere" | "orWhere" | "having" | "andHaving" | "orHaving" => node.as_text().is_some_and(|text| {
            let compares = ["=", " like ", " ilike ", " in (", ">", "<"];
            let is_condition = |words: &str| compares.iter().any(|sign| words.to_ascii_lowercase().contains(sign));
            text.has_holes() && text.pieces.iter().any(|piece| matches!(&piece.part, Part::Lit(words) if is_condition(words)))
        }),
        // `db.query(req.body.sql)`, `db.all(req.body.query)`.
        _ => {
            let name = node.as_ref().map(|name| name.last().to_ascii_lowercase()).unwrap_or_default();
            let is_said = name.contains("sql") || is_of_database(callee) && matches!(name.as_str(), "query" | "statement" | "rawquery");
            is_said && is_of_request(node)
        }
    }
}

/// A text that a request sends, as a whole.
pub(super) fn is_of_request(node: &Node) -> bool {
    text_of(node).as_ref().is_some_and(|name| name.scope == Scope::Request && name.path.len() > 1)
}

/// Whether a method is one of a database, by the name of what it is called on.
fn is_of_database(callee: &Ref) -> bool {
    let of_file = || callee.module().and_then(|module| module.rsplit('/').next()).unwrap_or_default();
    let on = callee.path.iter().rev().nth(1).map_or_else(of_file, |on| on.split('@').next().unwrap_or_default());
    matches!(on, "db" | "database" | "conn" | "connection" | "con" | "pool" | "sequelize" | "knex" | "pg" | "mysql" | "sqlite")
}

/// What is handed on as a text: `request.query.order` of `String(request.query.order)`.
fn text_of(node: &Node) -> &Node {
    let inner = node
        .as_call()
        .filter(|call| call.callee.scope == Scope::Global && call.callee.last() == "String")
        .and_then(|call| call.args.first());
    inner.unwrap_or(node)
}

/// A filter of LDAP (`(uid=…)`) or an expression of `XPath` (`//user[name='…']`), with values in it.
pub(super) fn is_filter(node: &Node) -> bool {
    let Some(text) = node.as_text().filter(|text| text.has_holes()) else { return false };
    first_words(text).is_some_and(|words| {
        let words = words.trim_start();
        words.starts_with('(') && words.contains('=') || words.starts_with(['/', '.']) && words.contains(['[', '@'])
    })
}

/// A parameter between the quotes of a statement or behind its `=`: a value, whoever calls; elsewhere it may
/// be the name of a table, which no statement can take as a parameter.
pub(super) fn has_quoted_parameter(part: &SinkPart) -> Tri {
    let Some(text) = part.value.as_text().filter(|_| matches!(part.label.as_str(), "whole" | "part")) else { return Tri::No };
    let is_value = |before: &str| {
        let before = before.trim_end();
        ["'", "= \"", "=\"", "'%", "=", "like", "LIKE", "in (", "IN ("].iter().any(|end| before.ends_with(end))
    };
    // What is asked of the environment is a value too; roles and passwords no statement takes as a parameter.
    let is_of_data = || {
        let words = first_words(text).unwrap_or_default().trim_start().to_ascii_lowercase();
        ["select ", "insert ", "update ", "delete "].iter().any(|start| words.starts_with(start))
    };
    let holds = text.pieces.windows(2).any(|pair| match (&pair[0].part, &pair[1].part) {
        (Part::Lit(before), Part::Hole(hole)) => {
            let is_order = before.trim_end().to_ascii_lowercase().ends_with("order by");
            is_value(before) && handed_in(hole, &Scope::Local)
                || (is_value(before) || is_order) && handed_in(hole, &Scope::Env) && is_of_data()
        }
        _ => false,
    });
    if holds { Tri::Maybe } else { Tri::No }
}

/// Whether a value is, or may be, a parameter (a local name with its place) or a variable of the environment.
fn handed_in(node: &Node, scope: &Scope) -> bool {
    match &node.kind {
        NodeKind::Ref(name) if name.scope == Scope::Local => *scope == Scope::Local && name.path.len() == 1 && name.first().contains('@'),
        NodeKind::Ref(name) => name.scope == *scope,
        NodeKind::Op(Op::Coalesce | Op::Or, operands) => operands.iter().any(|operand| handed_in(operand, scope)),
        NodeKind::Op(Op::Cond, operands) => operands.iter().skip(1).any(|operand| handed_in(operand, scope)),
        _ => false,
    }
}

/// Whether each parameter in a statement stands where a name or a word of the language does, which no statement takes as
/// a parameter: of a table, of a column, `asc`. Whoever calls the function has to write them out.
pub(super) fn holds_names_alone(node: &Node) -> bool {
    let Some(text) = node.as_text() else { return false };
    let mut before = String::new();
    let mut names = 0;
    for (at, piece) in text.pieces.iter().enumerate() {
        match &piece.part {
            Part::Lit(words) => before.push_str(&words.to_ascii_lowercase()),
            Part::Hole(hole) if tainted(hole, 12).is_no() => before.push_str(" ? "),
            Part::Hole(hole) => {
                let after = match text.pieces.get(at + 1).map(|next| &next.part) {
                    Some(Part::Lit(words)) => words.as_str(),
                    _ => "",
                };
                let is_name = is_place_of_name(&before, after) || is_called_name(hole) && before.matches('\'').count().is_multiple_of(2);
                if !is_name {
                    return false;
                }
                names += 1;
                before.push_str(" ? ");
            }
        }
    }
    names > 0
}

/// Whether a parameter says that it is the name of a table or a column: `columnName`, `sourceTable`.
fn is_called_name(hole: &Node) -> bool {
    let Some(name) = hole.as_ref().filter(|name| name.is_parameter()).map(Ref::last_named) else { return false };
    let name = name.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let name = name.trim_end_matches("name").trim_end_matches('_');
    ["column", "table", "schema", "trigger", "constraint"].iter().any(|what| name.ends_with(what))
}

/// Whether a name stands between two parts of a statement: behind a word that names follow, or before what compares it.
fn is_place_of_name(before: &str, after: &str) -> bool {
    const OF_NAMES: [&str; 22] = [
        "select", "distinct", "from", "join", "into", "update", "table", "exists", "database", "schema", "view", "index", "by", "column",
        "add", "rename", "to", "truncate", "drop", "on", "as", "sequence",
    ];
    const OF_VALUES: [&str; 10] = ["where", "values", "set", "limit", "offset", "and", "or", "having", "like", "password"];
    let quotes = before.matches('\'').count();
    if quotes % 2 == 1 || before.trim_end().ends_with(['=', '<', '>', '%']) {
        return false;
    }
    let rest = after.trim_start_matches(['"', '`', ']', ')', ' ', '\n', '\t']).to_ascii_lowercase();
    let is_compared = ["=", "!=", "<>", "like ", "ilike ", "in (", "is ", "asc", "desc"].iter().any(|sign| rest.starts_with(sign));
    let mut words = before.rsplit(|char: char| !char.is_ascii_alphabetic());
    let governs = words.find(|word| OF_NAMES.contains(word) || OF_VALUES.contains(word));
    is_compared || governs.is_some_and(|word| OF_NAMES.contains(&word))
}

/// Whether JSON stands between quotes of a statement (`'${JSON.stringify(filter)}'`): it escapes quotation marks of its own,
/// and no apostrophe.
pub(super) fn has_quoted_json(node: &Node) -> Tri {
    let Some(text) = node.as_text() else { return Tri::No };
    let mut brought = Tri::No;
    for pair in text.pieces.windows(2) {
        let (Part::Lit(before), Part::Hole(hole)) = (&pair[0].part, &pair[1].part) else { continue };
        let json = hole.as_call().filter(|call| call.callee.first() == "JSON" && call.callee.last() == "stringify");
        if let Some(given) = json.filter(|_| before.ends_with('\'')).and_then(|call| call.args.first()) {
            brought = brought.max(Tri::from(tainted(given, 12).is_yes()));
        }
    }
    brought
}
