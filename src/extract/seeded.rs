//! Files of statements that make a database: rows of accounts whose passwords stand in them as they are, told by the
//! place of the column in the table that the same file makes.

use std::collections::BTreeMap;

use super::Extract;
use crate::ir::{FactKind, Node, Ref, Scope, Sink, SinkKind, SinkPart, Span, Tri};
use crate::lower::words::{names_account, names_password_of, stem_of_model};

/// Bytes of a file that are looked at; dumps are longer.
const MAX_TEXT: usize = 256 << 10;

/// Reads the file's facts, if it is one.
pub(super) fn extract(cx: &mut Extract<'_>) {
    let text = &cx.file.text;
    if !cx.file.path.ends_with(".sql") || text.len() > MAX_TEXT || !["assw", "ASSW"].iter().any(|word| text.contains(word)) {
        return;
    }
    let mut tables: BTreeMap<String, usize> = BTreeMap::new();
    let mut found: Vec<(Span, bool)> = Vec::new();
    for (start, statement) in statements(text) {
        let mut words = statement.split_whitespace();
        let verb = (words.next().unwrap_or_default().to_ascii_uppercase(), words.next().unwrap_or_default().to_ascii_uppercase());
        match (verb.0.as_str(), verb.1.as_str()) {
            ("CREATE", "TABLE") => {
                let Some((name, columns)) = table(statement) else { continue };
                if let Some(at) = columns.iter().position(|column| names_password_of(&name, column)) {
                    tables.insert(name, at);
                }
            }
            ("INSERT", "INTO") => found.extend(rows(statement, start, &tables, cx.file.span())),
            _ => {}
        }
    }
    // Where there is an administrator, the others are for trying.
    let has_admin = found.iter().any(|(_, is_admin)| *is_admin);
    for (span, is_admin) in found.into_iter().filter(|(_, is_admin)| *is_admin == has_admin).take(4) {
        let callee = Ref::new(Scope::Global, ["known"]);
        let parts = vec![SinkPart::new(Node::text("known", span), Tri::Yes, if is_admin { "admin" } else { "account" })];
        cx.fact(span, "insert", FactKind::Sink(Sink { kind: SinkKind::Compare, callee, parts, options: None }));
    }
}

/// The statements of a text, each with where it begins, without the comments in front of it.
fn statements(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    text.split_inclusive(";\n").map(move |part| {
        let (mut at, mut rest) = (start, part);
        start += part.len();
        loop {
            let trimmed = rest.trim_start();
            at += rest.len() - trimmed.len();
            rest = trimmed;
            if !rest.starts_with("--") && !rest.starts_with('#') {
                return (at, rest);
            }
            let end = rest.find('\n').map_or(rest.len(), |end| end + 1);
            at += end;
            rest = &rest[end..];
        }
    })
}

fn plain(name: &str) -> &str {
    let name = name.rsplit('.').next().unwrap_or(name);
    name.trim_matches(['`', '"', '[', ']', '(', ','])
}

/// The name of a table of accounts, and the names of its columns.
fn table(statement: &str) -> Option<(String, Vec<String>)> {
    let (head, columns) = statement.split_once('(')?;
    let name = plain(head.split_whitespace().last()?).to_owned();
    let mut depth = 0_u32;
    let columns = columns.split(|char: char| {
        match char {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        char == ',' && depth == 0
    });
    let columns = columns.filter_map(|column| column.split_whitespace().next()).map(|name| plain(name).to_owned()).collect();
    names_account(&stem_of_model(&name)).then_some((name, columns))
}

/// The passwords of the rows that a statement adds without naming columns, and whether one is an administrator's.
fn rows(statement: &str, start: usize, tables: &BTreeMap<String, usize>, file: Span) -> Vec<(Span, bool)> {
    const MAX_ROWS: usize = 32;
    let mut found = Vec::new();
    let Some(values) = statement.to_ascii_lowercase().find("values") else { return found };
    let Some(place) =
        plain(statement[..values].split_whitespace().last().unwrap_or_default()).split('(').next().and_then(|name| tables.get(name))
    else {
        return found;
    };
    if statement[..values].contains('(') {
        return found;
    }
    let mut at = values + "values".len();
    while let Some(open) = statement[at..].find('(').filter(|_| found.len() < MAX_ROWS) {
        let row = fields(statement, at + open + 1);
        let Some((_, end)) = row.last().copied() else { break };
        let is_admin = row.iter().any(|(start, end)| {
            let word = statement[*start..*end].trim_matches(['\'', '"']).to_ascii_lowercase();
            matches!(word.as_str(), "admin" | "administrator" | "root") || word.starts_with("admin@")
        });
        if let Some((from, to)) = row.get(*place).filter(|(from, to)| is_literal(&statement[*from..*to])) {
            let begin = file.start + (start + from) as u32;
            found.push((Span { start: begin, end: begin + (to - from) as u32, ..file }, is_admin));
        }
        at = end;
    }
    found
}

/// Where the values of a row stand, from behind its parenthesis on.
fn fields(statement: &str, start: usize) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let (mut from, mut quote, mut depth) = (start, None, 0_u32);
    for (offset, char) in statement[start..].char_indices() {
        let at = start + offset;
        match (quote, char) {
            (Some(open), _) if open == char => quote = None,
            (None, '\'' | '"') => quote = Some(char),
            (None, '(') => depth += 1,
            (None, ')') if depth > 0 => depth -= 1,
            (None, ',' | ')') if depth == 0 => {
                let value = &statement[from..at];
                let begin = from + (value.len() - value.trim_start().len());
                found.push((begin, begin + value.trim().len()));
                from = at + 1;
                if char == ')' {
                    break;
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether a value is a password as it is: no hash, and not nothing.
fn is_literal(value: &str) -> bool {
    let inner = value.trim_matches(['\'', '"']);
    let is_quoted = value.len() > inner.len() + 1;
    let is_hash = inner.starts_with(['$', '*', '{']) || inner.len() >= 32;
    is_quoted && !inner.is_empty() && !is_hash && !inner.starts_with(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_values_are_counted() {
        let made = "CREATE TABLE `users` (`id` int, `size` decimal(10, 2), `password` varchar(20), PRIMARY KEY (`id`))";
        let (name, columns) = table(made).unwrap();
        assert_eq!((name.as_str(), columns[2].as_str()), ("users", "password"));
        let row = "insert into users values (1, lower('A, b'), 'it''s')";
        let values: Vec<&str> = fields(row, 26).into_iter().map(|(from, to)| &row[from..to]).collect();
        assert_eq!(values, ["1", "lower('A, b')", "'it''s'"]);
    }
}
