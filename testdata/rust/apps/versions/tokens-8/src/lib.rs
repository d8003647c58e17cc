use jsonwebtoken::{decode, Algorithm, DecodingKey, Validation};

pub fn of_any_issuer(token: &str, jwk: &Jwk) -> Option<Claims> {
    let key = DecodingKey::from_jwk(jwk).ok()?;
    decode::<Claims>(token, &key, &Validation::new(Algorithm::RS256)).ok().map(|token| token.claims) // <-- jwt-audience-open
}

pub fn of_two_families(token: &str, key: &DecodingKey) -> Option<Claims> {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&["https://id.example.com"]);
    validation.algorithms = vec![Algorithm::HS256, Algorithm::RS256];
    decode::<Claims>(token, key, &validation).ok().map(|token| token.claims)
}
