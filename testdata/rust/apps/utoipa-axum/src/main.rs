use utoipa_axum::{router::OpenApiRouter, routes};
use axum::{middleware::from_fn, http::StatusCode, Json, extract::{Path, Request}, middleware::Next, response::Response};
mod pets;
#[tokio::main]
async fn main() {
    let (router, api) = OpenApiRouter::new()
        .nest("/pets", pets::router())
        .nest("/toys", pets::toys().layer(from_fn(gate)))
        .split_for_parts();
    axum::serve(tokio::net::TcpListener::bind("127.0.0.1:1").await.unwrap(), router).await.unwrap();
}
pub async fn gate(req: Request, next: Next) -> Result<Response, StatusCode> {
    let Some(t) = req.headers().get("authorization") else { return Err(StatusCode::UNAUTHORIZED) };
    if !tokens::known(t) { return Err(StatusCode::UNAUTHORIZED); }
    Ok(next.run(req).await)
}
