//! Tokens: what is checked before a claim is believed, and what they are signed with.

use crate::finding::{Level, Severity};
use crate::ir::{
    Confidence, Entry, Fact, FactKind, Field, Kind, Mixed, Node, NodeKind, Op, Ref, Scope, SecretFamily, TokenCheck, TokenIssue, Tri,
};
use crate::source::Span;

use super::Check;
use crate::lower::words::names_secret_value;
use crate::repair::without_element;

/// The algorithm `none` among those that are accepted (RFC 8725 §3.1).
pub(super) fn alg_none(cx: &mut Check<'_>, fact: &Fact, check: &TokenCheck) {
    if let Field::Known { value, span, via } = &check.key
        && takes_unsigned(check, value)
    {
        let what = format!("`{}` accepts tokens without a signature: the key is empty", check.callee);
        cx.report_by_place(cx.finding(fact, *span, what).severity(Severity::Critical).via(via));
        return;
    }
    let Field::Known { value: algorithms, via, .. } = &check.algorithms else { return };
    let Some(none) = algorithms.iter().find(|algorithm| is_none(algorithm)) else { return };
    // Libraries accept an unsigned token only without a key, which an unset variable is.
    let without_key = algorithms.len() == 1 || check.key.value().is_some_and(is_empty);
    let severity = if without_key { Severity::Critical } else { Severity::High };
    let what = format!("`{}` accepts tokens without a signature (`{none}`)", check.callee);
    // Every `none` goes at once; a list of nothing else needs a person.
    let text = cx.model.files.whole(none.span.file).unwrap_or_default();
    let unsigned = algorithms.iter().filter(|algorithm| is_none(algorithm) && algorithm.span.file == none.span.file);
    let edits: Option<Vec<_>> = unsigned.map(|element| without_element(text, element.span)).collect();
    let edits = edits.filter(|edits| edits.len() < algorithms.len()).unwrap_or_default();
    cx.report_by_place(cx.finding(fact, none.span, what).severity(severity).via(&none.via).via(via).edits(edits));
}

/// Whether a check is handed a key that says that there is none: `JWK.None` of jose, and what counts as
/// false for the versions of `jsonwebtoken` that then take the token as it is.
fn takes_unsigned(check: &TokenCheck, key: &Node) -> bool {
    if !check.signature.is(true).is_yes() {
        return false;
    }
    let is_marker = key.as_ref().is_some_and(|name| name.module() == Some("jose") && name.last() == "None");
    is_marker || check.behaviour.takes_empty_key && is_empty(key) && check.algorithms.is_absent()
}

/// Whose tokens are meant and for whom is not asked: any other application of the same issuer has one.
pub(super) fn audience_open(cx: &mut Check<'_>, fact: &Fact, check: &TokenCheck) {
    if let Field::Known { value, span, .. } = &check.audience
        && value.as_bool() == Some(false)
    {
        let finding = cx.finding(fact, *span, "a token for any audience is accepted: the check of `aud` is switched off");
        cx.report_by_place(finding.severity(Severity::Low));
        return;
    }
    if !check.signature.is(true).is_yes() || !check.audience.is_absent() {
        return;
    }
    let name = check.callee.last_named();
    // Keys of an identity provider sign for every application that it serves.
    let is_shared = check.key.value().is_some_and(|key| {
        let key = key.to_string();
        ["JWKSet", "jwks", "from_jwk", "from_rsa_components"].iter().any(|word| key.contains(word))
    });
    // A token that is meant for somebody else is refused by itself in some versions.
    let (whose, is_proven) = match (check.issuer.is_absent(), check.behaviour.refuses_audience) {
        (true, false) => ("of any issuer for any audience", is_shared),
        (true, true) => ("of any issuer", false),
        (false, false) if is_shared => ("for any audience", false),
        _ => return,
    };
    let finding = cx.finding(fact, fact.span, format!("`{name}` takes tokens {whose}"));
    cx.report_by_place(if is_proven { finding } else { finding.severity(Severity::Low).level(Level::Pedantic) });
}

/// Tokens that are issued without a signature.
pub(super) fn issued_unsigned(cx: &mut Check<'_>, fact: &Fact, issue: &TokenIssue) {
    let Field::Known { value, span, via } = &issue.algorithm else { return };
    if value.eq_ignore_case("none").is_yes() {
        cx.report_by_place(cx.finding(fact, *span, format!("`{}` issues tokens that nobody signs", issue.callee)).via(via));
    }
}

/// The signature is not checked.
pub(super) fn verification_off(cx: &mut Check<'_>, fact: &Fact, check: &TokenCheck) {
    let Field::Known { value: false, span, .. } = &check.signature else { return };
    let what = format!("the claims are read without checking the signature (`{}`)", check.callee.last());
    let finding = cx.finding(fact, *span, what);
    // The claims say which key to ask for, and the token is verified with it: nothing is believed yet.
    // The same holds of the header (`complete: true`), and of a front end, where nothing is decided.
    let for_header = check.options.as_ref().and_then(|options| options.get("complete")).and_then(Node::as_bool) == Some(true);
    let unimportant = check.verified_elsewhere.is_yes() || check.result_used.is_no() || for_header || check.library == "jwt-decode";
    let finding = match check.verified_elsewhere {
        _ if unimportant => finding.severity(Severity::Low).confidence(Confidence::Low),
        // Tokens are checked in this file, so that the caller may have done it.
        Tri::Maybe => finding.severity(Severity::Medium).confidence(Confidence::Medium),
        _ => finding,
    };
    cx.report_by_place(finding);
}

/// Expiry is not checked, or need not be there.
pub(super) fn expiry_off(cx: &mut Check<'_>, fact: &Fact, check: &TokenCheck) {
    if let Field::Known { value: false, span, .. } = &check.expiry {
        cx.report_by_place(cx.finding(fact, *span, "the expiry of the token is not checked"));
        return;
    }
    // Of a library that checks `exp` where it is present, the list of required claims decides.
    if let Field::Known { value, span, .. } = &check.required_claims
        && check.expiry.is_absent()
        && check.signature.is(true).is_yes()
        && value.iter().all(|claim| claim.eq_str("exp").is_no())
    {
        cx.report_by_place(cx.finding(fact, *span, "`exp` is no longer among the required claims: a token without it never expires"));
    }
}

/// The key is a literal.
pub(super) fn key_in_code(cx: &mut Check<'_>) {
    let model = cx.model;
    for fact in &model.facts {
        let key = match &fact.kind {
            FactKind::TokenCheck(check) => &check.key,
            FactKind::TokenIssue(issue) => &issue.key,
            _ => continue,
        };
        if let Field::Known { value, span, via } = key
            && is_secret(value)
            && !is_signing_secret(cx, *span)
        {
            let what = "the key that tokens are signed with is a literal in the code";
            cx.report_by_place(cx.finding(fact, *span, what).subject("jwt-key").via(via));
        } else if let (FactKind::TokenCheck(check), Field::Known { value, span, via }) = (&fact.kind, key)
            && check.behaviour.takes_empty_key
            && let Some(variable) = empty_when_unset(value)
        {
            let what = format!("without `{variable}` the key is empty, and anybody can sign with it");
            cx.report_by_place(cx.finding(fact, *span, what).subject("jwt-key").via(via));
        }
    }
}

/// Whether a literal is what `jwt-signing-secret` reports, which also says what of it may be shown.
fn is_signing_secret(cx: &Check<'_>, literal: Span) -> bool {
    cx.model.of(Kind::Secret).any(|fact| match &fact.kind {
        FactKind::Secret(secret) => secret.family == SecretFamily::Signing && literal.contains(secret.span),
        _ => false,
    })
}

/// A check that leaves the choice of the algorithm to the token, with a library that then takes a
/// public key for a shared secret (RFC 8725 §2.1).
pub(super) fn algorithms_open(cx: &mut Check<'_>, fact: &Fact, check: &TokenCheck) {
    if let Field::Known { value: algorithms, span, via } = &check.algorithms
        && algorithms.iter().any(is_of_header)
    {
        let finding = cx.finding(fact, *span, "the algorithm is the one that the header of the token names").via(via);
        cx.report_by_place(finding.severity(Severity::Medium));
        return;
    }
    if !check.signature.is(true).is_yes() {
        return;
    }
    if check.behaviour.mixed == Mixed::Refused
        && let Field::Known { value, span, via } = &check.algorithms
        && has_both_families(value)
    {
        let what = format!("`{}` refuses every token: the algorithms are of two families", check.callee.last_named());
        cx.report_by_place(cx.finding(fact, *span, what).severity(Severity::Low).level(Level::Pedantic).via(via));
    }
    if check.behaviour.mixed != Mixed::Confused && !is_handed_public_bytes(check) {
        return;
    }
    let name = check.callee.last_named();
    let finding = match &check.algorithms {
        // The options must be seen whole: an unknown object may hold the list.
        Field::Absent if check.key.value().is_none_or(|key| !is_secret(key) && !key.to_string().contains("random")) => {
            let finding = cx.finding(fact, fact.span, format!("`{name}` takes the algorithm from the token: no `algorithms`"));
            match key_kind(check) {
                // With a shared secret no other family fits.
                KeyKind::Shared => finding.severity(Severity::Low).level(Level::Pedantic),
                KeyKind::Public => finding,
                KeyKind::Unknown => finding.severity(Severity::Medium),
            }
        }
        Field::Known { value, span, via } if has_both_families(value) => {
            cx.finding(fact, *span, format!("`{name}` accepts a shared secret and a public key for the same token")).via(via)
        }
        _ => return,
    };
    cx.report_by_place(finding);
}

/// Whether a public key is handed over as bytes, which are a shared secret to whoever reads them: `encode(PUBLIC_PEM)`
/// beside `RS256` and `HS256`.
fn is_handed_public_bytes(check: &TokenCheck) -> bool {
    let is_public = |text: &Node| {
        let hops: String = text.via.hops().iter().map(|hop| hop.name.as_str()).collect();
        format!("{text} {hops}").to_ascii_lowercase().contains("public")
    };
    let is_bytes = |key: &Node| {
        let call = key.as_call().filter(|call| matches!(call.callee.last(), "encode" | "from"));
        call.is_some_and(|call| call.args.first().is_some_and(is_public))
    };
    let is_mixed = || matches!(&check.algorithms, Field::Known { value, .. } if has_both_families(value));
    check.library == "jose" && check.key.value().is_some_and(is_bytes) && is_mixed()
}

/// `decode_header(token)?.alg`, `decodeProtectedHeader(token).alg`, `decode(token, { complete: true }).header.alg`.
fn is_of_header(algorithm: &Node) -> bool {
    let member = |node: &Node, wanted: &str| match &node.kind {
        NodeKind::Op(Op::Attr, operands) => operands.first().filter(|_| operands.get(1).and_then(Node::as_str) == Some(wanted)).cloned(),
        _ => None,
    };
    let reads = |node: &Node, names: &[&str]| node.as_call().is_some_and(|call| names.contains(&call.callee.last()));
    member(algorithm, "alg").is_some_and(|header| {
        reads(&header, &["decode_header", "decodeProtectedHeader"])
            || member(&header, "header").is_some_and(|token| reads(&token, &["decode"]))
    })
}

/// What a key is, by what it is called.
enum KeyKind {
    Shared,
    Public,
    Unknown,
}

fn key_kind(check: &TokenCheck) -> KeyKind {
    let Field::Known { value, via, .. } = &check.key else { return KeyKind::Unknown };
    let hops: String = value.via.hops().iter().chain(via.hops()).map(|hop| hop.name.as_str()).collect();
    let name = format!("{value} {hops}").to_ascii_lowercase();
    if ["public", "pub", "cert", "pem", "rsa"].iter().any(|word| name.contains(word)) {
        KeyKind::Public
    } else if name.contains("secret") {
        KeyKind::Shared
    } else {
        KeyKind::Unknown
    }
}

fn has_both_families(algorithms: &[Node]) -> bool {
    // `'RS256'`, `Algorithm::RS256`.
    let is_of = |algorithm: &Node, family: &str| match &algorithm.kind {
        NodeKind::Text(text) => text.starts(family).is_yes(),
        NodeKind::Ref(name) => name.last().starts_with(family),
        _ => false,
    };
    let any = |families: &[&str]| algorithms.iter().any(|algorithm| families.iter().any(|family| is_of(algorithm, family)));
    any(&["HS"]) && any(&["RS", "ES", "PS", "Ed"])
}

/// Tokens that never end: neither the options nor the claims, all of which are seen, say when; or that end in
/// years.
pub(super) fn no_lifetime(cx: &mut Check<'_>, fact: &Fact, issue: &TokenIssue) {
    const YEAR: f64 = 366.0 * 86_400.0;
    if let Field::Known { value, span, via } = &issue.lifetime
        && *value > YEAR
    {
        let what = format!("the token is good for {:.0} years", (value / YEAR).max(2.0));
        cx.report_by_place(cx.finding(fact, *span, what).severity(Severity::Low).via(via));
        return;
    }
    if issue.claims.is_none() && issue.library == "fast-jwt" {
        // Its claims come later, one of which may be the end.
        let says_end = cx
            .model
            .files
            .whole(fact.span.file)
            .is_none_or(|text| ["exp:", "exp,", "exp }", "'exp':", "\"exp\":"].iter().any(|end| text.contains(end)));
        if issue.lifetime.is_absent() && !says_end {
            let what = "tokens of this signer never expire: no `expiresIn`";
            cx.report_by_place(cx.finding(fact, fact.span, what).confidence(Confidence::Medium));
        }
        return;
    }
    let Some(claims) = issue.claims.as_ref().and_then(Node::as_map) else { return };
    // `expiresAt`: an application may check an end of its own.
    let ends = claims.pairs().any(|(key, _)| key.starts_with("exp"));
    if issue.lifetime.is_absent() && !claims.is_open() && !ends && !may_end_by_default(cx, issue) {
        let finding = cx.finding(fact, fact.span, "the token never expires: no lifetime and no `exp`");
        // Whoever checks the token may count from when it was made.
        let is_dated = claims.pairs().any(|(key, _)| matches!(key.as_str(), "createdAt" | "created_at" | "issuedAt" | "timestamp"));
        cx.report_by_place(if is_dated { finding.confidence(Confidence::Low) } else { finding });
    }
}

/// Whether the lifetime may be set where the library is registered: not where each registration of the
/// repository is seen whole and says nothing of it.
fn may_end_by_default(cx: &Check<'_>, issue: &TokenIssue) -> bool {
    let rows = crate::tables::table("jwt").map(|table| table.list("javascript")).unwrap_or_default();
    let mut defaults = rows.iter().filter(|row| row.text("library") == issue.library && row.text("does") == "issue");
    let Some(path) = defaults.find_map(|row| row.get("module-defaults")?.as_text()) else { return false };
    let registered = cx.model.of(Kind::TokenCheck).filter_map(|fact| match &fact.kind {
        FactKind::TokenCheck(check) if check.library == issue.library => Some(&**check),
        _ => None,
    });
    let is_silent = |check: &TokenCheck| crate::lower::option(check.options.as_ref(), path, |_| Some(())).is_absent();
    let mut registered = registered.filter(|check| check.callee.last().starts_with("register")).peekable();
    let is_made_later = cx.model.of(Kind::Call).any(|fact| {
        matches!(&fact.kind, FactKind::Call(call) if call.callee.module() == Some(issue.library.as_str()) && call.callee.last() == "registerAsync")
    });
    is_made_later || registered.peek().is_none() || !registered.all(is_silent)
}

/// Claims that only the server should see: a token is encoded, not encrypted.
pub(super) fn sensitive_claims(cx: &mut Check<'_>, fact: &Fact, issue: &TokenIssue) {
    let Some(claims) = issue.claims.as_ref() else { return };
    for entry in claims.as_map().into_iter().flat_map(|map| &map.entries) {
        let Entry::Pair { key, key_span, value } = entry else { continue };
        // Under any name it is what it was: `pw: user.passwordHash`.
        // A constant of that name is a kind: `type: JwtType.API_KEY`.
        let is_kind = |name: &Ref| !name.last_named().contains(char::is_lowercase);
        let is_secret_of = |name: &Ref| name.path.len() > 1 && !is_kind(name) && is_sensitive(name.last_named());
        if (is_sensitive(key) || value.as_ref().is_some_and(is_secret_of)) && !matches!(value.kind, NodeKind::Bool(_)) {
            cx.report_by_place(
                cx.finding(fact, *key_span, format!("the claim `{key}` can be read by whoever holds the token")).via(&claims.via),
            );
        }
    }
}

/// Names of what no token should carry, whatever the case and the separators.
fn is_sensitive(key: &str) -> bool {
    let key: String = key.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect();
    [
        "password",
        "passwd",
        "pwd",
        "passwordhash",
        "hashedpassword",
        "ssn",
        "socialsecuritynumber",
        "creditcard",
        "cardnumber",
        "cvv",
        "cvc",
        "iban",
    ]
    .contains(&key.as_str())
        || names_secret_value(&key) && ["secret", "apikey", "privatekey", "password"].iter().any(|word| key.contains(word))
}

/// A literal that signs: an empty one goes with a check that is switched off, a PEM block is judged by
/// what it holds.
fn is_secret(value: &Node) -> bool {
    match &value.kind {
        NodeKind::Op(Op::Or | Op::Coalesce, operands) => return operands.iter().any(is_secret),
        // `Buffer.from('…')`, `new TextEncoder().encode('…')`, `createSecretKey(Buffer.from('…'))`.
        NodeKind::Call(call) if matches!(call.callee.last(), "from" | "encode" | "createSecretKey" | "decode" | "parse") => {
            return call.args.first().is_some_and(is_secret);
        }
        _ => {}
    }
    value.as_text().and_then(crate::ir::Text::known).is_some_and(|text| !text.is_empty() && !text.contains("-----BEGIN PUBLIC"))
}

/// `process.env.KEY || ''`.
fn empty_when_unset(key: &Node) -> Option<String> {
    // As bytes: `new TextEncoder().encode(process.env.KEY ?? '')`.
    if let Some(call) = key.as_call().filter(|call| matches!(call.callee.last(), "encode" | "from")) {
        return call.args.first().filter(|inner| inner.as_call().is_none()).and_then(empty_when_unset);
    }
    let NodeKind::Op(Op::Or | Op::Coalesce, operands) = &key.kind else { return None };
    let [variable, fallback] = operands.as_slice() else { return None };
    let name = variable.as_ref().filter(|name| name.scope == Scope::Env)?;
    (fallback.as_str() == Some("")).then(|| name.last().to_owned())
}

fn is_none(algorithm: &Node) -> bool {
    algorithm.as_text().is_some_and(|text| text.eq_ignore_case("none").is_yes())
}

/// A key that is no key: `null`, `''`, `false`.
fn is_empty(key: &Node) -> bool {
    match &key.kind {
        NodeKind::Null | NodeKind::Bool(false) => true,
        NodeKind::Text(text) => text.as_str() == Some(""),
        _ => false,
    }
}
