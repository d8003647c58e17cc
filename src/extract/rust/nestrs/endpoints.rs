//! Who stands in front of what: lists of guards, and the gateways, resolvers and generated routes behind them.

use super::modules::mounted;
use super::{Attrs, called, elements};
use crate::extract::Extract;
use crate::extract::rust::names::Names;
use crate::ir::{Cors, FactKind, Field, Origins, Span, Why};
use crate::lower::nestrs::limits_rate;
use crate::parse::rust::{Attr, Expr, ExprKind, Function, Item, ItemKind, Type};

/// Which of the two projects a file uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::extract::rust) enum Dialect {
    /// `nest_rs`, first `nestrs_*`, over poem.
    Poem,
    /// `nestrs`, over axum.
    Axum,
}

impl Dialect {
    /// The project that a file imports, if it imports one.
    pub(in crate::extract::rust) fn of(text: &str) -> Option<Self> {
        text.lines().map(str::trim_start).filter_map(|line| line.strip_prefix("use ")).find_map(|name| {
            if name.starts_with("nest_rs") || name.starts_with("nestrs_") {
                Some(Self::Poem)
            } else {
                name.starts_with("nestrs::").then_some(Self::Axum)
            }
        })
    }

    /// The name that its routes have.
    pub(in crate::extract::rust) fn framework(self) -> &'static str {
        match self {
            Self::Poem => "nestrs",
            Self::Axum => "nestrs-axum",
        }
    }
}

/// Adds the facts of a file.
pub(super) fn extract(cx: &mut Extract<'_>, items: &[Item], dialect: Dialect, names: &Names<'_>) {
    for item in items {
        match &item.kind {
            ItemKind::Struct { name, .. } => guards(cx, &item.attrs, &name.text),
            ItemKind::Impl { of: None, ty, items: methods } => {
                super::tools::extract(cx, &item.attrs, methods, ty.last());
                let service = items.iter().find(|item| matches!(&item.kind, ItemKind::Struct { name, .. } if name.text == ty.last()));
                for method in methods {
                    if let ItemKind::Function(function) = &method.kind {
                        guards(cx, &method.attrs, &format!("{}.{}", ty.last(), function.name.text));
                        answer(cx, service, &method.attrs, function, ty);
                    }
                }
                public_mutations(cx, methods, ty.last());
                if let Some(service) = service.filter(|_| dialect == Dialect::Poem) {
                    endpoint(cx, &service.attrs, &item.attrs, methods, ty.last());
                }
            }
            ItemKind::Module { items, .. } => extract(cx, items, dialect, names),
            ItemKind::Function(function) => application(cx, function, names),
            _ => {}
        }
    }
}

/// The guards that attributes name, without what they are generic over.
fn named(attrs: &[Attr]) -> Vec<(&str, Span)> {
    let lists = attrs.iter().filter(|attr| matches!(attr.path.last(), "use_guards" | "use_ws_guards"));
    lists.flat_map(|attr| &attr.args).filter_map(|arg| arg.value.as_path()).map(|path| (path.last(), path.span)).collect()
}

/// A list of guards, in their order.
fn guards(cx: &mut Extract<'_>, attrs: &[Attr], owner: &str) {
    let named = named(attrs);
    if let Some(attr) = attrs.iter().find(|attr| attr.is("use_guards")) {
        Attrs::default().list("guards", named, attr.span).emit(cx, "nestrs-guards", owner, attr.span);
    }
}

fn is_guarded(attrs: &[Attr]) -> bool {
    named(attrs).iter().any(|(name, _)| !limits_rate(name))
}

/// What a method says about who may call it.
fn has_posture(attrs: &[Attr]) -> bool {
    is_guarded(attrs) || attrs.iter().any(|attr| matches!(attr.path.last(), "public" | "authorize" | "roles"))
}

/// A gateway, a resolver, or routes that are generated, without a guard of their own.
fn endpoint(cx: &mut Extract<'_>, service: &[Attr], attrs: &[Attr], methods: &[Item], owner: &str) {
    let find = |attrs: &'_ [Attr], names: &[&str]| attrs.iter().find(|attr| names.contains(&attr.path.last())).map(|attr| attr.span);
    let kind = find(service, &["gateway"]).map(|span| ("gateway", span, "subscribe_message"));
    let kind = kind.or_else(|| find(service, &["resolver"]).map(|span| ("resolver", span, "query")));
    let generated = find(attrs, &["crud"]).filter(|_| find(service, &["controller"]).is_some());
    let is_operation = |name: &str| matches!(name, "subscribe_message" | "query" | "mutation" | "subscription" | "field");
    let open: Vec<(&str, Span)> = methods
        .iter()
        .filter(|method| method.attrs.iter().any(|attr| is_operation(attr.path.last())) && !has_posture(&method.attrs))
        .filter_map(|method| match &method.kind {
            ItemKind::Function(function) => Some((function.name.text.as_str(), function.name.span)),
            _ => None,
        })
        .collect();
    let (kind, span) = match (kind, generated) {
        (Some((kind, span, _)), _) if !open.is_empty() || find(attrs, &["crud"]).is_some() => (kind, span),
        (None, Some(span)) => ("generated routes", span),
        _ => return,
    };
    let guarded = has_posture(service) || has_posture(attrs);
    Attrs::default().text("kind", kind, span).flag("guarded", guarded, span).list("open", open, span).emit(
        cx,
        "nestrs-endpoint",
        owner,
        span,
    );
}

/// Mutations of a resolver that `#[public]` takes out of the guards although they are about the row of an id.
fn public_mutations(cx: &mut Extract<'_>, methods: &[Item], owner: &str) {
    for method in methods {
        let find = |name: &str| method.attrs.iter().find(|attr| attr.is(name));
        let (Some(_), Some(public), ItemKind::Function(function)) = (find("mutation"), find("public"), &method.kind) else { continue };
        let is_id = |name: &str| name == "id" || name.ends_with("_id");
        let takes_id = function.params.iter().any(|param| param.pat.names.iter().any(|name| is_id(&name.text)));
        if takes_id && !is_guarded(&method.attrs) {
            let owner = format!("{owner}.{}", function.name.text);
            let params = function.params.iter().flat_map(|param| &param.pat.names).map(|name| (name.text.as_str(), name.span));
            Attrs::default().list("takes", params, public.span).emit(cx, "nestrs-public-mutation", &owner, public.span);
        }
    }
}

/// What a route that is not public answers: a row or JSON of its own goes around what is exposed.
fn answer(cx: &mut Extract<'_>, service: Option<&Item>, attrs: &[Attr], function: &Function, ty: &Type) {
    const VERBS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
    let Some(verb) = attrs.iter().find(|attr| VERBS.contains(&attr.path.last())) else { return };
    let by_guard = |attrs: &[Attr]| named(attrs).iter().any(|(name, _)| name.contains("Authz") || name.contains("Ability"));
    let authorized = attrs.iter().any(|attr| attr.is("authorize"))
        || by_guard(attrs)
        || service.is_some_and(|service| by_guard(&service.attrs))
        || function.params.iter().any(|param| param.ty.as_ref().is_some_and(|ty| matches!(ty.last(), "Authorize" | "Bind")));
    let is_public = attrs.iter().any(|attr| attr.is("public"));
    let Some(shape) = function.returns.as_ref().and_then(by_hand).filter(|_| authorized && !is_public) else { return };
    let owner = format!("{}.{}", ty.last(), function.name.text);
    Attrs::default().text("shape", shape, verb.span).emit(cx, "nestrs-answer", &owner, verb.span);
}

/// `Json<Value>` or `Json<Vec<Model>>`, in whatever they are wrapped: a `Model` by itself is no answer.
fn by_hand(ty: &Type) -> Option<&'static str> {
    let inner = || ty.args.first();
    match ty.last() {
        "Json" => inner().and_then(row),
        "Result" | "Option" => inner().and_then(by_hand),
        _ => None,
    }
}

fn row(ty: &Type) -> Option<&'static str> {
    match ty.last() {
        "Value" => Some("JSON that is built by hand"),
        "Model" => Some("the whole row"),
        "Vec" | "Option" => ty.args.first().and_then(row),
        _ => None,
    }
}

/// What a program puts in front of everything.
fn application(cx: &mut Extract<'_>, function: &Function, names: &Names<'_>) {
    let mut seen: Vec<Span> = Vec::new();
    function.body.walk(0, &mut |expr, _| {
        let (steps, root) = expr.chain();
        let is_application = called(root).is_some() && root_is_application(root);
        if steps.is_empty() || !is_application || seen.contains(&root.span) {
            return;
        }
        seen.push(root.span);
        let step = |name: &str| find(expr, name);
        let mut attrs = Attrs::default().nodes("modules", mounted(expr, names), root.span);
        if let Some((span, args)) = step("use_guards_global") {
            let list = args.first().map(elements).unwrap_or_default();
            attrs = attrs.list("guards", list.into_iter().filter_map(global), span);
        }
        if let Some((span, _)) = step("use_cookies").or_else(|| step("use_session_memory")) {
            attrs = attrs.flag("cookies", true, span).flag("csrf", step("use_csrf_protection").is_some(), span);
        }
        attrs.emit(cx, "nestrs-application", &function.name.text, root.span);
    });
    policies(cx, function);
}

/// The policies for other origins that a function makes.
fn policies(cx: &mut Extract<'_>, function: &Function) {
    let mut seen: Vec<Span> = Vec::new();
    function.body.walk(0, &mut |expr, _| {
        let root = expr.chain().1;
        if !seen.contains(&root.span)
            && let Some(policy) = cors(expr)
        {
            seen.push(root.span);
            cx.fact(root.span, function.name.text.clone(), FactKind::Cors(Box::new(policy)));
        }
    });
}

/// `App::builder()`, `NestFactory::create::<AppModule>()`.
fn root_is_application(root: &Expr) -> bool {
    let ExprKind::Call { callee, .. } = &root.kind else { return false };
    callee.as_path().is_some_and(|path| match path.names.as_slice() {
        [.., owner, name] => (owner == "App" && name == "builder") || (owner == "NestFactory" && name.starts_with("create")),
        _ => false,
    })
}

/// `CorsOptions::permissive()`, `CorsOptions::builder().allow_origins(["*"])`.
fn cors(options: &Expr) -> Option<Cors> {
    let ExprKind::Call { callee, .. } = &options.chain().1.kind else { return None };
    let path = callee.as_path().filter(|path| path.names.iter().any(|name| name == "CorsOptions"))?;
    let origins = match find(options, "allow_origins") {
        Some((span, args)) if args.iter().flat_map(elements).any(|origin| origin.as_str() == Some("*")) => Field::known(Origins::Any, span),
        Some((span, _)) => Field::unknown(Why::Opaque, span),
        None if path.last() == "permissive" => Field::known(Origins::Any, path.span),
        None => return None,
    };
    let credentials = find(options, "allow_credentials").and_then(|(span, args)| match args.first()?.kind {
        ExprKind::Bool(on) => Some(Field::known(on, span)),
        _ => Some(Field::unknown(Why::Opaque, span)),
    });
    let credentials = credentials.unwrap_or(Field::Absent);
    Some(Cors { library: "nestrs".into(), origins, credentials, methods: Field::Absent, headers: Field::Absent, service: None })
}

/// The step of a chain that has a name.
fn find<'e>(chain: &'e Expr, wanted: &str) -> Option<(Span, &'e [Expr])> {
    let mut at = chain;
    loop {
        match &at.kind {
            ExprKind::Method { name, args, .. } if name.text == wanted => return Some((name.span, args)),
            ExprKind::Method { on: inner, .. } | ExprKind::Await(inner) | ExprKind::Try(inner) => at = inner,
            _ => return None,
        }
    }
}

/// `guard::<AuthnGuard>()`, `AuthnGuard::new()`, `AuthnGuard`.
fn global(expr: &Expr) -> Option<(&str, Span)> {
    let path = match &expr.kind {
        ExprKind::Call { callee, .. } => callee.as_path()?,
        _ => expr.as_path()?,
    };
    let name = match path.types.first() {
        Some(ty) => ty.last(),
        None => path.names.iter().rev().find(|name| name.starts_with(char::is_uppercase))?,
    };
    Some((name, path.span))
}
