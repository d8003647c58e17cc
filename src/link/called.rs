//! Which files of JavaScript and TypeScript that no gate named are worth parsing: those that others hand to what a request
//! brings, and those that hold handlers and what stands in front of them. A service that names no framework looks up the
//! records, asks the other servers and opens the files.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::{SmolStr, format_smolstr};

use super::packages::Packages;
use super::routes::words;
use crate::ir::{Fact, FactKind, FileFacts, Import, Left, Node, NodeKind, Op, Ref, Scope, Symbols, Text};
use crate::source::{FileId, Files};

/// Files that are read for that reason, of one tree.
const MAX_CALLED: usize = 2_000;
/// Bytes of such a file: what is longer is generated or packed.
const MAX_BYTES: usize = 128 << 10;

/// Modules that export again what another declares, on the way to it.
const MAX_AGAIN: usize = 4;
/// Modules of which one exports everything, where none is called like what is looked for.
const MAX_STARS: usize = 16;

/// Steps of a chain in front of a route.
const MAX_STEPS: usize = 16;

/// What functions begin with that turn somebody away: `requireMember`, not `presentMember`.
const DEMANDS: [&str; 12] =
    ["requir", "verif", "ensur", "assert", "check", "author", "authen", "guard", "protect", "valid", "enforce", "must"];

/// Wrappers around a handler that are looked through, and objects that hold it.
const MAX_WRAPPERS: usize = 6;

/// Those files, in their order.
pub(crate) fn called(files: &Files, facts: &[&FileFacts]) -> Vec<FileId> {
    let mut modules = None;
    let mut found = BTreeSet::new();
    for from in facts {
        let mut asked: FxHashSet<(&str, &str)> = FxHashSet::default();
        let services = if from.symbols.handed.is_empty() { FxHashMap::default() } else { services(&from.symbols) };
        let handed = from.symbols.handed.iter().map(|handed| match (&handed.callee.scope, handed.callee.path.as_slice()) {
            (Scope::Local, [class, member, _, ..]) => services.get(&(class.as_str(), member.as_str())).copied().unwrap_or(&handed.callee),
            _ => &handed.callee,
        });
        let of_facts = from.facts.iter().flat_map(|fact| registered(fact).into_iter().chain(settings(fact)).chain(places(fact)));
        let called = handed.chain(of_facts).chain(checks(files, from)).filter(|name| !only_carries(name));
        for name in called.chain(shapes(from)) {
            let Scope::Import(module) = &name.scope else { continue };
            if !asked.insert((module, name.first())) || found.len() >= MAX_CALLED {
                continue;
            }
            let modules = modules.get_or_insert_with(|| Modules::new(files, facts));
            modules.add(from.file, module, name.first(), &mut found);
        }
    }
    found.into_iter().collect()
}

/// Where the names of other modules are declared.
struct Modules<'l> {
    files: &'l Files,
    packages: Packages,
    exports: FxHashMap<FileId, &'l [(SmolStr, Ref)]>,
    /// What was looked at before: thousands may ask one folder's `index.ts`.
    read: FxHashMap<FileId, Exported<'l>>,
}

/// What a file that was read exports of others.
#[derive(Default)]
struct Exported<'l> {
    /// By name: the first that is exported so.
    named: FxHashMap<&'l str, &'l Ref>,
    /// The unread files of which it exports everything.
    whole: Vec<FileId>,
    /// The same by what they are called.
    called: FxHashMap<String, Vec<FileId>>,
}

impl<'l> Modules<'l> {
    fn new(files: &'l Files, facts: &[&'l FileFacts]) -> Self {
        let exports = facts.iter().filter(|file| !file.symbols.exports.is_empty());
        Self {
            files,
            packages: Packages::new(facts.iter().flat_map(|file| &file.facts), files),
            exports: exports.map(|file| (file.file, file.symbols.exports.as_slice())).collect(),
            read: FxHashMap::default(),
        }
    }

    /// Adds the unread file that declares `name`, or the next one on the way to it: a folder's `index.ts` is read first,
    /// and what it exports again when it is known.
    fn add(&mut self, from: FileId, module: &str, name: &str, found: &mut BTreeSet<FileId>) {
        let Some(mut at) = self.packages.find(self.files, self.files.path(from), module) else { return };
        for _ in 0..MAX_AGAIN {
            if is_unread(self.files, at) {
                found.insert(at);
                return;
            }
            let exported = self.exported(at);
            let Some(target) = exported.named.get(name).copied() else {
                match exported.called.get(&letters(name)) {
                    Some(alike) => found.extend(alike),
                    None if exported.whole.len() <= MAX_STARS => found.extend(&exported.whole),
                    None => {}
                }
                return;
            };
            let Some(next) = self.module_of(at, target) else { return };
            at = next;
        }
    }

    fn module_of(&self, at: FileId, target: &Ref) -> Option<FileId> {
        match &target.scope {
            Scope::Import(module) => self.packages.find(self.files, self.files.path(at), module),
            _ => None,
        }
    }

    fn exported(&mut self, at: FileId) -> &Exported<'l> {
        if !self.read.contains_key(&at) {
            let exported = self.exported_anew(at);
            self.read.insert(at, exported);
        }
        &self.read[&at]
    }

    fn exported_anew(&self, at: FileId) -> Exported<'l> {
        let mut exported = Exported::default();
        for (name, target) in self.exports.get(&at).copied().unwrap_or_default() {
            exported.named.entry(name).or_insert(target);
            if name != "*" {
                continue;
            }
            if let Some(file) = self.module_of(at, target).filter(|file| is_unread(self.files, *file)) {
                exported.whole.push(file);
                exported.called.entry(letters(stem(self.files.path(file)))).or_default().push(file);
            }
        }
        exported
    }
}

/// A file's name without its ending.
fn stem(path: &str) -> &str {
    path.rsplit('/').next().and_then(|file| file.rsplit_once('.')).map_or(path, |(stem, _)| stem)
}

/// What a name shares with what is called like it: `orders.service` and `OrdersService`.
fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// The types of what a request brings, where another file declares them: `@Body() dto: CreateDto`.
fn shapes(from: &FileFacts) -> Vec<&Ref> {
    let mut wanted: BTreeSet<&str> = BTreeSet::new();
    let handed = from.symbols.handed.iter().map(|handed| &handed.value);
    let of_sinks = from.facts.iter().filter_map(|fact| match &fact.kind {
        FactKind::Sink(sink) => Some(sink.parts.iter().map(|part| &part.value)),
        _ => None,
    });
    handed.chain(of_sinks.flatten()).for_each(|value| value.names(&mut |name| wanted.extend(name.declared_as().map(|(_, class)| class))));
    // `const parsed = await parseBody(request, schema)`.
    let of_names = from.symbols.bindings.iter().filter_map(|binding| match &binding.value.kind {
        NodeKind::Op(Op::Await, inner) => inner.first()?.as_ref(),
        _ => binding.value.as_ref(),
    });
    wanted.extend(of_names.filter_map(|name| Some(name.declared_as()?.1)));
    let is_schema = |import: &Import| wanted.contains(format_smolstr!("{}{}", Left::SCHEMA, import.target.last()).as_str());
    let is_wanted = |import: &&Import| wanted.contains(import.local.as_str()) || is_schema(import);
    from.symbols.imports.iter().filter(is_wanted).map(|import| &import.target).collect()
}

/// The classes of the services that the constructors of classes are handed, by class and member: of `this.orders.find(id)`.
fn services(symbols: &Symbols) -> FxHashMap<(&str, &str), &Ref> {
    let held = symbols.bindings.iter().filter_map(|binding| {
        let made = binding.value.as_call().filter(|call| call.is_new)?;
        Some((binding.name.rsplit_once('.')?, &made.callee))
    });
    held.collect()
}

/// What handles a route and what stands in front of it, by the names of other files.
fn registered(fact: &Fact) -> Vec<&Ref> {
    let (handler, guards) = match &fact.kind {
        FactKind::Route(route) => (route.handler.as_ref(), route.guards.as_slice()),
        FactKind::Guard(guard) => (Some(&guard.what), &[][..]),
        _ => return Vec::new(),
    };
    // `.use(createLimiter(…))` of a builder's chain.
    let mut names = Vec::new();
    for node in handler.into_iter().chain(guards) {
        for step in std::iter::successors(Some(node), |node| node.as_call()?.receiver.as_ref()).take(MAX_STEPS) {
            names.extend(named(step));
            names.extend(step.as_call().into_iter().flat_map(|call| &call.args).filter_map(named));
        }
    }
    names
}

/// What addresses of routes, and what is written on them, are made of: `app.use(PREFIX, router)`, `@Controller(Paths.Users)`;
/// and what is mounted.
fn places(fact: &Fact) -> Vec<&Ref> {
    let (address, written): (_, Vec<&Node>) = match &fact.kind {
        FactKind::Route(route) => (Some(&route.path), route.markers.iter().collect()),
        // A list of modules or routers in a file of its own: `imports: [...ourModules]`.
        FactKind::Mount(mount) => (Some(&mount.prefix), Some(&mount.child).filter(|child| child.as_ref().is_some()).into_iter().collect()),
        FactKind::Service(service) => {
            (None, ["prefix", "markers"].into_iter().filter_map(|key| service.options.as_ref()?.get(key)).collect())
        }
        _ => return Vec::new(),
    };
    let mut names = Vec::new();
    for node in address.into_iter().flat_map(Text::holes).chain(written) {
        names.extend(node.as_call().map(|made| &made.callee).filter(|callee| matches!(callee.scope, Scope::Import(_))));
        node.names(&mut |name| {
            if matches!(name.scope, Scope::Import(_)) {
                names.push(name);
            }
        });
    }
    names
}

/// What the options of a library are made of that other files bring: `verify(token, key, { algorithms: ALGORITHMS })`.
fn settings(fact: &Fact) -> Vec<&Ref> {
    let mut names = Vec::new();
    if let FactKind::Call(call) = &fact.kind
        && matches!(&call.callee.scope, Scope::Import(module) if !module.starts_with('.'))
    {
        for argument in &call.args {
            let made = argument.as_call().map(|made| &made.callee);
            names.extend(made.filter(|callee| matches!(callee.scope, Scope::Import(_))));
            argument.names(&mut |name| {
                if matches!(name.scope, Scope::Import(_)) {
                    names.push(name);
                }
            });
        }
    }
    names
}

/// What handlers, and what stands in front of them, ask who calls: `await requireMember(request)`, which may ask another
/// file in its turn.
fn checks<'f>(files: &Files, from: &'f FileFacts) -> Vec<&'f Ref> {
    let mut names = Vec::new();
    let is_route = |fact: &Fact| matches!(fact.kind, FactKind::Route(_) | FactKind::Guard(_));
    if from.facts.iter().any(is_route) || files.get(from.file).is_some_and(|meta| meta.called) {
        let handlers = from.facts.iter().filter_map(|fact| match &fact.kind {
            FactKind::Route(route) => route.handler.as_ref(),
            FactKind::Guard(guard) => Some(&guard.what),
            _ => None,
        });
        for value in handlers.clone().chain(from.symbols.bindings.iter().map(|binding| &binding.value)) {
            add_checks(value, MAX_WRAPPERS, &mut names);
        }
        // `export const POST = consumer({ of: 'letters' })`: what makes a handler may say who calls it.
        let made = handlers.filter_map(Node::as_ref).filter_map(|name| from.symbols.get(name.last())?.value.as_call());
        names.extend(made.map(|call| &call.callee).filter(|callee| matches!(callee.scope, Scope::Import(_))));
    }
    names
}

/// Adds what the functions in a value call that may ask who calls.
fn add_checks<'f>(value: &'f Node, depth: usize, names: &mut Vec<&'f Ref>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match &value.kind {
        NodeKind::Func(func) => {
            let demands = |name: &str| words::may_authenticate(name) && DEMANDS.iter().any(|verb| name.starts_with(verb));
            let throws = |name: &str| ["OrThrow", "OrFail", "OrReject", "OrRedirect"].iter().any(|end| name.ends_with(end));
            let may_ask = |callee: &Ref| words::may_check(callee) || demands(callee.last_named()) || throws(callee.last_named());
            // `if (OPEN_PATHS.includes(req.path)) return next()`.
            let lists = func.left_out.iter().filter_map(|left| left.paths.as_ref());
            names.extend(lists.filter(|list| matches!(list.scope, Scope::Import(_))));
            names.extend(
                func.calls.iter().map(|call| &call.callee).filter(|callee| matches!(callee.scope, Scope::Import(_)) && may_ask(callee)),
            );
        }
        NodeKind::Call(call) => {
            // `export const POST = withMember(async (request) => …)`.
            let wraps = |argument: &Node| matches!(argument.kind, NodeKind::Func(_) | NodeKind::Call(_));
            names.extend(call.args.iter().any(wraps).then_some(&call.callee));
            call.args.iter().for_each(|argument| add_checks(argument, depth, names));
        }
        NodeKind::List(items) => items.iter().for_each(|item| add_checks(item, depth, names)),
        NodeKind::Map(map) => map.pairs().for_each(|(_, value)| add_checks(value, depth, names)),
        _ => {}
    }
}

fn named(node: &Node) -> Option<&Ref> {
    match &node.kind {
        NodeKind::Ref(name) => Some(name),
        NodeKind::Call(call) => Some(&call.callee),
        _ => None,
    }
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
