use axum::extract::{FromRequestParts, Request};
use axum::http::{header, request::Parts, StatusCode};
use axum::middleware::{from_fn, Next};
use axum::response::Response;
use axum::Router;

pub struct Pilot(pub u64);

impl<S: Send + Sync> FromRequestParts<S> for Pilot {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, StatusCode> {
        let token = parts.headers.get(header::AUTHORIZATION).ok_or(StatusCode::UNAUTHORIZED)?;
        sessions::find(token).map(Pilot).ok_or(StatusCode::UNAUTHORIZED)
    }
}

async fn signed_in(_pilot: Pilot, request: Request, next: Next) -> Response {
    next.run(request).await
}

async fn uncached(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, "no-store".parse().unwrap());
    response
}

pub fn for_pilots(inner: Router) -> Router {
    inner.route_layer(from_fn(signed_in))
}

pub fn fresh(inner: Router) -> Router {
    inner.layer(from_fn(uncached))
}
