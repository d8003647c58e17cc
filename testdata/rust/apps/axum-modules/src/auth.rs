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

pub struct Borrower(pub Claims);
pub struct Guest(pub Option<Claims>);
fn read_token(parts: &axum::http::request::Parts) -> Result<Claims, AuthError> {
    let bearer = parts.headers.typed_get::<Authorization<Bearer>>().ok_or(AuthError::MissingToken)?;
    jsonwebtoken::decode::<Claims>(bearer.token(), &KEYS.decoding, &jsonwebtoken::Validation::default()).map(|data| data.claims).map_err(|_| AuthError::InvalidToken)
}
impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Borrower {
    type Rejection = AuthError;
    async fn from_request_parts(parts: &mut axum::http::request::Parts, _s: &S) -> Result<Self, Self::Rejection> {
        read_token(parts).map(Borrower)
    }
}
impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Guest {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut axum::http::request::Parts, _s: &S) -> Result<Self, Self::Rejection> {
        Ok(Guest(read_token(parts).ok()))
    }
}
