//! Items and types from `syn`.

use smol_str::SmolStr;
use syn::spanned::Spanned;

use super::{Attr, Field, Function, Item, ItemKind, Lower, Name, Param, Pat, Path, Type, Use, Variant, text};
use crate::ir::Span;

impl Lower<'_> {
    /// One item; none for those that hold nothing of interest.
    pub(super) fn item(&self, item: &syn::Item) -> Option<Item> {
        let (attrs, kind) = match item {
            syn::Item::Use(it) => {
                let mut leaves = Vec::new();
                let public = !matches!(it.vis, syn::Visibility::Inherited);
                self.use_tree(&it.tree, &mut Vec::new(), public, &mut leaves);
                (&it.attrs, ItemKind::Use(leaves))
            }
            syn::Item::Fn(it) => (&it.attrs, ItemKind::Function(self.function(&it.sig, is_public(&it.vis), Some(&it.block)))),
            syn::Item::Const(it) => (&it.attrs, ItemKind::Const { name: self.name(&it.ident), value: self.expr(&it.expr) }),
            syn::Item::Static(it) => (&it.attrs, ItemKind::Const { name: self.name(&it.ident), value: self.expr(&it.expr) }),
            syn::Item::Struct(it) => (&it.attrs, ItemKind::Struct { name: self.name(&it.ident), fields: self.fields(&it.fields) }),
            syn::Item::Enum(it) => {
                let variants = it.variants.iter().map(|variant| Variant {
                    attrs: self.attrs(&variant.attrs),
                    name: self.name(&variant.ident),
                    fields: self.fields(&variant.fields),
                });
                (&it.attrs, ItemKind::Enum { name: self.name(&it.ident), variants: variants.collect() })
            }
            syn::Item::Impl(it) => {
                let of = it.trait_.as_ref().map(|(_, path, _)| self.path(path));
                let items = it.items.iter().filter_map(|item| self.impl_item(item, of.is_some())).collect();
                (&it.attrs, ItemKind::Impl { of, ty: self.ty(&it.self_ty), items })
            }
            syn::Item::Trait(it) => {
                let items = it.items.iter().filter_map(|item| self.trait_item(item)).collect();
                (&it.attrs, ItemKind::Trait { name: self.name(&it.ident), items })
            }
            syn::Item::Type(it) => (&it.attrs, ItemKind::Alias { name: self.name(&it.ident), ty: self.ty(&it.ty) }),
            syn::Item::Mod(it) => {
                let items = it.content.iter().flat_map(|(_, items)| items).filter_map(|item| self.item(item)).collect();
                (&it.attrs, ItemKind::Module { name: self.name(&it.ident), items })
            }
            syn::Item::Macro(it) if it.mac.path.is_ident("macro_rules") => return None,
            syn::Item::Macro(it) => (&it.attrs, ItemKind::Macro(self.macro_call(&it.mac))),
            _ => return None,
        };
        Some(Item { attrs: self.attrs(attrs), kind })
    }

    fn impl_item(&self, item: &syn::ImplItem, of_trait: bool) -> Option<Item> {
        let (attrs, kind) = match item {
            syn::ImplItem::Fn(it) => {
                (&it.attrs, ItemKind::Function(self.function(&it.sig, of_trait || is_public(&it.vis), Some(&it.block))))
            }
            syn::ImplItem::Const(it) => (&it.attrs, ItemKind::Const { name: self.name(&it.ident), value: self.expr(&it.expr) }),
            syn::ImplItem::Type(it) => (&it.attrs, ItemKind::Alias { name: self.name(&it.ident), ty: self.ty(&it.ty) }),
            syn::ImplItem::Macro(it) => (&it.attrs, ItemKind::Macro(self.macro_call(&it.mac))),
            _ => return None,
        };
        Some(Item { attrs: self.attrs(attrs), kind })
    }

    fn trait_item(&self, item: &syn::TraitItem) -> Option<Item> {
        match item {
            syn::TraitItem::Fn(it) => {
                let kind = ItemKind::Function(self.function(&it.sig, true, it.default.as_ref()));
                Some(Item { attrs: self.attrs(&it.attrs), kind })
            }
            _ => None,
        }
    }

    fn use_tree(&self, tree: &syn::UseTree, prefix: &mut Vec<SmolStr>, public: bool, leaves: &mut Vec<Use>) {
        let mut leaf = |local: Name, path: Vec<SmolStr>| leaves.push(Use { local, path, public });
        match tree {
            syn::UseTree::Path(it) => {
                prefix.push(text(&it.ident));
                self.use_tree(&it.tree, prefix, public, leaves);
                prefix.pop();
            }
            syn::UseTree::Group(it) => it.items.iter().for_each(|tree| self.use_tree(tree, prefix, public, leaves)),
            syn::UseTree::Name(it) if it.ident == "self" => {
                let local = Name { text: prefix.last().cloned().unwrap_or_default(), span: self.span(it.ident.span()) };
                leaf(local, prefix.clone());
            }
            syn::UseTree::Name(it) => leaf(self.name(&it.ident), [prefix.as_slice(), &[text(&it.ident)]].concat()),
            syn::UseTree::Rename(it) => {
                let mut path = prefix.clone();
                if it.ident != "self" {
                    path.push(text(&it.ident));
                }
                leaf(self.name(&it.rename), path);
            }
            syn::UseTree::Glob(it) => leaf(Name { text: "*".into(), span: self.span(it.star_token.spans[0]) }, prefix.clone()),
        }
    }

    fn fields(&self, fields: &syn::Fields) -> Vec<Field> {
        let field = |field: &syn::Field| Field {
            attrs: self.attrs(&field.attrs),
            name: field.ident.as_ref().map(|ident| self.name(ident)).unwrap_or_default(),
            ty: self.ty(&field.ty),
        };
        fields.iter().map(field).collect()
    }

    fn function(&self, sig: &syn::Signature, public: bool, body: Option<&syn::Block>) -> Function {
        let start = self.span(sig.fn_token.span);
        let params = sig.inputs.iter().filter_map(|input| match input {
            syn::FnArg::Typed(it) => Some(Param { attrs: self.attrs(&it.attrs), pat: self.pat(&it.pat), ty: Some(self.ty(&it.ty)) }),
            syn::FnArg::Receiver(_) => None,
        });
        let mut bounds: Vec<(SmolStr, Vec<Type>)> = Vec::new();
        for param in sig.generics.type_params() {
            bounds.push((text(&param.ident), param.bounds.iter().filter_map(|bound| self.bound(bound)).collect()));
        }
        for predicate in sig.generics.where_clause.iter().flat_map(|clause| &clause.predicates) {
            if let syn::WherePredicate::Type(it) = predicate {
                let bounded = self.ty(&it.bounded_ty);
                bounds.push((bounded.last().into(), it.bounds.iter().filter_map(|bound| self.bound(bound)).collect()));
            }
        }
        let body = body.map(|block| self.block(block)).unwrap_or_default();
        Function {
            name: self.name(&sig.ident),
            public,
            params: params.collect(),
            returns: match &sig.output {
                syn::ReturnType::Type(_, ty) => Some(self.ty(ty)),
                syn::ReturnType::Default => None,
            },
            bounds,
            span: if body.span.is_empty() { start.to(self.span(sig.paren_token.span.close())) } else { start.to(body.span) },
            body,
        }
    }

    fn bound(&self, bound: &syn::TypeParamBound) -> Option<Type> {
        match bound {
            syn::TypeParamBound::Trait(it) => Some(self.path_type(&it.path)),
            _ => None,
        }
    }

    pub(super) fn attrs(&self, attrs: &[syn::Attribute]) -> Vec<Attr> {
        attrs.iter().filter(|attr| !attr.path().is_ident("doc")).map(|attr| self.attr(attr)).collect()
    }

    fn attr(&self, attr: &syn::Attribute) -> Attr {
        let path = self.path(attr.path());
        let args = match &attr.meta {
            syn::Meta::Path(_) => Vec::new(),
            syn::Meta::List(list) => self.args(list.tokens.clone()),
            syn::Meta::NameValue(pair) => vec![super::Arg { name: None, value: self.expr(&pair.value) }],
        };
        let span = self.span(attr.pound_token.spans[0]).to(self.span(attr.bracket_token.span.close()));
        Attr { path, args, span }
    }

    pub(super) fn path(&self, path: &syn::Path) -> Path {
        let mut lowered = Path::default();
        for (at, segment) in path.segments.iter().enumerate() {
            let here = self.span(segment.ident.span());
            lowered.names.push(text(&segment.ident));
            lowered.span = if at == 0 { here } else { lowered.span.to(here) };
            if let Some(end) = self.path_types(&segment.arguments, &mut lowered.types) {
                lowered.span = lowered.span.to(end);
            }
        }
        lowered
    }

    fn path_types(&self, arguments: &syn::PathArguments, types: &mut Vec<Type>) -> Option<Span> {
        match arguments {
            syn::PathArguments::None => None,
            syn::PathArguments::AngleBracketed(it) => {
                types.extend(it.args.iter().filter_map(|argument| self.type_argument(argument)));
                Some(self.span(it.gt_token.spans[0]))
            }
            syn::PathArguments::Parenthesized(it) => {
                types.extend(it.inputs.iter().map(|ty| self.ty(ty)));
                Some(self.span(it.paren_token.span.close()))
            }
        }
    }

    pub(super) fn type_argument(&self, argument: &syn::GenericArgument) -> Option<Type> {
        match argument {
            syn::GenericArgument::Type(ty) => Some(self.ty(ty)),
            syn::GenericArgument::AssocType(it) => Some(self.ty(&it.ty)),
            _ => None,
        }
    }

    pub(super) fn path_type(&self, path: &syn::Path) -> Type {
        let Path { names, types, span } = self.path(path);
        Type { names, args: types, span }
    }

    pub(super) fn ty(&self, ty: &syn::Type) -> Type {
        let shaped = |name: &str, args: Vec<Type>, span| Type { names: vec![name.into()], args, span };
        match ty {
            syn::Type::Path(it) => {
                let mut lowered = self.path_type(&it.path);
                if let Some(of) = &it.qself {
                    lowered.args.push(self.ty(&of.ty));
                }
                lowered
            }
            syn::Type::Reference(it) => self.ty(&it.elem),
            syn::Type::Paren(it) => self.ty(&it.elem),
            syn::Type::Group(it) => self.ty(&it.elem),
            syn::Type::Ptr(it) => self.ty(&it.elem),
            syn::Type::Slice(it) => shaped("[]", vec![self.ty(&it.elem)], self.span(it.bracket_token.span.join())),
            syn::Type::Array(it) => shaped("[]", vec![self.ty(&it.elem)], self.span(it.bracket_token.span.join())),
            syn::Type::Tuple(it) => shaped("()", it.elems.iter().map(|ty| self.ty(ty)).collect(), self.span(it.paren_token.span.join())),
            syn::Type::ImplTrait(it) => it.bounds.iter().find_map(|bound| self.bound(bound)).unwrap_or_default(),
            syn::Type::TraitObject(it) => it.bounds.iter().find_map(|bound| self.bound(bound)).unwrap_or_default(),
            syn::Type::BareFn(it) => shaped("fn", it.inputs.iter().map(|arg| self.ty(&arg.ty)).collect(), self.span(it.fn_token.span)),
            syn::Type::Never(it) => shaped("!", Vec::new(), self.span(it.bang_token.spans[0])),
            syn::Type::Infer(it) => shaped("_", Vec::new(), self.span(it.underscore_token.spans[0])),
            _ => Type::default(),
        }
    }

    pub(super) fn pat(&self, pat: &syn::Pat) -> Pat {
        // Patterns are small: joining their tokens for a span costs little.
        let mut lowered = Pat { span: self.span(pat.span()), ..Pat::default() };
        if let syn::Pat::Type(typed) = pat {
            return self.pat(&typed.pat);
        }
        lowered.plain = matches!(pat, syn::Pat::Ident(ident) if ident.subpat.is_none());
        self.add_pat(pat, &mut lowered, true);
        lowered
    }

    fn add_pat(&self, pat: &syn::Pat, to: &mut Pat, outermost: bool) {
        let mut enter = |path: &syn::Path| {
            if outermost {
                to.path = self.path(path).names;
            }
        };
        match pat {
            syn::Pat::Ident(it) => {
                to.names.push(self.name(&it.ident));
                if let Some((_, inner)) = &it.subpat {
                    self.add_pat(inner, to, outermost);
                }
            }
            syn::Pat::Lit(it) => to.literals.push(self.literal(&it.lit)),
            syn::Pat::Range(it) => to.literals.extend(it.start.iter().chain(&it.end).map(|end| self.expr(end))),
            syn::Pat::Path(it) => enter(&it.path),
            syn::Pat::TupleStruct(it) => {
                enter(&it.path);
                it.elems.iter().for_each(|inner| self.add_pat(inner, to, false));
            }
            syn::Pat::Struct(it) => {
                enter(&it.path);
                it.fields.iter().for_each(|field| self.add_pat(&field.pat, to, false));
            }
            syn::Pat::Tuple(it) => it.elems.iter().for_each(|inner| self.add_pat(inner, to, false)),
            syn::Pat::Slice(it) => it.elems.iter().for_each(|inner| self.add_pat(inner, to, false)),
            syn::Pat::Or(it) => it.cases.iter().for_each(|inner| self.add_pat(inner, to, outermost)),
            syn::Pat::Reference(it) => self.add_pat(&it.pat, to, outermost),
            syn::Pat::Paren(it) => self.add_pat(&it.pat, to, outermost),
            syn::Pat::Type(it) => self.add_pat(&it.pat, to, outermost),
            _ => {}
        }
    }
}

fn is_public(visibility: &syn::Visibility) -> bool {
    !matches!(visibility, syn::Visibility::Inherited)
}
