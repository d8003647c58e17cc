//! Scripts that stand in pages of HTML and in the views that write them. The text around them becomes blank, and a tag of
//! the template engine a name of the same length, so that a parser of JavaScript reads them and every offset stays.

use std::ops::Range;

use super::view::Engine;

/// Bytes of a tag (of HTML or of an engine) that are looked at, so that an open one in a file of megabytes stays linear.
const MAX_TAG: usize = 1_000;
/// Scripts of one page that are read.
const MAX_SCRIPTS: usize = 100;
/// Begins the name that stands for a tag which writes data as JSON: what the server hands the page's script.
pub const HANDED: &str = "$json";

/// What stands between `<script>` and `</script>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Where.
    pub range: Range<usize>,
    /// Whether a browser runs it: JSON, templates and maps of imports are none.
    pub is_code: bool,
}

/// The scripts of a page, in order.
pub fn scripts(text: &str, engine: Engine) -> Vec<Script> {
    if engine == Engine::Pug { of_lines(text) } else { of_elements(text) }
}

/// `<script>…</script>`.
fn of_elements(text: &str) -> Vec<Script> {
    let mut scripts = Vec::new();
    let mut at = 0;
    while let Some(tag) = text[at..].find("<script").map(|found| at + found) {
        at = tag + "<script".len();
        let Some(open) = end_of_tag(text, at).filter(|_| scripts.len() < MAX_SCRIPTS) else { continue };
        let close = text[open..].find("</script").map_or(text.len(), |end| open + end);
        if !text[open..close].trim().is_empty() {
            scripts.push(Script { range: open..close, is_code: is_code(&text[at..open]) });
        }
        at = close;
    }
    scripts
}

/// Where a tag ends: behind the `>` that stands in no quotes and ends no tag of an engine (`%>`).
fn end_of_tag(text: &str, start: usize) -> Option<usize> {
    let mut quote = None;
    let mut before = b' ';
    for (at, byte) in text.as_bytes()[start..].iter().enumerate().take(MAX_TAG) {
        match (quote, *byte) {
            (None, b'"' | b'\'') => quote = Some(*byte),
            (None, b'>') if before != b'%' => return Some(start + at + 1),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
        before = *byte;
    }
    None
}

/// Whether the attributes of a script leave it code: those of JSON or of a template do not.
fn is_code(attributes: &str) -> bool {
    let Some((_, kind)) = attributes.split_once("type=") else { return true };
    let kind = kind.trim_start_matches(['"', '\'']).split(['"', '\'', ' ', '>', ')', ',']).next().unwrap_or_default();
    kind.is_empty() || kind == "module" || ["javascript", "ecmascript", "babel", "jsx"].iter().any(|word| kind.ends_with(word))
}

/// `script.` of Pug with the lines below it that stand further in.
fn of_lines(text: &str) -> Vec<Script> {
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let mut scripts: Vec<Script> = Vec::new();
    // How far in the line stands that begins one, whether it is code, and whether it has lines yet.
    let mut open: Option<(usize, bool, bool)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let (start, end) = (at, at + line.len());
        at = end;
        if line.trim().is_empty() {
            continue;
        }
        if let Some((depth, is_code, has_lines)) = open.filter(|(depth, ..)| indent(line) > *depth) {
            match scripts.last_mut() {
                Some(script) if has_lines => script.range.end = end,
                _ => scripts.push(Script { range: start..end, is_code }),
            }
            open = Some((depth, is_code, true));
            continue;
        }
        let head = line.trim();
        let is_block = head.strip_prefix("script").is_some_and(|rest| rest.starts_with(['.', '(']) && rest.ends_with('.'));
        open = (is_block && scripts.len() < MAX_SCRIPTS).then(|| (indent(line), is_code(head), false));
    }
    scripts
}

/// The code of a page, all else of which is blank.
pub fn code_of(text: &str, engine: Engine, scripts: &[Script]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for script in scripts.iter().filter(|script| script.is_code) {
        blank(&text[at..script.range.start], &mut out);
        masked(&text[script.range.clone()], engine, &mut out);
        // What ends one script ends its last statement.
        at = script.range.end;
        if text[at..].starts_with('<') {
            out.push(';');
            at += 1;
        }
    }
    blank(&text[at..], &mut out);
    out
}

/// As many spaces as there are bytes; newlines stay.
fn blank(text: &str, out: &mut String) {
    out.extend(text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
}

/// What opens a tag of an engine, and what ends it.
fn tags(engine: Engine) -> &'static [(&'static str, &'static str)] {
    match engine {
        Engine::Ejs => &[("<%", "%>")],
        Engine::Mustache => &[("{{{", "}}}"), ("{{", "}}")],
        Engine::Pug => &[("#{", "}"), ("!{", "}")],
        Engine::Nunjucks => &[("{{{", "}}}"), ("{{", "}}"), ("{%", "%}"), ("{#", "#}"), ("<%", "%>")],
        Engine::Vue | Engine::Svelte => &[],
    }
}

/// A script with the engine's tags masked.
fn masked(code: &str, engine: Engine, out: &mut String) {
    let mut at = 0;
    let mut from = 0;
    while let Some(found) = code[from..].find(['<', '{', '#', '!']).map(|found| from + found) {
        let tag = tags(engine).iter().find_map(|(open, close)| {
            let inner = found + open.len();
            let rest = code[found..].strip_prefix(open)?;
            let limit = crate::source::floor(rest, MAX_TAG);
            let len = rest[..limit].find(close)?;
            // `{{` may be two blocks of the script; a tag of those engines stands on one line.
            let is_one = open.starts_with('<') || !rest[..len].contains('\n');
            is_one.then_some((inner..inner + len, inner + len + close.len()))
        });
        let Some((inner, end)) = tag else {
            from = found + 1;
            continue;
        };
        out.push_str(&code[at..found]);
        word(&code[found..end], &code[inner], engine, out);
        (at, from) = (end, end);
    }
    out.push_str(&code[at..]);
}

/// What stands for a tag: a name for what writes a value, nothing for what decides.
fn word(tag: &str, inner: &str, engine: Engine, out: &mut String) {
    let writes = match engine {
        Engine::Ejs => inner.starts_with(['=', '-', '~']),
        Engine::Mustache => !inner.starts_with(['#', '/', '!', '>', '^', '~']) && inner.trim() != "else" && !inner.starts_with("else "),
        Engine::Nunjucks => tag.starts_with("{{") && !inner.starts_with(['#', '/', '!', '>', '^']) || inner.starts_with(['=', '-']),
        _ => true,
    };
    let is_json = ["JSON.stringify", "json", "Json", "dump", "stringify"].iter().any(|word| inner.contains(word));
    let first = tag.split('\n').next().unwrap_or(tag).len();
    match (writes, is_json && first >= HANDED.len()) {
        (false, _) => return blank(tag, out),
        (true, true) => out.push_str(HANDED),
        (true, false) => out.push('$'),
    }
    let pushed = if is_json && first >= HANDED.len() { HANDED.len() } else { 1 };
    out.extend(std::iter::repeat_n('_', first.saturating_sub(pushed)));
    blank(&tag[first..], out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str, engine: Engine) -> String {
        let code = code_of(text, engine, &scripts(text, engine));
        assert_eq!(code.len(), text.len());
        code.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn tags_become_names_and_all_but_code_is_blank() {
        let ejs = "<p>é</p><script>\nvar a = <%- JSON.stringify(a) %>; <% if (b) { %>x('<%= b %>')<% } %>\n</script><i>";
        assert_eq!(code(ejs, Engine::Ejs), "var a = $json___________________; x('$_______') ;");
        let hbs = "<script src='/a.js'></script><script type='text/javascript'>{{#if a}}let b = {{{b}}}{{/if}}</script>";
        assert_eq!(code(hbs, Engine::Mustache), "let b = $______ ;");
        assert_eq!(code("<script type=\"application/json\">{\"a\": 1}</script>", Engine::Nunjucks), "");
        assert_eq!(code("<script>if (a) {{\n b() }}</script>", Engine::Nunjucks), "if (a) {{ b() }};");
        let pug = "head\n  script.\n    var a = #{a};\n\n    f(a)\n  script(src='/x.js')\nbody\n  p #{b}\n";
        assert_eq!(code(pug, Engine::Pug), "var a = $___; f(a)");
    }

    #[test]
    fn what_is_left_open_is_bounded() {
        assert!(scripts(&"<script ".repeat(1000), Engine::Ejs).is_empty());
        let open = format!("<script>{}", "<% é".repeat(1000));
        assert_eq!(code_of(&open, Engine::Ejs, &scripts(&open, Engine::Ejs)).len(), open.len());
    }
}
