use axum::{routing::{delete, post}, Json, Router};
use crate::auth::{Borrower, Guest};

// What guards these stands where they are nested.
pub fn router() -> Router<AppState> {
    Router::new().route("/", post(create))
}

pub fn quotes() -> Router<AppState> {
    Router::new().route("/", post(create)) // <-- route-without-auth
}

// What its extractors ask; more routes are added where it is nested.
pub fn holds() -> Router<AppState> {
    Router::new().route("/", post(hold)).route("/{id}", delete(release)) // <-- route-without-auth
}

async fn hold(Borrower(who): Borrower, Json(loan): Json<Loan>) -> Json<Loan> {
    db().insert(&loan).await;
    Json(loan)
}

async fn release(Guest(who): Guest, Json(loan): Json<Loan>) -> Json<Loan> {
    db().delete(&loan).await;
    Json(loan)
}

pub async fn expire() -> String {
    db().delete_all().await;
    String::new()
}

async fn create(Json(loan): Json<Loan>) -> Json<Loan> {
    db().insert(&loan).await;
    Json(loan)
}
