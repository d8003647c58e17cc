//! Settings that a program writes itself, under the names that they have in the environment:
//! `HttpConfig { fail_secure_strict: false, … }` is `HTTP__FAIL_SECURE_STRICT` of `false`.

use smol_str::{SmolStr, format_smolstr};

use super::Attrs;
use crate::extract::Extract;
use crate::ir::{Cors, FactKind, Field, Origins, Span, Why};
use crate::parse::rust::{Attr, Expr, ExprKind, Function, Name};

/// Structs of settings with the namespace that the environment has for them.
const STRUCTS: [(&str, &str); 11] = [
    ("HttpConfig", "HTTP"),
    ("GraphqlConfig", "GRAPHQL"),
    ("McpConfig", "MCP"),
    ("WsConfig", "WS"),
    ("StorageConfig", "STORAGE"),
    ("OAuthClientConfig", "OAUTH_CLIENT"),
    ("OAuth2Config", "OAUTH_CLIENT"),
    ("OAuth2ClientConfig", "OAUTH_CLIENT"),
    ("OAuthResourceConfig", "OAUTH_RESOURCE"),
    ("JwtOptions", "AUTHN"),
    ("JwtConfig", "AUTHN"),
];

/// What only these structs have, so that an assignment to it needs no type: `config.playground = true`.
const FIELDS: [(&str, &str); 7] = [
    ("fail_secure_strict", "HTTP"),
    ("security_headers", "HTTP"),
    ("playground", "GRAPHQL"),
    ("disable_introspection", "GRAPHQL"),
    ("allowed_hosts", "MCP"),
    ("allow_http", "STORAGE"),
    ("token_url", "OAUTH_CLIENT"),
];

/// Adds the settings of a function.
pub(super) fn extract(cx: &mut Extract<'_>, function: &Function, owner: &str) {
    function.body.walk(0, &mut |expr, _| of(cx, expr, owner));
}

/// The same of a module's attribute: `imports = [HttpModule::for_root(HttpConfig { … })]`.
pub(super) fn of_module(cx: &mut Extract<'_>, module: &Attr, owner: &str) {
    for arg in &module.args {
        arg.value.walk(0, &mut |expr, _| of(cx, expr, owner));
    }
}

/// Adds a `nestrs-setting` for each setting of an expression, with its value if that is a literal, and the policy
/// of a `CorsConfig`.
fn of(cx: &mut Extract<'_>, expr: &Expr, owner: &str) {
    match &expr.kind {
        ExprKind::Struct { path, fields, .. } => {
            if path.last() == "CorsConfig"
                && let Some(policy) = cors(fields)
            {
                cx.fact(path.span, owner, FactKind::Cors(Box::new(policy)));
            }
            if let Some((_, namespace)) = STRUCTS.iter().find(|(name, _)| path.last() == *name) {
                for (name, value) in fields {
                    emit(cx, namespace, name, value, owner);
                }
            }
        }
        ExprKind::Assign { target, value } => {
            if let ExprKind::Field { name, .. } = &target.kind
                && let Some((_, namespace)) = FIELDS.iter().find(|(field, _)| name.text == *field)
            {
                emit(cx, namespace, name, value, owner);
            }
        }
        _ => {}
    }
}

fn emit(cx: &mut Extract<'_>, namespace: &str, name: &Name, value: &Expr, owner: &str) {
    let key = format_smolstr!("{namespace}__{}", environment_name(&name.text));
    let mut setting = Attrs::default().text("key", key, name.span);
    if let Some((text, span)) = written(value) {
        setting = setting.text("value", text, if span.is_empty() { value.span } else { span });
    }
    setting.emit(cx, "nestrs-setting", owner, name.span);
}

/// The name of a field in the environment.
fn environment_name(field: &str) -> SmolStr {
    match field {
        "max_connection" => "MAX_CONNECTION_SECS".into(),
        field => field.to_ascii_uppercase().into(),
    }
}

/// A literal as the environment writes it: what is left empty or `None` is an empty text.
fn written(value: &Expr) -> Option<(SmolStr, Span)> {
    match &value.kind {
        ExprKind::Bool(on) => Some((format_smolstr!("{on}"), value.span)),
        ExprKind::Number(number) => Some((format_smolstr!("{number}"), value.span)),
        ExprKind::Str { text, inner } => Some((text.clone(), *inner)),
        ExprKind::List(items) if items.is_empty() => Some((SmolStr::default(), value.span)),
        ExprKind::Path(path) if path.last() == "None" => Some((SmolStr::default(), value.span)),
        ExprKind::Call { callee, args } => match (callee.as_path()?.names.as_slice(), args.as_slice()) {
            ([.., owner, new], []) if owner == "Vec" && new == "new" => Some((SmolStr::default(), value.span)),
            ([.., name], [inner]) if name == "Some" || name == "from" => written(inner),
            _ => None,
        },
        ExprKind::Method { on, name, .. } if matches!(name.text.as_str(), "into" | "to_string" | "to_owned") => written(on),
        _ => None,
    }
}

/// The policy of a `CorsConfig` that names every origin.
fn cors(fields: &[(Name, Expr)]) -> Option<Cors> {
    let field = |wanted: &str| fields.iter().find(|(name, _)| name.text == wanted).map(|(_, value)| value);
    let origins = field("origins")?;
    let is_any = super::elements(origins).into_iter().filter_map(written).any(|(origin, _)| origin == "*");
    let credentials = field("credentials").map_or(Field::Absent, |value| match value.kind {
        ExprKind::Bool(on) => Field::known(on, value.span),
        _ => Field::unknown(Why::Opaque, value.span),
    });
    is_any.then(|| Cors {
        library: "nestrs".into(),
        origins: Field::known(Origins::Any, origins.span),
        credentials,
        methods: Field::Absent,
        headers: Field::Absent,
        service: None,
    })
}
