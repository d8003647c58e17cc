//! Spellings that the grammars do not know, in the nearest one that they do: of the same length, so that every node stands
//! where it stood. The text of a node is read off the file itself.

use std::ops::Range;

use super::Dialect;

/// The longest list of type arguments that is looked for, in bytes.
const MAX_TYPES: usize = 4_096;

/// Broken parts that are counted: a file with more of them is no program.
const MAX_BROKEN: usize = 1_000;

/// A spelling, the part of it that the grammars stumble over, and a letter that makes a name of that part; a space where it
/// may be left out.
const SPELLINGS: [(&str, Range<usize>, u8); 5] = [
    // TypeScript 5.0.
    ("export type *", 7..11, b' '),
    // `in` as an attribute, `using` as a name: keywords elsewhere.
    (" in={", 2..3, b'x'),
    (" in=\"", 2..3, b'x'),
    ("\nusing = ", 5..6, b'x'),
    (" using = ", 5..6, b'x'),
];

/// The text of a file that does not parse with those spellings replaced; nothing if it has none.
pub(super) fn respelled(text: &str, dialect: Dialect) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    let mut found: Vec<(Range<usize>, u8)> = Vec::new();
    for (spelling, part, with) in SPELLINGS {
        found.extend(text.match_indices(spelling).map(|(at, _)| (at + part.start..at + part.end, with)));
    }
    if dialect != Dialect::TypeScript {
        found.extend(memchr::memchr_iter(b'&', bytes).filter(|at| is_of_text(bytes, *at)).map(|at| (at..at + 1, b'n')));
    }
    found.extend(text.match_indices(">`").filter_map(|(end, _)| Some((type_arguments(bytes, end)?, b' '))));
    if found.is_empty() {
        return None;
    }
    let mut out = bytes.to_vec();
    for (range, with) in found {
        out[range].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = with);
    }
    Some(out)
}

/// Parts of a tree that do not parse, counted up to [`MAX_BROKEN`].
pub(super) fn broken_parts(tree: &tree_sitter::Tree) -> usize {
    let mut cursor = tree.walk();
    let mut count = 0;
    loop {
        let node = cursor.node();
        count += usize::from(node.is_error() || node.is_missing());
        if count >= MAX_BROKEN {
            return count;
        }
        if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return count;
            }
        }
    }
}

/// Whether an ampersand may be one of a text in markup: no `&&`, no `&=`, and none that begins `&amp;`.
fn is_of_text(text: &[u8], at: usize) -> bool {
    /// The longest name that a character of markup has, `&CounterClockwiseContourIntegral;`.
    const MAX_NAME: usize = 32;
    let after = &text[at + 1..];
    let name = after.iter().take(MAX_NAME).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#').count();
    !matches!(after.first(), Some(b'&' | b'=')) && (at == 0 || text[at - 1] != b'&') && after.get(name) != Some(&b';')
}

/// The type arguments that end before the template of a tag: ``sql<{ id: string }[]>`…` ``.
fn type_arguments(text: &[u8], end: usize) -> Option<Range<usize>> {
    let mut open = 0;
    for start in (end.saturating_sub(MAX_TYPES)..=end).rev() {
        match text[start] {
            b'>' if start > 0 && text[start - 1] == b'=' => {}
            b'>' => open += 1,
            b'<' => open -= 1,
            b'`' => return None,
            _ => {}
        }
        if open == 0 {
            let is_name = start > 0 && (text[start - 1].is_ascii_alphanumeric() || matches!(text[start - 1], b'_' | b'$'));
            return is_name.then_some(start..end + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::parse::typescript::parse;
    use crate::source::{FileId, FileKind, Src};

    #[test]
    fn newer_spellings_parse() {
        for (kind, text) in [
            (FileKind::TypeScript, "export type * from './x'\nexport type * as N from './y'\n"),
            (FileKind::TypeScript, "const r = await sql<{ a: string; b: () => void }[]>`select ${x}`\n"),
            (FileKind::TypeScript, "run(tx.$queryRaw<Row<string>[]>`select ${x}`)\n"),
            (FileKind::Tsx, "const a = <p>Copy & Share Q&A <a href=\"x?a=1&b=2\">k</a> &amp; more</p>\n"),
            (FileKind::JavaScript, "const a = () => <Collapse in={open}><b>R&D & more</b></Collapse>\n"),
            (FileKind::JavaScript, "let a\nusing = function () {}\n"),
        ] {
            let src = Src::whole(FileId(0), text);
            let parsed = parse(&src, kind);
            assert!(parsed.problems.is_empty(), "{text}: {:?}", parsed.problems);
        }
    }

    #[test]
    fn what_is_broken_stays_so() {
        for text in ["const = = 1 & 2\n", "f<a>`x`)\n"] {
            let src = Src::whole(FileId(0), text);
            assert_eq!(parse(&src, FileKind::Tsx).problems.len(), 1, "{text}");
        }
    }
}
