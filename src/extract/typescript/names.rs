//! What the names of one file stand for: imports in all their forms, and which declaration an
//! identifier means at its place.

use std::cell::{Cell, OnceCell, RefCell};

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use smol_str::{SmolStr, SmolStrBuilder};

use super::given::Uses;
use crate::ir::{Ref, Scope};
use crate::parse::typescript::{Field, Kind, Syntax, Tree};

/// A file's tree with its names.
pub(super) struct Module<'t> {
    /// The tree.
    pub tree: &'t Tree<'t>,
    /// The names that are declared, numbered.
    names: FxHashMap<&'t str, u32>,
    /// Declarations by the number of their name and by the node that is their scope.
    declared: FxHashMap<(u32, u32), Declaration<'t>>,
    /// The scope that each node stands in or is.
    scopes: Vec<u32>,
    /// Declarations that are assigned to after they are made, with the assignments.
    reassigned: FxHashMap<u32, Vec<Syntax<'t>>>,
    /// Assignments to members of a declaration: `options.secret = …`.
    members: FxHashMap<u32, Vec<Syntax<'t>>>,
    /// Function-local constants that a lowered expression refers to, to be bound for linking.
    pub(super) wanted: RefCell<Vec<u32>>,
    /// What is put into the lists of the file (`parts.push(text)`), by the list's declaration; asked for by few.
    pushed: OnceCell<FxHashMap<u32, Vec<Syntax<'t>>>>,
    /// Parameters that are the request under another name.
    pub(super) requests: FxHashSet<u32>,
    /// The parameters that the path of the file names, where that is its route: `id` of `app/notes/[id]/route.ts`.
    pub(super) keys: Vec<SmolStr>,
    /// Nodes that summaries of functions may still look at.
    pub(super) budget: Cell<usize>,
    /// What declarations stand for, of those that were asked for with all [`Self::steps`] left: a name is asked for by
    /// every pass, and what it stands for takes twice as long to tell as where it is declared.
    references: RefCell<FxHashMap<u32, Ref>>,
    /// Names that some place expects to be missing ([`super::noted`]).
    missing: OnceCell<FxHashSet<&'t str>>,
    /// Functions that hear other windows by their names, and whether a function that does takes any sender's word
    /// ([`super::posted`]).
    pub(super) listeners: OnceCell<FxHashSet<&'t str>>,
    pub(super) posted: RefCell<FxHashMap<u32, bool>>,
    /// What is called by which name; asked for by those who want to know all callers of a function.
    pub(super) uses: OnceCell<Uses<'t>>,
    /// Steps from a name to the request that may still be gone ([`super::items`]).
    pub(super) steps: Cell<u32>,
}

/// What a name is declared as.
#[derive(Debug, Clone)]
pub(super) struct Declaration<'t> {
    /// The identifier in its declaration.
    pub name: Syntax<'t>,
    /// How.
    pub form: Form<'t>,
    /// Declared at the top level, where other files can see it.
    pub top: bool,
}

/// Forms of a [`Declaration`].
#[derive(Debug, Clone)]
pub(super) enum Form<'t> {
    /// An import, by what it stands for.
    Import(Ref),
    /// A variable, with its initial value and the path of names that a pattern takes of it.
    Variable(Option<Syntax<'t>>, SmallVec<[&'t str; 2]>),
    /// A parameter, by its place in the list and the path that a pattern takes of it.
    Parameter(SmallVec<[&'t str; 2]>),
    /// A function.
    Function(Syntax<'t>),
    /// A class.
    Class(Syntax<'t>),
    /// An enum.
    Enum(Syntax<'t>),
}

/// Whether a specifier names a package (or an alias of the compiler's settings), not a path.
pub(super) fn is_package(specifier: &str) -> bool {
    !specifier.starts_with(['.', '/'])
}

/// What `specifier#name` is called: `node:` is dropped, and the default export of a package is the
/// package itself, because `CommonJS` packages are imported either way.
pub(super) fn imported(specifier: &str, path: &[&str]) -> Ref {
    let module = specifier.strip_prefix("node:").unwrap_or(specifier);
    let path = match path {
        ["*" | "default", rest @ ..] if !rest.is_empty() && (path[0] == "*" || is_package(module)) => rest,
        ["*"] if is_package(module) => &["default"],
        path => path,
    };
    Ref::new(Scope::Import(SmolStr::new(module)), path.iter().copied())
}

/// The text of a string literal without its quotes.
pub(super) fn unquoted(node: Syntax<'_>) -> &str {
    let text = node.text();
    match text.as_bytes() {
        [b'"' | b'\'' | b'`', .., b'"' | b'\'' | b'`'] if text.len() >= 2 => &text[1..text.len() - 1],
        _ => text,
    }
}

impl<'t> Module<'t> {
    /// Collects the declarations of a file in one pass.
    pub(super) fn new(tree: &'t Tree<'t>) -> Self {
        let mut module = Self {
            tree,
            names: FxHashMap::default(),
            declared: FxHashMap::default(),
            scopes: scopes_of(tree),
            reassigned: FxHashMap::default(),
            members: FxHashMap::default(),
            wanted: RefCell::default(),
            pushed: OnceCell::new(),
            requests: FxHashSet::default(),
            keys: Vec::new(),
            budget: Cell::new(30 * tree.len()),
            references: RefCell::default(),
            missing: OnceCell::new(),
            listeners: OnceCell::new(),
            posted: RefCell::default(),
            uses: OnceCell::new(),
            steps: Cell::new(Self::steps()),
        };
        for node in tree.all() {
            module.declare(node);
        }
        for node in tree.all() {
            if matches!(node.kind(), Kind::Assignment | Kind::AugmentedAssignment | Kind::Update) {
                let Some(target) = node.field(Field::Left).or_else(|| node.field(Field::Argument)) else { continue };
                let is_member = target.kind() == Kind::Member;
                let name = if is_member { target.field(Field::Object) } else { Some(target) };
                let Some(name) = name.filter(|name| name.kind() == Kind::Identifier) else { continue };
                if let Some(declaration) = module.lookup(name.text(), node) {
                    let id = declaration.name.id();
                    let list = if is_member { &mut module.members } else { &mut module.reassigned };
                    list.entry(id).or_default().push(node);
                } else if !is_member {
                    module.declare_by_assignment(node, name);
                }
            }
        }
        module
    }

    fn declare(&mut self, node: Syntax<'t>) {
        match node.kind() {
            Kind::ImportStatement => self.declare_import(node),
            Kind::VariableDeclarator => {
                let hoisted = node.parent().is_some_and(|parent| parent.kind() == Kind::Variable);
                let scope = scope_of(node, hoisted);
                let value = node.field(Field::Value);
                if let Some(name) = node.field(Field::Name) {
                    self.pattern(name, scope, &mut SmallVec::new(), &|path| Form::Variable(value, path));
                }
            }
            Kind::Function | Kind::GeneratorDeclaration => self.named(node, Form::Function(node)),
            Kind::Class | Kind::AbstractClass => self.named(node, Form::Class(node)),
            Kind::Enum => self.named(node, Form::Enum(node)),
            Kind::FormalParameters => {
                let Some(function) = node.parent() else { return };
                self.requests.extend(super::request::taken_by_handler(node).map(Syntax::id));
                for parameter in node.children() {
                    let pattern = parameter.field(Field::Pattern).unwrap_or(parameter);
                    self.pattern(pattern, function, &mut SmallVec::new(), &Form::Parameter);
                }
            }
            Kind::ArrowFunction | Kind::Catch => {
                if let Some(name) = node.field(Field::Parameter) {
                    self.pattern(name, node, &mut SmallVec::new(), &Form::Parameter);
                }
            }
            Kind::ForIn => {
                if let Some(name) = node.field(Field::Left) {
                    self.pattern(name, node, &mut SmallVec::new(), &|path| Form::Variable(None, path));
                }
            }
            _ => {}
        }
    }

    /// `query = { … }` without `var`: a global, which the function that gives it a value uses as its own. In another
    /// function it may be anything.
    fn declare_by_assignment(&mut self, node: Syntax<'t>, name: Syntax<'t>) {
        const OF_PLATFORM: [&str; 10] =
            ["exports", "module", "location", "window", "document", "self", "name", "process", "global", "globalThis"];
        if node.kind() == Kind::Assignment && !OF_PLATFORM.contains(&name.text()) && !name.text().starts_with("on") {
            let value = node.field(Field::Right);
            self.add(name, scope_of(node, true), Form::Variable(value, SmallVec::new()));
        }
    }

    fn named(&mut self, node: Syntax<'t>, form: Form<'t>) {
        if let Some(name) = node.field(Field::Name) {
            self.add(name, scope_of(node, false), form);
        }
    }

    fn add(&mut self, name: Syntax<'t>, scope: Syntax<'t>, form: Form<'t>) {
        let top = scope.kind() == Kind::Program;
        let next = self.names.len() as u32;
        let number = *self.names.entry(name.text()).or_insert(next);
        self.declared.entry((number, scope.id())).or_insert(Declaration { name, form, top });
    }

    /// Declares every name of a pattern with the path that leads to it. Patterns nest as deeply as
    /// the tree does, so depth is bounded.
    fn pattern(
        &mut self,
        node: Syntax<'t>,
        scope: Syntax<'t>,
        path: &mut SmallVec<[&'t str; 2]>,
        form: &impl Fn(SmallVec<[&'t str; 2]>) -> Form<'t>,
    ) {
        if path.len() > 8 {
            return;
        }
        match node.kind() {
            Kind::Identifier | Kind::ShorthandPattern => {
                let mut path = path.clone();
                if node.kind() == Kind::ShorthandPattern {
                    path.push(node.text());
                }
                self.add(node, scope, form(path));
            }
            Kind::ObjectPattern => {
                for child in node.children() {
                    self.pattern(child, scope, path, form);
                }
            }
            Kind::ArrayPattern => {
                for child in node.children() {
                    path.push("[]");
                    self.pattern(child, scope, path, form);
                    path.pop();
                }
            }
            Kind::PairPattern => {
                if let (Some(key), Some(value)) = (node.field(Field::Key), node.field(Field::Value)) {
                    path.push(unquoted(key));
                    self.pattern(value, scope, path, form);
                    path.pop();
                }
            }
            // A default may replace the value, so what it stands for is open: `[]` leads nowhere.
            Kind::AssignmentPattern | Kind::ObjectAssignmentPattern | Kind::RestPattern => {
                if let Some(inner) = node.first() {
                    if inner.kind() == Kind::ShorthandPattern {
                        path.push(inner.text());
                        self.add(inner, scope, form(path.clone()));
                        path.pop();
                    } else if inner.kind() == Kind::Identifier {
                        path.push("[]");
                        self.add(inner, scope, form(path.clone()));
                        path.pop();
                    } else {
                        self.pattern(inner, scope, path, form);
                    }
                }
            }
            Kind::RequiredParameter | Kind::OptionalParameter => {
                if let Some(inner) = node.field(Field::Pattern) {
                    self.pattern(inner, scope, path, form);
                }
            }
            _ => {}
        }
    }

    fn declare_import(&mut self, node: Syntax<'t>) {
        let root = self.tree.root();
        if let Some(require) = node.child(Kind::ImportRequire) {
            if let (Some(name), Some(source)) = (require.child(Kind::Identifier), require.field(Field::Source)) {
                self.add(name, root, Form::Import(imported(unquoted(source), &["*"])));
            }
            return;
        }
        let Some(source) = node.field(Field::Source).map(unquoted) else { return };
        let Some(clause) = node.child(Kind::ImportClause) else { return };
        for part in clause.children() {
            match part.kind() {
                Kind::Identifier => self.add(part, root, Form::Import(imported(source, &["default"]))),
                Kind::NamespaceImport => {
                    if let Some(name) = part.child(Kind::Identifier) {
                        self.add(name, root, Form::Import(Ref::import(source.strip_prefix("node:").unwrap_or(source), "*")));
                    }
                }
                Kind::NamedImports => {
                    for specifier in part.children().filter(|child| child.kind() == Kind::ImportSpecifier) {
                        let Some(name) = specifier.field(Field::Name) else { continue };
                        let local = specifier.field(Field::Alias).unwrap_or(name);
                        self.add(local, root, Form::Import(imported(source, &[unquoted(name)])));
                    }
                }
                _ => {}
            }
        }
    }

    /// The declaration that `name` means at a place.
    pub(super) fn lookup(&self, name: &str, at: Syntax<'t>) -> Option<&Declaration<'t>> {
        let number = *self.names.get(name)?;
        let mut scope = *self.scopes.get(at.id() as usize)?;
        loop {
            if let Some(found) = self.declared.get(&(number, scope)) {
                return Some(found);
            }
            let outer = self.tree.root().with_id(scope)?.parent()?;
            scope = self.scopes[outer.id() as usize];
        }
    }

    /// A declaration as a reference, as it was told the first time.
    pub(super) fn reference(&self, declaration: &Declaration<'t>) -> Ref {
        // With fewer steps left, an item may not be followed to the request that it is of.
        if self.steps.get() < Self::steps() {
            return self.stands_for(declaration);
        }
        let id = declaration.name.id();
        if let Some(known) = self.references.borrow().get(&id) {
            return known.clone();
        }
        let reference = self.stands_for(declaration);
        self.references.borrow_mut().insert(id, reference.clone());
        reference
    }

    /// Whether some place of the file uses what a name holds as something that may be missing.
    pub(super) fn may_be_missing(&self, name: &str) -> bool {
        self.missing.get_or_init(|| super::noted::may_be_missing(self.tree.root().text())).contains(name)
    }

    /// The package or file that an imported name comes from, as written.
    pub(super) fn source_of(&self, name: Syntax<'t>) -> Option<&'t str> {
        let declaration = self.lookup(name.text(), name)?.name;
        let statement = declaration.ancestors().find(|outer| matches!(outer.kind(), Kind::ImportStatement | Kind::ImportRequire))?;
        statement.field(Field::Source).map(unquoted)
    }

    /// Whether a declaration is assigned to again.
    pub(super) fn is_reassigned(&self, declaration: &Declaration<'t>) -> bool {
        self.reassigned.contains_key(&declaration.name.id())
    }

    /// The assignments to a declaration after it is made.
    pub(super) fn assignments(&self, declaration: &Declaration<'t>) -> &[Syntax<'t>] {
        self.reassigned.get(&declaration.name.id()).map(Vec::as_slice).unwrap_or_default()
    }

    /// The assignments to members of a declaration.
    pub(super) fn member_assignments(&self, declaration: &Declaration<'t>) -> &[Syntax<'t>] {
        self.members.get(&declaration.name.id()).map(Vec::as_slice).unwrap_or_default()
    }

    /// What a variable is made as by its name, where nothing else is put into it later, nor into a member of it.
    pub(super) fn made_once(&self, name: Syntax<'t>) -> Option<Syntax<'t>> {
        let declared = self.lookup(name.text(), name).filter(|_| name.kind() == Kind::Identifier)?;
        let is_changed = self.is_reassigned(declared) || !self.member_assignments(declared).is_empty();
        match &declared.form {
            Form::Variable(Some(made), path) if path.is_empty() && !is_changed => Some(*made),
            _ => None,
        }
    }

    /// What is put into a list behind what it holds from the start: `parts.push(text)`.
    pub(super) fn pushed(&self, declaration: &Declaration<'t>) -> &[Syntax<'t>] {
        let is_list = matches!(&declaration.form, Form::Variable(Some(made), path) if path.is_empty() && made.kind() == Kind::Array);
        if !is_list {
            return &[];
        }
        let all = self.pushed.get_or_init(|| {
            let mut pushed: FxHashMap<u32, Vec<Syntax<'t>>> = FxHashMap::default();
            for call in self.tree.all().filter(|node| node.kind() == Kind::Call) {
                let Some(method) = call.field(Field::Function).filter(|function| function.kind() == Kind::Member) else { continue };
                let is_push = method.field(Field::Property).is_some_and(|name| matches!(name.text(), "push" | "unshift"));
                let mut list = method.field(Field::Object).filter(|_| is_push);
                // `(parts as string[]).push(text)`.
                while let Some(outer) = list.filter(|list| matches!(list.kind(), Kind::Parenthesized | Kind::As | Kind::NonNull)) {
                    list = outer.first();
                }
                let Some(list) = list.filter(|list| list.kind() == Kind::Identifier) else { continue };
                if let Some(declaration) = self.lookup(list.text(), list) {
                    let items = call.field(Field::Arguments).into_iter().flat_map(Syntax::children);
                    pushed.entry(declaration.name.id()).or_default().extend(items);
                }
            }
            pushed
        });
        all.get(&declaration.name.id()).map(Vec::as_slice).unwrap_or_default()
    }

    /// Declarations at the top level, in source order.
    pub(super) fn top(&self) -> Vec<&Declaration<'t>> {
        let mut list: Vec<_> = self.declared.values().filter(|declaration| declaration.top).collect();
        list.sort_by_key(|declaration| declaration.name.id());
        list
    }

    /// The name under which linking finds a declaration: that of the source at the top level; below
    /// it, followed by its place, because functions use the same names for different things. A parameter
    /// says so, unless what it holds is the code's own choice.
    pub(super) fn linked_name(&self, declaration: &Declaration<'t>) -> SmolStr {
        let (name, at) = (declaration.name.text(), declaration.name.start());
        match declaration.form {
            _ if declaration.top => SmolStr::new(name),
            Form::Parameter(_) if !self.is_given_by_code(declaration) => placed(name, "@@", at),
            _ => placed(name, "@", at),
        }
    }
}

/// `name@12`, without the machinery of formatting: most names of a file are written so.
fn placed(name: &str, sign: &str, mut at: u32) -> SmolStr {
    let mut digits = [0; 10];
    let mut from = digits.len();
    loop {
        from -= 1;
        digits[from] = b'0' + (at % 10) as u8;
        at /= 10;
        if at == 0 {
            break;
        }
    }
    let mut out = SmolStrBuilder::new();
    out.push_str(name);
    out.push_str(sign);
    digits[from..].iter().for_each(|digit| out.push(char::from(*digit)));
    out.finish()
}

/// Whether names can be declared in such a node for what is below it.
fn is_scope(kind: Kind) -> bool {
    kind.is_function()
        || matches!(kind, Kind::Program | Kind::Block | Kind::Catch | Kind::ForIn | Kind::For | Kind::SwitchBody | Kind::ClassStaticBlock)
}

/// For each node of a tree the scope that it is or stands in.
fn scopes_of(tree: &Tree<'_>) -> Vec<u32> {
    let mut scopes: Vec<u32> = Vec::with_capacity(tree.len());
    for node in tree.all() {
        // What a node stands in comes before it.
        let outer = node.parent().map_or(0, |parent| scopes[parent.id() as usize]);
        scopes.push(if is_scope(node.kind()) { node.id() } else { outer });
    }
    scopes
}

/// The scope that a declaration belongs to; a hoisted one (`var`) to its function.
fn scope_of(node: Syntax<'_>, hoisted: bool) -> Syntax<'_> {
    let mut last = node;
    for outer in node.ancestors() {
        last = outer;
        if if hoisted { outer.kind().is_function() } else { is_scope(outer.kind()) } {
            return outer;
        }
    }
    last
}
