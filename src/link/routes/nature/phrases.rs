//! What a segment of a path or the name of a procedure says in several words.

use super::{has_parameter, split_words};
use crate::ir::{Route, Text};

/// `verify-registration`, `resendVerificationMail`: what is done comes first or last.
pub(super) fn public_phrase(segment: &str) -> Option<&'static str> {
    let words = split_words(segment);
    let (first, last) = (words.first()?.as_str(), words.last()?.as_str());
    let speaks_of_password = words.iter().any(|word| word == "password");
    match (first, last) {
        (_, "login" | "signin") | ("login" | "signin", "anonymous" | "anonymously" | "guest") => Some("sign-in"),
        (_, "registration" | "signup" | "reg") => Some("sign-up"),
        ("verify" | "check" | "validate" | "confirm", _) if words.iter().any(|word| word == "otp") => Some("sign-in"),
        ("check" | "validate", "token") => Some("secret in the call"),
        (_, "logout" | "signout") => Some("sign-out"),
        (_, "callback") => Some("OAuth"),
        (_, "webhook") => Some("webhook"),
        ("forgot" | "forget", _) => Some("password reset"),
        ("reset" | "recover", "request" | "mail" | "email" | "init" | "link")
        | ("request" | "send" | "init" | "start", "reset" | "recovery")
            if speaks_of_password =>
        {
            Some("password reset")
        }
        ("resend", _) | ("verify", "token" | "email" | "code" | "account" | "phone" | "link") | (_, "verification") => {
            Some("confirmation of an address")
        }
        _ => None,
    }
}

/// Procedures are named by whole phrases: `acceptInviteRoute`, `removeFieldWithToken`.
pub(super) fn public_procedure(name: &str) -> Option<&'static str> {
    const PHRASES: [(&str, &str); 18] = [
        ("signin", "sign-in"),
        ("login", "sign-in"),
        ("signup", "sign-up"),
        ("register", "sign-up"),
        ("signout", "sign-out"),
        ("logout", "sign-out"),
        ("resetpassword", "password reset"),
        ("forgotpassword", "password reset"),
        ("verifypassword", "sign-in"),
        ("checkpassword", "sign-in"),
        ("verifyemail", "confirmation of an address"),
        ("verification", "confirmation of an address"),
        ("bytoken", "secret in the call"),
        ("withtoken", "secret in the call"),
        ("acceptinvit", "secret in the call"),
        ("declineinvit", "secret in the call"),
        ("userinvite", "secret in the call"),
        ("webhook", "webhook"),
    ];
    PHRASES.iter().find(|(phrase, _)| name.contains(phrase)).map(|(_, why)| *why)
}

/// Whether somebody signs up as one of several kinds of people: `POST /register/freelancer`.
pub(super) fn registers(route: &Route, segments: &[String]) -> bool {
    const THINGS: [&str; 7] = ["admin", "device", "document", "file", "image", "upload", "webhook"];
    let [.., verb, kind] = segments else { return false };
    matches!(verb.as_str(), "register" | "signup" | "registration")
        && kind.bytes().all(|letter| letter.is_ascii_lowercase())
        && !THINGS.iter().any(|thing| kind.contains(thing))
        && route.methods.iter().all(|method| method == "POST")
        && !has_parameter(&route.path)
}

/// Whether a procedure makes a new one of something by its name: `createTraveler`.
pub(in crate::link::routes) fn creates(path: &Text) -> bool {
    let name = path.to_string();
    let name = name.rsplit(['/', '.']).next().unwrap_or_default();
    ["create", "register"].iter().any(|verb| name.strip_prefix(verb).is_some_and(|what| what.starts_with(char::is_uppercase)))
}
