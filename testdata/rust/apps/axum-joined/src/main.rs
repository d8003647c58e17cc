//! Routers of other modules, joined on the spot: a layer stands in front of what is there before it alone.

mod shelves;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::Response;

async fn require_user(request: Request, next: Next) -> Result<Response, StatusCode> {
    let token = request.headers().get("authorization").ok_or(StatusCode::UNAUTHORIZED)?;
    if !sessions::knows(token) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    Ok(next.run(request).await)
}

#[tokio::main]
async fn main() {
    let staff = shelves::staff().route_layer(middleware::from_fn(require_user)).merge(shelves::late());
    let app = shelves::own()
        .route_layer(middleware::from_fn(require_user))
        .merge(shelves::open())
        .nest("/staff", staff);
    axum::serve(tokio::net::TcpListener::bind("0.0.0.0:3000").await.unwrap(), app).await.unwrap();
}
