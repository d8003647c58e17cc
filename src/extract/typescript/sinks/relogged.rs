//! Functions of a file that write what they are handed to the log: what is told to them is told to the log.

use rustc_hash::FxHashMap;

use super::{Around, called_name, owner, root_name};
use crate::extract::Extract;
use crate::extract::typescript::names::{Form, Module};
use crate::ir::{FactKind, Ref, Scope, Sink, SinkKind, Tri, leads_inside};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Nodes of such a function: a longer one does something else.
const MAX_SIZE: usize = 300;

/// Which of its parameters a function writes to the log, by the place of the function.
pub(super) type Loggers = FxHashMap<u32, Option<usize>>;

/// Emits `logAttempt(`… ${password}`)` where `logAttempt = (message) => console.log(message)`.
pub(super) fn emit<'t>(around: &Around<'_, 't>, call: Syntax<'t>, cx: &mut Extract<'_>) {
    let name = called_name(call);
    let lower = name.to_ascii_lowercase();
    if !["log", "debug", "audit", "trace"].iter().any(|word| lower.contains(word)) {
        return;
    }
    let Some(function) = call.field(Field::Function).filter(|function| function.kind() == Kind::Identifier) else { return };
    let Some(declared) = around.module.lookup(name, function) else { return };
    let is_bare = matches!(name, "log" | "debug" | "logInfo" | "logWarn" | "logError" | "logDebug" | "logMessage");
    if is_bare && matches!(declared.form, Form::Import(_) | Form::Variable(..)) && is_of_log(around.module, function) {
        for part in call.field(Field::Arguments).into_iter().flat_map(Syntax::children) {
            told(around, call, part, cx);
        }
        return;
    }
    let function = match &declared.form {
        Form::Function(function) => *function,
        Form::Variable(Some(function), path) if path.is_empty() && function.kind().is_function() => *function,
        _ => return,
    };
    let at = *around.loggers.borrow_mut().entry(function.id()).or_insert_with(|| written(function));
    if let Some(part) = at.and_then(|at| call.field(Field::Arguments)?.children().nth(at)) {
        told(around, call, part, cx);
    }
}

/// Whether a function is what a file of the repository hands out that is a log by its name: `log` of `./lib/log`.
fn is_of_log<'t>(module: &Module<'t>, function: Syntax<'t>) -> bool {
    let says = |name: &str| {
        let name = name.to_ascii_lowercase();
        let name = [".js", ".ts", ".mjs", ".cjs"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
        matches!(name, "log" | "logs" | "logger" | "logging")
    };
    let source = module.source_of(function).filter(|source| leads_inside(source) != Tri::No);
    source.is_some_and(|source| source.contains('/') && says(source.rsplit('/').next().unwrap_or(source)))
}

/// Emits what a call that logs is handed.
fn told<'t>(around: &Around<'_, 't>, call: Syntax<'t>, part: Syntax<'t>, cx: &mut Extract<'_>) {
    // What makes a line of its own is followed from the log itself.
    let kind = SinkKind::Log;
    let parts = if super::parts::may_matter(kind, part) { around.flowing(call, part, kind, "") } else { Vec::new() };
    if !parts.is_empty() {
        let callee = Ref::new(Scope::Global, ["console", "log"]);
        cx.fact(call.span(), owner(call, &callee), FactKind::Sink(Sink { kind, callee, parts, options: None }));
    }
}

/// The parameter that a function hands to `console.log` as it is.
fn written(function: Syntax<'_>) -> Option<usize> {
    if function.size() > MAX_SIZE {
        return None;
    }
    let names: Vec<&str> = match function.field(Field::Parameters) {
        Some(list) => list.children().map(|one| one.field(Field::Pattern).unwrap_or(one).text()).collect(),
        None => function.field(Field::Parameter).map(Syntax::text).into_iter().collect(),
    };
    let mut calls = function.below().filter(|call| {
        call.kind() == Kind::Call
            && root_name(*call) == "console"
            && matches!(called_name(*call), "log" | "info" | "warn" | "error" | "debug")
    });
    calls.find_map(|call| {
        let mut told = call.field(Field::Arguments)?.children().filter(|told| told.kind() == Kind::Identifier);
        told.find_map(|told| names.iter().position(|name| *name == told.text()))
    })
}
