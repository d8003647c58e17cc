//! Route paths: joined below prefixes, and compared segment by segment. A hole may be anything.

use crate::ir::{Part, Piece, Span, Text, Tri};

/// `prefix` and `path` with one slash between; the root is `/`.
pub(super) fn join(prefix: &Text, path: &Text) -> Text {
    let mut pieces: Vec<Piece> = Vec::with_capacity(prefix.pieces.len() + path.pieces.len() + 1);
    pieces.extend(prefix.pieces.iter().cloned());
    trim_end(&mut pieces);
    let mut rest = path.pieces.clone();
    trim_start(&mut rest);
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(slash());
    }
    pieces.extend(rest);
    if pieces.len() > 1 {
        trim_end(&mut pieces);
    }
    if pieces.is_empty() {
        pieces.push(slash());
    }
    if !matches!(&pieces[0].part, Part::Lit(text) if text.starts_with('/')) {
        pieces.insert(0, slash());
    }
    merge(pieces)
}

fn slash() -> Piece {
    Piece { span: Span::default(), part: Part::Lit("/".into()) }
}

/// Neighbouring literals become one, so that [`Text::as_str`] works on what is known whole.
fn merge(pieces: Vec<Piece>) -> Text {
    let mut merged: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match (merged.last_mut(), &piece.part) {
            (Some(Piece { part: Part::Lit(last), .. }), Part::Lit(text)) => *last = format!("{last}{text}").into(),
            _ => merged.push(piece),
        }
    }
    Text { pieces: merged }
}

fn trim_end(pieces: &mut Vec<Piece>) {
    while let Some(Piece { part: Part::Lit(text), .. }) = pieces.last_mut() {
        let kept = text.trim_end_matches('/');
        if kept.len() == text.len() && !text.is_empty() {
            return;
        }
        *text = kept.into();
        if !text.is_empty() {
            return;
        }
        pieces.pop();
    }
}

fn trim_start(pieces: &mut Vec<Piece>) {
    while let Some(Piece { part: Part::Lit(text), .. }) = pieces.first_mut() {
        let kept = text.trim_start_matches('/');
        if kept.len() == text.len() && !text.is_empty() {
            return;
        }
        *text = kept.into();
        if !text.is_empty() {
            return;
        }
        pieces.remove(0);
    }
}

/// The text with each hole as `\0`, to match on.
pub(super) fn shape(text: &Text) -> String {
    let mut shape = String::new();
    for piece in &text.pieces {
        match &piece.part {
            Part::Lit(text) => shape.push_str(text),
            Part::Hole(_) => shape.push('\0'),
        }
    }
    shape
}

/// How a guard's own path is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cover {
    /// It covers everything below it (Express, Koa, a mount).
    Below,
    /// It covers itself only, unless it ends in a wildcard (Hono, a Next.js matcher).
    Exact,
}

/// Whether a guard registered for `pattern` runs for `path`.
pub(super) fn covers(pattern: &Text, path: &Text, cover: Cover) -> Tri {
    let (mut pattern, path) = (shape(pattern), shape(path));
    // `/crew{/*rest}` of Express 5: all below, and the path itself.
    if let Some(at) = pattern.find("{/*").filter(|_| pattern.ends_with('}')) {
        pattern.truncate(at);
        pattern.push_str("/*");
    }
    // `/files(?!/private)/:name`: what is before the expression has to be there.
    let before = pattern.split_once("(?").map_or("", |(before, _)| before.trim_end_matches('('));
    if !before.contains(['\0', ':', '*']) && !path.contains('\0') && !path.starts_with(before) {
        return Tri::No;
    }
    if pattern.contains("(?") {
        return negative_lookahead(&pattern, &path);
    }
    let mut wanted = pattern.split('/').filter(|segment| !segment.is_empty()).peekable();
    let mut given = path.split('/').filter(|segment| !segment.is_empty());
    let mut sure = Tri::Yes;
    while let Some(want) = wanted.next() {
        let is_last = wanted.peek().is_none();
        if is_last && (want.starts_with('*') || is_rest(want)) {
            return sure;
        }
        let Some(have) = given.next() else { return Tri::No };
        if is_last && let Some(start) = want.strip_suffix("(.*)").filter(|start| !start.contains('(')) {
            // `/crew(.*)`: all that begins so, at any depth.
            let begins = have.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
            return sure.and(if have.contains('\0') { Tri::Maybe } else { begins.into() });
        }
        sure = sure.and(segment(want, have));
        if sure.is_no() {
            return Tri::No;
        }
    }
    match cover {
        Cover::Below => sure,
        Cover::Exact if given.next().is_none() => sure,
        Cover::Exact => Tri::No,
    }
}

/// `:path*`, `:path(.*)`, `{*rest}`, `(.*)`.
fn is_rest(segment: &str) -> bool {
    (segment.starts_with(':') && (segment.ends_with('*') || segment.ends_with('+') || segment.contains(".*")))
        || segment.starts_with("{*")
        || segment == "(.*)"
}

/// One segment against another: a parameter takes any; a literal against a parameter may be met.
fn segment(want: &str, have: &str) -> Tri {
    if want.contains('\0') || have.contains('\0') {
        return Tri::Maybe;
    }
    let is_param = |text: &str| text.starts_with(':') || text.starts_with('{') || text.starts_with('<') || text == "*";
    if is_param(want) {
        return Tri::Yes;
    }
    if is_param(have) {
        return Tri::No;
    }
    if want.contains(['(', '*', '?', '+', '|', '[']) {
        return Tri::Maybe;
    }
    want.eq_ignore_ascii_case(have).into()
}

/// The Next.js matcher `/((?!api|_next/static|favicon.ico).*)`: everything but these prefixes.
fn negative_lookahead(pattern: &str, path: &str) -> Tri {
    let Some((before, rest)) = pattern.split_once("((?!") else { return Tri::Maybe };
    let Some((names, _)) = rest.split_once(')') else { return Tri::Maybe };
    if before != "/" || path.contains('\0') {
        return Tri::Maybe;
    }
    let path = path.trim_start_matches('/');
    for name in names.split('|') {
        let plain = name.trim_start_matches('/').trim_end_matches('$').replace('\\', "");
        if plain.contains(['*', '[', '(', '+', '?']) {
            continue;
        }
        if !plain.is_empty() && path.starts_with(&plain) {
            return Tri::No;
        }
    }
    if pattern.contains('\0') { Tri::Maybe } else { Tri::Yes }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lit(text: &str) -> Text {
        Text::lit(text, Span::default())
    }

    #[test]
    fn one_slash_stands_between_prefix_and_path() {
        for (prefix, path, whole) in [
            ("", "", "/"),
            ("/", "/", "/"),
            ("/api", "/", "/api"),
            ("/api/", "/users", "/api/users"),
            ("api", "users/", "/api/users"),
            ("", "/x/:id", "/x/:id"),
        ] {
            assert_eq!(join(&lit(prefix), &lit(path)).to_string(), whole, "{prefix:?} + {path:?}");
        }
    }

    #[test]
    fn a_guard_covers_whole_segments() {
        let covers = |pattern: &str, path: &str, cover| super::covers(&lit(pattern), &lit(path), cover);
        assert_eq!(covers("/api/items", "/api/Items/:id", Cover::Below), Tri::Yes);
        assert_eq!(covers("/api/item", "/api/items", Cover::Below), Tri::No);
        assert_eq!(covers("/", "/x", Cover::Below), Tri::Yes);
        assert_eq!(covers("/api/*", "/api/x/y", Cover::Exact), Tri::Yes);
        assert_eq!(covers("/api", "/api/x", Cover::Exact), Tri::No);
        assert_eq!(covers("/dashboard/:path*", "/dashboard", Cover::Exact), Tri::Yes);
        assert_eq!(covers("/:org/admin", "/acme/admin", Cover::Exact), Tri::Yes);
        assert_eq!(covers("/crew{/*rest}", "/crew", Cover::Below), Tri::Yes);
        assert_eq!(covers("/crew{/*rest}", "/crewless", Cover::Below), Tri::No);
        assert_eq!(covers("/((?!api|_next/static).*)", "/api/users", Cover::Exact), Tri::No);
        assert_eq!(covers("/((?!api|_next/static).*)", "/settings", Cover::Exact), Tri::Yes);
    }
}
