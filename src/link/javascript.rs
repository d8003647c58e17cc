//! Resolves the calls of JavaScript and TypeScript and turns those that libraries make into typed facts.

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::packages::Packages;
use super::symbols::Names;
use crate::ir::{Fact, FactKind, GrantSite, Scope, Sink, SinkKind, Span, Symbols, Tri};
use crate::lower::Site;
use crate::source::{FileId, Files};

/// Resolves `facts` in place and adds what they stand for. Calls that turn out to be of no library
/// are dropped: they were taken up by the name of a method alone.
pub(super) fn link(files: &Files, symbols: &[Symbols], facts: &mut Vec<Fact>) {
    let packages = Packages::new(facts, files);
    let names = Names::new(files, symbols, &packages);
    let mut lowered = Vec::new();
    let mut functions: Vec<Option<Span>> = Vec::new();
    let mut bounded: FxHashSet<Span> = FxHashSet::default();
    facts.retain_mut(|fact| {
        if !files.get(fact.span.file).is_some_and(|meta| meta.kind.is_typescript()) {
            return true;
        }
        if let FactKind::Sink(sink) = &mut fact.kind {
            for part in &mut sink.parts {
                part.value = names.value(fact.span.file, &part.value);
            }
            let path = files.path(fact.span.file);
            let version = |library: &str| packages.version(path, library);
            return crate::lower::judge(sink) && holds_here(sink, &version, symbols.get(fact.span.file.0 as usize));
        }
        let FactKind::Call(call) = &mut fact.kind else { return true };
        *call = names.call(fact.span.file, call);
        let root = crate::lower::root(call);
        let Scope::Import(module) = &root.callee.scope else { return false };
        if module.starts_with('.') {
            return false;
        }
        let path = files.path(fact.span.file);
        let version = |library: &str| packages.version(path, library);
        let site = Site { span: fact.span, owner: &fact.owner, call, version: &version };
        crate::lower::javascript(&site, &mut lowered);
        bounded.extend(crate::lower::bounded_statements(call));
        functions.resize_with(lowered.len(), || function_of(symbols, fact.span));
        true
    });
    say_what_is_verified(&mut lowered, &functions);
    for fact in &mut lowered {
        if let FactKind::Grant(grant) = &mut fact.kind
            && bounded.contains(&fact.span)
        {
            grant.site = GrantSite::Boundary;
        }
    }
    facts.extend(lowered);
}

/// Whether the project is one in which a sink matters: the version of the library, the kind of the store.
fn holds_here(sink: &Sink, version: &dyn Fn(&str) -> Option<SmolStr>, symbols: Option<&Symbols>) -> bool {
    if let Some((library, below)) = crate::lower::dangerous_below(sink) {
        return version(library).and_then(|version| version.split('.').next()?.parse().ok()).is_some_and(|major: i64| major < below);
    }
    let is_store = |module: &str| matches!(module, "mongoose" | "mongodb" | "monk" | "mongojs" | "nedb" | "@nestjs/mongoose");
    sink.kind != SinkKind::Query
        || ["mongoose", "mongodb", "monk", "mongojs"].iter().any(|library| version(library).is_some())
        || symbols.is_some_and(|symbols| {
            let bound = symbols.bindings.iter().filter_map(|binding| binding.value.as_ref());
            symbols.imports.iter().map(|import| &import.target).chain(bound).filter_map(crate::ir::Ref::module).any(is_store)
        })
}

/// The function around a place, or the one around that: a callback belongs to what hands it over.
fn function_of(symbols: &[Symbols], place: Span) -> Option<Span> {
    let all = &symbols.get(place.file.0 as usize)?.functions;
    let mut around = all.iter().filter(|function| function.contains(place));
    let (outermost, next) = (around.next_back()?, around.next_back());
    Some(*next.unwrap_or(outermost))
}

/// A token that is decoded beside a check of it is not trusted unverified. One that is decoded in a
/// file that checks tokens elsewhere may be: its caller may do either.
fn say_what_is_verified(facts: &mut [Fact], functions: &[Option<Span>]) {
    let checked: Vec<(FileId, Option<Span>)> = facts
        .iter()
        .zip(functions)
        .filter(|(fact, _)| matches!(&fact.kind, FactKind::TokenCheck(check) if check.signature.is(true).is_yes()))
        .map(|(fact, function)| (fact.span.file, *function))
        .collect();
    for (fact, function) in facts.iter_mut().zip(functions) {
        let FactKind::TokenCheck(check) = &mut fact.kind else { continue };
        let mut here = checked.iter().filter(|(file, _)| *file == fact.span.file).peekable();
        let in_file = here.peek().is_some();
        let around =
            function.is_some_and(|own| here.any(|(_, other)| other.is_some_and(|other| other.contains(own) || own.contains(other))));
        if !check.verified_elsewhere.is_yes() {
            check.verified_elsewhere = if around {
                Tri::Yes
            } else if in_file {
                Tri::Maybe
            } else {
                Tri::No
            };
        }
    }
}
