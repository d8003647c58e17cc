//! What calls change: variables that are handed over to be written to.

use smol_str::SmolStr;

use super::{Eval, is_of_request};
use crate::extract::rust::chain::Chain;
use crate::extract::rust::{sinks, sites};
use crate::ir::{Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Span, Text, Tri, Why};
use crate::parse::rust::{Expr, ExprKind, Unary};

impl Eval<'_, '_> {
    /// Whoever gets `&mut x` may have changed it: `rng.fill_bytes(&mut key)`, `stdin.read_line(&mut name)`.
    pub(super) fn change(&mut self, args: &[Expr], by: Option<(&str, &Node)>) {
        // A hasher that is fed stays the hasher that it is.
        if by.is_some_and(|(name, _)| name == "hash") {
            return;
        }
        for arg in args {
            let Some(index) = self.changed(arg) else { continue };
            let local = &self.locals[index];
            if sites::is_known(&local.value)
                || is_of_request(&local.value)
                || matches!(&local.value.kind, NodeKind::Ref(name) if name.path.len() == 1 && name.first().starts_with("router@"))
            {
                continue;
            }
            let weak = by.filter(|(name, _)| name.contains("fill")).and_then(|(_, rng)| Some((rng, sinks::weak_random(rng, 8)?)));
            if let Some((_, generator)) = weak
                && let Some(label) = local.secret.clone().or_else(|| sinks::unguessable(&local.name))
            {
                self.add_sinks(vec![weak_random(label, generator)], generator);
            }
            let read = by.filter(|(name, _)| name.starts_with("read"));
            let value = match (read, weak) {
                (Some((_, reader)), _) if is_of_request(reader) => reader.clone(),
                (Some((_, reader)), _)
                    if Chain::of(reader).constructor().is_some_and(|call| call.callee.names().contains(&"TcpStream")) =>
                {
                    Node::new(arg.span, NodeKind::Ref(Ref::new(Scope::Request, ["response", "read"])))
                }
                (None, Some((rng, _))) => rng.clone(),
                // What is only looked at by a reader of another kind is not known.
                _ => Node::unknown(Why::Opaque, arg.span),
            };
            let is_text_that_grows = read.is_none() && self.locals[index].value.as_text().is_some_and(Text::has_holes);
            if !is_text_that_grows {
                self.set(Some(index), value);
            }
        }
    }

    /// Guessable numbers under the name of a secret: `Invite { token: code }`, `json!({ "token": code })`.
    pub(super) fn random_under(&mut self, name: &str, value: &Node) {
        if matches!(value.kind, NodeKind::Call(_) | NodeKind::Text(_))
            && let Some(label) = sinks::unguessable(name)
            && sinks::weak_random(value, 12).is_some()
        {
            self.add_sinks(vec![weak_random(label, value.span)], value.span);
        }
    }

    /// A secret that grows by guessable numbers: `token.push(ALPHABET[rng.gen_range(0..36)])`.
    pub(super) fn grown(&mut self, variable: Option<usize>, method: &str, added: &[Node]) {
        let grows = |_: &usize| matches!(method, "push" | "push_str" | "extend" | "extend_from_slice" | "insert_str" | "+=");
        let Some(local) = variable.filter(grows).map(|at| &self.locals[at]) else { return };
        if let Some(generator) = added.last().and_then(|added| sinks::weak_random(added, 8))
            && let Some(label) = local.secret.clone().or_else(|| sinks::unguessable(&local.name))
        {
            self.add_sinks(vec![weak_random(label, generator)], generator);
        }
    }

    /// The variable that an argument lets others change: `&mut x`, `&mut x[..]`, `x.as_mut()`.
    pub(super) fn changed(&self, arg: &Expr) -> Option<usize> {
        match &arg.kind {
            ExprKind::Unary(Unary::BorrowMut, on) => self.base(on),
            ExprKind::Method { on, name, .. }
                if matches!(name.text.as_str(), "as_mut" | "as_mut_slice" | "by_ref" | "iter_mut" | "as_mut_ptr") =>
            {
                self.base(on)
            }
            _ => None,
        }
    }

    /// The variable that an expression is a part of.
    pub(super) fn base(&self, expr: &Expr) -> Option<usize> {
        match &expr.kind {
            ExprKind::Method { on, name, .. } if matches!(name.text.as_str(), "as_mut" | "as_mut_slice" | "get_mut") => self.base(on),
            ExprKind::Index { on, .. } | ExprKind::Unary(Unary::Deref | Unary::BorrowMut, on) => self.base(on),
            _ => self.variable(expr),
        }
    }
}

/// Guessable numbers in what bears the name of a secret.
pub(super) fn weak_random(label: SmolStr, span: Span) -> Sink {
    let value = Node::new(span, NodeKind::Null);
    let callee = Ref::new(Scope::Local, ["random"]);
    Sink { kind: SinkKind::Random, callee, parts: vec![SinkPart::new(value, Tri::No, label)], options: None }
}
