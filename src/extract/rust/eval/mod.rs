//! A function's body, read once from top to bottom: expressions become [`Node`]s with the values of
//! local variables put in, and calls that some extractor knows are kept as sites.
//!
//! A variable that is changed by a method or an assignment carries the change as a step of its chain,
//! so that `let mut v = Validation::new(a); v.validate_exp = false;` is one value.

mod expr;
mod macros;

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::ir::{Func, Node, NodeKind, Ref, Scope, Sink, Span};
use crate::parse::rust::{Block, Expr, Function, Param, Pat, Stmt};

use super::chain::Chain;
use super::func;
use super::names::Names;
use super::routers::{self, Router};
use super::sites::{self, Interest};

/// Values larger than this are not copied into each use of their variable.
const MAX_WEIGHT: usize = 128;
/// Functions and constants followed into each other.
const MAX_HOPS: u8 = 4;

/// A function being read.
pub(super) struct Eval<'n, 't> {
    names: &'n Names<'t>,
    /// The type whose `impl` the function stands in.
    self_type: &'n str,
    locals: Vec<Local>,
    /// Routers made here or handed in.
    routers: Vec<Router>,
    global_guards: Vec<Node>,
    sinks: Vec<(Span, Sink)>,
    /// Calls to be judged at the end, by what they are and where.
    sites: BTreeMap<(Interest, Span), Node>,
    /// The summary so far.
    pub(super) func: Func,
    /// Depth of branches at this point.
    branch: u32,
    /// Depth of branches that run in development only.
    development: u32,
    /// Inside a comparison: a status code here is asked about, not answered.
    comparing: bool,
    /// Whether an expiry is compared with something.
    pub(super) compares_expiry: bool,
    hops: u8,
}

/// What a function's body gives.
pub(super) struct Body {
    /// Its summary.
    pub func: Func,
    /// Calls that some extractor knows.
    pub sites: BTreeMap<(Interest, Span), Node>,
    /// Whether an expiry is compared with something.
    pub compares_expiry: bool,
    /// Routers made here or handed in.
    pub routers: Vec<Router>,
    /// Guards that nestrs puts in front of everything.
    pub global_guards: Vec<Node>,
    /// Dangerous calls.
    pub sinks: Vec<(Span, Sink)>,
}

/// A local variable.
struct Local {
    name: SmolStr,
    value: Node,
    /// Depth of branches where it was declared.
    branch: u32,
    /// Whether its value may be put in for its name.
    small: bool,
}

impl<'n, 't> Eval<'n, 't> {
    pub(super) fn new(names: &'n Names<'t>, self_type: &'n str) -> Self {
        Self {
            names,
            self_type,
            locals: Vec::new(),
            routers: Vec::new(),
            global_guards: Vec::new(),
            sinks: Vec::new(),
            sites: BTreeMap::new(),
            func: Func::default(),
            branch: 0,
            development: 0,
            comparing: false,
            compares_expiry: false,
            hops: 0,
        }
    }

    /// Reads a whole function: its summary, and the sites in it.
    pub(super) fn function(mut self, function: &Function) -> Body {
        self.func.name = function.name.text.clone();
        self.func.span = function.span;
        self.params(&function.params);
        if function.public {
            self.open_parameters(&function.params);
        }
        let value = self.block(&function.body);
        self.func.returns = (value.weight(MAX_WEIGHT) < MAX_WEIGHT).then_some(value);
        self.retire(0);
        Body {
            func: self.func,
            sites: self.sites,
            compares_expiry: self.compares_expiry,
            routers: self.routers,
            global_guards: self.global_guards,
            sinks: self.sinks,
        }
    }

    /// Reads one expression outside any function: a constant.
    pub(super) fn constant(mut self, expr: &Expr) -> (Node, BTreeMap<(Interest, Span), Node>) {
        let node = self.expr(expr);
        (node, self.sites)
    }

    fn params(&mut self, params: &[Param]) {
        for param in params {
            let mut lowered = func::param(param, self.names, self.self_type);
            func::note_type(&mut self.func, &lowered);
            let scope = if func::is_request(&lowered) { Scope::Request } else { Scope::Local };
            let router = lowered.ty.as_ref().and_then(routers::framework_of_type);
            for name in &param.pat.names {
                let mut value = Node::new(name.span, NodeKind::Ref(named(&scope, &name.text)));
                if let Some(framework) = router {
                    let key = smol_str::format_smolstr!("{}@{}", name.text, param.pat.span.start);
                    value.kind = NodeKind::Ref(self.router(key, framework, "parameter", Vec::new(), name.span));
                }
                self.bind(&name.text, value);
            }
            if let [only] = param.pat.names.as_slice() {
                lowered.name = only.text.clone();
            }
            self.func.params.push(lowered);
        }
    }

    /// Strings that a public function is handed: who calls it is not seen. Their names carry their
    /// place, as those of all parameters whose value may be anything.
    fn open_parameters(&mut self, params: &[Param]) {
        for param in params {
            let is_text = param.ty.as_ref().is_some_and(|ty| matches!(ty.last(), "str" | "String" | "Cow"));
            let [name] = param.pat.names.as_slice() else { continue };
            let structural = [
                "table", "column", "schema", "order", "sort", "field", "sql", "query", "where", "clause", "database", "prefix", "enum",
                "index", "view", "role",
            ];
            if is_text
                && !structural.iter().any(|word| name.text.contains(word))
                && let Some(local) = self.locals.iter_mut().rev().find(|local| local.name == name.text)
                && matches!(&local.value.kind, NodeKind::Ref(known) if known.scope == Scope::Local)
            {
                let key = smol_str::format_smolstr!("{}@{}", name.text, name.span.start);
                local.value.kind = NodeKind::Ref(Ref::new(Scope::Local, [key]));
            }
        }
    }

    fn sink(&mut self, sink: Option<Sink>, span: Span) {
        if let Some(sink) = sink
            && self.hops == 0
            && self.development == 0
        {
            self.sinks.push((span, sink));
        }
    }

    fn router(&mut self, key: SmolStr, framework: &'static str, made: &str, args: Vec<Node>, span: Span) -> Ref {
        self.routers.push(Router { key: key.clone(), framework, made: made.into(), args, steps: Vec::new(), span });
        Ref::new(Scope::Local, [key])
    }

    /// The router that a value stands for.
    fn router_of(&mut self, node: &Node) -> Option<&mut Router> {
        let name = node.as_ref().filter(|name| name.scope == Scope::Local && name.path.len() == 1)?;
        self.routers.iter_mut().rev().find(|router| router.key == name.path[0])
    }

    fn bind(&mut self, name: &str, value: Node) {
        let small = value.weight(MAX_WEIGHT) < MAX_WEIGHT;
        self.locals.push(Local { name: name.into(), value, branch: self.branch, small });
    }

    fn bind_pat(&mut self, pat: &Pat, value: Option<Node>) {
        match (pat.names.as_slice(), value) {
            // `x`, `Some(x)`, `Ok(x)`, `State(x)`: the one name holds the value.
            ([name], Some(value)) => self.bind(&name.text, value),
            (names, value) => {
                let of_request = value.as_ref().is_some_and(is_of_request);
                for name in names {
                    let scope = if of_request { Scope::Request } else { Scope::Local };
                    self.bind(&name.text, Node::new(name.span, NodeKind::Ref(named(&scope, &name.text))));
                }
            }
        }
    }

    /// Forgets the variables from `mark` on; what they had become is offered as a site.
    fn retire(&mut self, mark: usize) {
        while self.locals.len() > mark {
            if let Some(local) = self.locals.pop() {
                self.offer(&local.value);
            }
        }
    }

    fn block(&mut self, block: &Block) -> Node {
        let mark = self.locals.len();
        let mut value = Node::new(block.span, NodeKind::Null);
        let count = block.stmts.len();
        for (at, stmt) in block.stmts.iter().enumerate() {
            match stmt {
                Stmt::Let { pat, value, otherwise, .. } => {
                    let value = value.as_ref().map(|expr| self.inner(expr));
                    if let Some(block) = otherwise {
                        self.branched(|eval| eval.block(block));
                    }
                    self.bind_pat(pat, value);
                }
                Stmt::Expr { expr, semi } => {
                    let node = self.expr(expr);
                    if at + 1 == count && !semi {
                        value = node;
                    }
                }
                Stmt::Item(_) => {}
            }
        }
        self.retire(mark);
        value
    }

    fn branched<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        self.branch += 1;
        let value = read(self);
        self.branch -= 1;
        value
    }

    /// A value in its final place: its chain ends here.
    pub(super) fn expr(&mut self, expr: &Expr) -> Node {
        let node = self.inner(expr);
        if matches!(node.kind, NodeKind::Call(_) | NodeKind::Op(..)) {
            self.offer(&node);
        }
        node
    }

    /// Keeps a value that some extractor knows; of one root, the longest chain.
    fn offer(&mut self, node: &Node) {
        if self.hops > 0 || self.development > 0 {
            return;
        }
        sites::interests(node, &mut |interest, span| {
            let steps = |node: &Node| Chain::of(node).steps.len();
            let slot = self.sites.entry((interest, span));
            match slot {
                std::collections::btree_map::Entry::Vacant(slot) => {
                    slot.insert(node.clone());
                }
                std::collections::btree_map::Entry::Occupied(mut slot) if steps(slot.get()) < steps(node) => {
                    slot.insert(node.clone());
                }
                std::collections::btree_map::Entry::Occupied(_) => {}
            }
        });
    }
}

/// A name that a pattern binds; of what the request brings, below its parameters.
fn named(scope: &Scope, name: &SmolStr) -> Ref {
    match scope {
        Scope::Request => Ref::new(Scope::Request, ["params".into(), name.clone()]),
        scope => Ref::new(scope.clone(), [name.clone()]),
    }
}

/// Whether a value comes from the current request.
pub(super) fn is_of_request(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Ref(reference) => reference.scope == Scope::Request,
        NodeKind::Text(text) => text.holes().any(is_of_request),
        NodeKind::Call(call) => call.receiver.as_ref().is_some_and(is_of_request) || call.args.iter().any(is_of_request),
        NodeKind::Op(_, operands) => operands.iter().any(is_of_request),
        NodeKind::List(items) => items.iter().any(is_of_request),
        _ => false,
    }
}
