//! Tokens in Rust: what `jsonwebtoken` (7 to 11) and its kin check, and what they sign with.
//!
//! `jsonwebtoken` checks the signature, the algorithm's family and `exp` unless told otherwise; it
//! has no `none`, so that neither is ever reported as missing (read in the sources of 7.2 to 11.1).

use crate::ir::{Behaviour, Call, Entry, Field, Map, Node, NodeKind, Op, Scope, Span, Text, TokenCheck, TokenIssue, Tri};

use super::chain::Chain;

/// Seconds of a day: whoever forgives that much after a token's end does not check it.
const A_DAY: f64 = 86_400.0;

/// A call that reads a token.
pub(super) fn check(node: &Node) -> Option<TokenCheck> {
    let call = Chain::of(node).constructor()?;
    let last = call.callee.last();
    let span = Chain::of(node).root.span;
    let mut check = blank(call, span);
    match last {
        "decode" => {
            check.key = key_of(call.args.get(1));
            match call.args.get(2) {
                Some(options) => apply_options(options, &mut check),
                None => return None,
            }
        }
        // alcoholic_jwt: what is asked of a token is a list.
        "validate" => {
            let asked = call.args.get(2).and_then(Node::as_list)?;
            let is_end = |node: &Node| node.as_ref().is_some_and(|name| name.last() == "NotExpired");
            if asked.iter().any(is_end) || !asked.iter().all(|node| node.as_ref().is_some() || node.as_call().is_some()) {
                return None;
            }
            check.expiry = Field::known(false, span);
        }
        // biscuit and jwt-compact: a token is taken apart first, and then verified or believed.
        "new_encoded" | "new" => {
            let chain = Chain::of(node);
            let believes = chain.last(&["unverified_payload", "deserialize_claims_unchecked"]);
            let decodes = chain.last(&["into_decoded", "decode"]).filter(|step| step.args.iter().any(is_unsigned));
            check.signature = Field::known(false, believes.or(decodes)?.span);
        }
        "parse_unverified" => {
            let verified = Chain::of(node).last(&["verify_with_key", "verify_with_store"]).is_some();
            check.signature = Field::known(verified, span);
        }
        _ => {
            check.signature = Field::known(false, span);
            if last.ends_with("with_validation")
                && let Some(options) = call.args.get(1)
            {
                apply_options(options, &mut check);
            }
        }
    }
    Some(check)
}

/// `SignatureAlgorithm::None`.
fn is_unsigned(node: &Node) -> bool {
    node.as_ref().is_some_and(|name| name.names().ends_with(&["SignatureAlgorithm", "None"]))
}

/// Options that are built here and used somewhere else.
pub(super) fn options(node: &Node) -> Option<TokenCheck> {
    let chain = Chain::of(node);
    let call = chain.constructor()?;
    let mut check = blank(call, chain.root.span);
    apply_options(node, &mut check);
    Some(check)
}

/// A call that signs a token.
pub(super) fn issue(node: &Node) -> Option<TokenIssue> {
    let chain = Chain::of(node);
    let call = chain.constructor()?;
    if call.callee.last() == "encode_unsecured" {
        let algorithm = Field::known(Text::lit("none", chain.root.span), chain.root.span);
        return Some(TokenIssue { algorithm, ..unissued(call, chain.root.span) });
    }
    let algorithm = call.args.first().map_or(Field::Absent, |header| {
        let header = Chain::of(header).constructor().and_then(|header| header.args.first());
        header.and_then(Node::as_ref).map_or(Field::Absent, |name| Field::known(Text::lit(name.last(), chain.root.span), chain.root.span))
    });
    let issue = unissued(call, chain.root.span);
    Some(TokenIssue { algorithm, claims: call.args.get(1).map(claims_of), key: key_of(call.args.get(2)), ..issue })
}

/// A key that is made apart from its use.
pub(super) fn key(node: &Node) -> Option<TokenIssue> {
    let chain = Chain::of(node);
    let key = key_of(Some(chain.root));
    matches!(key, Field::Known { .. })
        .then(|| chain.constructor())
        .flatten()
        .map(|call| TokenIssue { key, ..unissued(call, chain.root.span) })
}

fn unissued(call: &Call, span: Span) -> TokenIssue {
    TokenIssue {
        library: library(call),
        version: None,
        callee: call.callee.clone(),
        algorithm: Field::Absent,
        lifetime: Field::Absent,
        claims: None,
        key: Field::Absent,
        span,
    }
}

/// `Claims { sub, exp }` as the map of its fields.
fn claims_of(node: &Node) -> Node {
    match node.as_call().filter(|call| call.is_new).and_then(|call| call.args.first()) {
        Some(fields) => fields.clone(),
        None => node.clone(),
    }
}

fn library(call: &Call) -> smol_str::SmolStr {
    match call.callee.first() {
        "Validation" | "dangerous_insecure_decode" | "dangerous_insecure_decode_with_validation" | "dangerous_unsafe_decode" => {
            "jsonwebtoken".into()
        }
        first => first.replace('_', "-").into(),
    }
}

fn blank(call: &Call, span: Span) -> TokenCheck {
    TokenCheck {
        library: library(call),
        version: None,
        callee: call.callee.clone(),
        algorithms: Field::Absent,
        signature: Field::Absent,
        issuer: Field::Absent,
        audience: Field::Absent,
        expiry: Field::Absent,
        required_claims: Field::Absent,
        key: Field::Absent,
        enforced: Tri::Maybe,
        verified_elsewhere: Tri::No,
        result_used: Tri::Maybe,
        behaviour: Behaviour::default(),
        options: None,
        span,
    }
}

/// A payload that is decoded and believed without a library.
pub(super) fn by_hand(place: Span, verified_elsewhere: Tri) -> TokenCheck {
    let call = Call::of(crate::ir::Ref::new(Scope::Local, ["decode"]));
    TokenCheck { signature: Field::known(false, place), verified_elsewhere, ..blank(&call, place) }
}

/// `DecodingKey::from_secret(x)`: the secret, where it is one.
fn key_of(node: Option<&Node>) -> Field<Node> {
    let Some(node) = node else { return Field::Absent };
    let call = Chain::of(node).constructor();
    // Keys of an identity provider: whose they are is told by what makes them.
    if let Some(call) = call.filter(|call| matches!(call.callee.last(), "from_jwk" | "from_rsa_components")) {
        let made = Node::new(node.span, NodeKind::Call(Box::new(Call::of(call.callee.clone()))));
        return Field::known(made, node.span);
    }
    let makes_key = |call: &Call| match call.callee.names().as_slice() {
        [.., "JwtOptions", "new"] | [.., "from_secret" | "from_base64_secret" | "from_bytes"] => call.args.first().cloned(),
        _ => None,
    };
    match call.and_then(makes_key) {
        Some(secret) => match &secret.kind {
            NodeKind::Text(text) if !text.has_holes() => Field::known(secret.clone(), secret.span),
            // What holds when the environment says nothing.
            NodeKind::Op(Op::Coalesce | Op::Or, operands) => match operands.iter().find(|node| node.as_str().is_some()) {
                Some(literal) => Field::known(literal.clone(), literal.span),
                None => Field::unknown(secret.why(), secret.span),
            },
            // Of another file: linking looks it up.
            _ => match constant_behind(&secret) {
                Some(constant) => Field::known(constant.clone(), secret.span),
                None => Field::unknown(secret.why(), secret.span),
            },
        },
        _ => Field::unknown(node.why(), node.span),
    }
}

/// The constant of another file that a value is made of as it is: `settings::KEY.as_bytes()`.
fn constant_behind(node: &Node) -> Option<&Node> {
    match &node.kind {
        NodeKind::Ref(name) => name.is_rust_constant().then_some(node),
        NodeKind::Call(call) if matches!(call.callee.last(), "as_bytes" | "as_ref" | "as_str" | "to_owned" | "to_string" | "into") => {
            constant_behind(call.receiver.as_ref()?)
        }
        _ => None,
    }
}

/// What the steps on a `Validation` say.
fn apply_options(node: &Node, check: &mut TokenCheck) {
    let chain = Chain::of(node);
    // frank_jwt: no end is asked for.
    if chain.constructor().is_some_and(|call| call.callee.names().ends_with(&["ValidationOptions", "dangerous"])) {
        check.expiry = Field::known(false, chain.root.span);
        return;
    }
    // jwt-simple checks the end unless it is told to forgive for long.
    if let Some(call) = chain.constructor().filter(|call| call.callee.names().contains(&"VerificationOptions")) {
        let tolerance = call.args.first().and_then(|fields| fields.get("time_tolerance")).into_iter();
        let set = chain.last(&["time_tolerance="]).into_iter().flat_map(|step| step.args);
        if let Some(long) = tolerance.chain(set).find(|value| seconds(value).is_some_and(|seconds| seconds >= A_DAY)) {
            check.expiry = Field::known(false, long.span);
        }
        return;
    }
    let Some(call) = chain.constructor().filter(|call| call.callee.names().contains(&"Validation")) else {
        let (why, span) = (node.why(), node.span);
        check.signature = Field::unknown(why, span);
        check.expiry = Field::unknown(why, span);
        check.audience = Field::unknown(why, span);
        check.issuer = Field::unknown(why, span);
        check.required_claims = Field::unknown(why, span);
        return;
    };
    match call.args.first() {
        Some(Node { kind: NodeKind::Map(map), .. }) => from_map(map, check),
        Some(algorithm) => check.algorithms = Field::known(vec![algorithm.clone()], algorithm.span),
        None => {}
    }
    check.options = Some(node.clone());
    for step in &chain.steps {
        let first = step.args.first();
        let flag = |node: Option<&Node>| {
            node.map_or(Field::Absent, |node| match node.as_bool() {
                Some(value) => Field::known(value, step.span),
                None => Field::unknown(node.why(), step.span),
            })
        };
        let value = || first.map_or(Field::Absent, |node| Field::known(node.clone(), step.span));
        match step.name {
            "insecure_disable_signature_validation" | "disable_validation" => check.signature = Field::known(false, step.span),
            "validate_exp=" | "exp" | "validate_exp" => check.expiry = flag(first),
            "leeway=" if first.and_then(seconds).is_some_and(|seconds| seconds >= A_DAY) => check.expiry = Field::known(false, step.span),
            "set_audience" | "aud=" | "aud" => check.audience = value(),
            "validate_aud=" if first.and_then(Node::as_bool) == Some(false) && check.audience.is_absent() => check.audience = value(),
            "set_issuer" | "iss=" | "iss" => check.issuer = value(),
            "algorithms=" => {
                check.algorithms = first.map_or(Field::Absent, |node| node.to_field(|node| node.as_list().map(<[Node]>::to_vec)));
            }
            "set_required_spec_claims" => check.required_claims = first.map_or(Field::Absent, |node| claims(node, step.span)),
            "required_spec_claims=" => check.required_claims = first.map_or(Field::Absent, |node| claims(node, step.span)),
            "required_spec_claims.clear" => check.required_claims = Field::known(Vec::new(), step.span),
            "required_spec_claims.remove" if first.and_then(Node::as_str) == Some("exp") => {
                check.required_claims = Field::known(Vec::new(), step.span);
            }
            "required_spec_claims.insert" => {
                if let (Some(claim), Field::Known { value, .. }) = (first.and_then(Node::as_text), &mut check.required_claims) {
                    value.push(claim.clone());
                }
            }
            _ => {}
        }
    }
}

/// How long a value is, in seconds: a number, `Duration::from_days(365)`, within `Some`.
fn seconds(node: &Node) -> Option<f64> {
    if let Some(seconds) = node.as_number() {
        return Some(seconds);
    }
    let call = node.as_call()?;
    let count = call.args.first().and_then(Node::as_number)?;
    let unit = match call.callee.last() {
        "from_secs" | "seconds" => 1.0,
        "from_mins" | "minutes" => 60.0,
        "from_hours" | "hours" => 3_600.0,
        "from_days" | "days" => A_DAY,
        "from_weeks" | "weeks" => 7.0 * A_DAY,
        _ => return None,
    };
    Some(count * unit)
}

/// `Validation { validate_exp: false, ..Validation::default() }`.
fn from_map(map: &Map, check: &mut TokenCheck) {
    for entry in &map.entries {
        match entry {
            Entry::Pair { key, value, .. } => {
                let flag =
                    |value: &Node| value.as_bool().map_or(Field::unknown(value.why(), value.span), |is| Field::known(is, value.span));
                match key.as_str() {
                    "validate_exp" => check.expiry = flag(value),
                    "leeway" if seconds(value).is_some_and(|seconds| seconds >= A_DAY) => check.expiry = Field::known(false, value.span),
                    "validate_aud" if value.as_bool() == Some(false) => check.audience = Field::known(value.clone(), value.span),
                    "iss" => check.issuer = Field::known(value.clone(), value.span),
                    "aud" => check.audience = Field::known(value.clone(), value.span),
                    "algorithms" => check.algorithms = value.to_field(|node| node.as_list().map(<[Node]>::to_vec)),
                    "required_spec_claims" => check.required_claims = claims(value, value.span),
                    _ => {}
                }
            }
            Entry::Spread(rest) => apply_options(rest, check),
            Entry::Computed { .. } => {}
        }
    }
}

/// A list of claims, also as `HashSet::new()` and `["exp"].into()`.
fn claims(node: &Node, span: Span) -> Field<Vec<Text>> {
    let node = match node.as_call() {
        Some(call) if matches!(call.callee.last(), "new" | "default") && call.args.is_empty() => return Field::known(Vec::new(), span),
        Some(call) if matches!(call.callee.last(), "from" | "from_iter") && call.args.len() == 1 => &call.args[0],
        _ => node,
    };
    match node.as_list() {
        Some(items) if items.iter().all(|item| item.as_str().is_some()) => {
            Field::known(items.iter().filter_map(|item| item.as_text().cloned()).collect(), span)
        }
        _ => Field::unknown(node.why(), span),
    }
}

/// Whether a call may be one that verifies a token.
pub(super) fn verifies(callee: &crate::ir::Ref) -> bool {
    match callee.names().as_slice() {
        [.., owner, "decode"] => *owner == "jsonwebtoken",
        [name] => callee.scope == Scope::Local && matches!(*name, "verify_with_key" | "verify_with_store" | "verify_token" | "verify"),
        [.., name] => matches!(*name, "decode_with_verifier" | "verify_token" | "verify"),
        [] => false,
    }
}
