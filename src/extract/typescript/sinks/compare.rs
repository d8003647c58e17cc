//! Comparisons that say more than they should: signatures compared byte by byte until one differs, and
//! passwords that are compared as they are stored.

use super::callers::name_of;
use super::{called_name, owner};
use crate::extract::Extract;
use crate::extract::typescript::names::{Form, Module};
use crate::ir::{FactKind, Node, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::lower::words::{names_password, names_secret_value, names_token};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Emits a comparison of a secret.
pub(super) fn emit<'t>(module: &Module<'t>, node: Syntax<'t>, cx: &mut Extract<'_>) {
    let operator = node.field(Field::Operator).map_or("", Syntax::text);
    if !matches!(operator, "===" | "!==" | "==" | "!=") {
        return;
    }
    let (Some(left), Some(right)) = (node.field(Field::Left), node.field(Field::Right)) else { return };
    let label = if is_hmac(module, left) && is_value(right) || is_hmac(module, right) && is_value(left) {
        "hmac"
    } else if is_stored_password(module, left) && is_given_password(module, right)
        || is_stored_password(module, right) && is_given_password(module, left)
        || compares_passwords(module, left, right)
    {
        "password"
    } else if is_token_sent(module, left) && is_own_digest(module, right) || is_token_sent(module, right) && is_own_digest(module, left) {
        "computed"
    } else if is_key_sent(module, left) && is_own_key(right) || is_key_sent(module, right) && is_own_key(left) {
        "key"
    } else {
        return;
    };
    let callee = Ref::new(Scope::Global, [operator]);
    let parts = vec![SinkPart::new(module.lower(left), Tri::Yes, label)];
    let owner = owner(node, &callee);
    cx.fact(node.span(), owner, FactKind::Sink(Sink { kind: SinkKind::Compare, callee, parts, options: None }));
    if label == "password" {
        stored(module, cx);
    }
}

/// Emits where the file that compares passwords as they are stores them as they came.
fn stored(module: &Module<'_>, cx: &mut Extract<'_>) {
    for node in module.tree.all().filter(|node| matches!(node.kind(), Kind::Pair | Kind::ShorthandProperty)) {
        let value = node.field(Field::Value).unwrap_or(node);
        let key = node.field(Field::Key).unwrap_or(node).text();
        let is_given = match value.kind() {
            Kind::ShorthandProperty => is_password(value.text()),
            _ => is_password(key) && is_given_password(module, value),
        };
        if is_given && is_written(node) {
            let callee = Ref::new(Scope::Global, ["insert"]);
            let parts = vec![SinkPart::new(module.lower(value), Tri::Yes, "stored")];
            let owner = owner(node, &callee);
            cx.fact(node.span(), owner, FactKind::Sink(Sink { kind: SinkKind::Compare, callee, parts, options: None }));
        }
    }
}

/// Whether the function around a record writes it down, and makes no hash of anything before.
fn is_written(record: Syntax<'_>) -> bool {
    let Some(function) = record.ancestors().find(|outer| outer.kind().is_function()) else { return false };
    let calls = || function.below().filter(|node| node.kind() == Kind::Call).map(called_name);
    let hashes = |name: &str| ["hash", "crypt", "argon"].iter().any(|word| name.to_ascii_lowercase().contains(word));
    calls().any(|name| matches!(name, "insert" | "insertOne" | "create" | "save")) && !calls().any(hashes)
}

/// `const comparePassword = (stored, given) => stored === given`: a function that says what it compares.
fn compares_passwords<'t>(module: &Module<'t>, left: Syntax<'t>, right: Syntax<'t>) -> bool {
    let Some(function) = left.ancestors().find(|outer| outer.kind().is_function()) else { return false };
    let name = name_of(function).to_ascii_lowercase();
    let is_parameter = |side: Syntax<'t>| {
        let declared = module.lookup(side.text(), side).filter(|_| side.kind() == Kind::Identifier);
        declared.is_some_and(|declared| matches!(&declared.form, Form::Parameter(path) if path.is_empty()) && function.holds(declared.name))
    };
    let compares = ["compare", "check", "verif", "valid", "match"].iter().any(|word| name.contains(word));
    compares && name.contains("password") && !is_confirmation(left) && !is_confirmation(right) && is_parameter(left) && is_parameter(right)
}

/// `confirmation`, `repeat`: the same password typed twice.
fn is_confirmation(side: Syntax<'_>) -> bool {
    let name = side.text().to_ascii_lowercase();
    ["confirm", "repeat", "verify", "again", "retype", "2"].iter().any(|word| name.contains(word))
}

/// Emits `given && hash(given) !== user.password`: who sends no password is not asked for it.
pub(super) fn skipped<'t>(module: &Module<'t>, node: Syntax<'t>, cx: &mut Extract<'_>) {
    let (Some(given), Some(test)) = (node.field(Field::Left), node.field(Field::Right)) else { return };
    let is_and = node.field(Field::Operator).is_some_and(|operator| operator.text() == "&&");
    let decides = node.ancestors().take(2).any(|outer| outer.kind() == Kind::If);
    if !is_and || !decides || given.kind() != Kind::Identifier || test.kind() != Kind::Binary || !names_password(given.text()) {
        return;
    }
    let unequal = test.field(Field::Operator).is_some_and(|operator| matches!(operator.text(), "!==" | "!="));
    let stored = test.below().any(|part| part.kind() == Kind::Member && is_stored_password(module, part));
    let same = test.below().any(|part| part.kind() == Kind::Identifier && part.text() == given.text());
    if unequal && stored && same {
        let callee = Ref::new(Scope::Global, ["&&"]);
        let parts = vec![SinkPart::new(module.lower(given), Tri::Yes, "skipped")];
        let owner = owner(node, &callee);
        cx.fact(node.span(), owner, FactKind::Sink(Sink { kind: SinkKind::Compare, callee, parts, options: None }));
    }
}

/// Emits `if (bcrypt.compare(given, hash))`: what is asked is the promise, which is always true.
pub(super) fn unawaited<'t>(module: &Module<'t>, call: Syntax<'t>, cx: &mut Extract<'_>) {
    let is_comparison = matches!(called_name(call), "compare" | "verify");
    let Some(arguments) = call.field(Field::Arguments).filter(|_| is_comparison && call.kind() == Kind::Call) else { return };
    let mut asked = call.parent();
    while let Some(outer) = asked.filter(|outer| matches!(outer.kind(), Kind::Parenthesized | Kind::Unary)) {
        asked = outer.parent();
    }
    let is_condition = asked.is_some_and(|outer| match outer.kind() {
        Kind::If | Kind::Ternary => outer.field(Field::Condition).is_some_and(|condition| condition.holds(call)),
        Kind::Binary => {
            let decides = outer
                .ancestors()
                .take(2)
                .any(|up| up.kind() == Kind::If && up.field(Field::Condition).is_some_and(|asked| asked.holds(call)));
            decides && outer.field(Field::Operator).is_some_and(|sign| matches!(sign.text(), "&&" | "||"))
        }
        _ => false,
    });
    if !is_condition || arguments.children().count() != 2 {
        return;
    }
    let Some(callee) = module
        .callee_of(call)
        .filter(|callee| matches!(callee.module(), Some("bcrypt" | "bcryptjs" | "argon2" | "@node-rs/bcrypt" | "@node-rs/argon2")))
    else {
        return;
    };
    let parts = vec![SinkPart::new(Node::text("promise", call.span()), Tri::Yes, "promise")];
    let owner = owner(call, &callee);
    cx.fact(call.span(), owner, FactKind::Sink(Sink { kind: SinkKind::Compare, callee, parts, options: None }));
}

/// `createHmac(…).update(…).digest(…)`, or a constant that holds it.
fn is_hmac<'t>(module: &Module<'t>, node: Syntax<'t>) -> bool {
    let made = match node.kind() {
        Kind::Call => node,
        Kind::Identifier => match module.lookup(node.text(), node).map(|declaration| &declaration.form) {
            Some(Form::Variable(Some(value), path)) if path.is_empty() => *value,
            _ => return false,
        },
        Kind::TemplateString => match node.children().find(|part| part.kind() == Kind::Substitution).and_then(Syntax::first) {
            Some(inner) => return is_hmac(module, inner),
            None => return false,
        },
        _ => return false,
    };
    let signs = |text: &str| text.contains("createHmac(") && text.contains(".digest(");
    made.kind() == Kind::Call && (signs(made.text()) || helper(module, made).is_some_and(|helper| signs(helper.text())))
}

/// The function of the file that a call is of: `sign(body)`, `this.sign(body)`; a short one, that does nothing else.
fn helper<'t>(module: &Module<'t>, call: Syntax<'t>) -> Option<Syntax<'t>> {
    const LONGEST: usize = 400;
    let function = call.field(Field::Function)?;
    let found = match function.kind() {
        Kind::Identifier => match &module.lookup(function.text(), function)?.form {
            Form::Function(found) => Some(*found),
            Form::Variable(Some(found), path) if path.is_empty() && found.kind().is_function() => Some(*found),
            _ => None,
        },
        Kind::Member if function.field(Field::Object)?.kind() == Kind::This => {
            let name = function.field(Field::Property)?.text();
            let class = call.ancestors().find(|outer| outer.kind().is_class())?.field(Field::Body)?;
            class.children().find(|member| member.kind() == Kind::Method && name_of(*member) == name)
        }
        _ => None,
    };
    found.filter(|found| found.span().len() <= LONGEST)
}

/// `req.query.token`.
fn is_token_sent<'t>(module: &Module<'t>, node: Syntax<'t>) -> bool {
    let sent = |name: &Ref| name.scope == Scope::Request && (names_token(name.last()) || name.last() == "code");
    node.kind() == Kind::Member && module.lower(node).as_ref().is_some_and(sent)
}

/// A hash without a key of what the same request says: `md5(req.query.login)`.
fn is_own_digest<'t>(module: &Module<'t>, node: Syntax<'t>) -> bool {
    let hashes = |text: &str| text.contains("createHash(") || text.starts_with("md5(") || text.starts_with("sha1(");
    let own = |function: Syntax<'t>| match module.lookup(function.text(), function).map(|found| &found.form) {
        Some(Form::Variable(Some(made), path)) => path.is_empty() && made.kind().is_function() && hashes(made.text()),
        _ => false,
    };
    let function = node.field(Field::Function);
    let is_hash = hashes(node.text()) || function.is_some_and(|function| function.kind() == Kind::Identifier && own(function));
    let of_request = |part: Syntax<'t>| {
        part.kind() == Kind::Member
            && module
                .lower(part)
                .as_ref()
                .is_some_and(|name| name.scope == Scope::Request && matches!(name.first(), "query" | "body" | "params"))
    };
    let names: Vec<_> =
        node.below().filter(|part| part.kind() == Kind::Member && part.parent().is_some_and(|up| up.kind() == Kind::Arguments)).collect();
    node.kind() == Kind::Call && is_hash && !names.is_empty() && names.into_iter().all(of_request)
}

/// `req.get('x-api-key')`, `req.headers['x-api-key']`, `req.query.apiKey`: a key that the caller sends.
fn is_key_sent<'t>(module: &Module<'t>, node: Syntax<'t>) -> bool {
    if node.kind() == Kind::Identifier {
        let value = match module.lookup(node.text(), node).map(|declaration| &declaration.form) {
            Some(Form::Variable(Some(value), path)) if path.is_empty() && value.kind() != Kind::Identifier => *value,
            _ => return false,
        };
        return is_key_sent(module, value);
    }
    if node.kind() == Kind::Member {
        let value = module.lower(node);
        let sent =
            value.as_ref().filter(|name| name.scope == Scope::Request && matches!(name.first(), "query" | "body" | "params" | "cookies"));
        return sent.is_some_and(|name| names_secret_value(name.last()) && !names_password(name.last()) || names_token(name.last()));
    }
    let value = matches!(node.kind(), Kind::Call | Kind::Subscript).then(|| module.lower(node));
    // `ctx.get('x-api-key')` of Koa.
    let of_context = node.kind() == Kind::Call && super::root_name(node) == "ctx" && super::called_name(node) == "get";
    let of_request = |name: &Ref| name.scope == Scope::Request && matches!(name.first(), "headers" | "header" | "get") || of_context;
    value.is_some_and(|value| value.as_ref().or(value.as_call().map(|call| &call.callee)).is_some_and(of_request)) && names_key_header(node)
}

/// Whether a call or subscript names a header that a key is sent in.
fn names_key_header(node: Syntax<'_>) -> bool {
    let text = node.text().to_ascii_lowercase();
    let header = text.trim_end_matches([')', ']']).trim_matches(|char: char| !char.is_ascii_alphanumeric());
    ["api-key", "apikey", "-token", "-secret", "-signature"].iter().any(|end| header.ends_with(end))
}

/// What the server holds to compare with: `API_KEY`, `config.apiKey`, `apiKey()`.
fn is_own_key(node: Syntax<'_>) -> bool {
    let called = node.field(Field::Function).filter(|_| node.kind() == Kind::Call).unwrap_or(node);
    let name = called.field(Field::Property).unwrap_or(called).text();
    let is_of_environment = || called.text().starts_with("process.env.") && names_token(name);
    matches!(called.kind(), Kind::Identifier | Kind::Member) && (names_secret_value(name) || is_of_environment())
}

/// What a caller may have sent: no literal.
fn is_value(node: Syntax<'_>) -> bool {
    matches!(node.kind(), Kind::Identifier | Kind::Member | Kind::Subscript | Kind::Call | Kind::TemplateString)
}

/// `user.password`: a member of a record, not of a form or a request.
fn is_stored_password<'t>(module: &Module<'t>, node: Syntax<'t>) -> bool {
    let (Some(object), Some(name)) = (node.field(Field::Object), node.field(Field::Property)) else { return false };
    let owner = object.text().rsplit('.').next().unwrap_or_default().trim_end_matches(['?', '!']).to_ascii_lowercase();
    let is_record = ["user", "account", "record", "row", "doc", "found", "result", "customer", "member", "admin"]
        .iter()
        .any(|word| owner.ends_with(word) || owner.starts_with(word));
    let of_request = module.lower(node).as_ref().is_some_and(|name| name.scope == Scope::Request);
    node.kind() == Kind::Member && is_password(name.text()) && is_record && !of_request
}

/// What the caller typed: `password`, `req.body.password`.
fn is_given_password<'t>(module: &Module<'t>, node: Syntax<'t>) -> bool {
    match node.kind() {
        Kind::Identifier => is_password(node.text()) && !module.lookup(node.text(), node).is_some_and(|found| found.top),
        Kind::Member => {
            let name = node.field(Field::Property).map_or("", Syntax::text);
            is_password(name) && module.lower(node).as_ref().is_some_and(|name| name.scope == Scope::Request)
        }
        _ => false,
    }
}

fn is_password(name: &str) -> bool {
    matches!(
        name.to_ascii_lowercase().as_str(),
        "password" | "passwd" | "pwd" | "pass" | "userpassword" | "user_password" | "inputpassword"
    )
}
