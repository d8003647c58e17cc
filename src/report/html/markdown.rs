//! The Markdown of rules' pages as HTML: paragraphs, lists, fenced code, code, emphasis and links. All else
//! stays the text that it is; pages may be a user's own.

use std::fmt::Write as _;

use super::escape;

/// Paragraphs, lists and code blocks.
pub(super) fn blocks(text: &str) -> String {
    let mut out = String::new();
    let mut paragraph: Vec<&str> = Vec::new();
    let mut items: Vec<String> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        if let Some(fence) = trimmed.get(..3).filter(|start| *start == "```") {
            flush(&mut out, &mut paragraph, &mut items);
            let code: Vec<&str> = lines.by_ref().take_while(|line| line.trim() != fence).collect();
            let _ = writeln!(out, "<pre><code>{}</code></pre>", escape(&code.join("\n")));
        } else if let Some(item) = trimmed.strip_prefix("- ").or_else(|| trimmed.strip_prefix("* ")) {
            flush(&mut out, &mut paragraph, &mut Vec::new());
            items.push(item.to_owned());
        } else if trimmed.is_empty() {
            flush(&mut out, &mut paragraph, &mut items);
        } else if let Some(last) = items.last_mut().filter(|_| line.starts_with(' ')) {
            last.push(' ');
            last.push_str(trimmed);
        } else {
            flush(&mut out, &mut Vec::new(), &mut items);
            paragraph.push(trimmed);
        }
    }
    flush(&mut out, &mut paragraph, &mut items);
    out
}

fn flush(out: &mut String, paragraph: &mut Vec<&str>, items: &mut Vec<String>) {
    if !paragraph.is_empty() {
        let _ = writeln!(out, "<p>{}</p>", inline(&paragraph.join(" ")));
        paragraph.clear();
    }
    if !items.is_empty() {
        let list: Vec<String> = items.iter().map(|item| format!("<li>{}</li>", inline(item))).collect();
        let _ = writeln!(out, "<ul>{}</ul>", list.concat());
        items.clear();
    }
}

/// Code, emphasis and links of one line.
pub(super) fn inline(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['`', '*', '[']) {
        let (before, marked) = rest.split_at(at);
        out.push_str(&escape(before));
        let taken = code(marked).or_else(|| strong(marked)).or_else(|| link(marked));
        let (html, length) = taken.unwrap_or_else(|| (escape(&marked[..1]), 1));
        out.push_str(&html);
        rest = &marked[length..];
    }
    out.push_str(&escape(rest));
    out
}

/// The text between two marks, and the length of the whole.
fn between<'t>(text: &'t str, mark: &str) -> Option<(&'t str, usize)> {
    let inner = text.strip_prefix(mark)?;
    let end = inner.find(mark).filter(|end| *end > 0)?;
    Some((&inner[..end], end + 2 * mark.len()))
}

fn code(text: &str) -> Option<(String, usize)> {
    let (inner, length) = between(text, "``").or_else(|| between(text, "`"))?;
    Some((format!("<code>{}</code>", escape(inner)), length))
}

fn strong(text: &str) -> Option<(String, usize)> {
    let (tag, (inner, length)) = match between(text, "**") {
        Some(found) => ("strong", found),
        None => ("em", between(text, "*").filter(|(inner, _)| !inner.starts_with(' '))?),
    };
    Some((format!("<{tag}>{}</{tag}>", escape(inner)), length))
}

fn link(text: &str) -> Option<(String, usize)> {
    let (title, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (address, _) = rest.split_once(')')?;
    // No scheme that could run anything, and none of the page's own.
    if !address.starts_with("https://") {
        return None;
    }
    let length = title.len() + address.len() + 4;
    Some((format!("<a rel=\"noreferrer\" href=\"{}\">{}</a>", escape(address), escape(title)), length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_become_html_and_nothing_else_does() {
        assert_eq!(
            blocks("One `a<b`\nline, **bold**.\n\n- x\n  y\n- [z](https://e.org/?a=1&b)\n\n```hcl main.tf\n<a>\n```"),
            "<p>One <code>a&lt;b</code> line, <strong>bold</strong>.</p>\n\
             <ul><li>x y</li><li><a rel=\"noreferrer\" href=\"https://e.org/?a=1&amp;b\">z</a></li></ul>\n<pre><code>&lt;a&gt;</code></pre>\n"
        );
        assert_eq!(inline("[x](javascript:alert(1)) 2 * 3 * 4 <b> `"), "[x](javascript:alert(1)) 2 * 3 * 4 &lt;b&gt; `");
    }
}
