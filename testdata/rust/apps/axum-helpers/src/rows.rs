use axum::{extract::{Path, State}, http::{HeaderMap, StatusCode}, routing::{delete, get, post, put}, Json, Router};
use crate::auth::{self, caller};
pub fn router() -> Router<Db> {
    Router::new()
        .route("/", post(add))
        .route("/{id}", delete(remove))
        .route("/{id}/hide", post(hide)) // <-- route-without-auth
        .route("/{id}/name", put(rename))
        .route("/{id}/lang", put(translate)) // <-- route-without-auth
}
async fn add(State(db): State<Db>, headers: HeaderMap, Json(r): Json<Row>) -> Result<StatusCode, StatusCode> {
    let who = caller(&headers, &db).await?;
    db.insert(who.id, r).await; Ok(StatusCode::CREATED)
}
async fn remove(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>) -> Result<StatusCode, StatusCode> {
    let who = auth::caller(&headers, &db).await?;
    auth::must_be_admin(&who)?;
    db.delete(id).await; Ok(StatusCode::OK)
}
async fn hide(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>) -> StatusCode {
    if let Some(who) = auth::who(&headers, &db).await { tracing::info!("by {}", who.id); }
    db.update(id).await; StatusCode::OK
}
async fn rename(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>) -> StatusCode {
    let Some(who) = auth::who(&headers, &db).await else { return StatusCode::NOT_FOUND };
    db.update_of(who.id, id).await; StatusCode::OK
}
async fn translate(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>) -> StatusCode {
    let lang = auth::locale(&headers);
    db.update(id, lang).await; StatusCode::OK
}
