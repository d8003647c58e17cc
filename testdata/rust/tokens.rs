//! Tokens: the crates that read and sign them.
use hmac::{Hmac, Mac};
use jsonwebtoken::{decode, decode_header, encode, Algorithm, DecodingKey, EncodingKey, Header, TokenData, Validation};
use once_cell::sync::Lazy;
use serde::{Deserialize, Serialize};

const SECRET: &str = "not so secret"; // <-- jwt-key-in-code

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    exp: usize,
}

#[derive(Serialize)]
struct Forever {
    sub: String,
}

fn literal(token: &str) {
    let data = decode::<Claims>(token, &DecodingKey::from_secret("secret".as_ref()), &Validation::default()).unwrap(); // <-- jwt-key-in-code
    let other = decode::<Claims>(token, &DecodingKey::from_secret(SECRET.as_bytes()), &Validation::new(Algorithm::HS256));
}

fn issued(claims: &Claims) -> String {
    encode(&Header::default(), claims, &EncodingKey::from_secret(b"my secret")).unwrap() // <-- jwt-key-in-code
}

fn fallback(claims: &Claims) -> String {
    let secret = std::env::var("JWT_SECRET").unwrap_or_else(|_| "development".to_string()); // <-- jwt-signing-secret
    encode(&Header::default(), claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn from_environment(claims: &Claims) -> String {
    let secret = std::env::var("JWT_SECRET").expect("JWT_SECRET");
    encode(&Header::new(Algorithm::HS512), claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

static KEY: Lazy<EncodingKey> = Lazy::new(|| EncodingKey::from_secret(b"lazy secret")); // <-- jwt-signing-secret

struct Keys {
    decoding: DecodingKey,
}

impl Keys {
    fn new() -> Self {
        Keys { decoding: DecodingKey::from_secret(b"kept in a struct") } // <-- jwt-key-in-code
    }
}

fn unsigned(token: &str, key: &DecodingKey) -> Claims {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.insecure_disable_signature_validation(); // <-- jwt-verification-off
    decode::<Claims>(token, key, &validation).unwrap().claims
}

fn dangerous(token: &str) -> TokenData<Claims> {
    jsonwebtoken::dangerous::insecure_decode::<Claims>(token).unwrap() // <-- jwt-verification-off
}

fn old(token: &str) -> TokenData<Claims> {
    jsonwebtoken::dangerous_insecure_decode::<Claims>(token).unwrap() // <-- jwt-verification-off
}

fn forever(token: &str, key: &DecodingKey) {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false; // <-- jwt-expiry-off
    decode::<Claims>(token, key, &validation).unwrap();
    let optional = {
        let mut validation = Validation::default();
        validation.required_spec_claims.clear(); // <-- jwt-expiry-off
        validation
    };
    decode::<Claims>(token, key, &optional).unwrap();
    let mut named = Validation::default();
    named.set_required_spec_claims(&["sub"]); // <-- jwt-expiry-off
    decode::<Claims>(token, key, &named).unwrap();
    let off = Validation { validate_exp: false, ..Default::default() }; // <-- jwt-expiry-off
    decode::<Claims>(token, key, &off).unwrap();
}

fn checked(token: &str, key: &DecodingKey) {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&["api"]);
    validation.set_issuer(&["https://issuer.example.com"]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.validate_exp = true;
    decode::<Claims>(token, key, &validation).unwrap();
}

fn by_hand(token: &str, key: &DecodingKey, now: usize) -> Option<Claims> {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    let claims = decode::<Claims>(token, key, &validation).ok()?.claims;
    if claims.exp < now {
        return None;
    }
    Some(claims)
}

fn probed(token: &str, keys: &Store) -> Option<Claims> {
    let header = decode_header(token).ok()?;
    let key = keys.find(&header.kid?)?;
    decode::<Claims>(token, key, &Validation::new(Algorithm::RS256)).ok().map(|data| data.claims)
}

fn no_end(sub: String, key: &EncodingKey) -> String {
    let claims = Forever { sub };
    encode(&Header::default(), &claims, key).unwrap() // <-- jwt-no-lifetime
}

fn told(user: &User, key: &EncodingKey) -> String {
    let claims = serde_json::json!({
        "sub": user.id,
        "exp": user.until,
        "password": user.password, // <-- jwt-sensitive-claims
    });
    encode(&Header::default(), &claims, key).unwrap()
}

fn other_crates(token: &str) {
    let loose: jwt::Token<jwt::Header, Claims, _> = jwt::Token::parse_unverified(token).unwrap(); // <-- jwt-verification-off
    let meta = jwt_simple::token::Token::decode_metadata(token).unwrap();
    let (payload, header) = josekit::jwt::decode_unsecured(token).unwrap(); // <-- jwt-verification-off
    let key = jwt_simple::algorithms::HS256Key::from_bytes(b"simple secret"); // <-- jwt-key-in-code
    let signer = josekit::jws::HS256.signer_from_bytes(b"jose secret"); // <-- cipher-key-in-code
    let text = josekit::jwt::encode_unsecured(&payload, &header); // <-- jwt-issued-unsigned
    let authorizer = jwt_authorizer::JwtAuthorizer::from_secret("authorizer secret"); // <-- jwt-signing-secret
    let validation = jwt_authorizer::Validation::new().exp(false); // <-- jwt-expiry-off
    let generated = jwt_simple::algorithms::HS256Key::generate();
}

fn any_audience(token: &str, key: &DecodingKey) -> Result<Claims> {
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_issuer(&["https://id.example.com"]);
    validation.validate_aud = false; // <-- jwt-audience-open
    Ok(decode::<Claims>(token, key, &validation)?.claims)
}

fn algorithm_of_header(token: &str, key: &DecodingKey) -> Result<Claims> {
    let header = jsonwebtoken::decode_header(token)?;
    let mut validation = Validation::new(header.alg); // <-- jwt-algorithms-open
    validation.set_audience(&["api"]);
    Ok(decode::<Claims>(token, key, &validation)?.claims)
}

fn algorithm_of_key(token: &str, keys: &Keys) -> Result<Claims> {
    let header = jsonwebtoken::decode_header(token)?;
    let known = keys.find(&header.kid)?;
    let mut validation = Validation::new(known.alg);
    validation.set_audience(&["api"]);
    Ok(decode::<Claims>(token, &known.key, &validation)?.claims)
}

fn with_alcoholic(token: &str, jwk: &alcoholic_jwt::JWK) {
    use alcoholic_jwt::Validation as Asked;
    alcoholic_jwt::validate(token, jwk, vec![Asked::Issuer("https://id.example.com".into())]).unwrap(); // <-- jwt-expiry-off
    alcoholic_jwt::validate(token, jwk, vec![Asked::Issuer("https://id.example.com".into()), Asked::NotExpired]).unwrap();
}

fn with_biscuit(token: &str, secret: &biscuit::jws::Secret) -> Option<u64> {
    let encoded = biscuit::JWT::<Claims, biscuit::Empty>::new_encoded(token);
    let claims = encoded.unverified_payload().ok()?; // <-- jwt-verification-off
    let unsigned = biscuit::JWT::<Claims, biscuit::Empty>::new_encoded(token);
    unsigned.into_decoded(secret, biscuit::jwa::SignatureAlgorithm::None).ok()?; // <-- jwt-verification-off
    let signed = biscuit::JWT::<Claims, biscuit::Empty>::new_encoded(token);
    signed.into_decoded(secret, biscuit::jwa::SignatureAlgorithm::HS256).ok()?;
    claims.id
}

fn with_compact(text: &str, key: &Hs256Key) -> Option<u64> {
    let token = jwt_compact::UntrustedToken::new(text).ok()?;
    let claims = token.deserialize_claims_unchecked::<Claims>().ok()?; // <-- jwt-verification-off
    claims.id
}

fn with_compact_checked(text: &str, key: &Hs256Key) -> Option<u64> {
    let token = jwt_compact::UntrustedToken::new(text).ok()?;
    Hs256.validator::<Claims>(key).validate(&token).ok()?.claims().id
}

fn with_frank(token: &str, secret: &String) {
    frank_jwt::decode(token, secret, frank_jwt::Algorithm::HS256, &frank_jwt::ValidationOptions::dangerous()).unwrap(); // <-- jwt-expiry-off
    frank_jwt::decode(token, secret, frank_jwt::Algorithm::HS256, &frank_jwt::ValidationOptions::default()).unwrap();
}

fn owner_unverified(token: &str, key: &DecodingKey) -> Option<u64> {
    let mut lax = Validation::new(Algorithm::RS256);
    lax.insecure_disable_signature_validation(); // <-- jwt-verification-off
    decode::<Claims>(token, key, &lax).ok().map(|token| token.claims.id)
}
