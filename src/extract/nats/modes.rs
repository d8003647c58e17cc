//! Files with credentials of NATS that others on the machine may read: by the mode that a program writes them
//! with (Go), or that a command gives them (shell, Dockerfile).

use std::ops::Range;

use super::{boundary, is_comment, line_around};
use crate::extract::Extract;
use crate::ir::{FactKind, Map, Node, NodeKind, Resource, ResourceMode};

/// What a file with a seed or an access token is called: credentials, bare seeds, contexts of Natster.
const NAMES: [&str; 3] = [".creds", ".nk", ".context"];
/// Arguments of a call further away belong to something else.
const MAX_REACH: usize = 240;

/// Adds a `nats-credentials-file` for each file that is written so.
pub(in crate::extract) fn extract(cx: &mut Extract<'_>) {
    let text: &str = &cx.file.text;
    if !text.contains(".creds") && !text.contains(".nk") && !text.contains(".natster") {
        return;
    }
    let mut found = Vec::new();
    if cx.file.path.ends_with(".go") {
        found.extend(memchr::memmem::find_iter(text.as_bytes(), "WriteFile(").filter_map(|at| written(text, at + "WriteFile(".len())));
    } else {
        found.extend(memchr::memmem::find_iter(text.as_bytes(), "chmod").filter_map(|at| changed(text, at + "chmod".len())));
    }
    found.retain(|(range, _)| !is_comment(line_around(text, range.start).0));
    for (range, mode) in found {
        let span = cx.file.src().span(range);
        let mut attrs = Map::default();
        attrs.push("mode", span, Node::text(mode, span));
        let attrs = Node::new(span, NodeKind::Map(attrs));
        let (provider, ty) = ("nats".into(), "nats-credentials-file".into());
        let resource =
            Resource { provider, ty, name: "credentials".into(), address: "credentials".into(), mode: ResourceMode::Managed, attrs };
        cx.fact(span, "credentials", FactKind::Resource(resource));
    }
}

/// `os.WriteFile(home+"/.natster/it.creds", data, 0o655)`: the place of its mode, if others may read the file.
fn written(text: &str, start: usize) -> Option<(Range<usize>, String)> {
    let arguments = &text[start..boundary(text, start + MAX_REACH)];
    let end = closing(arguments)?;
    let (before, last) = arguments[..end].rsplit_once(',')?;
    let digits = last.trim().trim_start_matches("0o").trim_start_matches('0');
    let at = start + before.len() + 1 + (last.len() - last.trim_start().len());
    let is_secret = NAMES.iter().any(|name| before.contains(&format!("{name}\"")));
    (is_secret && is_readable(digits)).then(|| (at..at + last.trim().len(), last.trim().to_owned()))
}

/// `chmod 644 /etc/nats/app.creds`, `COPY --chmod=644 app.creds /etc/nats/`.
fn changed(text: &str, start: usize) -> Option<(Range<usize>, String)> {
    let (_, command) = line_around(text, start);
    let command = &command[..command.find([';', '&', '|']).unwrap_or(command.len())];
    let (mode, files) = command.strip_prefix([' ', '='])?.trim_start().split_once(' ')?;
    let at = start + command.find(mode)?;
    let is_secret = files.split_whitespace().any(|file| NAMES.iter().any(|name| file.trim_end_matches(['"', '\'']).ends_with(name)));
    let gives = |symbols: &str| symbols.split_once('+').is_some_and(|(who, what)| !who.starts_with('u') && what.contains('r'));
    (is_secret && (is_readable(mode.trim_start_matches('0')) || gives(mode))).then(|| (at..at + mode.len(), mode.to_owned()))
}

/// Where the bracket closes that stands open before a text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return Some(at),
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Whether octal digits let the group or everybody read.
fn is_readable(digits: &str) -> bool {
    digits.len() == 3 && u32::from_str_radix(digits, 8).is_ok_and(|mode| mode & 0o044 != 0)
}
