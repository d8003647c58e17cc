//! Regular expressions that take exponential time on some texts: a repeated group whose body is repeated itself and
//! has nothing else in it that must be there, `([a-z]+)+$`.

mod overlap;

use super::{Around, called_name, owner};
use crate::extract::Extract;
use crate::extract::typescript::names::unquoted;
use crate::ir::{FactKind, Node, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Emits a pattern of that sort with the text that it is tried on.
pub(super) fn emit<'t>(around: &Around<'_, 't>, pattern: Syntax<'t>, cx: &mut Extract<'_>) {
    let module = around.module;
    if !is_slow(pattern.text()) && !overlap::is_slow(pattern.text()) {
        return;
    }
    let holder = pattern.parent().filter(|outer| outer.kind() == Kind::VariableDeclarator).and_then(|outer| outer.field(Field::Name));
    let tried = match holder {
        Some(name) => {
            module.tree.all().filter(|call| call.kind() == Kind::Call).find_map(|call| tried(call, |node| node.text() == name.text()))
        }
        None => pattern.ancestors().find(|outer| outer.kind() == Kind::Call).and_then(|call| tried(call, |node| node.id() == pattern.id())),
    };
    let callee = Ref::new(Scope::Global, ["RegExp"]);
    let (text, parts) = match (tried, saved(pattern)) {
        (_, Some(field)) => (field, vec![SinkPart::new(Node::text(unquoted(field), field.span()), Tri::Yes, "saved")]),
        (Some(text), None) => (text, around.given(text, "")),
        (None, None) => return,
    };
    let options = Some(Node::text("slow", pattern.span()));
    cx.fact(pattern.span(), owner(text, &callee), FactKind::Sink(Sink { kind: SinkKind::Pattern, callee, parts, options }));
}

/// The text that a call tries the pattern on: `pattern.test(text)`, `text.match(pattern)`.
fn tried<'t>(call: Syntax<'t>, is_pattern: impl Fn(Syntax<'t>) -> bool) -> Option<Syntax<'t>> {
    let (object, first) = (call.field(Field::Function)?.field(Field::Object)?, call.field(Field::Arguments)?.first()?);
    match called_name(call) {
        "test" | "exec" if is_pattern(object) => Some(first),
        "match" | "matchAll" | "search" | "replace" | "split" if is_pattern(first) => Some(object),
        _ => None,
    }
}

/// The field of a schema of Mongoose that a pattern is tried on whenever a record is saved: `mail: { match: [/…/, '…'] }`,
/// `mail: { validate: (text) => /…/.test(text) }`.
fn saved(pattern: Syntax<'_>) -> Option<Syntax<'_>> {
    const STEPS: usize = 12;
    let mut pairs = pattern.ancestors().take(STEPS).filter(|outer| outer.kind() == Kind::Pair);
    let rule = pairs.find(|pair| pair.field(Field::Key).is_some_and(|key| matches!(unquoted(key), "match" | "validate")))?;
    let is_tried = match unquoted(rule.field(Field::Key)?) {
        "match" => pattern.ancestors().take(2).any(|outer| outer == rule),
        _ => pattern.parent()?.field(Field::Property).is_some_and(|name| name.text() == "test"),
    };
    let field = pairs.next()?;
    let made = field.parent()?.parent()?.parent()?;
    let schema = made.field(Field::Constructor).or_else(|| made.field(Field::Function))?;
    (is_tried && schema.text().ends_with("Schema")).then(|| field.field(Field::Key)).flatten()
}

/// What stands in one alternative of a group.
#[derive(Clone, Copy, Default)]
struct Body {
    /// Something is repeated without end.
    repeats: bool,
    /// Something else must be there, so that the repeats can be told apart.
    separates: bool,
    /// An alternative before this one is repeats alone.
    is_slow: bool,
}

impl Body {
    fn ends(self) -> bool {
        self.is_slow || self.repeats && !self.separates
    }
}

/// Whether a pattern, with its slashes, has such a group and something behind it that can fail to fit.
fn is_slow(pattern: &str) -> bool {
    let Some((body, _)) = pattern.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) else { return false };
    let bytes = body.as_bytes();
    let mut stack = vec![Body::default()];
    let mut at = 0;
    while at < bytes.len() {
        let atom = match bytes[at] {
            b'(' => {
                stack.push(Body::default());
                at += 1;
                if bytes[at..].starts_with(b"?") {
                    at += body[at..].find([':', '>', '=', '!']).map_or(1, |end| end + 1);
                }
                continue;
            }
            b'|' => {
                if let Some(top) = stack.last_mut() {
                    *top = Body { is_slow: top.ends(), ..Body::default() };
                }
                at += 1;
                continue;
            }
            b')' => {
                let inner = stack.pop().unwrap_or_default();
                if stack.is_empty() {
                    return false;
                }
                at += 1;
                Some(inner.ends())
            }
            b'[' => {
                at = class_end(bytes, at);
                None
            }
            b'\\' => {
                at += 2;
                None
            }
            b'^' | b'$' => {
                at += 1;
                continue;
            }
            _ => {
                at += 1;
                None
            }
        };
        let quantifier = quantifier(bytes, at);
        at = quantifier.end;
        let is_of_repeats = atom == Some(true);
        if quantifier.is_endless && is_of_repeats && !bytes[at..].is_empty() {
            return true;
        }
        if let Some(top) = stack.last_mut() {
            top.repeats |= quantifier.varies || is_of_repeats;
            top.separates |= !quantifier.varies && !quantifier.may_be_absent && !is_of_repeats;
        }
    }
    false
}

/// Behind the bracket that ends a class.
fn class_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != b']' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

/// How often what stands before it may come.
struct Quantifier {
    /// Never, too.
    may_be_absent: bool,
    /// As often as it likes.
    is_endless: bool,
    /// In more than one length: `+`, `{2,4}`.
    varies: bool,
    /// Where the quantifier ends.
    end: usize,
}

/// The quantifier at a place, if there is one.
fn quantifier(bytes: &[u8], at: usize) -> Quantifier {
    let (may_be_absent, is_endless, varies, end) = match bytes.get(at) {
        Some(b'*') => (true, true, true, at + 1),
        Some(b'+') => (false, true, true, at + 1),
        Some(b'?') => (true, false, false, at + 1),
        Some(b'{') => {
            let end = bytes[at..].iter().position(|byte| *byte == b'}').map_or(bytes.len(), |end| at + end + 1);
            let inner = &bytes[at + 1..end.saturating_sub(1).max(at + 1)];
            (inner.starts_with(b"0"), inner.ends_with(b","), inner.contains(&b','), end)
        }
        _ => (false, false, false, at),
    };
    Quantifier { may_be_absent, is_endless, varies, end }
}

#[cfg(test)]
mod tests {
    use super::is_slow;

    #[test]
    fn repeats_of_repeats_with_nothing_between_are_slow() {
        for pattern in [
            r"/^([a-z0-9]+)+@example\.com$/",
            r"/([0-9]+)+\#/",
            r"/^(\w+\s?)*$/",
            r"/(?:a*)*b/",
            r"/^((x|y+)+)z/",
            r"/^(a+){2,}$/",
            r"/@([a-z0-9]{2,4})+$/",
            r"/^[a-z](([.-]|_+)?([a-z0-9]+))*@/",
        ] {
            assert!(is_slow(pattern), "{pattern}");
        }
        for pattern in [
            r"/^[a-z]+$/",
            r"/^(\w+-)*\w+$/",
            r"/^(\d{1,3}\.){3}\d+$/",
            r"/(a+)/",
            r"/(x+)+/",
            r"/([a-z]+,)+$/",
            r"/^(ab?)+$/",
            r"/[(a+)+]$/",
            r"/^(a+)?$/",
            r"/^(\w{2,3}-)+$/",
            r"/^([a-z]{2})+$/",
            r"/^((\w+):(\w+);)*$/",
        ] {
            assert!(!is_slow(pattern), "{pattern}");
        }
    }
}
