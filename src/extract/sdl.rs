//! Schemas of GraphQL in files of their own: a field that carries a directive of the application's own
//! (`@hasRole(role: ADMIN)`) may be guarded by it, whatever its resolver does. What the directive does stands in a builder's
//! code, so that it leaves a question. <https://spec.graphql.org/October2021/#sec-Type-System.Directives>

use smol_str::SmolStr;

use super::Extract;
use crate::ir::{FactKind, Guard, GuardScope, Node, Text, Why};

/// The framework of the resolvers that the guards stand in front of.
const PACKAGE: &str = "graphql";
/// Types whose fields are asked for first, and how their routes are called.
const TYPES: [(&str, &str); 2] = [("Query", "QUERY"), ("Mutation", "MUTATION")];
/// Directives of the language, of federations and of caches, which guard nothing.
const HARMLESS: [&str; 22] = [
    "deprecated",
    "include",
    "skip",
    "specifiedBy",
    "oneOf",
    "key",
    "shareable",
    "external",
    "requires",
    "provides",
    "override",
    "tag",
    "inaccessible",
    "extends",
    "link",
    "interfaceObject",
    "composeDirective",
    "cacheControl",
    "cost",
    "listSize",
    "constraint",
    "isolated",
];
/// Guarded fields of one file that are kept.
const MAX_FIELDS: usize = 2_000;

/// A word or sign of a schema, with where it begins.
type Token<'t> = (usize, &'t str);

/// Reads the fields that carry directives.
pub(super) fn extract(cx: &mut Extract<'_>) {
    let file = cx.file;
    if ![".graphql", ".graphqls", ".gql"].iter().any(|ending| file.path.ends_with(ending)) || !file.text.contains('@') {
        return;
    }
    let src = file.src();
    for (at, field, method) in guarded(&file.text).into_iter().take(MAX_FIELDS) {
        let span = src.span(at..at + field.len());
        let scope = GuardScope::Prefix(Text::lit(format!("/{field}"), span), vec![SmolStr::new(method)]);
        cx.fact(span, PACKAGE, FactKind::Guard(Guard::new(Node::unknown(Why::Opaque, span), scope, None, 0)));
    }
}

/// The fields of queries and mutations that carry a directive of the application's own, or whose type does.
fn guarded(text: &str) -> Vec<(usize, &str, &'static str)> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&(_, word)) = tokens.get(at) {
        at += 1;
        if word != "type" {
            continue;
        }
        let Some(&(_, name)) = tokens.get(at) else { break };
        let Some((_, method)) = TYPES.iter().find(|(ty, _)| *ty == name) else { continue };
        let Some(body) = tokens[at..].iter().position(|(_, sign)| *sign == "{").map(|open| at + open + 1) else { break };
        let whole = has_own(&tokens[at..body]);
        at = fields(&tokens, body, whole, method, &mut found);
    }
    found
}

/// Reads the fields from an opened brace on; where the next definition begins.
fn fields<'t>(
    tokens: &[Token<'t>],
    mut at: usize,
    whole: bool,
    method: &'static str,
    found: &mut Vec<(usize, &'t str, &'static str)>,
) -> usize {
    while let Some(&(start, name)) = tokens.get(at) {
        if name == "}" {
            return at + 1;
        }
        // A field reaches to the next name that a colon or arguments follow.
        let begin = at;
        at += 1;
        let mut depth = 0_u32;
        while let Some(&(_, sign)) = tokens.get(at) {
            match sign {
                "(" | "[" | "{" => depth += 1,
                "}" if depth == 0 => break,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ if depth == 0 && at > begin + 1 && begins_field(tokens, at) => break,
                _ => {}
            }
            at += 1;
        }
        if whole || has_own(&tokens[begin..at]) {
            found.push((start, name, method));
        }
    }
    at
}

/// Whether a name begins a field: a colon or arguments follow, and no `@` or colon stands before it.
fn begins_field(tokens: &[Token<'_>], at: usize) -> bool {
    let is_name = tokens[at].1.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_');
    let follows = tokens.get(at + 1).is_some_and(|(_, sign)| matches!(*sign, ":" | "("));
    is_name && follows && !matches!(tokens[at - 1].1, "@" | ":")
}

/// Whether one of the directives is the application's own.
fn has_own(tokens: &[Token<'_>]) -> bool {
    tokens.windows(2).any(|pair| pair[0].1 == "@" && !HARMLESS.contains(&pair[1].1))
}

/// Words and signs, without comments, descriptions and texts.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'#' => at += text[at..].find('\n').unwrap_or(text.len() - at),
            b'"' => {
                let quote = if text[at..].starts_with("\"\"\"") { "\"\"\"" } else { "\"" };
                let inner = at + quote.len();
                at = text[inner..].find(quote).map_or(text.len(), |end| inner + end + quote.len());
            }
            byte if byte.is_ascii_alphanumeric() || *byte == b'_' => {
                let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
                found.push((at, &text[at..at + length]));
                at += length;
            }
            byte if byte.is_ascii_punctuation() => {
                found.push((at, &text[at..=at]));
                at += 1;
            }
            _ => at += 1,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::guarded;

    #[test]
    fn fields_end_where_the_next_begins() {
        let schema = r#"
            "a schema @auth" # @auth
            directive @hasRole(role: Role!) on FIELD_DEFINITION
            type Query { open(limit: Int! = 25): [User] old: Int @deprecated(reason: "x: y") closed(id: ID!): User
                @hasRole(role: ADMIN)
              """ other: @auth """
              last: Int }
            extend type Mutation @auth { add(a: In = { b: 1 }): Int! remove: Int }
            type Other { field: Int @auth }
        "#;
        let names: Vec<&str> = guarded(schema).into_iter().map(|(_, name, _)| name).collect();
        assert_eq!(names, ["closed", "add", "remove"]);
    }

    #[test]
    fn broken_schemas_end() {
        for text in ["type Query {", "type", "type Query { a: @", "\"\"\"", "type Query { a(: } }", "\"é", "type Query é { é: Int @a }"]
        {
            guarded(text);
        }
    }
}
