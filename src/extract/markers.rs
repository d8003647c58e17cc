//! Comments that take findings out, in every language's form of a comment.
//!
//! Ours is `seclint: ignore[rule-id, rule-id] reason` at the start of a comment. It stands on the line
//! that it is about, or above it; above a block it covers the block. `ignore-start[…]` and `ignore-end`
//! enclose lines, `ignore-file[…]` covers the file, and `until=2026-12-31` lets it end. Comments of other
//! tools are read as their own documentation has them.

mod extent;

use smol_str::SmolStr;

use crate::ir::{Marker, MarkerScope, Span};
use crate::source::{LineIndex, SourceFile};
use extent::Lines;

/// Markers of one file at the most; more is no comment but an attack.
const MAX_MARKERS: usize = 1_000;

/// What a comment looks like and where it holds.
struct Form {
    /// The words that it begins with.
    needle: &'static str,
    tool: &'static str,
    reach: Reach,
    names: Names,
}

/// Which lines a marker is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Its own line.
    Line,
    /// Its own line if code stands before it, else the next one, with the block that begins there.
    LineOrNext,
    /// The next line alone.
    Next,
    /// The block of top level around it.
    Around,
    /// The whole file.
    File,
}

/// How a marker names what it silences.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    /// Rule ids right after the needle, separated by commas: `checkov:skip=CKV_AWS_1:reason`.
    Ids,
    /// Rule ids after a colon, or none for every rule: `nosemgrep: a, b`.
    MaybeIds,
    Secrets,
    All,
}

const fn form(needle: &'static str, tool: &'static str, reach: Reach, names: Names) -> Form {
    Form { needle, tool, reach, names }
}

/// The comments of other tools. The first that fits is taken, so longer ones stand first.
const FOREIGN: &[Form] = &[
    form("gitleaks:allow", "gitleaks", Reach::Line, Names::Secrets),
    form("betterleaks:allow", "betterleaks", Reach::Line, Names::Secrets),
    form("trufflehog:ignore", "trufflehog", Reach::Line, Names::Secrets),
    form("kingfisher:ignore", "kingfisher", Reach::Line, Names::Secrets),
    form("pragma: allowlist nextline secret", "detect-secrets", Reach::Next, Names::Secrets),
    form("pragma: allowlist secret", "detect-secrets", Reach::Line, Names::Secrets),
    form("checkov:skip=", "checkov", Reach::Around, Names::Ids),
    form("bridgecrew:skip=", "checkov", Reach::Around, Names::Ids),
    form("trivy:ignore:", "trivy", Reach::LineOrNext, Names::Ids),
    form("tfsec:ignore:", "tfsec", Reach::LineOrNext, Names::Ids),
    form("hadolint ignore=", "hadolint", Reach::LineOrNext, Names::Ids),
    form("hadolint global ignore=", "hadolint", Reach::File, Names::Ids),
    form("nosemgrep", "semgrep", Reach::LineOrNext, Names::MaybeIds),
    form("kics-scan ignore-line", "kics", Reach::LineOrNext, Names::All),
    form("kics-scan ignore-block", "kics", Reach::LineOrNext, Names::All),
    form("kics-scan ignore", "kics", Reach::File, Names::All),
];

/// What opens a comment in the languages that are scanned.
const OPENERS: [&str; 8] = ["#", "//", "/*", "<!--", "--", ";", "*", "%"];

/// Every marker of a file, in its order.
pub(super) fn find(file: &SourceFile) -> Vec<Marker> {
    let index = LineIndex::new(&file.text);
    let lines = Lines::new(file, &index);
    let mut markers = Vec::new();
    let mut open: Option<Marker> = None;
    for number in 1..=index.count() {
        if markers.len() >= MAX_MARKERS {
            break;
        }
        let text = index.text(&file.text, number);
        let start = index.start(number).unwrap_or(0);
        if let Some((at, rest)) = own(text) {
            let span = Span::new(file.id, start + at, start + text.trim_end().len());
            own_marker(span, rest, start + text.len() - rest.len(), number, &lines, &mut open, &mut markers);
        } else if text.len() < 4096 {
            markers.extend(foreign(file, text, start, number, &lines));
        }
    }
    // What is opened and never closed holds to the end.
    markers.extend(open.map(|marker| Marker { covers: Span::new(file.id, marker.covers.start as usize, file.text.len()), ..marker }));
    markers
}

/// `seclint:` at the start of a comment: where it stands, and what follows `ignore`.
fn own(line: &str) -> Option<(usize, &str)> {
    let at = line.find("seclint:")?;
    let before = line[..at].trim_end();
    let rest = line[at + "seclint:".len()..].trim_start().strip_prefix("ignore")?;
    OPENERS.iter().any(|opener| before.ends_with(opener)).then_some((at, rest))
}

fn own_marker(
    span: Span,
    rest: &str,
    rest_at: usize,
    number: usize,
    lines: &Lines<'_>,
    open: &mut Option<Marker>,
    markers: &mut Vec<Marker>,
) {
    if rest.starts_with("-end") {
        if let Some(marker) = open.take() {
            markers.push(Marker { covers: marker.covers.to(span), ..marker });
        }
        return;
    }
    let (kind, list) = match (rest.strip_prefix("-start"), rest.strip_prefix("-file")) {
        (Some(list), _) => ("start", list),
        (_, Some(list)) => ("file", list),
        _ => ("line", rest),
    };
    let list_at = rest_at + rest.len() - list.len();
    let (ids, reason) = match list.strip_prefix('[').and_then(|list| list.split_once(']')) {
        Some((ids, reason)) => (split_ids(ids, span.file, list_at + 1), reason),
        None => (Vec::new(), list),
    };
    let (reason, until) = reason_and_date(reason);
    let covers = match kind {
        "file" => lines.whole(),
        "start" => lines.line(number),
        _ => lines.line_or_next(number, span),
    };
    let marker = Marker { tool: "seclint", scope: MarkerScope::Rules(ids), reason, until, span, covers };
    if kind == "start" {
        // One that is open already ends here.
        markers.extend(open.replace(marker).map(|earlier| Marker { covers: earlier.covers.to(covers), ..earlier }));
    } else {
        markers.push(marker);
    }
}

fn split_ids(list: &str, file: crate::source::FileId, at: usize) -> Vec<(SmolStr, Span)> {
    let mut ids = Vec::new();
    let mut offset = at;
    for part in list.split(',') {
        let id = part.trim();
        let start = offset + part.len() - part.trim_start().len();
        if !id.is_empty() {
            ids.push((SmolStr::new(id), Span::new(file, start, start + id.len())));
        }
        offset += part.len() + 1;
    }
    ids
}

/// `a, b` of `a, b reason` and `a` of `a:reason`: the list ends where no comma joins it.
fn list(text: &str) -> &str {
    let mut end = 0;
    loop {
        let word = text[end..].trim_start();
        let length = word.find(|character: char| character.is_whitespace() || character == ':').unwrap_or(word.len());
        end = text.len() - word.len() + length;
        if length == 0 || !text[..end].ends_with(',') {
            return &text[..end];
        }
    }
}

/// What follows the list, without what closes the comment, and with the date taken out.
fn reason_and_date(text: &str) -> (SmolStr, Option<SmolStr>) {
    let text = ["*/}", "*/", "-->", "--%>"].iter().find_map(|end| text.split_once(end)).map_or(text, |(before, _)| before);
    let text = text.trim().trim_start_matches([':', '-', '—']).trim();
    let mut until = None;
    let words = text.split_whitespace().filter(|word| match word.strip_prefix("until=") {
        Some(date) => {
            until = Some(SmolStr::new(date.trim_end_matches([',', ';', '.'])));
            false
        }
        None => true,
    });
    let reason = words.collect::<Vec<_>>().join(" ");
    (reason.into(), until)
}

fn foreign(file: &SourceFile, text: &str, start: usize, number: usize, lines: &Lines<'_>) -> Option<Marker> {
    let (form, at) = FOREIGN.iter().find_map(|form| Some((form, text.find(form.needle)?)))?;
    let before = &text[..at];
    if !OPENERS.iter().any(|opener| before.contains(opener)) {
        return None;
    }
    let after = at + form.needle.len();
    let rest = &text[after..];
    let ids = |text: &str, at: usize| MarkerScope::Rules(split_ids(list(text), file.id, start + at));
    let scope = match form.names {
        Names::Secrets => MarkerScope::Secrets,
        Names::All => MarkerScope::All,
        Names::Ids => ids(rest, after),
        Names::MaybeIds => match rest.strip_prefix(':') {
            Some(list) => ids(list.trim_start(), text.len() - list.trim_start().len()),
            None => MarkerScope::All,
        },
    };
    let span = Span::new(file.id, start + at, start + text.trim_end().len());
    let covers = match form.reach {
        Reach::Line => lines.line(number),
        Reach::LineOrNext => lines.line_or_next(number, span),
        Reach::Next => lines.next(number),
        Reach::Around => lines.around(number),
        Reach::File => lines.whole(),
    };
    Some(Marker { tool: form.tool, scope, reason: SmolStr::default(), until: None, span, covers })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    /// Each marker as tool, ids or scope, reason, and the 1-based lines that it covers.
    fn read(path: &str, text: &str) -> Vec<String> {
        let file = SourceFile::new(FileId(0), path, text);
        let index = LineIndex::new(text);
        find(&file)
            .iter()
            .map(|marker| {
                let scope = match &marker.scope {
                    MarkerScope::Rules(ids) => {
                        assert!(ids.iter().all(|(id, span)| &text[span.range()] == id));
                        ids.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join("+")
                    }
                    other => format!("{other:?}"),
                };
                let until = marker.until.as_deref().unwrap_or_default();
                let last = (marker.covers.end as usize).max(1) - 1;
                let lines = format!("{}-{}", index.line(marker.covers.start as usize), index.line(last));
                format!("{} {scope} {lines} {}{until}", marker.tool, marker.reason)
            })
            .collect()
    }

    #[test]
    fn ours_in_every_comment_form() {
        assert_eq!(
            read("a.tf", "a = 1 # seclint: ignore[x, y-z] it is a test until=2026-12-31\n"),
            ["seclint x+y-z 1-1 it is a test2026-12-31"]
        );
        assert_eq!(read("a.ts", "/* seclint: ignore[x] why */ f();\n"), ["seclint x 1-1 why"]);
        assert_eq!(read("a.html", "<!-- seclint: ignore[x] why -->\n<a>\n"), ["seclint x 1-2 why"]);
        assert_eq!(read("a.ts", "// seclint: ignore[x] why\n\n// more\nf({\n  a,\n});\ng();\n"), ["seclint x 1-6 why"]);
        assert_eq!(read("Dockerfile", "# seclint: ignore[x] why\nRUN a \\\n  b\nRUN c\n"), ["seclint x 1-3 why"]);
        assert_eq!(read("a.yaml", "# seclint: ignore[x] why\na:\n  b:\n    c: 1\nd: 1\n"), ["seclint x 1-4 why"]);
        assert_eq!(read("a.tf", "# seclint: ignore[x]\nb = 1\nc = 1\n"), ["seclint x 1-2 "]);
        assert_eq!(read("a.tf", "# seclint: ignore-file[x] why\nb\nc\n"), ["seclint x 1-3 why"]);
        assert_eq!(read("a.tf", "a\n# seclint: ignore-start[x] why\nb\n# seclint: ignore-end\nc\n"), ["seclint x 2-4 why"]);
        assert_eq!(read("a.tf", "a\n# seclint: ignore-start[x] why\nb\nc"), ["seclint x 2-4 why"]);
        assert_eq!(read("a.tf", "a = \"seclint: ignore[x] why\"\n"), [""; 0]);
    }

    #[test]
    fn those_of_other_tools() {
        assert_eq!(read("a.py", "k = 'x' # gitleaks:allow\n"), ["gitleaks Secrets 1-1 "]);
        assert_eq!(read("a.py", "# pragma: allowlist nextline secret\nk = 'x'\n"), ["detect-secrets Secrets 2-2 "]);
        let block = "resource \"a\" \"b\" {\n  # checkov:skip=CKV_AWS_1:reason here\n  c = 1\n}\nresource \"d\" \"e\" {}\n";
        assert_eq!(read("a.tf", block), ["checkov CKV_AWS_1 1-4 "]);
        assert_eq!(read("a.tf", "#trivy:ignore:AVD-AWS-0057\nresource \"a\" \"b\" {\n  c = 1\n}\n"), ["trivy AVD-AWS-0057 1-4 "]);
        assert_eq!(read("Dockerfile", "# hadolint ignore=DL3006,DL3007\nFROM a\n"), ["hadolint DL3006+DL3007 1-2 "]);
        assert_eq!(read("a.ts", "f() // nosemgrep: a.b.c\n"), ["semgrep a.b.c 1-1 "]);
        assert_eq!(read("a.ts", "f() // nosemgrep: a.b, c why, really\n"), ["semgrep a.b+c 1-1 "]);
        assert_eq!(read("a.ts", "f() // nosemgrep\n"), ["semgrep All 1-1 "]);
        assert_eq!(read("a.ts", "const a = 'nosemgrep';\n"), [""; 0]);
    }

    #[test]
    fn a_file_of_markers_is_read_in_linear_time() {
        let text = "# seclint: ignore[x] why\n".repeat(50_000);
        assert_eq!(read("a.tf", &text).len(), MAX_MARKERS);
    }
}
