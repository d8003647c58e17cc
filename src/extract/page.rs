//! Pages of HTML and views that write them: scripts that are loaded from other machines. They become calls of a library
//! that does not exist, `page#script`, with the attributes as their argument.

use std::ops::Range;

use super::Extract;
use crate::ir::{Call, FactKind, Map, Node, NodeKind, Ref};

/// Bytes of one tag that are looked at, so that an open one in a file of megabytes stays linear.
const MAX_TAG: usize = 1_000;
/// Scripts of one page that are kept.
const MAX_SCRIPTS: usize = 100;

/// Reads the file's facts, if it is a page.
pub(super) fn extract(cx: &mut Extract<'_>) {
    const ENDINGS: [&str; 7] = [".html", ".htm", ".ejs", ".hbs", ".handlebars", ".mustache", ".njk"];
    if !ENDINGS.iter().any(|ending| cx.file.path.ends_with(ending)) {
        return;
    }
    let file = cx.file;
    let text = &file.text;
    for (at, _) in text.match_indices("<script ").take(MAX_SCRIPTS) {
        let Some(tag) = text.get(at..).and_then(|rest| rest.split('>').next()).filter(|tag| tag.len() <= MAX_TAG) else { continue };
        let Some(address) = attribute(tag, "src").filter(|value| leads_elsewhere(&tag[value.clone()])) else { continue };
        let src = file.src();
        let span = src.span(at..at + tag.len());
        let mut attributes = Map::default();
        let place = src.span(at + address.start..at + address.end);
        attributes.push("src", place, Node::text(&tag[address], place));
        if tag.contains("integrity") {
            attributes.push("integrity", span, Node::new(span, NodeKind::Bool(true)));
        }
        let args = vec![Node::new(span, NodeKind::Map(attributes))];
        cx.fact(span, "script", FactKind::Call(Call { args, ..Call::of(Ref::import("page", "script")) }));
    }
}

/// An address of another machine, written out.
fn leads_elsewhere(address: &str) -> bool {
    ["http://", "https://", "//"].iter().any(|start| address.starts_with(start)) && !address.contains(['{', '<', '$'])
}

/// Where the value of an attribute stands in a tag.
fn attribute(tag: &str, name: &str) -> Option<Range<usize>> {
    let start = tag.match_indices(name).find_map(|(at, _)| {
        let is_own = tag[..at].ends_with(|char: char| char.is_ascii_whitespace());
        let rest = tag[at + name.len()..].strip_prefix('=').filter(|_| is_own)?;
        rest.starts_with(['"', '\'']).then_some(at + name.len() + 2)
    })?;
    let quote = &tag[start - 1..start];
    tag[start..].find(quote).map(|len| start..start + len)
}
