//! Rust as plain spanned data: what `syn` gives, reduced to what extraction asks of it.
//!
//! Shared borrows, parentheses, groups and casts are seen through: `&x as &str` is `x`. Macro bodies are
//! parsed where their shape is known, so that a fact inside `format!` or `json!` is not lost.

use smol_str::SmolStr;

use crate::ir::Span;

/// A file, or what could be read of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RustTree {
    /// Items in source order. Statements outside any function (a snippet) are an unnamed function.
    pub items: Vec<Item>,
}

/// A name and its place.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Name {
    /// The name, without `r#`.
    pub text: SmolStr,
    /// Where it stands.
    pub span: Span,
}

/// A path with the type arguments of its segments: `serde_json::from_str::<Claims>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Path {
    /// The names.
    pub names: Vec<SmolStr>,
    /// Type arguments of any segment, in order.
    pub types: Vec<Type>,
    /// From the first name to the last token.
    pub span: Span,
}

/// An item with its attributes.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// `#[…]` on it.
    pub attrs: Vec<Attr>,
    /// What it is.
    pub kind: ItemKind,
}

/// The forms of an [`Item`].
#[derive(Debug, Clone, PartialEq)]
pub enum ItemKind {
    /// `use`, one entry a leaf.
    Use(Vec<Use>),
    /// `fn`.
    Function(Function),
    /// `const` and `static`.
    Const {
        /// Its name.
        name: Name,
        /// Its value.
        value: Expr,
    },
    /// `struct` and `union`.
    Struct {
        /// Its name.
        name: Name,
        /// Its fields.
        fields: Vec<Field>,
    },
    /// `enum`.
    Enum {
        /// Its name.
        name: Name,
        /// Its variants.
        variants: Vec<Variant>,
    },
    /// `impl` and `impl Trait for`.
    Impl {
        /// The trait.
        of: Option<Path>,
        /// The type.
        ty: Type,
        /// Methods and associated items.
        items: Vec<Item>,
    },
    /// `trait`.
    Trait {
        /// Its name.
        name: Name,
        /// Methods with their default bodies.
        items: Vec<Item>,
    },
    /// `type X = …`.
    Alias {
        /// Its name.
        name: Name,
        /// What it stands for.
        ty: Type,
    },
    /// `mod x { … }` and `mod x;` (no items).
    Module {
        /// Its name.
        name: Name,
        /// Its items.
        items: Vec<Item>,
    },
    /// A macro call in item position, and what is not listed above.
    Macro(MacroCall),
}

/// One leaf of a `use` tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Use {
    /// The name in this file; `*` for a glob.
    pub local: Name,
    /// The full path; of a glob, the module.
    pub path: Vec<SmolStr>,
    /// Whether it is `pub use`.
    pub public: bool,
}

/// An enum's variant.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Its attributes.
    pub attrs: Vec<Attr>,
    /// Its name.
    pub name: Name,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// A field of a struct or variant.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its attributes.
    pub attrs: Vec<Attr>,
    /// Its name; empty in a tuple.
    pub name: Name,
    /// Its type.
    pub ty: Type,
}

/// An attribute: `#[get("/x", auth)]`, `#[controller(path = "/x")]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Attr {
    /// Its path.
    pub path: Path,
    /// Its arguments; `#[doc = "x"]` has one.
    pub args: Vec<Arg>,
    /// The whole attribute.
    pub span: Span,
}

/// An argument of an attribute or macro.
#[derive(Debug, Clone, PartialEq)]
pub struct Arg {
    /// `name = value`; a dotted field of `tracing` keeps its dots.
    pub name: Option<SmolStr>,
    /// The value.
    pub value: Expr,
}

/// A type by its outermost name. References, slices of one type and parentheses are seen through.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Type {
    /// `Vec<u8>` is `["Vec"]`; a tuple is `["()"]`, a function pointer `["fn"]`, `impl X` and `dyn X` are `X`.
    pub names: Vec<SmolStr>,
    /// Type arguments; elements of a tuple or array.
    pub args: Vec<Type>,
    /// Where it stands.
    pub span: Span,
}

/// A function, method or closure.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Function {
    /// Its name; empty for a closure.
    pub name: Name,
    /// Whether other files may call it: `pub` of any visibility, or of a trait.
    pub public: bool,
    /// Its parameters without `self`.
    pub params: Vec<Param>,
    /// What it returns.
    pub returns: Option<Type>,
    /// Type parameters with their bounds: `S: Strategy`.
    pub bounds: Vec<(SmolStr, Vec<Type>)>,
    /// Its body; empty in a trait without default.
    pub body: Block,
    /// From `fn` to the closing brace.
    pub span: Span,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its attributes.
    pub attrs: Vec<Attr>,
    /// Its pattern.
    pub pat: Pat,
    /// Its type; of a closure often unknown.
    pub ty: Option<Type>,
}

/// A pattern by the names that it binds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pat {
    /// Names bound, in order.
    pub names: Vec<Name>,
    /// The outermost path of a struct, tuple-struct or unit pattern: `Some`, `Err`, `Role::Admin`.
    pub path: Vec<SmolStr>,
    /// Whether it is one plain name (`x`, `mut x`, `ref x`).
    pub plain: bool,
    /// Literals in it.
    pub literals: Vec<Expr>,
    /// Where it stands.
    pub span: Span,
}

/// `{ … }`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Block {
    /// Its statements.
    pub stmts: Vec<Stmt>,
    /// With its braces.
    pub span: Span,
}

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Stmt {
    /// `let`.
    Let {
        /// What it binds.
        pat: Pat,
        /// The written type.
        ty: Option<Type>,
        /// The value.
        value: Option<Expr>,
        /// `else { … }`.
        otherwise: Option<Block>,
    },
    /// An expression.
    Expr {
        /// The expression.
        expr: Expr,
        /// Whether a semicolon follows, so that it is not the block's value.
        semi: bool,
    },
    /// An item inside a block.
    Item(Item),
}

/// An expression and its place.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Expr {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// The forms of an [`Expr`].
#[derive(Debug, Clone, PartialEq, Default)]
pub enum ExprKind {
    /// A string; `inner` is its content without quotes.
    Str {
        /// Decoded.
        text: SmolStr,
        /// The content's place.
        inner: Span,
    },
    /// A byte string.
    Bytes(Vec<u8>),
    /// A number.
    Number(f64),
    /// A boolean.
    Bool(bool),
    /// A character.
    Char(char),
    /// A name.
    Path(Path),
    /// `f(x)`.
    Call {
        /// What is called.
        callee: Box<Expr>,
        /// Arguments.
        args: Vec<Expr>,
    },
    /// `x.f(y)`.
    Method {
        /// What it is called on.
        on: Box<Expr>,
        /// The method.
        name: Name,
        /// `::<T>`.
        types: Vec<Type>,
        /// Arguments.
        args: Vec<Expr>,
    },
    /// `x.f`.
    Field {
        /// The base.
        on: Box<Expr>,
        /// The field.
        name: Name,
    },
    /// `x[i]`.
    Index {
        /// The base.
        on: Box<Expr>,
        /// The index.
        index: Box<Expr>,
    },
    /// `S { a: 1, ..rest }`.
    Struct {
        /// The type.
        path: Path,
        /// Its fields.
        fields: Vec<(Name, Expr)>,
        /// `..rest`.
        rest: Option<Box<Expr>>,
    },
    /// `json!({ "k": v })`.
    Map(Vec<(Expr, Expr)>),
    /// `[a, b]`, `vec![a, b]`.
    List(Vec<Expr>),
    /// `[a; n]`, `vec![a; n]`.
    Repeat {
        /// The item.
        item: Box<Expr>,
        /// How often.
        len: Box<Expr>,
    },
    /// `(a, b)`.
    Tuple(Vec<Expr>),
    /// `!x`, `-x`, `*x`.
    Unary(Unary, Box<Expr>),
    /// `a + b`; compound assignments too.
    Binary {
        /// The operator as written: `+`, `==`, `+=`.
        op: &'static str,
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
    },
    /// `a = b`.
    Assign {
        /// Target.
        target: Box<Expr>,
        /// Value.
        value: Box<Expr>,
    },
    /// `{ … }`, `unsafe { … }`, `async { … }`.
    Block(Block),
    /// `if`.
    If {
        /// The condition.
        cond: Box<Expr>,
        /// The branch taken.
        then: Block,
        /// The other one.
        otherwise: Option<Box<Expr>>,
    },
    /// `let p = x` in a condition.
    Let {
        /// The pattern.
        pat: Pat,
        /// The value.
        value: Box<Expr>,
    },
    /// `match`.
    Match {
        /// What is matched.
        on: Box<Expr>,
        /// Its arms.
        arms: Vec<Arm>,
    },
    /// `for`, `while`, `loop`.
    Loop {
        /// What `for` binds.
        pat: Option<Pat>,
        /// What is iterated, or the condition.
        head: Option<Box<Expr>>,
        /// The body.
        body: Block,
    },
    /// `|x| …`.
    Closure(Box<Closure>),
    /// `return x`, `break x`.
    Return(Option<Box<Expr>>),
    /// `x?`.
    Try(Box<Expr>),
    /// `x.await`.
    Await(Box<Expr>),
    /// A macro call.
    Macro(Box<MacroCall>),
    /// Something not listed.
    #[default]
    Other,
}

/// A closure.
#[derive(Debug, Clone, PartialEq)]
pub struct Closure {
    /// Its parameters.
    pub params: Vec<Param>,
    /// Its body.
    pub body: Expr,
}

/// An arm of `match`.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// The pattern.
    pub pat: Pat,
    /// `if …`.
    pub guard: Option<Expr>,
    /// The body.
    pub body: Expr,
}

/// Unary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unary {
    /// `!`.
    Not,
    /// `-`.
    Neg,
    /// `*`.
    Deref,
    /// `&mut`: whoever gets it may change the operand.
    BorrowMut,
}

/// A macro call.
#[derive(Debug, Clone, PartialEq)]
pub struct MacroCall {
    /// Its path.
    pub path: Path,
    /// Arguments, where the body is a list of expressions.
    pub args: Vec<Arg>,
    /// Statements, where it is a block.
    pub stmts: Vec<Stmt>,
    /// Items, where it is that.
    pub items: Vec<Item>,
    /// The whole call.
    pub span: Span,
}

impl Expr {
    /// The string, if it is a string literal.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::Str { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The path, if it is one; `&mut x` is the path `x`.
    pub fn as_path(&self) -> Option<&Path> {
        match &self.kind {
            ExprKind::Path(path) => Some(path),
            ExprKind::Unary(Unary::BorrowMut, on) => on.as_path(),
            _ => None,
        }
    }
}

impl Path {
    /// The last name.
    pub fn last(&self) -> &str {
        self.names.last().map_or("", SmolStr::as_str)
    }

    /// The only name, if it is one.
    pub fn single(&self) -> Option<&str> {
        match self.names.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }
}

impl Type {
    /// The last name: `Json` of `axum::Json<T>`.
    pub fn last(&self) -> &str {
        self.names.last().map_or("", SmolStr::as_str)
    }
}

impl Attr {
    /// Whether the last name of its path is `name`.
    pub fn is(&self, name: &str) -> bool {
        self.path.last() == name
    }

    /// The value of a named argument.
    pub fn named(&self, name: &str) -> Option<&Expr> {
        self.args.iter().find(|arg| arg.name.as_deref() == Some(name)).map(|arg| &arg.value)
    }
}
