//! Texts that are escaped by hand and not wholly: `text.replace("'", "''")` replaces the first quote alone.

use super::callers::name_of;
use super::{called_name, owner};
use crate::extract::Extract;
use crate::extract::typescript::names::unquoted;
use crate::ir::{FactKind, Node, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

/// What characters of markup, of texts in quotes and of shells are replaced by to lose their meaning.
const ESCAPES: [&str; 10] = ["&lt;", "&gt;", "&amp;", "&quot;", "&#", "\\'", "\\\"", "''", "\\\\", "\"\""];

/// Emits a replacement that leaves some of what it is for.
pub(super) fn emit(call: Syntax<'_>, cx: &mut Extract<'_>) {
    let mut arguments = call.field(Field::Arguments).into_iter().flat_map(Syntax::children);
    let (Some(pattern), Some(with)) = (arguments.next(), arguments.next().filter(|with| with.kind() == Kind::String)) else { return };
    let Some(what) = wrong(call, pattern, unquoted(with)) else { return };
    let callee = Ref::new(Scope::Global, ["replace"]);
    let parts = vec![SinkPart::new(Node::text(pattern.text(), pattern.span()), Tri::Yes, what)];
    let owner = owner(call, &callee);
    cx.fact(call.span(), owner, FactKind::Sink(Sink { kind: SinkKind::Escape, callee, parts, options: None }));
}

fn wrong(call: Syntax<'_>, pattern: Syntax<'_>, with: &str) -> Option<&'static str> {
    let (text, is_global) = match pattern.kind() {
        Kind::String => (unquoted(pattern), false),
        Kind::Regex => {
            let (text, flags) = pattern.text().strip_prefix('/')?.rsplit_once('/')?;
            (text, flags.contains('g'))
        }
        _ => return None,
    };
    let is_one = text.trim_start_matches('\\').chars().count() == 1;
    let is_escape = ESCAPES.iter().any(|escape| with.contains(escape));
    // `new RegExp(url.replace('/', '\\/'))`: a slash means nothing there, and what was escaped is not escaped by its own sign.
    let is_needless = matches!((text, with), ("/", _))
        || with.starts_with('\\') && with.trim_start_matches('\\').starts_with(|char: char| char.is_ascii_alphabetic());
    let unescapes = text.starts_with("\\\\") && !with.starts_with("\\\\");
    let is_climb = matches!(text, "../" | "..\\/" | "\\.\\.\\/") && with.is_empty();
    let repeats = || call.ancestors().take(6).any(|outer| matches!(outer.kind(), Kind::While | Kind::Do));
    if !is_global && (is_one && is_escape && !is_needless && !unescapes || is_climb) && !repeats() {
        return Some("first");
    }
    let lower = text.to_ascii_lowercase();
    // `/<(?:\w+)\W+?[\w]/`: what is left may make a tag again.
    let is_of_sanitizer = || lower.starts_with('<') && function_says(call, "sanit") && !repeats();
    if pattern.kind() == Kind::Regex && with.is_empty() && (lower.starts_with("<script") || is_of_sanitizer()) && !is_escaped_after(call) {
        return Some("tag");
    }
    if is_global
        && matches!(text, "'" | "\"" | "`")
        && with.strip_prefix('\\').is_some_and(|rest| rest.trim_start_matches('\\') == text)
        && leaves_backslashes(call)
    {
        return Some("slash");
    }
    // What was escaped twice is then unescaped twice.
    let is_sign = matches!((text, with), ("&amp;", "&") | ("%25", "%"));
    if is_global && is_sign && is_replaced_again(call, with) {
        return Some("early");
    }
    let is_last = is_global && text == "&" && with.contains("&amp;") && chain(call).any(|before| before == "&lt;" || before == "&gt;");
    is_last.then_some("twice")
}

/// Whether the function goes on to escape what begins a tag: `text.replace(/<[^>]+>/g, '').replace(/</g, '&lt;')`.
fn is_escaped_after(call: Syntax<'_>) -> bool {
    let Some(function) = call.ancestors().find(|outer| outer.kind().is_function()) else { return false };
    let after = (call.start() - function.start()) as usize + call.text().len();
    function.text().get(after..).is_some_and(|after| after.contains("'&lt;'") || after.contains("\"&lt;\""))
}

/// Whether the name of the function around a call has a word in it.
fn function_says(call: Syntax<'_>, word: &str) -> bool {
    let function = call.ancestors().find(|outer| outer.kind().is_function());
    function.is_some_and(|function| name_of(function).to_ascii_lowercase().contains(word))
}

/// Whether a backslash before a quote (`replace(/'/g, "\\'")`) is left to take the one that is put there away: in a
/// function that anybody may hand a text, which nothing else escapes.
fn leaves_backslashes(call: Syntax<'_>) -> bool {
    let Some(function) = call.ancestors().find(|outer| outer.kind().is_function()) else { return false };
    let is_named = ["escape", "quote", "sanit"].iter().any(|word| name_of(function).to_ascii_lowercase().contains(word));
    let is_exported = function.ancestors().take(3).any(|outer| {
        outer.kind() == Kind::Export
            || outer.kind() == Kind::Assignment && outer.field(Field::Left).is_some_and(|left| left.text().contains("exports"))
    });
    let text = function.text();
    (is_named || is_exported || is_listed(function)) && ![r"/\\/g", r"'\\'", "JSON.stringify"].iter().any(|other| text.contains(other))
}

/// Whether the end of the file exports a function by its name: `module.exports = { quote }`.
fn is_listed(function: Syntax<'_>) -> bool {
    const END: usize = 2_000;
    let file = function.ancestors().last().map_or("", Syntax::text);
    let start = (file.len().saturating_sub(END)..file.len()).find(|at| file.is_char_boundary(*at)).unwrap_or_default();
    let list = file[start..].split_once("module.exports = {").and_then(|(_, rest)| rest.split('}').next());
    let own = name_of(function);
    !own.is_empty() && list.is_some_and(|names| names.split(',').any(|name| name.trim() == own))
}

/// Whether the result of a replacement is searched for more of the same kind: `&lt;` after `&amp;`.
fn is_replaced_again(call: Syntax<'_>, sign: &str) -> bool {
    let next = call.parent().filter(|member| member.kind() == Kind::Member).and_then(Syntax::parent);
    let pattern = next.filter(|next| called_name(*next) == "replace").and_then(|next| next.field(Field::Arguments)?.first());
    pattern.is_some_and(|pattern| pattern.text().trim_start_matches(['/', '\'', '"']).starts_with(sign))
}

/// What the calls before one in a chain put in: `&lt;` of `text.replace(/</g, '&lt;').replace(…)`.
fn chain(call: Syntax<'_>) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(call), |call| {
        call.field(Field::Function)?.field(Field::Object).filter(|inner| called_name(*inner) == "replace")
    })
    .skip(1)
    .take(16)
    .filter_map(|call| call.field(Field::Arguments)?.children().nth(1).map(unquoted))
}
