use axum::{middleware, routing::{get, post, put}, Extension, Json, Router};
use crate::auth::{self, require_login, Claims};
pub fn router(state: AppState) -> Router<AppState> {
    let protected = Router::new()
        .route("/accounts", post(create_account).get(list_accounts))
        .route("/accounts/{id}", put(update_account))
        .layer(middleware::from_fn_with_state(state.clone(), require_login));
    let public = Router::new()
        .route("/auth/login", post(auth::login))
        .route("/transfers", post(create_transfer)); // <-- route-without-auth
    Router::new().merge(protected).merge(public).route("/profile", put(update_profile))
}
async fn create_account(Json(a): Json<Account>) -> Json<Account> { db().insert(&a).await; Json(a) }
async fn list_accounts() -> Json<Vec<Account>> { Json(vec![]) }
async fn update_account(Json(a): Json<Account>) -> Json<Account> { db().update(&a).await; Json(a) }
async fn create_transfer(Json(t): Json<Transfer>) -> Json<Transfer> { db().insert(&t).await; Json(t) }
async fn update_profile(claims: Claims, Json(t): Json<Profile>) -> Json<Profile> { db().update(&t).await; Json(t) }
