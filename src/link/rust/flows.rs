//! What a request brings into functions of other files: a handler hands a part of it to a function whose parameter
//! flows into a dangerous call, at once or through further functions.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::results::Results;
use super::{Crates, Index, Linker};
use crate::ir::{Fact, FactKind, Func, Handed, Node, NodeKind, Ref, Scope, SinkKind, SinkPart, Span, Symbols, Why};
use crate::source::{FileId, Files};

/// Values that are followed from one function into the next, over a whole repository.
const MAX_STEPS: usize = 20_000;
/// Nodes of a value that is followed.
pub(super) const MAX_WEIGHT: usize = 64;
/// Nesting of a value that parameters are replaced in.
pub(super) const MAX_NESTING: u32 = 12;
/// Functions that one value goes through.
pub(super) const MAX_HOPS: u8 = 4;
/// Names that many things have: too short to know a method by.
const SHORT: usize = 6;

/// Fills the dangerous calls that wait for their callers, and drops those that nobody hands anything to.
pub(in crate::link) fn link(linker: &mut Linker, crates: &Crates) {
    let (waiting, kept): (Vec<Fact>, Vec<Fact>) = std::mem::take(&mut linker.facts).into_iter().partition(is_waiting);
    linker.facts = kept;
    if !waiting.is_empty() {
        let filled = fill(&Index::new(crates, &linker.files, &linker.symbols), &linker.files, &linker.symbols, waiting);
        // What is known of a place for sure takes the place of what may be.
        let places: FxHashSet<(Span, SinkKind)> = filled.iter().filter_map(place).collect();
        linker.facts.retain(|fact| place(fact).is_none_or(|place| !places.contains(&place)));
        linker.facts.extend(filled);
    }
    for (file, symbols) in linker.symbols.iter_mut().enumerate() {
        if is_rust(&linker.files, FileId(file as u32)) {
            (symbols.handed, symbols.made, symbols.awaited) = Default::default();
        }
    }
}

fn is_rust(files: &Files, file: FileId) -> bool {
    files.get(file).is_some() && files.path(file).ends_with(".rs")
}

fn place(fact: &Fact) -> Option<(Span, SinkKind)> {
    match &fact.kind {
        FactKind::Sink(sink) => Some((fact.span, sink.kind)),
        _ => None,
    }
}

/// Whether a sink of Rust waits for its callers; those of JavaScript bear other signs.
fn is_waiting(fact: &Fact) -> bool {
    let waits = |part: &SinkPart| part.taken.iter().any(|taken| is_key(&taken.parameter));
    matches!(&fact.kind, FactKind::Sink(sink) if sink.parts.iter().any(waits))
}

/// A parameter by its file and the name that stands for it in values.
pub(super) type Parameter = (FileId, SmolStr);

fn is_key(name: &str) -> bool {
    name.contains('#')
}

fn fill<'l>(index: &Index<'l>, files: &Files, symbols: &'l [Symbols], waiting: Vec<Fact>) -> Vec<Fact> {
    let values = Followed::new(index, files, symbols, &waiting).all();
    let results = Results::new(index, symbols, &values);
    let mut filled = Vec::new();
    for mut fact in waiting {
        let file = fact.span.file;
        let FactKind::Sink(sink) = &mut fact.kind else { continue };
        if sink.kind == SinkKind::Log {
            sink.parts = sink.parts.iter().filter_map(|part| printed(index, part, file)).collect();
            filled.extend((!sink.parts.is_empty()).then_some(fact));
            continue;
        }
        let parts = std::mem::take(&mut sink.parts);
        sink.parts = parts.iter().filter_map(|part| seen_from_callers(sink.kind, part, file, &results)).collect();
        // What a caller hands over may be harmless: a number, an address whose host the code says.
        if !sink.parts.is_empty() && crate::lower::judge(sink) {
            filled.push(fact);
        }
    }
    filled
}

/// The secret that the struct in a log prints, which another file has.
fn printed(index: &Index<'_>, part: &SinkPart, file: FileId) -> Option<SinkPart> {
    let (_, binding) = index.find(part.value.as_ref()?, file)?;
    let secret = binding.value.as_str()?;
    Some(SinkPart::new(Node::new(part.value.span, NodeKind::Null), part.tainted, secret))
}

/// A part with the parameters in it replaced by what callers hand over.
fn seen_from_callers(kind: SinkKind, part: &SinkPart, file: FileId, results: &Results<'_, '_>) -> Option<SinkPart> {
    let mut seen = SinkPart { taken: Vec::new(), ..part.clone() };
    let mut is_filled = false;
    for taken in &part.taken {
        let value = results.value(&(file, taken.parameter.clone())).filter(|value| suits(kind, value));
        is_filled |= value.is_some();
        let value = value.unwrap_or_else(|| Node::unknown(Why::Opaque, part.value.span));
        seen.value.replace(&open(&taken.parameter), &value, MAX_NESTING);
    }
    is_filled.then_some(seen)
}

/// The address of the request itself is on this server: it may name a file, and no other machine.
fn suits(kind: SinkKind, value: &Node) -> bool {
    let is_own_address = value.as_ref().is_some_and(|name| name.scope == Scope::Request && name.first() == "url");
    !(is_own_address && matches!(kind, SinkKind::Fetch | SinkKind::Redirect))
}

/// The name by which extraction leaves a parameter open.
pub(super) fn open(key: &SmolStr) -> Ref {
    Ref::new(Scope::Request, [SmolStr::new_static("params"), key.clone()])
}

/// Values of requests on their way through functions.
struct Followed<'i, 'l> {
    index: &'i Index<'l>,
    /// What functions hand on that mention a parameter of theirs.
    onward: FxHashMap<Parameter, Vec<(FileId, &'l Handed)>>,
    /// Functions that wait for a value, by the last part of their names.
    methods: FxHashMap<SmolStr, Vec<&'l Arc<Func>>>,
    found: BTreeMap<Parameter, Node>,
    next: VecDeque<(FileId, &'l Handed, Node, u8)>,
}

impl<'i, 'l> Followed<'i, 'l> {
    fn new(index: &'i Index<'l>, files: &Files, symbols: &'l [Symbols], waiting: &[Fact]) -> Self {
        let mut followed =
            Self { index, onward: FxHashMap::default(), methods: FxHashMap::default(), found: BTreeMap::new(), next: VecDeque::new() };
        for (file, handed) in all_handed(files, symbols) {
            let keys = handed.value.open_parameters();
            if keys.is_empty() {
                followed.next.push_back((file, handed, handed.value.clone(), 0));
            }
            for key in keys {
                followed.onward.entry((file, key)).or_default().push((file, handed));
            }
        }
        followed.wait(symbols, waiting);
        followed
    }

    /// Remembers the functions that a value may be followed into by their names alone.
    fn wait(&mut self, symbols: &'l [Symbols], waiting: &[Fact]) {
        let mut parameters: FxHashSet<Parameter> = self.onward.keys().cloned().collect();
        for fact in waiting {
            let FactKind::Sink(sink) = &fact.kind else { continue };
            parameters.extend(sink.parts.iter().flat_map(|part| &part.taken).map(|taken| (fact.span.file, taken.parameter.clone())));
        }
        let files: FxHashSet<FileId> = parameters.iter().map(|(file, _)| *file).collect();
        for (at, symbols) in symbols.iter().enumerate() {
            let file = FileId(at as u32);
            for binding in symbols.bindings.iter().filter(|_| files.contains(&file)) {
                let NodeKind::Func(func) = &binding.value.kind else { continue };
                let waits = |at: usize| key_of(func, at).is_some_and(|key| parameters.contains(&(file, key)));
                if func.name.len() >= SHORT && (0..func.params.len()).any(waits) {
                    self.methods.entry(func.name.clone()).or_default().push(func);
                }
            }
        }
    }

    /// What reaches which parameter; of several values the first in the order of the files.
    fn all(mut self) -> BTreeMap<Parameter, Node> {
        for _ in 0..MAX_STEPS {
            let Some((file, handed, value, hops)) = self.next.pop_front() else { break };
            let Some(func) = self.callee(&handed.callee, file) else { continue };
            let Some(key) = key_of(func, handed.argument) else { continue };
            let parameter = (func.span.file, key);
            if self.found.contains_key(&parameter) || value.weight(MAX_WEIGHT) >= MAX_WEIGHT {
                continue;
            }
            for (file, onward) in self.onward.get(&parameter).into_iter().flatten().filter(|_| hops < MAX_HOPS) {
                let mut inner = onward.value.clone();
                inner.replace(&open(&parameter.1), &value, MAX_NESTING);
                forget(&mut inner);
                self.next.push_back((*file, onward, inner, hops + 1));
            }
            self.found.insert(parameter, value);
        }
        self.found
    }

    /// The function that is called: by its path, or the only one of a method's name that waits for a value.
    fn callee(&self, name: &Ref, from: FileId) -> Option<&'l Arc<Func>> {
        let by_path = self.index.function(name, from);
        if by_path.is_some() || name.path.len() > 1 {
            return by_path;
        }
        match self.methods.get(name.last())?.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }
}

fn all_handed<'l>(files: &Files, symbols: &'l [Symbols]) -> Vec<(FileId, &'l Handed)> {
    let mut all = Vec::new();
    for (at, symbols) in symbols.iter().enumerate().filter(|(_, symbols)| !symbols.handed.is_empty()) {
        let file = FileId(at as u32);
        if is_rust(files, file) {
            all.extend(symbols.handed.iter().map(|handed| (file, handed)));
        }
    }
    all
}

/// Leaves nothing open: of other parameters it is not known what they are.
fn forget(value: &mut Node) {
    let unknown = Node::unknown(Why::Opaque, value.span);
    for key in value.open_parameters() {
        value.replace(&open(&key), &unknown, MAX_NESTING);
    }
}

/// The name that stands for a parameter where its function was read for its callers.
pub(super) fn key_of(func: &Func, at: usize) -> Option<SmolStr> {
    func.params.get(at).map(|param| smol_str::format_smolstr!("{}#{}", param.name, param.span.start))
}
