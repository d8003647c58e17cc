//! Which expressions hold a secret, by the names in them: a value is what its name says, through
//! everything that only changes its form.

use smol_str::SmolStr;

use crate::ir::{Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::parse::rust::{Arg, Attr, Expr, ExprKind, Function, MacroCall, Type, Unary};

use super::request::content;
use super::{Eval, Local};

impl Eval<'_, '_> {
    /// The name of the secret that an expression holds.
    pub(super) fn secret_of(&self, expr: &Expr) -> Option<SmolStr> {
        match &expr.kind {
            ExprKind::Path(path) => {
                let name = path.single()?;
                match self.locals.iter().rev().find(|local| local.name == name) {
                    Some(local) if local.plain => None,
                    Some(local) => local.secret.clone().or_else(|| self.named_secret(name)),
                    None => self.named_secret(name),
                }
            }
            ExprKind::Field { on, name } if name.text.starts_with(|char: char| char.is_ascii_digit()) => self.secret_of(on),
            // `config.password` of a type that prints itself as stars.
            ExprKind::Field { name, .. } => self.named_secret(&name.text).filter(|_| !self.type_of(expr).is_some_and(super::hides_itself)),
            ExprKind::Method { on, name, args, .. } => match name.text.as_str() {
                "expose_secret" | "expose_secret_mut" | "reveal" | "unsecure" => {
                    let hidden = || self.type_of(on).filter(|ty| super::hides_itself(ty)).and(on.as_path()?.single()).map(SmolStr::new);
                    let named = || match &on.kind {
                        ExprKind::Field { name, .. } => self.named_secret(&name.text),
                        _ => self.named_secret(on.as_path()?.single()?),
                    };
                    self.secret_of(on).or_else(named).or_else(hidden)
                }
                name if keeps(name) => self.secret_of(on),
                "map" | "and_then" | "join" | "concat" | "unwrap_or" | "unwrap_or_else" | "unwrap_or_default" | "expect" | "replace"
                | "ok_or" | "context" => self.secret_of(on),
                // A getter.
                name if args.is_empty() => self.named_secret(name).filter(|_| !makes_harmless(name)),
                _ => None,
            },
            ExprKind::Call { callee, args } => {
                let path = callee.as_path()?;
                match (path.last(), args.as_slice()) {
                    ("var" | "var_os", [key]) => key.as_str().and_then(|key| self.named_secret(key).or_else(|| token_in_environment(key))),
                    ("Some" | "Ok" | "from" | "new" | "from_utf8" | "from_utf8_lossy" | "encode", [only]) => self.secret_of(only),
                    (name, []) if !makes_harmless(name) => self.named_secret(name),
                    (name, _)
                        if name.starts_with("get_")
                            || name.starts_with("read_")
                            || name.starts_with("prompt_")
                            || name.starts_with("load_") =>
                    {
                        self.named_secret(name).filter(|_| !makes_harmless(name))
                    }
                    _ => None,
                }
            }
            ExprKind::Macro(call)
                if matches!(call.path.last(), "format" | "concat" | "format_args" | "params" | "named_params" | "vec" | "doc") =>
            {
                self.secret_in_macro(call, false)
            }
            ExprKind::Binary { op: "+", left, right } => self.secret_of(left).or_else(|| self.secret_of(right)),
            // A part of it, as masks show: `&number[number.len() - 4..]`.
            ExprKind::Index { index, .. } if matches!(&index.kind, ExprKind::Tuple(ends) if !ends.is_empty()) => None,
            ExprKind::Unary(Unary::Deref | Unary::BorrowMut, on) | ExprKind::Try(on) | ExprKind::Await(on) | ExprKind::Index { on, .. } => {
                self.secret_of(on)
            }
            ExprKind::List(items) | ExprKind::Tuple(items) => items.iter().find_map(|item| self.secret_of(item)),
            ExprKind::Map(pairs) => pairs.iter().find_map(|(key, value)| match (key.as_str(), &value.kind) {
                (_, ExprKind::Str { .. } | ExprKind::Bool(_) | ExprKind::Number(_)) => None,
                (Some(key), _) => self.secret_of(value).or_else(|| self.named_secret(key)),
                _ => self.secret_of(value),
            }),
            ExprKind::Block(block) => match block.stmts.last()? {
                crate::parse::rust::Stmt::Expr { expr, semi: false } => self.secret_of(expr),
                _ => None,
            },
            _ => None,
        }
    }

    /// The secret among a macro's arguments: those named in the format too (`{password}`), and fields of a
    /// struct that derives `Debug` when it is printed whole.
    pub(super) fn secret_in_macro(&self, call: &MacroCall, log: bool) -> Option<SmolStr> {
        let format = call.args.iter().find_map(|arg| arg.value.as_str().filter(|_| arg.name.is_none()));
        let captured = || {
            captures(format?).find_map(|(name, _)| match self.local(name) {
                Some(local) if local.plain => None,
                Some(local) => local.secret.clone().or_else(|| self.named_secret(name)),
                None => self.named_secret(name),
            })
        };
        let values = call.args.iter().filter(|arg| arg.value.as_str().is_none());
        let printed = || self.shown_whole(call).into_iter().find_map(|ty| self.names.printed(ty));
        values.into_iter().find_map(|arg| self.secret_of(&arg.value)).or_else(captured).or_else(|| printed().filter(|_| log))
    }

    /// The types of what a macro shows by `Debug`, where they are known.
    pub(super) fn shown_whole(&self, call: &MacroCall) -> Vec<&Type> {
        let format = call.args.iter().find_map(|arg| arg.value.as_str().filter(|_| arg.name.is_none())).unwrap_or_default();
        let prints = call.path.last() == "dbg" || format.contains(":?") || format.contains(":#?");
        // `info!(?login, "failed")`: what stands before the message is a field, shown by `Debug`.
        let message = call.args.iter().position(|arg| arg.name.is_none() && arg.value.as_str().is_some()).unwrap_or(0);
        let values = call.args.iter().enumerate().filter(|(at, arg)| arg.value.as_str().is_none() && (prints || *at < message));
        let captured = captures(format).filter(|(_, debug)| *debug).filter_map(|(name, _)| self.local(name)?.ty.as_ref());
        let types = values.filter_map(|(_, arg)| self.type_of(&arg.value)).chain(captured);
        types.map(content).collect()
    }

    fn local(&self, name: &str) -> Option<&Local> {
        self.locals.iter().rev().find(|local| local.name == name)
    }

    /// `#[instrument]` writes down what a function is handed, all of it that `skip` does not name.
    pub(super) fn recorded(&mut self, function: &Function, attrs: &[Attr]) {
        let Some(attr) = attrs.iter().find(|attr| attr.is("instrument")) else { return };
        let names = |arg: &Arg, word: &str| matches!(&arg.value.kind, ExprKind::Path(path) if path.single() == Some(word));
        if attr.args.iter().any(|arg| names(arg, "skip_all")) {
            return;
        }
        let skipped = attr.args.iter().filter_map(|arg| match &arg.value.kind {
            ExprKind::Call { callee, args } if callee.as_path().is_some_and(|path| path.last() == "skip") => Some(args),
            _ => None,
        });
        let skipped: Vec<&str> = skipped.flatten().filter_map(|name| name.as_path()?.single()).collect();
        let shown = function.params.iter().flat_map(|param| param.pat.names.iter().map(move |name| (param, name)));
        let secret = shown.filter(|(_, name)| !skipped.contains(&name.text.as_str())).find_map(|(param, name)| {
            let ty = param.ty.as_ref().filter(|ty| !super::hides_itself(ty) && !super::is_no_text(ty))?;
            let is_text = matches!(content(ty).last(), "String" | "str" | "Cow");
            let label = self.named_secret(&name.text).filter(|_| is_text).or_else(|| self.names.printed(content(ty)))?;
            Some((label, name.span))
        });
        if let Some((label, span)) = secret {
            let part = SinkPart::new(Node::new(span, NodeKind::Null), Tri::Yes, label);
            let sink =
                Sink { kind: SinkKind::Log, callee: Ref::new(Scope::Rust, ["tracing", "instrument"]), parts: vec![part], options: None };
            self.add_sinks(vec![sink], span);
            return;
        }
        let types = function.params.iter().filter(|param| param.pat.names.iter().any(|name| !skipped.contains(&name.text.as_str())));
        let types = types.filter_map(|param| Some(self.names.ty(content(param.ty.as_ref()?), self.self_type))).collect();
        self.shown_elsewhere(types, function.name.span);
    }

    /// Whether a name says that it holds a secret. A bare `token` is one where somebody logs in; elsewhere it
    /// is a word of a parser.
    pub(super) fn named_secret(&self, name: &str) -> Option<SmolStr> {
        self.names.names_secret(name).then(|| name.into())
    }
}

/// Methods that give the value in another form.
fn keeps(name: &str) -> bool {
    super::calls::is_transparent_method(name)
        || matches!(
            name,
            "expose_secret"
                | "secret"
                | "unwrap"
                | "expect"
                | "as_deref"
                | "to_string_lossy"
                | "display"
                | "chars"
                | "bytes"
                | "reveal"
                | "unsecure"
                | "iter"
                | "unwrap_or_default"
                | "to_str"
                | "escape_debug"
                | "escape_default"
                | "as_mut_str"
                | "lines"
                | "next"
                | "get"
                | "first"
        )
}

/// Functions whose names say that nothing secret is left.
fn makes_harmless(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["hash", "encrypt", "mask", "redact", "len", "verify", "check", "is_", "has_", "validate", "strength", "generate", "hint"]
        .iter()
        .any(|word| lower.contains(word))
}

/// The names in a format's braces, and whether they are shown by `Debug`.
fn captures(format: &str) -> impl Iterator<Item = (&str, bool)> {
    placeholders(format).filter(|(name, _)| !name.is_empty() && !name.starts_with(|char: char| char.is_ascii_digit()))
}

/// What stands in a format's braces: a name, a position or nothing; and whether it is shown by `Debug`.
pub(super) fn placeholders(format: &str) -> impl Iterator<Item = (&str, bool)> + Clone {
    let mut rest = format;
    std::iter::from_fn(move || {
        loop {
            let open = rest.find('{')?;
            let after = &rest[open + 1..];
            if let Some(doubled) = after.strip_prefix('{') {
                rest = doubled;
                continue;
            }
            let close = after.find('}')?;
            rest = &after[close + 1..];
            let (name, spec) = after[..close].split_once(':').unwrap_or((&after[..close], ""));
            return Some((name.trim(), spec.contains('?')));
        }
    })
}

/// `GITHUB_TOKEN`: what an environment calls a token lets its bearer in.
fn token_in_environment(key: &str) -> Option<SmolStr> {
    key.ends_with("_TOKEN").then(|| key.into())
}
