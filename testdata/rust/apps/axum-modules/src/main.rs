mod auth;
mod api;
mod loans;
use axum::{Router, routing::get};
#[tokio::main]
async fn main() {
    let state = AppState::new();
    let cors = tower_http::cors::CorsLayer::new()
        .allow_origin(std::env::var("ORIGIN").unwrap().parse::<axum::http::HeaderValue>().unwrap())
        .allow_headers([axum::http::header::AUTHORIZATION]);
    let holds = loans::holds()
        .route("/expired", axum::routing::delete(loans::expire)); // <-- route-without-auth
    let app = Router::new()
        .nest("/holds", holds)
        .nest("/api", api::router(state.clone()))
        .nest("/loans", loans::router().layer(axum::middleware::from_fn_with_state(state.clone(), auth::require_login)))
        .nest("/quotes", loans::quotes().layer(tower_http::compression::CompressionLayer::new()))
        .fallback(|| async { "none" })
        .layer(tower_http::limit::RequestBodyLimitLayer::new(1 << 20))
        .layer(cors)
        .layer(tower_http::trace::TraceLayer::new_for_http())
        .with_state(state);
    axum::serve(l, app).await.unwrap();
}
