//! Calls that are weak for some purposes only: hashes and random numbers.

use super::{handed, owner, root_name};
use crate::extract::Extract;
use crate::extract::typescript::names::{Form, Module, unquoted};
use crate::ir::{FactKind, Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::lower::words::{names_drawn, names_password, names_unguessable};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Whether something of this name may be a weak hash or random number, without looking anything up.
pub(super) fn may_speak_of(name: &str, node: Syntax<'_>) -> bool {
    let of_people =
        || matches!(name, "number" | "int" | "numeric" | "alphaNumeric" | "alphanumeric" | "string") && root_name(node) == "faker";
    matches!(name, "random" | "createHash" | "MD5" | "SHA1" | "v1" | "nanoid" | "seedrandom") || name.starts_with("uuid") || of_people()
}

/// Emits a weak hash or random number: the purpose is read off the names around them.
pub(super) fn emit<'t>(module: &Module<'t>, node: Syntax<'t>, callee: &Ref, cx: &mut Extract<'_>) {
    let first = node.field(Field::Arguments).and_then(Syntax::first);
    let mut taken = Vec::new();
    let (kind, label) = match (callee.module(), callee.last()) {
        (Some("crypto"), "createHash") => {
            let algorithm = first.and_then(|first| written(module, first)).unwrap_or_default().to_ascii_lowercase().replace('-', "");
            let name = match algorithm.as_str() {
                // The range queries of Pwned Passwords ask for it, and are sent the first letters alone.
                "sha1" if cx.file.text.contains("pwnedpasswords.com") => return,
                "md5" | "sha1" | "md4" | "ripemd160" => {
                    taken = hashed(node).map(|hashed| handed::taken(module, hashed)).unwrap_or_default();
                    secret_name(node).or_else(|| hashed(node).and_then(|hashed| opens(module, hashed)))
                }
                // Fast ones are good for keys of full length, and bad for passwords.
                "sha256" | "sha512" | "sha224" | "sha384" => {
                    let goes_on = is_hashed_again(node);
                    taken = hashed(node).filter(|_| !goes_on).map(|hashed| handed::taken(module, hashed)).unwrap_or_default();
                    hashed(node).map(last_name).filter(|name| names_password(name) && !goes_on)
                }
                _ => return,
            };
            (SinkKind::Hash, name)
        }
        (Some("crypto"), "createHmac") => match first.filter(|first| first.kind() == Kind::String).map(unquoted) {
            Some("md5" | "sha1") => (SinkKind::Hash, hashed(node).map(last_name).filter(|name| names_password(name))),
            _ => return,
        },
        (Some("md5" | "blueimp-md5" | "js-md5" | "sha1" | "js-sha1"), "default" | "md5" | "sha1") => {
            taken = first.map(|first| handed::taken(module, first)).unwrap_or_default();
            (SinkKind::Hash, secret_name(node))
        }
        (Some("crypto-js"), "MD5" | "SHA1") => (SinkKind::Hash, secret_name(node)),
        (Some(library), name) if draws_guessable(library, name) => {
            (SinkKind::Random, name_for(node, names_drawn).filter(|_| !is_said_to_be_unique(node, &cx.file.text)))
        }
        (None, "random") if callee.scope == Scope::Global && callee.first() == "Math" => {
            let named = name_for(node, names_drawn).or_else(|| pin_of(node)).or_else(|| code_of(node, &cx.file.path));
            (SinkKind::Random, named.filter(|_| !is_said_to_be_unique(node, &cx.file.text)))
        }
        _ => return,
    };
    let label = match label {
        // The digests of HTTP are what the protocol asks for, and anybody may know a nonce.
        Some(label) if kind == SinkKind::Hash && (label.contains("realm") || label.contains("nonce")) => return,
        Some(label) => label.trim_start_matches("${").trim_end_matches('}'),
        // What callers in other files hand over may be a password.
        None if !taken.is_empty() => "",
        None => return,
    };
    let value = first.map_or_else(|| Node::new(node.span(), NodeKind::Null), |first| module.lower(first));
    let value = if callee.module() == Some("crypto") { value } else { Node::text(callee.last_named(), node.span()) };
    let sink =
        Sink { kind, callee: callee.clone(), parts: vec![SinkPart { taken, ..SinkPart::new(value, Tri::No, label) }], options: None };
    cx.fact(node.span(), owner(node, callee), FactKind::Sink(sink));
}

/// Whether what a function of a library draws can be guessed: from the time, from a seed, by a generator that is made to be
/// fast. Said so in their documentations.
fn draws_guessable(library: &str, name: &str) -> bool {
    match library {
        "uuid" => name == "v1",
        "uuid/v1" | "nanoid/non-secure" | "seedrandom" | "lodash/random" | "lodash.random" => true,
        "lodash" | "underscore" => name == "random",
        // What makes up people for trying.
        "@faker-js/faker" | "faker" => matches!(name, "number" | "int" | "numeric" | "alphaNumeric" | "alphanumeric" | "string"),
        _ => false,
    }
}

/// `code` of a function, a class or a file that says that it resets a password or sends a code; of a function of such a name,
/// what it gives back.
fn code_of<'t>(node: Syntax<'t>, path: &str) -> Option<&'t str> {
    let says = |text: &str| {
        let text = text.to_ascii_lowercase();
        ["reset", "forgot", "otp", "verif", "twofactor", "2fa", "sendcode", "loginbysms", "smscode", "codebysms", "logincode", "authcode"]
            .iter()
            .any(|word| text.contains(word))
    };
    let is_of_function = |outer: &Syntax<'t>| outer.kind().is_function() && outer.parent().is_none_or(|up| up.kind() != Kind::Arguments);
    let mut outer = node.ancestors().take(16).take_while(|outer| !is_of_function(outer));
    let is_holder = |kind: Kind| matches!(kind, Kind::VariableDeclarator | Kind::Pair | Kind::Assignment | Kind::AugmentedAssignment);
    let holder = outer.find(|holder| is_holder(holder.kind()));
    let Some(holder) = holder else {
        let function = node.ancestors().find(is_of_function)?;
        let name = match function.parent().filter(|outer| outer.kind() == Kind::Assignment).and_then(|outer| outer.field(Field::Left)) {
            Some(left) => unquoted(left.field(Field::Property).unwrap_or(left)),
            None => super::callers::name_of(function),
        };
        return Some(name).filter(|name| name.ends_with("ode") && (says(name) || says(path.rsplit('/').next().unwrap_or(path))));
    };
    let name = holder.field(Field::Name).or_else(|| holder.field(Field::Key)).or_else(|| holder.field(Field::Left))?;
    let name = unquoted(name.field(Field::Property).unwrap_or(name));
    let mut around = node.ancestors().filter(|outer| outer.kind().is_function() || outer.kind().is_class());
    let mut is_said = || {
        is_worth_money(node, name)
            || around.any(|outer| says(super::callers::name_of(outer)) || path_of(outer).is_some_and(says))
            || is_kept_as(node, name, says)
            || says(path.rsplit('/').next().unwrap_or(path))
    };
    let is_code = matches!(name, "code" | "digits") && is_said() || name.ends_with("Code") && says(name);
    Some(name).filter(|_| is_code)
}

/// The path that a handler is for: `/forgot` of `router.post('/forgot', (req, res) => …)`.
fn path_of(handler: Syntax<'_>) -> Option<&str> {
    let path = handler.parent().filter(|outer| outer.kind() == Kind::Arguments)?.first()?;
    (path.kind() == Kind::String).then(|| unquoted(path)).filter(|path| path.starts_with('/'))
}

/// Whether the function around a place keeps what a name holds under one that says more: `user.resetCode = code`,
/// `{ otpCode: code }`, `query('UPDATE users SET reset_code = $1', [code])`.
fn is_kept_as(node: Syntax<'_>, name: &str, says: impl Fn(&str) -> bool) -> bool {
    const MAX_FUNCTION: usize = 2_000;
    let function = node.ancestors().find(|outer| outer.kind().is_function()).filter(|function| function.size() <= MAX_FUNCTION);
    let says_code = |text: &str| says(text) && text.to_ascii_lowercase().contains("code");
    let is_kept = |inner: Syntax<'_>| match inner.kind() {
        Kind::Assignment => {
            let left = inner.field(Field::Left).and_then(|left| left.field(Field::Property));
            left.is_some_and(|left| says_code(left.text())) && inner.field(Field::Right).is_some_and(|right| right.text() == name)
        }
        Kind::Pair => {
            inner.field(Field::Key).is_some_and(|key| says_code(unquoted(key)))
                && inner.field(Field::Value).is_some_and(|value| value.text() == name)
        }
        Kind::Call => {
            let mut given = inner.field(Field::Arguments).into_iter().flat_map(Syntax::children);
            let writes = |text: &str| ["update ", "insert "].iter().any(|verb| text.to_ascii_lowercase().starts_with(verb));
            given.next().is_some_and(|first| first.kind() == Kind::String && writes(unquoted(first)) && says_code(first.text()))
                && given.any(|values| values.kind() == Kind::Array && values.children().any(|value| value.text() == name))
        }
        _ => false,
    };
    function.is_some_and(|function| function.below().any(is_kept))
}

/// Whether a function writes what a name holds to a record that is worth money, or lets somebody in: `Voucher.create({ code })`.
fn is_worth_money(node: Syntax<'_>, name: &str) -> bool {
    const MAX_FUNCTION: usize = 2_000;
    let Some(function) = node.ancestors().find(|outer| outer.kind().is_function()).filter(|function| function.size() <= MAX_FUNCTION)
    else {
        return false;
    };
    let is_kept = |call: Syntax<'_>| {
        let on = call.field(Field::Function).and_then(|function| function.field(Field::Object));
        let model = on.map_or("", |on| on.field(Field::Property).unwrap_or(on).text());
        let model = crate::lower::words::stem_of_model(model);
        let is_worth = model == "card" || ["giftcard", "voucher", "coupon", "invit"].iter().any(|word| model.contains(word));
        let record = || call.field(Field::Arguments).into_iter().flat_map(Syntax::below);
        is_worth
            && matches!(super::called_name(call), "create" | "insert" | "insertOne" | "save" | "insertMany")
            && record().any(|entry| entry.text() == name && matches!(entry.kind(), Kind::ShorthandProperty | Kind::Identifier))
    };
    function.below().filter(|inner| inner.kind() == Kind::Call).any(is_kept)
}

/// Emits a random byte that is cut to fewer results with a remainder: some come more often than others.
pub(super) fn biased(node: Syntax<'_>, cx: &mut Extract<'_>) {
    let (Some(left), Some(right)) = (node.field(Field::Left), node.field(Field::Right)) else { return };
    if node.field(Field::Operator).map_or("", Syntax::text) != "%" || right.kind() != Kind::Number {
        return;
    }
    let is_byte = ["randomBytes(", "getRandomValues("].iter().any(|made| left.text().contains(made)) && left.kind() == Kind::Subscript;
    let is_even = right.text().parse::<u32>().is_ok_and(u32::is_power_of_two);
    if is_byte && !is_even {
        let callee = Ref::new(Scope::Global, ["%"]);
        let parts = vec![SinkPart::new(Node::text(right.text(), right.span()), Tri::No, "remainder")];
        cx.fact(node.span(), owner(node, &callee), FactKind::Sink(Sink { kind: SinkKind::Random, callee, parts, options: None }));
    }
}

/// A text that is written out, here or in a constant.
fn written<'t>(module: &Module<'t>, value: Syntax<'t>) -> Option<&'t str> {
    let value = match value.kind() {
        Kind::Identifier => match &module.lookup(value.text(), value)?.form {
            Form::Variable(Some(made), path) if path.is_empty() => *made,
            _ => return None,
        },
        _ => value,
    };
    (value.kind() == Kind::String).then(|| unquoted(value))
}

/// What is hashed: the argument of `update` in the same chain.
fn hashed(node: Syntax<'_>) -> Option<Syntax<'_>> {
    let update = node.parent()?.parent().filter(|outer| outer.kind() == Kind::Call && super::called_name(*outer) == "update")?;
    update.field(Field::Arguments)?.first()
}

/// What is hashed that lets somebody in under another name than that of a password: a PIN, what passport hands its strategy
/// as the password.
fn opens<'t>(module: &Module<'t>, hashed: Syntax<'t>) -> Option<&'t str> {
    let own = match hashed.kind() {
        Kind::Call if super::called_name(hashed) == "String" => hashed.field(Field::Arguments)?.first()?,
        _ => hashed,
    };
    let name = last_name(own);
    if matches!(name, "pin" | "pinCode" | "userPin" | "cardPin") {
        return Some(name);
    }
    let declared = module.lookup(own.text(), own).filter(|declared| matches!(&declared.form, Form::Parameter(path) if path.is_empty()))?;
    let function = declared.name.ancestors().find(|outer| outer.kind().is_function())?;
    let made = function.parent().filter(|outer| outer.kind() == Kind::Arguments)?.parent()?;
    let second = function.field(Field::Parameters)?.children().nth(1)?;
    (made.kind() == Kind::New && super::called_name(made) == "LocalStrategy" && second.holds(declared.name)).then_some(name)
}

/// The last name of what is hashed: `password` of `req.body.password`.
fn last_name(node: Syntax<'_>) -> &str {
    node.field(Field::Property).unwrap_or(node).text()
}

/// What a value is asked to be equal to.
fn compared_with<'t>(comparison: Syntax<'t>, value: Syntax<'t>) -> Option<Syntax<'t>> {
    let operator = comparison.field(Field::Operator).map_or("", Syntax::text);
    let (left, right) = (comparison.field(Field::Left)?, comparison.field(Field::Right)?);
    matches!(operator, "===" | "!==" | "==" | "!=").then_some(if left.holds(value) { right } else { left })
}

/// Whether a digest goes on into something that hashes or compares passwords: bcrypt takes no more than 72 bytes.
/// `password = sha512(password); return pool.exec('hash', [password, rounds])`.
pub(super) fn is_hashed_again(node: Syntax<'_>) -> bool {
    const SLOW: [&str; 7] = ["bcrypt", "argon", "scrypt", "pbkdf", "hash", "compare", "verify"];
    let Some(holder) = node.ancestors().take(8).find(|outer| matches!(outer.kind(), Kind::VariableDeclarator | Kind::Assignment)) else {
        return false;
    };
    let name = holder.field(Field::Name).or_else(|| holder.field(Field::Left)).filter(|name| name.kind() == Kind::Identifier);
    let function = holder.ancestors().find(|outer| outer.kind().is_function());
    let (Some(name), Some(function)) = (name, function) else { return false };
    let says = |text: &str| SLOW.iter().any(|word| text.to_ascii_lowercase().contains(word));
    let mut later = function.below().filter(|inner| inner.kind() == Kind::Call && inner.id() >= holder.after());
    later.any(|call| {
        let arguments = || call.field(Field::Arguments).into_iter().flat_map(Syntax::below);
        let is_slow = call.field(Field::Function).is_some_and(|called| says(called.text()))
            || arguments().any(|word| word.kind() == Kind::String && says(unquoted(word)));
        is_slow && arguments().any(|word| word.kind() == Kind::Identifier && word.text() == name.text())
    })
}

/// The key that a variable is put under in its function: `{ code: text }` of `text += …`.
pub(super) fn key_of(variable: Syntax<'_>) -> Option<Syntax<'_>> {
    let function = variable.ancestors().find(|outer| outer.kind().is_function())?;
    let holds =
        |pair: &Syntax<'_>| pair.kind() == Kind::Pair && pair.field(Field::Value).is_some_and(|value| value.text() == variable.text());
    function.below().find(holds)?.field(Field::Key)
}

/// The nearest name around a value that says it is a password, token or key: what is hashed in the
/// same chain, the variable or property it is for, the function it is made in.
fn secret_name(node: Syntax<'_>) -> Option<&str> {
    name_for(node, names_unguessable)
}

/// The nearest such name that says what is asked.
fn name_for(node: Syntax<'_>, says: fn(&str) -> bool) -> Option<&str> {
    let mut is_member = false;
    let mut is_returned = true;
    let mut held: Option<&str> = None;
    for outer in std::iter::once(node).chain(node.ancestors()).take(24) {
        is_member |= outer.kind() == Kind::Pair;
        if outer.kind().is_function() {
            is_returned = returns(outer) && held.is_none_or(|held| is_answer(outer, held));
            held = None;
        }
        let name = match outer.kind() {
            // What is handed over beside it says nothing: `connect({ password, clientId: Math.random() })`.
            Kind::Call if is_member => return None,
            Kind::Call => {
                let inner = outer.field(Field::Arguments).into_iter().flat_map(Syntax::below);
                // What a function among the arguments names is its own matter: a module may be one.
                let is_argument = |inner: &Syntax<'_>| {
                    let mut between = inner.ancestors().take_while(|up| up.id() != outer.id());
                    // How long it is says which place of it is meant.
                    let is_measured =
                        inner.parent().is_some_and(|up| up.field(Field::Property).is_some_and(|name| name.text() == "length"));
                    // A member of an object that is hashed whole is one of many.
                    let is_one_of_many = inner.kind() != Kind::Call && {
                        let object = inner.ancestors().take_while(|up| up.id() != outer.id()).find(|up| up.kind() == Kind::Object);
                        object.is_some_and(|object| object.children().count() > 1)
                    };
                    !matches!(inner.kind(), Kind::Fragment | Kind::Object | Kind::Arguments | Kind::Array | Kind::Parenthesized)
                        && !is_one_of_many
                        && !is_measured
                        && !inner.kind().is_function()
                        && !between.any(|up| up.kind().is_function())
                };
                if let Some(found) = inner.filter(is_argument).map(Syntax::text).find(|text| text.len() <= 40 && says(text)) {
                    return Some(found);
                }
                continue;
            }
            // `onSubmitPassword` that draws a number on its way makes no password.
            Kind::VariableDeclarator | Kind::Function | Kind::Method | Kind::Field | Kind::JsField | Kind::Pair if !is_returned => None,
            Kind::VariableDeclarator | Kind::Function | Kind::Method | Kind::Field | Kind::JsField => {
                outer.field(Field::Name).or_else(|| outer.field(Field::Property))
            }
            Kind::Pair => outer.field(Field::Key),
            // `Math.random() < 0.1` draws a lot.
            Kind::Binary if matches!(outer.field(Field::Operator).map_or("", Syntax::text), "<" | ">" | "<=" | ">=") => return None,
            // `req.query.token === createHash('md5')…`.
            Kind::Binary => compared_with(outer, node).map(|other| other.field(Field::Property).unwrap_or(other)),
            // `field.prototype.format = function …` is called after what it does.
            Kind::Assignment => {
                let left = outer.field(Field::Left);
                let is_method = outer.field(Field::Right).is_some_and(|right| right.kind().is_function());
                left.map(|left| if is_method { left.field(Field::Property).unwrap_or(left) } else { left })
            }
            Kind::AugmentedAssignment => outer.field(Field::Left).map(|variable| key_of(variable).unwrap_or(variable)),
            Kind::Class | Kind::Program => return None,
            _ => None,
        };
        if let Some(name) = name.map(unquoted)
            && says(name)
        {
            return (!is_mark_of_lock(outer)).then_some(name);
        }
        if outer.kind() == Kind::VariableDeclarator && held.is_none() {
            held = name.map(unquoted);
        }
        // `insert({ token: code })` of `const code = …`.
        let kept = name.filter(|name| outer.kind() == Kind::VariableDeclarator && name.kind() == Kind::Identifier).and_then(key_of);
        if let Some(key) = kept.map(unquoted).filter(|key| says(key)) {
            return Some(key);
        }
        if matches!(outer.kind(), Kind::Function | Kind::Method) {
            return None;
        }
    }
    None
}

/// `const token = …; redis.set(key, token, 'NX')`: says whose a lock is, and opens nothing.
fn is_mark_of_lock(holder: Syntax<'_>) -> bool {
    let name = holder.field(Field::Name).filter(|name| holder.kind() == Kind::VariableDeclarator && name.kind() == Kind::Identifier);
    let function = holder.ancestors().find(|outer| outer.kind().is_function());
    let (Some(name), Some(function)) = (name, function) else { return false };
    let mut calls = function.below().filter(|inner| inner.kind() == Kind::Call && super::called_name(*inner) == "set");
    calls.any(|call| {
        let arguments = || call.field(Field::Arguments).into_iter().flat_map(Syntax::below);
        arguments().any(|word| word.text() == name.text())
            && arguments().any(|word| matches!(word.kind(), Kind::String | Kind::PropertyName) && unquoted(word) == "NX")
    })
}

/// Whether a function gives back what a variable holds, and not only hands it on beside other things:
/// `return worker.run({ password, requestId })`.
fn is_answer(function: Syntax<'_>, held: &str) -> bool {
    let Some(body) = function.field(Field::Body).filter(|body| body.kind() == Kind::Block) else { return true };
    let is_handed_on = |name: Syntax<'_>| {
        let mut outer = name.ancestors().take_while(|outer| outer.kind() != Kind::Return);
        let compares = name.parent().filter(|outer| outer.kind() == Kind::Binary).and_then(|outer| compared_with(outer, name)).is_some();
        compares || outer.find(|outer| outer.kind() == Kind::Object).and_then(Syntax::parent).is_some_and(|up| up.kind() == Kind::Arguments)
    };
    let uses = |answer: Syntax<'_>| answer.below().filter(|inner| inner.text() == held).map(is_handed_on).collect::<Vec<_>>();
    let all: Vec<bool> = body.below().filter(|inner| inner.kind() == Kind::Return).flat_map(uses).collect();
    all.is_empty() || !all.into_iter().all(|handed_on| handed_on)
}

/// Whether a function gives something back.
fn returns(function: Syntax<'_>) -> bool {
    /// Nodes of a body that is searched; a larger one may give anything back.
    const MAX_SIZE: usize = 4096;
    let Some(body) = function.field(Field::Body) else { return false };
    if body.size() > MAX_SIZE {
        return true;
    }
    let is_own = |inner: &Syntax<'_>| {
        inner.ancestors().find(|outer| outer.kind().is_function()).is_some_and(|nearest| nearest.id() == function.id())
    };
    body.kind() != Kind::Block || body.below().any(|inner| inner.kind() == Kind::Return && inner.first().is_some() && is_own(&inner))
}

/// `pin` that is made of the digits of a number and of nothing else; one of a map has a place.
fn pin_of(node: Syntax<'_>) -> Option<&str> {
    let is_between = |outer: &Syntax<'_>| {
        let parts =
            [Kind::Call, Kind::Arguments, Kind::Member, Kind::Binary, Kind::Parenthesized, Kind::TemplateString, Kind::Substitution];
        parts.contains(&outer.kind())
    };
    let mut outer = node.ancestors().take(24).skip_while(is_between);
    let holder = outer.next().filter(|holder| matches!(holder.kind(), Kind::VariableDeclarator | Kind::Pair | Kind::Assignment))?;
    let made = holder.field(Field::Value).or_else(|| holder.field(Field::Right))?.text();
    let name = holder.field(Field::Name).or_else(|| holder.field(Field::Key)).or_else(|| holder.field(Field::Left))?;
    let is_text = ["toString(", "String(", "padStart(", "`"].iter().any(|way| made.contains(way));
    Some(unquoted(name.field(Field::Property).unwrap_or(name))).filter(|name| is_text && matches!(*name, "pin" | "PIN"))
}

/// Whether the documentation of the function around a number says that what is made of it needs to differ from others
/// and need not be secret: the number of a request, a key in a list.
fn is_said_to_be_unique(node: Syntax<'_>, text: &str) -> bool {
    let Some(function) = node.ancestors().find(|outer| matches!(outer.kind(), Kind::Function | Kind::Method)) else { return false };
    let above = text.get(..function.span().start as usize).unwrap_or_default().trim_end();
    let above = above.strip_suffix("default").unwrap_or(above).trim_end();
    let above = above.strip_suffix("export").unwrap_or(above).trim_end();
    let Some(said) = above.strip_suffix("*/").and_then(|said| said.rfind("/**").map(|start| said[start..].to_ascii_lowercase())) else {
        return false;
    };
    said.contains("not cryptographic") && said.contains("collision")
}
