use axum::{routing::get, Router};
use jsonwebtoken::{decode, DecodingKey, Validation};
use serde::Deserialize;
use tower_http::cors::CorsLayer;

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

fn subject(token: &str, key: &DecodingKey) -> Option<String> {
    let mut validation = Validation::default();
    validation.insecure_disable_signature_validation();
    validation.validate_exp = false;
    decode::<Claims>(token, key, &validation).ok().map(|data| data.claims.sub)
}

#[tokio::main]
async fn main() {
    let app = Router::new()
        .route("/health", get(|| async { "ok" }))
        .layer(CorsLayer::very_permissive());
    let listener = tokio::net::TcpListener::bind("0.0.0.0:8080").await.unwrap();
    axum::serve(listener, app).await.unwrap();
}
