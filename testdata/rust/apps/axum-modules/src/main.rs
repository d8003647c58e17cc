mod auth;
mod api;
mod loans;
use axum::{Router, routing::get};
#[tokio::main]
async fn main() {
    let state = AppState::new();
    let app = Router::new()
        .nest("/api", api::router(state.clone()))
        .nest("/loans", loans::router().layer(axum::middleware::from_fn_with_state(state.clone(), auth::require_login)))
        .nest("/quotes", loans::quotes().layer(tower_http::compression::CompressionLayer::new()))
        .fallback(|| async { "none" })
        .layer(tower_http::trace::TraceLayer::new_for_http())
        .with_state(state);
    axum::serve(l, app).await.unwrap();
}
