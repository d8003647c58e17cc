//! Operators, numbers, escapes and regular expressions as they are written.

use smol_str::SmolStr;

use crate::ir::{Call, Node, Op, Ref, Scope, Tri};
use crate::parse::typescript::Syntax;

pub(super) fn operator(word: &str) -> Option<Op> {
    Some(match word {
        "||" => Op::Or,
        "??" => Op::Coalesce,
        "&&" => Op::And,
        "==" | "===" => Op::Eq,
        "!=" | "!==" => Op::Ne,
        "<" => Op::Lt,
        "<=" => Op::Le,
        ">" => Op::Gt,
        ">=" => Op::Ge,
        "+" => Op::Add,
        "-" => Op::Sub,
        "*" => Op::Mul,
        "/" => Op::Div,
        "%" => Op::Rem,
        _ => return None,
    })
}

/// A number in any of the forms of the language.
pub(super) fn number(text: &str) -> Option<f64> {
    let digits = text.replace('_', "").to_ascii_lowercase();
    let digits = digits.strip_suffix('n').unwrap_or(&digits);
    #[expect(clippy::cast_precision_loss, reason = "numbers are doubles in this language")]
    let radix = |digits: &str, radix| u64::from_str_radix(digits, radix).ok().map(|number| number as f64);
    match digits.get(..2) {
        Some("0x") => radix(&digits[2..], 16),
        Some("0o") => radix(&digits[2..], 8),
        Some("0b") => radix(&digits[2..], 2),
        _ => digits.parse().ok(),
    }
}

/// What an escape sequence stands for.
pub(super) fn unescape(text: &str) -> SmolStr {
    let code = |digits: &str| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
    let mut rest = text.chars().skip(1);
    let decoded = match rest.next() {
        Some('n') => Some('\n'),
        Some('t') => Some('\t'),
        Some('r') => Some('\r'),
        Some('b') => Some('\u{8}'),
        Some('f') => Some('\u{c}'),
        Some('v') => Some('\u{b}'),
        Some('0') if text.len() == 2 => Some('\0'),
        Some('x') => code(&text[2..]),
        Some('u') => code(text[2..].trim_start_matches('{').trim_end_matches('}')),
        // A line continuation.
        Some('\n' | '\r') => return SmolStr::default(),
        other => other,
    };
    decoded.map(|char| SmolStr::new(char.encode_utf8(&mut [0; 4]))).unwrap_or_default()
}

/// A regular expression as the constructor that it is short for; the text keeps its slashes.
pub(super) fn regex(node: Syntax<'_>) -> Call {
    Call {
        callee: Ref::new(Scope::Global, ["RegExp"]),
        receiver: None,
        args: vec![Node::text(node.text(), node.span())],
        is_new: true,
        result_used: Tri::Yes,
    }
}
