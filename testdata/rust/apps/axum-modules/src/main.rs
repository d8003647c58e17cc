mod auth;
mod api;
use axum::{Router, routing::get};
#[tokio::main]
async fn main() {
    let state = AppState::new();
    let app = Router::new()
        .nest("/api", api::router(state.clone()))
        .fallback(|| async { "none" })
        .layer(tower_http::trace::TraceLayer::new_for_http())
        .with_state(state);
    axum::serve(l, app).await.unwrap();
}
