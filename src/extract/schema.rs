//! Schemas of GraphQL, in files of their own and in the texts of programs: which fields of an account's type hold what
//! nobody but the server should have. Whoever may ask for the account may ask for them.

use super::Extract;
use crate::ir::{FactKind, Node, Ref, Scope, Sink, SinkKind, SinkPart, Span, Tri};
use crate::lower::words::names_account;

/// Bytes of a schema that are looked at.
const MAX_TEXT: usize = 1 << 20;

/// Reads the file's facts, if it is a schema.
pub(super) fn extract(cx: &mut Extract<'_>) {
    let path = &cx.file.path;
    if [".graphql", ".graphqls", ".gql"].iter().any(|ending| path.ends_with(ending)) {
        let span = cx.file.span();
        emit(cx.file.text.as_ref(), span, cx);
    }
}

/// Emits the secret fields of the types that a text at a place defines.
pub(super) fn emit(text: &str, place: Span, cx: &mut Extract<'_>) {
    if text.len() > MAX_TEXT || !["assw", "oken", "ecret"].iter().any(|word| text.contains(word)) || !text.contains("type ") {
        return;
    }
    for (owner, field, at) in fields(text) {
        if names_account(owner) && is_secret_field(field) {
            let start = place.start + at as u32;
            shown(owner, field, Span { start, end: start + field.len() as u32, ..place }, cx);
        }
    }
}

/// Emits a field that a schema offers.
pub(super) fn shown(owner: &str, field: &str, span: Span, cx: &mut Extract<'_>) {
    let name = format!("{owner}.{field}");
    let callee = Ref::new(Scope::Global, ["field"]);
    let parts = vec![SinkPart::new(Node::text(name.clone(), span), Tri::Yes, "field")];
    cx.fact(span, name, FactKind::Sink(Sink { kind: SinkKind::Answer, callee, parts, options: None }));
}

/// Whether a field of an account holds what nobody but the server should have.
pub(super) fn is_secret_field(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect();
    matches!(
        name.as_str(),
        "password"
            | "passwordhash"
            | "hashedpassword"
            | "passwd"
            | "pwd"
            | "passworddigest"
            | "passwordsalt"
            | "resettoken"
            | "passwordresettoken"
            | "resetpasswordtoken"
            | "twofactorsecret"
            | "totpsecret"
            | "otpsecret"
            | "mfasecret"
    )
}

/// The fields of a schema's types of objects: the type, the name of the field, and where it stands. Fields with a directive
/// are left out: it may say who is shown them.
fn fields(text: &str) -> Vec<(&str, &str, usize)> {
    let mut found = Vec::new();
    let mut tokens = Tokens { text, at: 0 }.peekable();
    while let Some((word, _)) = tokens.next() {
        if word != "type" {
            continue;
        }
        let Some((owner, _)) = tokens.next() else { break };
        if !tokens.by_ref().take(24).any(|(word, _)| word == "{") {
            continue;
        }
        let mut depth = 0_u32;
        let mut last: Option<(&str, usize)> = None;
        for (word, at) in tokens.by_ref() {
            match word {
                "}" if depth == 0 => break,
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                "@" if depth == 0 => {
                    found.pop();
                }
                ":" if depth == 0 => found.extend(last.map(|(field, at)| (owner, field, at))),
                _ if depth == 0 => last = Some((word, at)),
                _ => {}
            }
        }
    }
    found
}

/// Words and signs of a schema, without comments and descriptions.
struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Iterator for Tokens<'t> {
    type Item = (&'t str, usize);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = &self.text[self.at..];
            let first = rest.chars().next()?;
            let start = self.at;
            let skipped = match first {
                '#' => rest.find('\n').unwrap_or(rest.len()),
                '"' => match rest.strip_prefix("\"\"\"") {
                    Some(inner) => inner.find("\"\"\"").map_or(rest.len(), |end| end + 6),
                    None => rest[1..].find(['"', '\n']).map_or(rest.len(), |end| end + 2),
                },
                _ if first.is_ascii_alphanumeric() || first == '_' => {
                    let end = rest.find(|char: char| !char.is_ascii_alphanumeric() && char != '_').unwrap_or(rest.len());
                    self.at += end;
                    return Some((&rest[..end], start));
                }
                '{' | '}' | '(' | ')' | '[' | ']' | ':' | '@' => {
                    self.at += 1;
                    return Some((&rest[..1], start));
                }
                _ => first.len_utf8(),
            };
            self.at += skipped;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_from_arguments_and_inputs() {
        let text = "\"\"\"type Old { password: String }\"\"\"\n# type Other { password: String }\ninput User { password: String }\n\
                    type User implements Node @key(fields: \"id\") {\n  \"the login\"\n  login(password: String): String!\n  \
                    friends: [User!]!\n  password: String @hidden\n  resetToken: String\n}\n";
        let names: Vec<(&str, &str)> = fields(text).into_iter().map(|(owner, field, _)| (owner, field)).collect();
        assert_eq!(names, [("User", "login"), ("User", "friends"), ("User", "resetToken")]);
        assert!(fields(text).iter().all(|(_, field, at)| text[*at..].starts_with(field)));
    }
}
