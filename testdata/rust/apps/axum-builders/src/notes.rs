use axum::{extract::{Path, State}, Json, http::StatusCode};
pub async fn list(State(s): State<AppState>) -> Json<Vec<Note>> { Json(s.db.notes().await) }
pub async fn create(State(s): State<AppState>, Json(n): Json<Note>) -> StatusCode { s.db.insert(n).await; StatusCode::CREATED }
pub async fn remove(State(s): State<AppState>, Path(id): Path<u64>) -> StatusCode { s.db.delete(id).await; StatusCode::NO_CONTENT }
pub async fn purge(State(s): State<AppState>) -> StatusCode { s.db.delete_all().await; StatusCode::NO_CONTENT }
pub async fn reindex(State(s): State<AppState>) -> StatusCode { s.db.reindex().await; StatusCode::OK }
pub async fn flush() -> StatusCode { CACHE.clear(); StatusCode::OK }
pub async fn not_found() -> StatusCode { StatusCode::NOT_FOUND }
