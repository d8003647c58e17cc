//! Tokens: how they are checked and issued, and OAuth clients.

use smol_str::SmolStr;

use super::{Field, Node, Ref, Span, Text, Tri};

/// A place that reads a token (JWT and its kin): what it checks.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenCheck {
    /// The library's package.
    pub library: SmolStr,
    /// The library's version, where a lock file or manifest says it.
    pub version: Option<SmolStr>,
    /// The function called.
    pub callee: Ref,
    /// Accepted algorithms, as written.
    pub algorithms: Field<Vec<Node>>,
    /// Whether the signature is checked.
    pub signature: Field<bool>,
    /// Whether the issuer is pinned.
    pub issuer: Field<Node>,
    /// Whether the audience is pinned.
    pub audience: Field<Node>,
    /// Whether expiry is checked.
    pub expiry: Field<bool>,
    /// Claims that must be present.
    pub required_claims: Field<Vec<Text>>,
    /// The key.
    pub key: Field<Node>,
    /// Whether a failed check turns the caller away; `No` for optional authentication.
    pub enforced: Tri,
    /// Whether another call in the same function verifies the token.
    pub verified_elsewhere: Tri,
    /// Whether the result is used.
    pub result_used: Tri,
    /// What the installed version does by itself.
    pub behaviour: Behaviour,
    /// The options as written.
    pub options: Option<Node>,
    /// The call.
    pub span: Span,
}

/// What a version of a library does that no option of a [`TokenCheck`] says (rows of `rules/tables/jwt.toml`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Behaviour {
    /// What becomes of tokens where algorithms of shared secrets and of public keys are accepted.
    pub mixed: Mixed,
    /// Whether a token that names an audience is refused where none is configured.
    pub refuses_audience: bool,
    /// Whether an empty key is a key like any other.
    pub takes_empty_key: bool,
}

/// What becomes of tokens where algorithms of several families are accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mixed {
    /// The kind of the key decides which of them count.
    #[default]
    ByKey,
    /// Any key serves for any of them (RFC 8725 §2.1).
    Confused,
    /// Every token is refused.
    Refused,
}

/// A place that signs a token.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenIssue {
    /// The library's package.
    pub library: SmolStr,
    /// The library's version, where it is known.
    pub version: Option<SmolStr>,
    /// The function called.
    pub callee: Ref,
    /// The signing algorithm.
    pub algorithm: Field<Text>,
    /// Lifetime in seconds.
    pub lifetime: Field<f64>,
    /// The claims put in.
    pub claims: Option<Node>,
    /// The key.
    pub key: Field<Node>,
    /// The call.
    pub span: Span,
}

/// An OAuth 2 or `OpenID` Connect client.
#[derive(Debug, Clone, PartialEq)]
pub struct OAuthClient {
    /// The library's package.
    pub library: SmolStr,
    /// `authorization_code`, `implicit`, `password`, `client_credentials`, a `response_type`.
    pub grant: Field<Text>,
    /// Whether PKCE is used.
    pub pkce: Field<bool>,
    /// Whether `state` is checked.
    pub state: Field<bool>,
    /// Redirect URIs.
    pub redirect_uris: Vec<Node>,
    /// The client secret, as written.
    pub secret: Field<Node>,
    /// Where tokens are kept: `localStorage`, `cookie`, `memory`.
    pub storage: Option<SmolStr>,
    /// Whether token requests follow redirects.
    pub follows_redirects: Tri,
    /// The place.
    pub span: Span,
}
