//! Passwords that a store is asked for, or handed, as a request brought them.

use crate::ir::{Node, NodeKind, Op, Part, Scope, Sink};
use crate::lower::words::names_password;

/// What stands for a value in the text of a statement.
const HOLE: char = '\u{1}';

/// Whether a sink is one that [`judge`] tells of.
pub(super) fn is_candidate(sink: &Sink) -> bool {
    sink.parts.first().is_some_and(|part| matches!(part.label.as_str(), "asked" | "statement" | "kept" | "written"))
}

/// Leaves what is a password of a request, labelled `asked` or `written`.
pub(super) fn judge(sink: &mut Sink) -> bool {
    if let Some(statement) = sink.parts.first().filter(|part| part.label == "statement") {
        let Some((place, does)) = statement.value.as_text().and_then(|text| column(&flat(text.pieces.iter().map(|piece| &piece.part))))
        else {
            return false;
        };
        let name = match place {
            Place::Hole(_) => return false,
            Place::Nth(at) => at.to_string(),
            Place::Named(name) => name,
        };
        sink.parts.retain_mut(|part| {
            let is_it = part.label == name;
            part.label = does.into();
            is_it
        });
    }
    sink.parts.retain(|part| is_typed(&part.value));
    !sink.parts.is_empty()
}

/// What a statement does with a password of a request that stands in its text: it is `asked` for, or `written`.
pub fn is_in_statement(statement: &Node) -> Option<&'static str> {
    if let NodeKind::Op(Op::Or | Op::Cond | Op::Coalesce, values) = &statement.kind {
        return values.iter().find_map(is_in_statement);
    }
    let text = statement.as_text()?;
    let (Place::Hole(at), does) = column(&flat(text.pieces.iter().map(|piece| &piece.part)))? else { return None };
    text.holes().nth(at).filter(|hole| is_typed(hole)).map(|_| does)
}

/// A password of a request, as it came.
fn is_typed(node: &Node) -> bool {
    let of_request = |first: &str| matches!(first, "body" | "query" | "params" | "payload" | "args" | "dto" | "input");
    match &node.kind {
        NodeKind::Ref(name) => {
            let is_password = names_password(name.last()) || matches!(name.last(), "pass" | "psw" | "pswd" | "passwort");
            name.scope == Scope::Request && of_request(name.first()) && name.path.len() > 1 && is_password
        }
        NodeKind::Text(text) => {
            let mut pieces = text.pieces.iter().map(|piece| &piece.part);
            matches!((pieces.next(), pieces.next()), (Some(Part::Hole(hole)), None) if is_typed(hole))
        }
        // `const { password } = req.body || {}`.
        NodeKind::Op(Op::Attr, operands) => match operands.as_slice() {
            [whole, name] => name.as_str().is_some_and(names_password) && is_body(whole),
            _ => false,
        },
        // `req.body.password || ''`.
        NodeKind::Op(Op::Or | Op::Coalesce, values) => {
            values.iter().all(|value| value.is_known() || is_typed(value)) && values.iter().any(is_typed)
        }
        NodeKind::Call(call) if matches!(call.callee.last(), "trim" | "toString") && call.callee.scope == Scope::Request => {
            let path = &call.callee.path;
            of_request(call.callee.first()) && path.len() > 2 && names_password(&path[path.len() - 2])
        }
        // `Buffer.from(password).toString('base64')`: the same in other letters, which anybody reads.
        NodeKind::Call(call) if matches!((call.callee.first(), call.callee.last()), ("Buffer", "from") | ("btoa", _)) => {
            call.args.first().is_some_and(is_typed)
        }
        NodeKind::Call(call) if call.callee.last() == "String" => call.args.first().is_some_and(is_typed),
        NodeKind::Call(call) if matches!(call.callee.last(), "trim" | "toString") => call.receiver.as_ref().is_some_and(is_typed),
        _ => false,
    }
}

/// `req.body || {}`.
fn is_body(node: &Node) -> bool {
    let is_whole = |node: &Node| matches!(&node.kind, NodeKind::Ref(name) if name.scope == Scope::Request && name.path.len() == 1 && name.first() == "body");
    match &node.kind {
        NodeKind::Op(Op::Or | Op::Coalesce, values) => values.first().is_some_and(is_whole),
        _ => is_whole(node),
    }
}

/// Where the value of a column stands.
#[derive(Debug, PartialEq)]
enum Place {
    /// In the text: the hole of that number.
    Hole(usize),
    /// Behind it: the value of that number, from one.
    Nth(usize),
    /// Behind it, by its name.
    Named(String),
}

fn flat<'n>(parts: impl Iterator<Item = &'n Part>) -> String {
    parts.fold(String::new(), |mut out, part| {
        match part {
            Part::Lit(words) => out.push_str(words),
            Part::Hole(_) => out.push(HOLE),
        }
        out
    })
}

/// The value that a statement compares its column of passwords with, or writes there, if it stands alone: a function
/// around it may hash.
fn column(statement: &str) -> Option<(Place, &'static str)> {
    let lower = statement.to_ascii_lowercase();
    let does = match lower.split_whitespace().next()? {
        "select" => "asked",
        "update" | "insert" | "replace" => "written",
        _ => return None,
    };
    let at = if matches!(lower.split_whitespace().next(), Some("insert" | "replace")) && !lower.contains(" set ") {
        inserted(&lower)?
    } else {
        compared(&lower)?
    };
    Some((place(statement, at)?, does))
}

/// Where the value of `password = …` begins.
fn compared(statement: &str) -> Option<usize> {
    statement.match_indices('=').find_map(|(at, _)| {
        let name = statement[..at].trim_end().trim_end_matches(['`', '"', ']']);
        let start = name.rfind(|char: char| !char.is_ascii_alphanumeric() && char != '_').map_or(0, |before| before + 1);
        names_password(&name[start..]).then_some(at + 1)
    })
}

/// Where the value of the column begins in `insert into … (name, password) values (…, …)`.
fn inserted(statement: &str) -> Option<usize> {
    let values = statement.find("values")?;
    let open = statement[..values].find('(')?;
    let names = statement[open + 1..values].split(')').next()?;
    let at = names.split(',').position(|name| names_password(name.trim().trim_matches(['`', '"', '[', ']'])))?;
    let first = values + statement[values..].find('(')? + 1;
    let mut depth = 0_u32;
    let mut left = at;
    for (offset, char) in statement[first..].char_indices() {
        if left == 0 {
            return Some(first + offset);
        }
        match char {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            ',' if depth == 0 => left -= 1,
            _ => {}
        }
    }
    None
}

/// The value that stands alone at a place of a statement.
fn place(statement: &str, at: usize) -> Option<Place> {
    let rest = statement.get(at..)?.trim_start();
    let quoted = rest.trim_start_matches(['\'', '"']);
    let is_end = |after: &str| {
        after
            .trim_start_matches(['\'', '"', ' ', '\n', '\t'])
            .chars()
            .next()
            .is_none_or(|next| ",);".contains(next) || next.is_alphabetic())
    };
    if let Some(after) = quoted.strip_prefix(HOLE) {
        let before = &statement[..statement.len() - quoted.len()];
        return is_end(after).then(|| Place::Hole(before.matches(HOLE).count()));
    }
    let name: String = rest.chars().skip(1).take_while(|char| char.is_ascii_alphanumeric() || *char == '_').collect();
    let after = rest.get(1 + name.len()..).unwrap_or_default();
    let place = match rest.chars().next()? {
        '?' if name.is_empty() => Place::Nth(statement[..statement.len() - rest.len()].matches('?').count() + 1),
        '$' => match name.parse() {
            Ok(number) => Place::Nth(number),
            Err(_) => Place::Named(name),
        },
        ':' | '@' if !name.is_empty() => Place::Named(name),
        _ => return None,
    };
    is_end(after).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_the_column_is_found() {
        assert_eq!(column("SELECT * FROM users WHERE name = ? AND password = ?"), Some((Place::Nth(2), "asked")));
        assert_eq!(column("select 1 from u where u.name='\u{1}' and u.`password` = '\u{1}' limit 1"), Some((Place::Hole(1), "asked")));
        assert_eq!(column("INSERT INTO users(name, password) VALUES (lower(?), ?)"), Some((Place::Nth(2), "written")));
        assert_eq!(column("insert into users (name, password, mail) values ($1, $2, $3)"), Some((Place::Nth(2), "written")));
        assert_eq!(column("UPDATE users SET password = :password WHERE id = :id"), Some((Place::Named("password".into()), "written")));
    }

    #[test]
    fn what_a_function_makes_of_it_is_another_value() {
        assert_eq!(column("SELECT * FROM users WHERE password = crypt(?, password)"), None);
        assert_eq!(column("INSERT INTO users (name, password) VALUES (?, SHA2(?, 256))"), None);
        assert_eq!(column("SELECT password FROM users WHERE name = ?"), None);
    }
}
