use axum::{routing::post, Json, Router};

// What guards these stands where they are nested.
pub fn router() -> Router<AppState> {
    Router::new().route("/", post(create))
}

pub fn quotes() -> Router<AppState> {
    Router::new().route("/", post(create)) // <-- route-without-auth
}

async fn create(Json(loan): Json<Loan>) -> Json<Loan> {
    db().insert(&loan).await;
    Json(loan)
}
