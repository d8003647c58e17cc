//! Which files of JavaScript and TypeScript that no gate named are worth parsing: those that others hand to what a request
//! brings. A service that names no framework looks up the records, asks the other servers and opens the files.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use super::packages::Packages;
use crate::ir::{FileFacts, Ref, Scope};
use crate::source::{FileId, Files};

/// Files that are read for that reason, of one tree.
const MAX_CALLED: usize = 2_000;
/// Bytes of such a file: what is longer is generated or packed.
const MAX_BYTES: usize = 128 << 10;

/// Those files, in their order.
pub(crate) fn called(files: &Files, facts: &[&FileFacts]) -> Vec<FileId> {
    let mut packages = None;
    let mut found = BTreeSet::new();
    for from in facts {
        let mut asked: FxHashSet<&str> = FxHashSet::default();
        for handed in &from.symbols.handed {
            let Scope::Import(module) = &handed.callee.scope else { continue };
            if only_carries(&handed.callee) || !asked.insert(module) || found.len() >= MAX_CALLED {
                continue;
            }
            let packages = packages.get_or_insert_with(|| Packages::new(facts.iter().flat_map(|file| &file.facts), files));
            found.extend(packages.find(files, files.path(from.file), module).filter(|file| is_unread(files, *file)));
        }
    }
    found.into_iter().collect()
}

/// Whether what is called is a class that holds what it is handed, and does nothing with it: `CreateOrderCommand.create(…)`.
fn only_carries(callee: &Ref) -> bool {
    ["Command", "Dto", "DTO", "Event", "Error", "Exception"].iter().any(|end| callee.first().ends_with(end))
}

fn is_unread(files: &Files, file: FileId) -> bool {
    files.get(file).is_some_and(|meta| {
        let is_own = !(meta.class.vendored || meta.class.generated || meta.class.test);
        meta.parsed.is_none() && meta.kind.is_typescript() && is_own && meta.bytes <= MAX_BYTES
    })
}
