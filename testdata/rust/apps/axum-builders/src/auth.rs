use axum::{extract::{FromRequestParts, Request}, http::{request::Parts, StatusCode, header::AUTHORIZATION}, middleware::Next, response::{IntoResponse, Response}};
use jsonwebtoken::{decode, Algorithm, DecodingKey, Validation};
#[derive(serde::Deserialize)]
pub struct Claims { pub sub: String, pub exp: u64 }
#[derive(Debug)]
pub enum Refused { Missing, Wrong }
impl IntoResponse for Refused {
    fn into_response(self) -> Response { (StatusCode::UNAUTHORIZED, "who are you?").into_response() }
}
impl<S: Send + Sync> FromRequestParts<S> for Claims {
    type Rejection = Refused;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let token = parts.headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()).ok_or(Refused::Missing)?;
        verify(token).ok_or(Refused::Wrong)
    }
}
pub fn verify(token: &str) -> Option<Claims> {
    let key = DecodingKey::from_secret(std::env::var("JWT_KEY").ok()?.as_bytes());
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_audience(&["app"]);
    decode::<Claims>(token, &key, &validation).ok().map(|d| d.claims)
}
pub async fn require(request: Request, next: Next) -> Result<Response, Refused> {
    let token = request.headers().get(AUTHORIZATION).and_then(|v| v.to_str().ok()).ok_or(Refused::Missing)?;
    if verify(token).is_none() { return Err(Refused::Wrong); }
    Ok(next.run(request).await)
}
