//! Routes with the guards in front of them: from services, mounts, guards, routes and functions to each
//! route's full path, chain, and whether an anonymous caller is turned away.
//!
//! No framework is named here but in the tables: `frameworks.toml` says for which routes a guard holds,
//! `guards.toml` what library functions do, `public-routes.toml` what anybody may call by nature.
//!
//! Names inside functions are bound to `name@place`, as extractors do for all of them; a service that a
//! function gets as a parameter is bound so to the parameter, and `require('./routes')(app)` finds it.
//! A guard without a service holds for the applications of its folder (`middleware.ts` of Next.js).

mod except;
mod graph;
mod judge;
mod library;
mod markers;
mod names;
mod nature;
mod path;
mod semantics;
mod walk;
mod words;

pub use nature::{is_empty_form, is_sensitive, only_reads};
pub(super) use words::may_check;

use super::Linker;
use crate::ir::FactKind;

/// Replaces the routes as they are registered by the routes as they are served.
pub(super) fn link(linker: &mut Linker) {
    if !linker.facts.iter().any(|fact| matches!(fact.kind, FactKind::Route(_))) {
        return;
    }
    let packages = super::packages::Packages::new(&linker.facts, &linker.files);
    let symbols = super::symbols::Names::new(&linker.files, &linker.symbols, &packages);
    let names = names::Names::new(&symbols, &linker.facts);
    let graph = graph::Graph::new(&linker.facts, &names);
    let judge = judge::Judge::new(&names, &linker.owner);
    let served = walk::Walk::all(&linker.facts, &names, &graph, &judge);
    linker.facts.retain(|fact| !matches!(fact.kind, FactKind::Route(_)));
    linker.facts.extend(served);
}
