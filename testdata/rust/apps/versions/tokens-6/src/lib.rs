use jsonwebtoken::{decode, Algorithm, Validation};

pub fn of_any_issuer(token: &str, jwk: &Jwk) -> Option<Claims> {
    let key = secret_of(jwk);
    decode::<Claims>(token, key, &Validation::new(Algorithm::RS256)).ok().map(|token| token.claims)
}

pub fn of_two_families(token: &str, key: &[u8]) -> Option<Claims> {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&["https://id.example.com"]);
    validation.algorithms = vec![Algorithm::HS256, Algorithm::RS256]; // <-- jwt-algorithms-open
    decode::<Claims>(token, key, &validation).ok().map(|token| token.claims)
}
