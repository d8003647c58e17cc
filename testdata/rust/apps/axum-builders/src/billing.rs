use axum::{extract::{Path, State}, Json, http::StatusCode};
pub async fn list(State(s): State<AppState>) -> Json<Vec<Invoice>> { Json(s.db.invoices().await) }
pub async fn create(State(s): State<AppState>, Json(n): Json<Invoice>) -> StatusCode { s.db.insert(n).await; StatusCode::CREATED }
pub async fn remove(State(s): State<AppState>, Path(id): Path<u64>) -> StatusCode { s.db.delete(id).await; StatusCode::NO_CONTENT }
pub async fn replace(State(s): State<AppState>, Path(id): Path<u64>, Json(n): Json<Invoice>) -> StatusCode { s.db.update(id, n).await; StatusCode::NO_CONTENT }
pub async fn payment(State(s): State<AppState>, Path(id): Path<u64>) -> Json<Payment> { Json(s.db.payment(id).await) }
pub async fn pay(State(s): State<AppState>, Path(id): Path<u64>, Json(n): Json<Payment>) -> StatusCode { s.db.update(id, n).await; StatusCode::NO_CONTENT }
pub async fn credits(State(s): State<AppState>) -> Json<Vec<Credit>> { Json(s.db.credits().await) }
pub async fn grant(State(s): State<AppState>, Json(n): Json<Credit>) -> StatusCode { s.db.insert(n).await; StatusCode::NO_CONTENT }
pub async fn refund(State(s): State<AppState>, Json(n): Json<Credit>) -> StatusCode { s.db.insert(n).await; StatusCode::NO_CONTENT }
pub async fn unrefund(State(s): State<AppState>, Json(n): Json<Credit>) -> StatusCode { s.db.delete(n).await; StatusCode::NO_CONTENT }
