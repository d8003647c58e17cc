//! Names in a value replaced by what they turn out to stand for.

use super::{Entry, Node, NodeKind, Op, Part, Ref, Scope, Why};

impl Node {
    /// A member of this value: what an object holds, a longer name of a name.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        if let Some(map) = self.as_map() {
            return map.get(name).cloned().unwrap_or_else(|| Self::unknown(Why::Opaque, self.span));
        }
        let kind = match &self.kind {
            NodeKind::Ref(base) => NodeKind::Ref(base.child(name)),
            _ => NodeKind::Op(Op::Attr, vec![self.clone(), Self::text(name, self.span)]),
        };
        Self { span: self.span, via: self.via.clone(), kind }
    }

    /// Puts `with` in the place of every `name` in this value, `depth` levels down at the most.
    pub fn replace(&mut self, name: &Ref, with: &Self, depth: u32) {
        if depth == 0 {
            return;
        }
        let depth = depth - 1;
        match &mut self.kind {
            NodeKind::Ref(found) if found == name => self.kind = with.kind.clone(),
            NodeKind::Ref(found) if found.scope == name.scope && found.path.starts_with(&name.path) => {
                let rest = &found.path[name.path.len()..];
                self.kind = rest.iter().fold(with.clone(), |base, member| base.member(member)).kind;
            }
            NodeKind::Call(call) => {
                // A method of it is one of what it stands for.
                let path = &call.callee.path;
                if call.callee.scope == name.scope
                    && path.len() > name.path.len()
                    && path.starts_with(&name.path)
                    && call.receiver.is_none()
                {
                    let method = call.callee.last().to_owned();
                    let between = &path[name.path.len()..path.len() - 1];
                    let base = between.iter().fold(with.clone(), |base, member| base.member(member));
                    call.receiver = Some(base);
                    call.callee = Ref::new(Scope::Global, [method]);
                    return;
                }
                self.each_part_mut(&mut |part| part.replace(name, with, depth));
            }
            _ => self.each_part_mut(&mut |part| part.replace(name, with, depth)),
        }
    }

    /// Visits the values that this one is put together of, not those in them.
    pub fn each_part_mut(&mut self, visit: &mut impl FnMut(&mut Self)) {
        match &mut self.kind {
            NodeKind::Text(text) => {
                for piece in &mut text.pieces {
                    if let Part::Hole(hole) = &mut piece.part {
                        visit(hole);
                    }
                }
            }
            NodeKind::List(items) | NodeKind::Op(_, items) => items.iter_mut().for_each(visit),
            NodeKind::Map(map) => {
                for entry in &mut map.entries {
                    match entry {
                        Entry::Pair { value, .. } | Entry::Computed { value, .. } | Entry::Spread(value) => visit(value),
                    }
                }
            }
            NodeKind::Call(call) => call.receiver.iter_mut().chain(&mut call.args).for_each(visit),
            _ => {}
        }
    }
}
