use axum::extract::{Path, Request};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use axum::Json;

#[utoipa::path(get, path = "/notes", responses((status = OK)))]
pub async fn list() -> Json<Vec<String>> {
    Json(store::all().await)
}

#[utoipa::path(post, path = "/notes", request_body = String)] // <-- route-without-auth
pub async fn create(Json(text): Json<String>) -> StatusCode {
    store::insert(text).await;
    StatusCode::CREATED
}

#[utoipa::path(delete, path = "/notes/{id}")]
pub async fn remove(user: Member, Path(id): Path<u64>) -> StatusCode {
    store::delete(user.0, id).await;
    StatusCode::NO_CONTENT
}

#[utoipa::path(delete, path = "/notes")]
pub async fn wipe() -> StatusCode {
    store::delete_all().await;
    StatusCode::NO_CONTENT
}

// Documented, and served nowhere.
#[utoipa::path(post, path = "/notes/draft")]
pub async fn draft(Json(text): Json<String>) -> StatusCode {
    store::insert(text).await;
    StatusCode::CREATED
}

pub async fn import(Json(all): Json<Vec<String>>) -> StatusCode {
    store::insert_all(all).await;
    StatusCode::CREATED
}

pub async fn staff(request: Request, next: Next) -> Result<Response, StatusCode> {
    match request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()) {
        Some(token) if sessions::is_staff(token) => Ok(next.run(request).await),
        _ => Err(StatusCode::UNAUTHORIZED),
    }
}

pub struct Member(u64);

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Member {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &S) -> Result<Self, StatusCode> {
        let token = parts.headers.get(header::AUTHORIZATION).ok_or(StatusCode::UNAUTHORIZED)?;
        sessions::user(token).map(Self).ok_or(StatusCode::UNAUTHORIZED)
    }
}
