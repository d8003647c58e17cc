use axum::{extract::{Request, State}, http::StatusCode, middleware::Next, response::{IntoResponse, Response}, RequestPartsExt};
use axum_extra::{headers::{authorization::Bearer, Authorization}, TypedHeader};
pub struct Claims { pub sub: String }
impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Claims {
    type Rejection = AuthError;
    async fn from_request_parts(parts: &mut axum::http::request::Parts, _s: &S) -> Result<Self, Self::Rejection> {
        let TypedHeader(Authorization(bearer)) = parts.extract::<TypedHeader<Authorization<Bearer>>>().await.map_err(|_| AuthError::InvalidToken)?;
        let data = jsonwebtoken::decode::<Claims>(bearer.token(), &KEYS.decoding, &jsonwebtoken::Validation::default()).map_err(|_| AuthError::InvalidToken)?;
        Ok(data.claims)
    }
}
pub async fn require_login(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let Some(cookie) = request.headers().get("cookie") else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    if state.sessions.find(cookie).is_none() {
        return (StatusCode::UNAUTHORIZED, "no").into_response();
    }
    next.run(request).await
}
pub async fn login() -> String { String::new() }
