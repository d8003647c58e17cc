//! References to instances: what `aws_x.y`, `module.m` and their attributes stand for.

use std::rc::Rc;

use smol_str::SmolStr;

use super::eval::Scope;
use super::instance::Key;
use super::{Evaluator, Handle, Memo, access, functions};
use crate::ir::{Map, Node, NodeKind, Part, Piece, Ref, ResourceMode, Scope as NameScope, Span, Text};

impl Evaluator<'_> {
    /// `module.name`: the instance, or a list or map of them.
    pub(super) fn module_value(&mut self, module: usize, name: &str) -> Option<Node> {
        let config = self.modules[module].config;
        let index = config.calls.iter().position(|call| call.name == name)?;
        let keys: Vec<Key> = self.children(module, index)?.iter().map(|(key, _)| key.clone()).collect();
        let base = self.full(module, &format!("module.{name}"));
        let call = &config.calls[index];
        let many = call.value.get("count").is_some() || call.value.get("for_each").is_some();
        Some(group(&base, &keys, many, call.span))
    }

    /// `type.name`: the instance, or a list or map of them.
    pub(super) fn resource_value(&mut self, module: usize, address: &str) -> Option<Node> {
        let config = self.modules[module].config;
        let index = *config.by_address.get(address)?;
        let known = self.instances(module, index)?;
        Some(group(&self.full(module, address), &known.1, known.0, config.resources[index].0))
    }

    /// An attribute of an instance: what its block says, where that is known, else its name.
    pub(super) fn handle_attr(&mut self, address: &SmolStr, name: &str, span: Span) -> Node {
        let unresolved = || Node::new(span, NodeKind::Ref(Ref::new(NameScope::Hcl, [address.as_str(), name])));
        match self.handles.get(address).cloned() {
            Some(Handle::Module(child)) => self.output(child, name, span),
            Some(Handle::Resource { module, index, key }) => {
                let resource = &self.modules[module].config.resources[index].1;
                let name = match (resource.ty.as_str(), name) {
                    // What the provider only hands through.
                    ("terraform_data", "output") => "input",
                    ("template_file", "rendered") => return self.template_file(module, index, &key).unwrap_or_else(unresolved),
                    ("local_file" | "local_sensitive_file", "content") if resource.mode == ResourceMode::Data => {
                        return self.local_file(module, index, &key).unwrap_or_else(unresolved);
                    }
                    ("aws_ami", "id" | "image_id") | ("aws_ssm_parameter", "value" | "insecure_value")
                        if resource.mode == ResourceMode::Data =>
                    {
                        return self.looked_up(module, index, &key, unresolved());
                    }
                    _ => name,
                };
                let Some(value) = resource.attrs.get(name).filter(|_| !(name == "id" || name == "arn")) else { return unresolved() };
                let slot = (address.clone(), SmolStr::new(name));
                let known = match self.attrs.get(&slot) {
                    Some(Memo::Done(value)) => Node::clone(value),
                    Some(Memo::Running) => return unresolved(),
                    None => {
                        self.attrs.insert(slot.clone(), Memo::Running);
                        let value = self.eval(value, Scope { module, key: &key, frame: None });
                        self.attrs.insert(slot, Memo::Done(Rc::new(value.clone())));
                        value
                    }
                };
                match known.kind {
                    NodeKind::Null | NodeKind::Unknown(_) | NodeKind::Op(..) | NodeKind::Ref(_) => unresolved(),
                    NodeKind::Text(ref text) if text.has_holes() => unresolved(),
                    _ => known,
                }
            }
            Some(Handle::Absent) | None => unresolved(),
        }
    }

    /// `content` of `data "local_file"`: the file, if it is in the scan.
    fn local_file(&mut self, module: usize, index: usize, key: &Key) -> Option<Node> {
        let attrs = &self.modules[module].config.resources[index].1.attrs;
        let name = self.eval(attrs.get("filename")?, Scope { module, key, frame: None });
        functions::read(self, name.as_str()?)
    }

    /// What the provider looks up by a name: that name, followed by `found` as a hole, so that a rule sees which
    /// image it is (`al2023-ami-*`) and nothing takes it for the value.
    fn looked_up(&mut self, module: usize, index: usize, key: &Key, found: Node) -> Node {
        let attrs = &self.modules[module].config.resources[index].1.attrs;
        let is_name = |filter: &&Node| filter.get("name").and_then(Node::as_str) == Some("name");
        let filters = attrs.get("filter").map(Node::one_or_many).unwrap_or_default();
        let by_filter = filters.into_iter().find(is_name).and_then(|filter| filter.get("values"));
        let Some(name) = by_filter.or_else(|| attrs.get("name_regex")).or_else(|| attrs.get("name")) else { return found };
        let name = self.eval(name, Scope { module, key, frame: None });
        let known = name.one_or_many().first().and_then(|name| name.as_text()?.known());
        let Some(known) = known else { return found };
        let span = found.span;
        let mut text = Text::lit(known.as_ref(), span);
        text.pieces.push(Piece { span, part: Part::Hole(Box::new(found)) });
        Node::new(span, NodeKind::Text(text))
    }

    /// `rendered` of a `template_file`: its template with its variables.
    fn template_file(&mut self, module: usize, index: usize, key: &Key) -> Option<Node> {
        let attrs = &self.modules[module].config.resources[index].1.attrs;
        let scope = Scope { module, key, frame: None };
        let text = self.eval(attrs.get("template")?, scope);
        let vars = attrs.get("vars").map(|vars| self.eval(vars, scope));
        let template = crate::lower::embedded::template_in(text.as_text()?)?;
        let names = vars.as_ref().and_then(access::iterate).unwrap_or_default();
        Some(functions::with_names(self, &template, &names, module))
    }
}

/// Instances as a value: one, a list by index, or a map by key.
fn group(base: &str, keys: &[Key], many: bool, span: Span) -> Node {
    let handle = |key: &Key| Node::new(span, NodeKind::Ref(Ref::new(NameScope::Hcl, [key.address(base)])));
    let kind = match keys.first() {
        Some(Key::Single | Key::Unknown) if !many || matches!(keys[0], Key::Unknown) => return handle(&keys[0]),
        Some(Key::Item(..)) => {
            let mut map = Map::default();
            for key in keys {
                if let Key::Item(name, _) = key {
                    map.push(name.clone(), span, handle(key));
                }
            }
            NodeKind::Map(map)
        }
        _ => NodeKind::List(keys.iter().map(handle).collect()),
    };
    Node::new(span, kind)
}
