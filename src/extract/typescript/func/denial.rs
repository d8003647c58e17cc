//! Answers and errors that turn a caller away, or tell him to wait.

use std::sync::LazyLock;

use crate::extract::typescript::names::{Form, Module, unquoted};
use crate::extract::typescript::sinks::called_name;
use crate::ir::Ref;
use crate::needles::Needles;
use crate::parse::typescript::{Field, Kind, Syntax};

/// Parts of the names of functions and classes that answer with an error: `next(errorHandler(401, '…'))`,
/// `new AppError('…', 401)`, `sendResponse(res, 401, '…')`.
static ERRORS: LazyLock<Needles> = LazyLock::new(|| {
    let words = ["error", "exception", "respon", "reply", "fail", "reject", "deny", "abort"];
    Needles::new(words.iter().map(|word| (word.as_bytes(), true)))
});

/// A status number, or a constant, that means that the caller is turned away.
pub(in crate::extract::typescript) fn is_denial(value: Syntax<'_>) -> bool {
    let text = if value.kind() == Kind::String { unquoted(value) } else { value.text() };
    let last = text.rsplit('.').next().unwrap_or_default();
    ["401", "403", "UNAUTHORIZED", "UNAUTHORISED", "FORBIDDEN", "UNAUTHENTICATED"].iter().any(|word| last.eq_ignore_ascii_case(word))
        || matches!(value.kind(), Kind::Identifier | Kind::Member | Kind::String) && is_constant_of_denial(last)
}

/// `HTTP_401_UNAUTHORIZED`, `CODE_FORBIDDEN`, `ERROR_NOT_AUTHORIZED`: a constant's name says it.
fn is_constant_of_denial(name: &str) -> bool {
    const SAYS: [&str; 9] = [
        "UNAUTHORIZED",
        "UNAUTHORISED",
        "NOT_AUTHORIZED",
        "NOT_AUTHORISED",
        "FORBIDDEN",
        "UNAUTHENTICATED",
        "NOT_AUTHENTICATED",
        "INVALID_AUTHENTICATION",
        "AUTHENTICATION_REQUIRED",
    ];
    let is_constant = !name.contains(|letter: char| letter.is_ascii_lowercase());
    is_constant && SAYS.iter().any(|word| without_number(name).ends_with(word))
}

/// `FORBIDDEN_403` without the number that it stands for.
fn without_number(name: &str) -> &str {
    name.trim_end_matches(|letter: char| letter.is_ascii_digit()).trim_end_matches('_')
}

/// Whether a call answers that the caller may not, or makes an error that does.
pub(in crate::extract::typescript) fn denies(callee: &Ref, call: Syntax<'_>) -> bool {
    // Names inside functions carry their place.
    let name = match callee.last().split('@').next().unwrap_or_default() {
        // All that another file exports is what this one calls it: `const ApiError = require('./api-error')`.
        "*" | "default" => called_name(call),
        name => name,
    };
    let argument = call.field(Field::Arguments).and_then(Syntax::first);
    match name {
        "status" | "sendStatus" | "code" | "writeHead" | "throw" | "createError" | "HTTPException" | "HttpException" | "abort"
        | "error" | "httpError" | "assert" => {
            call.field(Field::Arguments).is_some_and(|arguments| arguments.children().take(3).any(is_denial))
        }
        // Restify sends the status alone or first.
        "send" => argument.is_some_and(|first| first.kind() == Kind::Number && is_denial(first)),
        // Hono answers with the status behind the body: `c.json({ error }, 401)`.
        "json" | "text" | "body" | "html" | "newResponse" => {
            call.field(Field::Arguments).is_some_and(|arguments| arguments.children().skip(1).take(1).any(is_denial))
        }
        // SvelteKit's status stands before the place: `redirect(303, '/login')`.
        "redirect" => call.field(Field::Arguments).is_some_and(|arguments| arguments.children().take(2).any(is_sign_in)),
        "unauthorized" | "forbidden" | "Unauthorized" | "Forbidden" | "unauthenticated" | "accessDenied" => true,
        _ => {
            let is_error = || ERRORS.stand_in(name.as_bytes());
            let arguments = || call.field(Field::Arguments).into_iter().flat_map(Syntax::children).take(3);
            let thrown = call.kind() == Kind::New || call.parent().is_some_and(|parent| parent.kind() == Kind::Throw);
            // `throw new Error('Unauthorized')`: a server action has no status to answer with.
            let says = |argument: Syntax<'_>| thrown && argument.kind() == Kind::String && says_denied(unquoted(argument));
            // `throw new Denied(401)`: an error of the application's own, whatever its name.
            let is_thrown = call.kind() == Kind::New && call.parent().is_some_and(|parent| parent.kind() == Kind::Throw);
            let is_status = |argument: Syntax<'_>| argument.kind() == Kind::Number && is_denial(argument);
            thrown && is_denial_name(name)
                || is_error() && arguments().any(|argument| is_denial(argument) || says(argument))
                || is_thrown && arguments().any(is_status)
        }
    }
}

/// Whether a caller is sent to where people sign in.
fn is_sign_in(place: Syntax<'_>) -> bool {
    let text = place.text().to_ascii_lowercase();
    ["login", "signin", "sign-in", "sign_in", "/auth"].iter().any(|word| text.contains(word))
}

/// Names of errors that say that the caller is not known or not allowed.
fn is_denial_name(name: &str) -> bool {
    [
        "Unauthorized",
        "Unauthorised",
        "Forbidden",
        "Unauthenticated",
        "AuthenticationError",
        "AuthenticationException",
        "AuthorizationException",
        "AuthorizationError",
        "NotAuthenticated",
        "NotAuthorized",
        "NotAuthorised",
        "LoginRequired",
        "NotLoggedIn",
        "NotSignedIn",
        "AccessDenied",
    ]
    .iter()
    .any(|word| name.contains(word))
}

/// Whether an error's text says that the caller is not known or not allowed.
fn says_denied(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    [
        "unauthor",
        "unauthent",
        "not authent",
        "not authori",
        "not logged in",
        "not signed in",
        "forbidden",
        "access denied",
        "not allowed",
        "no permission",
    ]
    .iter()
    .chain(&[
        "sign in first",
        "log in first",
        "must be logged in",
        "must be signed in",
        "please sign in",
        "please log in",
        "please login",
        "login required",
        "authentication required",
    ])
    .any(|phrase| text.contains(phrase))
}

impl<'t> Module<'t> {
    /// Whether a denial says that there is no such record, by the wrong number: `const user = await users.findOne({ where: { id } });
    /// if (!user) throw new UnauthorizedException('no such user')`. It asks nothing of who calls.
    pub(super) fn is_of_missing_record(&self, denial: Syntax<'t>) -> bool {
        let test = denial.ancestors().take_while(|outer| !outer.kind().is_function()).find(|outer| outer.kind() == Kind::If);
        let Some(condition) = test.and_then(|test| test.field(Field::Condition)) else { return false };
        let text = condition.text().trim_matches(['(', ')']);
        let name = text.strip_prefix('!').or_else(|| text.strip_suffix(".affected === 0")).or_else(|| text.strip_suffix(" === null"));
        let Some(name) = name.filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')) else { return false };
        let Some(Form::Variable(Some(made), path)) = self.lookup(name, condition).map(|declared| &declared.form) else { return false };
        let call = if made.kind() == Kind::Await { made.first() } else { Some(*made) };
        let Some(call) = call.filter(|call| call.kind() == Kind::Call && path.is_empty()) else { return false };
        let asks_store = ["find", "get", "load", "delete", "remove", "update"].iter().any(|verb| called_name(call).starts_with(verb));
        let is_id = |name: &str| name == "id" || name.ends_with("Id") || name.ends_with("_id");
        let names = || call.field(Field::Arguments).into_iter().flat_map(Syntax::below);
        let is_given = |name: Syntax<'t>| {
            matches!(name.kind(), Kind::Identifier | Kind::ShorthandProperty)
                && is_id(name.text())
                && self.lookup(name.text(), name).is_some_and(|given| matches!(&given.form, Form::Parameter(path) if path.is_empty()))
        };
        asks_store && names().any(is_given) && !names().any(|name| matches!(name.kind(), Kind::Member | Kind::This))
    }
}

/// A status number, or a constant, that says that there were too many calls.
pub(super) fn is_too_many(value: Syntax<'_>) -> bool {
    let text = if value.kind() == Kind::String { unquoted(value) } else { value.text() };
    let last = text.rsplit('.').next().unwrap_or_default();
    last == "429" || matches!(without_number(last), "TOO_MANY_REQUESTS" | "TooManyRequests")
}

/// Whether a call answers that there were too many, or makes an error that does: `res.status(429)`, `new HttpError(429)`.
pub(super) fn is_told_to_wait(call: Syntax<'_>) -> bool {
    let is_made = call.kind() == Kind::New && called_name(call).contains("TooManyRequests");
    is_made || call.field(Field::Arguments).is_some_and(|arguments| arguments.children().take(3).any(is_too_many))
}
