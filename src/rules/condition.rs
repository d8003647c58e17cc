//! `[match]`: conditions over a fact's value tree, in three-valued logic.

use std::cell::RefCell;

use regex::Regex;
use rustc_hash::FxHashMap;

use crate::finding::Level;
use crate::ir::{Entry, Fact, FactKind, Node, NodeKind, Tri};

use super::{Check, Matcher, Test, Value, When, view};

/// Looks at one fact and reports it if the condition provably holds.
pub(super) fn visit(matcher: &Matcher, cx: &mut Check<'_>, fact: &Fact) {
    if !wants_type(matcher, fact) {
        return;
    }
    let node = match &fact.kind {
        FactKind::Resource(resource) => std::borrow::Cow::Borrowed(&resource.attrs),
        _ => std::borrow::Cow::Owned(view(fact)),
    };
    let answer = holds(&matcher.when, &node);
    if answer.is_no() || (answer.is_maybe() && !matcher.report_unknown) {
        return;
    }
    let target = node.all(matcher.at).into_iter().next().filter(|_| !matcher.at.is_empty());
    let span = target.map_or(fact.span, |target| target.span);
    let mut finding = cx.finding(fact, span, message(matcher.message, fact, &node));
    if let Some(target) = target {
        finding = finding.via(&target.via);
    }
    if answer.is_maybe() {
        finding = finding.level(Level::Pedantic);
    }
    cx.report(finding);
}

fn wants_type(matcher: &Matcher, fact: &Fact) -> bool {
    if matcher.types.is_empty() {
        return true;
    }
    let FactKind::Resource(resource) = &fact.kind else { return true };
    let ty = crate::ir::Text::lit(resource.ty.clone(), fact.span);
    matcher.types.iter().any(|pattern| ty.glob(pattern).is_yes())
}

/// Fills `{path}` and `{owner}`.
fn message(template: &str, fact: &Fact, node: &Node) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((path, tail)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        if path == "owner" {
            out.push_str(&fact.owner);
        } else {
            out.push_str(&node.all(path).first().map_or_else(|| "nothing".to_owned(), ToString::to_string));
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// Whether a condition holds of a value.
fn holds(when: &When, node: &Node) -> Tri {
    match &when.test {
        Test::All(list) => Tri::all(list.iter().map(|inner| holds(inner, node))),
        Test::Any(list) => Tri::any(list.iter().map(|inner| holds(inner, node))),
        Test::None(list) => !Tri::any(list.iter().map(|inner| holds(inner, node))),
        Test::Each(inner) => Tri::any(elements(node, when.path).into_iter().map(|item| holds(inner, item))),
        Test::Absent(wanted) => {
            let is_absent = absent(node, when.path);
            if *wanted { is_absent } else { !is_absent }
        }
        test => leaf(test, node, when.path),
    }
}

/// The elements at a path: those of lists, with the path's own value as an element.
fn elements<'n>(node: &'n Node, path: &str) -> Vec<&'n Node> {
    let mut items = Vec::new();
    for found in if path.is_empty() { vec![node] } else { node.all(path) } {
        found.each(&mut |item| items.push(item));
    }
    items
}

/// Whether nothing is written at a path. A map that may hold more than is seen leaves it open.
fn absent(node: &Node, path: &str) -> Tri {
    let mut parents = vec![node];
    for key in path.split('.') {
        let mut next = Vec::new();
        let mut open = false;
        for parent in parents {
            parent.each(&mut |item| match &item.kind {
                NodeKind::Map(map) => {
                    open |= map.is_open();
                    next.extend(map.get(key).filter(|value| !matches!(value.kind, NodeKind::Null)));
                }
                NodeKind::Null => {}
                _ => open = true,
            });
        }
        if next.is_empty() {
            return if open { Tri::Maybe } else { Tri::Yes };
        }
        parents = next;
    }
    Tri::No
}

fn leaf(test: &Test, node: &Node, path: &str) -> Tri {
    let values = elements(node, path);
    let mut answer = Tri::any(values.iter().map(|value| test_value(test, value)));
    // Nothing seen at the path, though something may stand there: not known.
    if answer.is_no() && values.is_empty() && has_open_map(node) {
        answer = Tri::Maybe;
    }
    answer
}

fn has_open_map(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Map(map) => map.entries.iter().any(|entry| !matches!(entry, Entry::Pair { .. })),
        _ => false,
    }
}

fn test_value(test: &Test, value: &Node) -> Tri {
    if matches!(value.kind, NodeKind::Ref(_) | NodeKind::Call(_) | NodeKind::Op(..) | NodeKind::For(_) | NodeKind::Unknown(_)) {
        return Tri::Maybe;
    }
    match test {
        Test::OneOf(list) => Tri::any(list.iter().map(|literal| equals(value, *literal))),
        Test::Glob(pattern) => value.as_text().map_or(Tri::No, |text| text.glob_ignore_case(pattern)),
        Test::Regex(pattern) => match value.as_text() {
            Some(text) => text.known().map_or(Tri::Maybe, |text| matches_regex(pattern, &text).into()),
            None => Tri::No,
        },
        Test::Lt(limit) => value.as_number().map_or(Tri::No, |number| (number < *limit).into()),
        Test::Gt(limit) => value.as_number().map_or(Tri::No, |number| (number > *limit).into()),
        Test::CidrOpen(wanted) => {
            let open =
                value.as_text().map_or(Tri::No, |text| text.known().map_or(Tri::Maybe, |text| crate::lower::cidr_is_open(&text).into()));
            if *wanted { open } else { !open }
        }
        Test::All(_) | Test::Any(_) | Test::None(_) | Test::Each(_) | Test::Absent(_) => Tri::Maybe,
    }
}

fn equals(value: &Node, literal: Value) -> Tri {
    match literal {
        Value::Bool(wanted) => value.as_bool().map_or(Tri::No, |is| (is == wanted).into()),
        #[expect(clippy::float_cmp, reason = "both are literals as written")]
        Value::Number(wanted) => value.as_number().map_or(Tri::No, |is| (is == wanted).into()),
        Value::Text(wanted) => value.as_text().map_or(Tri::No, |text| text.eq_str(wanted)),
    }
}

/// Compiled once a thread; patterns come from rules, never from the scanned files, and are size-limited.
fn matches_regex(pattern: &'static str, text: &str) -> bool {
    thread_local! {
        static COMPILED: RefCell<FxHashMap<&'static str, Option<Regex>>> = RefCell::default();
    }
    COMPILED.with_borrow_mut(|compiled| {
        compiled
            .entry(pattern)
            .or_insert_with(|| regex::RegexBuilder::new(pattern).size_limit(1 << 20).build().ok())
            .as_ref()
            .is_some_and(|regex| regex.is_match(text))
    })
}
