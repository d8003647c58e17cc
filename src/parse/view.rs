//! Views of template engines, as far as what they show without escaping it: `<%- name %>` of EJS, `{{{name}}}` of
//! Handlebars and Mustache, `!= name` and `!{name}` of Pug, `{{ name | safe }}` of Nunjucks, `v-html="name"` of
//! Vue, `{@html name}` of Svelte. Text around them is not read.

use std::ops::Range;

use crate::ir::Span;
use crate::source::Src;

/// Bytes of an expression that are looked at, so that an opened one in a file of megabytes stays linear.
const MAX_EXPRESSION: usize = 200;
/// Bytes before an expression in which the loop around it is looked for.
const MAX_LOOK: usize = 8192;
/// Expressions of one view that are kept.
const MAX_SHOWN: usize = 500;

/// The family of an engine, by what it writes raw output as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// EJS, Eta.
    Ejs,
    /// Handlebars, Mustache.
    Mustache,
    /// Pug, Jade.
    Pug,
    /// Nunjucks, Swig.
    Nunjucks,
    /// Vue.
    Vue,
    /// Svelte.
    Svelte,
}

/// A value that a view shows as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The names that lead to it: `["output", "name"]` of `output.name`.
    pub path: Vec<String>,
    /// Where it is shown.
    pub span: Span,
    /// Whether it is the address that an element leads to or loads, and not markup.
    pub is_address: bool,
}

impl Engine {
    /// The engine of a file, by its name.
    pub fn of(path: &str) -> Option<Self> {
        Some(match path.rsplit_once('.')?.1 {
            "ejs" | "eta" => Self::Ejs,
            "hbs" | "handlebars" | "mustache" => Self::Mustache,
            "pug" | "jade" => Self::Pug,
            "njk" | "nunjucks" | "swig" | "html" => Self::Nunjucks,
            "vue" => Self::Vue,
            "svelte" => Self::Svelte,
            _ => return None,
        })
    }

    /// What opens raw output, and what ends it.
    fn marks(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Ejs => &[("<%-", "%>"), ("<%~", "%>")],
            Self::Mustache => &[("{{{", "}}}"), ("{{&", "}}")],
            Self::Pug => &[("!=", "\n"), ("!{", "}")],
            Self::Nunjucks => &[("{{", "}}")],
            Self::Vue => &[("v-html=\"", "\""), (":href=\"", "\""), (":src=\"", "\"")],
            Self::Svelte => &[("{@html", "}")],
        }
    }
}

/// Every value that a view shows as it is, in order, if it is a plain name or a member of one. Loops are looked
/// through: of `p.name` in `products.forEach(p => …)`, the path is that of the products.
pub fn parse(src: &Src<'_>, engine: Engine) -> Vec<Shown> {
    let text = src.text;
    let mut shown = Vec::new();
    for (open, close) in engine.marks() {
        for (at, _) in text.match_indices(open) {
            if shown.len() >= MAX_SHOWN || engine == Engine::Pug && *open == "!=" && !is_output(text, at) {
                continue;
            }
            let start = at + open.len();
            let Some(expression) = before(text, start, close) else { continue };
            let end = expression.end + if *close == "\n" { 0 } else { close.len() };
            for path in values(engine, &text[expression]) {
                let path = through_loop(engine, &text[boundary(text, at.saturating_sub(MAX_LOOK))..at], path);
                shown.push(Shown { path, span: src.span(at..end), is_address: open.starts_with(':') });
            }
        }
    }
    shown.sort_by_key(|shown| shown.span);
    shown
}

/// The last place not behind `at` where a character begins.
fn boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

/// The text from `start` to what ends it.
fn before(text: &str, start: usize, close: &str) -> Option<Range<usize>> {
    let limit = boundary(text, start + MAX_EXPRESSION);
    match text[start..limit].find(close) {
        Some(len) => Some(start..start + len),
        None => (close == "\n" && limit == text.len()).then_some(start..limit),
    }
}

/// Whether `!=` of Pug shows a value (`p!= name`): behind a tag at the begin of its line, not in a condition or an
/// attribute.
fn is_output(text: &str, at: usize) -> bool {
    let line = text[..at].rsplit('\n').next().unwrap_or_default().trim_start();
    line.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '.' | '#' | '-' | '_'))
}

/// The names that lead to each raw value of an expression; of Nunjucks, to one that is called safe.
fn values(engine: Engine, expression: &str) -> Vec<Vec<String>> {
    let expression = expression.trim().trim_start_matches('-').trim_end_matches([';', '-']).trim();
    match engine {
        Engine::Nunjucks => {
            let safe = expression.rsplit_once('|').filter(|(_, filter)| filter.trim() == "safe");
            safe.and_then(|(value, _)| path(value.trim())).into_iter().collect()
        }
        // `'Results for ' + text`.
        Engine::Ejs | Engine::Pug if expression.starts_with(['\'', '"']) || expression.ends_with(['\'', '"']) => joined(expression),
        _ => path(expression).into_iter().collect(),
    }
}

/// The paths among what is joined to texts with `+`; nothing where one of the parts is more than a path.
fn joined(expression: &str) -> Vec<Vec<String>> {
    let mut quote = None;
    let is_plus = |char: char| {
        match quote {
            Some(open) if char == open => quote = None,
            None if matches!(char, '\'' | '"') => quote = Some(char),
            _ => {}
        }
        quote.is_none() && char == '+'
    };
    let parts = expression.split(is_plus).map(str::trim).filter(|part| !part.starts_with(['\'', '"']));
    parts.map(path).collect::<Option<_>>().unwrap_or_default()
}

/// `a.b`, `a?.b`, `a[0].b` as the names in it.
fn path(expression: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for part in expression.split('.') {
        let name = part.split('[').next().unwrap_or_default().trim_end_matches('?');
        let is_name = !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '$'));
        let is_closed = part.len() == name.len() || part.ends_with(']') || part.ends_with('?');
        if !is_name || !is_closed || name.starts_with(|char: char| char.is_ascii_digit()) {
            return None;
        }
        names.push(name.to_owned());
    }
    if names.len() > 1 && matches!(names[0].as_str(), "locals" | "this" | "it") {
        names.remove(0);
    }
    Some(names)
}

/// The path with the element of a loop replaced by what is looped over.
fn through_loop(engine: Engine, before: &str, mut path: Vec<String>) -> Vec<String> {
    let over = match engine {
        Engine::Mustache => {
            let opened = before.rfind("{{#each ").filter(|at| !before[*at..].contains("{{/each"));
            if let Some(at) = opened {
                path.splice(..0, leading(before[at + 8..].trim_start()).split('.').map(str::to_owned));
            }
            return path;
        }
        Engine::Ejs => called(before, &path[0]).or_else(|| looped(before, &path[0], " of ")),
        Engine::Pug | Engine::Nunjucks => looped(before, &path[0], " in "),
        Engine::Vue => before.rmatch_indices("v-for=\"").find_map(|(at, mark)| looped(&before[at + mark.len()..], &path[0], " in ")),
        Engine::Svelte => None,
    };
    if let Some(over) = over.filter(|over| !over.is_empty()) {
        path.splice(..1, over.split('.').map(str::to_owned));
    }
    path
}

fn is_of_path(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '_' | '$' | '.')
}

/// The path that a text begins with.
fn leading(text: &str) -> &str {
    &text[..text.find(|char| !is_of_path(char)).unwrap_or(text.len())]
}

/// `list` of `list.forEach(root => …)`, the last before a place.
fn called<'a>(before: &'a str, root: &str) -> Option<&'a str> {
    [".forEach(", ".map("].iter().find_map(|call| {
        before.rmatch_indices(call).take(8).find_map(|(at, _)| {
            let parameter = before[at + call.len()..].trim_start().trim_start_matches("function").trim_start_matches([' ', '(']);
            let over = before[..at].rsplit(|char| !is_of_path(char)).next()?;
            (leading(parameter) == root).then_some(over)
        })
    })
}

/// What follows `root of`, `root in` the last time before a place.
fn looped<'a>(before: &'a str, root: &str, between: &str) -> Option<&'a str> {
    let head = format!("{root}{between}");
    let at = before.rfind(&head)?;
    Some(leading(before[at + head.len()..].trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn shown(engine: Engine, text: &str) -> Vec<String> {
        parse(&Src::whole(FileId(0), text), engine).into_iter().map(|shown| shown.path.join(".")).collect()
    }

    #[test]
    fn raw_output_is_found_in_each_engine() {
        let ejs = "<%- a.b %> <%= c %> <%- include('x') %> <% list.forEach(function (p) { %><%- p.name -%>";
        assert_eq!(shown(Engine::Ejs, ejs), ["a.b", "list.name"]);
        assert_eq!(
            shown(Engine::Mustache, "{{a}} {{{ b.c }}} {{#each rows}}{{{ this.name }}}{{/each}} {{& d }}"),
            ["b.c", "rows.name", "d"]
        );
        assert_eq!(
            shown(
                Engine::Pug,
                "if a != b\np!= message\np= other\n| !{user.name}\neach c in comments\n  li!= c.text\nh1!= 'a + b: ' + text + '!'\nh2!= 'a' + t('b')"
            ),
            ["message", "user.name", "comments.text", "text"]
        );
        assert_eq!(shown(Engine::Nunjucks, "{{ a }} {{ b | safe }} {{ c | markdown | safe }}"), ["b"]);
        assert_eq!(shown(Engine::Vue, "<p v-html=\"post.body\" /><p v-text=\"x\" />"), ["post.body"]);
        assert_eq!(shown(Engine::Svelte, "{@html body} {name}"), ["body"]);
    }

    #[test]
    fn an_open_mark_at_the_end_is_bounded() {
        assert!(shown(Engine::Ejs, "<%- aé").is_empty());
        assert!(shown(Engine::Mustache, &"{{{é".repeat(1000)).is_empty());
    }
}
