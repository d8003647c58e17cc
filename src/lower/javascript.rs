//! What resolved calls of JavaScript libraries have in common: chains, options, versions.

use smol_str::SmolStr;

use crate::ir::{Call, Entry, Fact, Field, FileId, Node, NodeKind, Op, Span, Why};

/// A resolved call with what is known around it.
pub struct Site<'c> {
    /// The call's place.
    pub span: Span,
    /// What it is about.
    pub owner: &'c SmolStr,
    /// The call, callee and arguments resolved.
    pub call: &'c Call,
    /// The folder of the project that the call belongs to.
    pub project: &'c str,
    /// The path of a file.
    pub path: &'c dyn Fn(FileId) -> SmolStr,
    /// The version of a library in this place.
    pub version: &'c dyn Fn(&str) -> Option<SmolStr>,
}

/// Adds the typed facts that a call stands for.
pub fn javascript(site: &Site<'_>, out: &mut Vec<Fact>) {
    super::jwt::call(site, out);
    super::cors::call(site, out);
    super::nitric::call(site, out);
    super::cdk::call(site, out);
    super::code::call(site, out);
    super::sst::call(site, out);
}

/// The call at the root of a chain: `api('x')` of `api('x').get('/')`; the call itself without one.
pub fn root(call: &Call) -> &Call {
    let mut root = call;
    while let Some(inner) = receiver(root) {
        root = inner;
    }
    root
}

/// Whether a call is at the root of its chain.
pub(super) fn is_root(call: &Call) -> bool {
    std::ptr::eq(root(call), call)
}

/// Where the root of a chain stands; nothing for the root itself.
pub(super) fn root_span(call: &Call) -> Option<Span> {
    let mut node = call.receiver.as_ref()?;
    let mut span = None;
    loop {
        node = match &node.kind {
            NodeKind::Call(inner) => {
                span = Some(node.span);
                match &inner.receiver {
                    Some(next) => next,
                    None => return span,
                }
            }
            NodeKind::Op(Op::Await | Op::Attr, operands) => operands.first()?,
            _ => return span,
        };
    }
}

/// The call whose value a method is called on.
pub(super) fn receiver(call: &Call) -> Option<&Call> {
    let mut node = call.receiver.as_ref()?;
    loop {
        match &node.kind {
            NodeKind::Call(inner) => return Some(inner),
            NodeKind::Op(Op::Await | Op::Attr, operands) => node = operands.first()?,
            _ => return None,
        }
    }
}

impl Site<'_> {
    /// The major version of a library here.
    pub(super) fn major(&self, library: &str) -> Option<i64> {
        (self.version)(library)?.split('.').next()?.parse().ok()
    }

    /// Whether a row of a table speaks of this call: by `library` and `export`, by `method` on
    /// something that `library#class` made, or by `method` with the library itself as an argument.
    pub(super) fn is(&self, row: &crate::tables::V) -> bool {
        let (library, method) = (row.text("library"), row.text("method"));
        if method.is_empty() {
            return is_import(self.call, library, row.text("export"));
        }
        if self.call.callee.last() != method {
            return false;
        }
        if let Some(position) = row.int("argument") {
            let handed = self.argument(position).map(|node| match &node.kind {
                NodeKind::Op(Op::Await, operands) => operands.first().unwrap_or(node),
                _ => node,
            });
            return handed.and_then(Node::as_ref).and_then(crate::ir::Ref::module) == Some(library);
        }
        let Some(made) = receiver(self.call).map(root) else { return false };
        match row.get("class").and_then(crate::tables::V::as_text) {
            Some(class) => is_import(made, library, class),
            // Any object of the framework: the application under its several types.
            None => made.callee.module().is_some_and(|module| module.split('/').next() == library.split('/').next()),
        }
    }

    /// The argument at a position; -1 is the last.
    pub(super) fn argument(&self, position: i64) -> Option<&Node> {
        match usize::try_from(position) {
            Ok(position) => self.call.args.get(position),
            Err(_) => self.call.args.last(),
        }
    }
}

/// Whether a call is of `library#export`; the export may be a dotted path.
pub(super) fn is_import(call: &Call, library: &str, export: &str) -> bool {
    // jose 3 has a module for each of its functions: `jose/jwt/verify`.
    let is_of = |module: &str| module == library || library == "jose" && module.starts_with("jose/");
    call.callee.module().is_some_and(is_of) && call.callee.path.iter().map(SmolStr::as_str).eq(export.split('.'))
}

/// An option at a dotted path: absent if nothing in the options could set it.
pub fn option<T>(options: Option<&Node>, path: &str, read: impl FnOnce(&Node) -> Option<T>) -> Field<T> {
    let Some(mut node) = options.filter(|_| !path.is_empty()) else { return Field::Absent };
    // Options that are made for each request: `graphqlHTTP((req) => ({ schema }))`.
    if let NodeKind::Func(func) = &node.kind
        && let Some(made) = func.returns.as_ref().filter(|made| made.as_map().is_some())
    {
        node = made;
    }
    for key in path.split('.') {
        let map = match &node.kind {
            NodeKind::Map(map) => map,
            NodeKind::Null => return Field::Absent,
            _ => return Field::unknown(node.why(), node.span),
        };
        let found = map.entries.iter().rev().find(|entry| !matches!(entry, Entry::Pair { key: name, .. } if name != key));
        node = match found {
            None => return Field::Absent,
            Some(Entry::Pair { value, .. }) => value,
            Some(Entry::Computed { key: open, .. } | Entry::Spread(open)) => return Field::unknown(Why::Opaque, open.span),
        };
    }
    node.to_field(read)
}
