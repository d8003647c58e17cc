//! Patterns of policies: `*` for any run and `?` for one character, ASCII case aside, as AWS compares
//! actions, and as two patterns compare.

use crate::ir::{Node, Text, Tri};

/// Whether `pattern` covers `text`; a wildcard in `text` is covered by a wildcard alone, so that this
/// also says whether one pattern includes another. Two pointers: linear but for the last star.
pub fn covers(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
                continue;
            }
            Some(b'?') if text[seen] != b'*' => {}
            Some(byte) if byte.eq_ignore_ascii_case(&text[seen]) => {}
            _ => match star {
                Some((open, from)) => {
                    star = Some((open, from + 1));
                    at = open + 1;
                    seen = from + 1;
                    continue;
                }
                None => return false,
            },
        }
        at += 1;
        seen += 1;
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// Whether a pattern stands for everything: `*`, and `**`, which is the same.
pub fn is_everything(text: &Text) -> Tri {
    match text.known() {
        Some(known) => (!known.is_empty() && known.bytes().all(|byte| byte == b'*')).into(),
        None => text.eq_str("*"),
    }
}

/// Whether a pattern stands for every action: `*`, `*:*`.
pub fn is_every_action(text: &Text) -> Tri {
    is_everything(text).or(text.eq_str("*:*"))
}

/// Whether the pattern that a policy writes covers an action; unknown where the pattern is.
pub fn matches(pattern: &Node, action: &str) -> Tri {
    match pattern.as_text() {
        Some(text) => match text.known() {
            Some(pattern) => covers(&pattern, action).into(),
            None => impossible(text, action),
        },
        None => Tri::Maybe,
    }
}

/// A pattern with a hole may cover whatever begins as it does.
fn impossible(text: &Text, action: &str) -> Tri {
    let service = action.split(':').next().unwrap_or_default();
    match text.pieces.first().map(|piece| &piece.part) {
        Some(crate::ir::Part::Lit(start)) if start.contains(':') && !start.starts_with(['*', '?']) => {
            if covers(start.split(':').next().unwrap_or_default(), service) { Tri::Maybe } else { Tri::No }
        }
        _ => Tri::Maybe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Span;

    #[test]
    fn a_pattern_covers_what_it_includes() {
        for (pattern, text, wanted) in [
            ("s3:Get*", "s3:GetObject", true),
            ("S3:getobject", "s3:GetObject", true),
            ("s3:Get*", "s3:PutObject", false),
            ("iam:*User*", "iam:AttachUserPolicy", true),
            ("s3:Get?bject", "s3:GetObject", true),
            ("*", "anything:*", true),
            ("arn:aws:s3:::a/*", "arn:aws:s3:::*", false),
            ("arn:aws:s3:::*", "arn:aws:s3:::a/*", true),
            ("a?", "a*", false),
            ("", "", true),
            ("a", "", false),
        ] {
            assert_eq!(covers(pattern, text), wanted, "{pattern} {text}");
        }
    }

    #[test]
    fn everything_is_stars_alone() {
        let holds =
            |pattern: &str| (is_everything(&Text::lit(pattern, Span::default())), is_every_action(&Text::lit(pattern, Span::default())));
        assert_eq!(
            ["*", "**", "*:*", "", "s3:*"].map(holds),
            [(Tri::Yes, Tri::Yes), (Tri::Yes, Tri::Yes), (Tri::No, Tri::Yes), (Tri::No, Tri::No), (Tri::No, Tri::No)]
        );
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!covers(&"*a".repeat(2_000), &("a".repeat(4_000) + "b")));
    }
}
