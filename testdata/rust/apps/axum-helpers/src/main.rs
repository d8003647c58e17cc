mod auth;
mod rows;
use axum::{routing::{get, post, delete}, Router};
#[tokio::main] async fn main() { axum::serve(tokio::net::TcpListener::bind("127.0.0.1:1").await.unwrap(), Router::new().nest("/rows", rows::router()).with_state(Db::open())).await.unwrap(); }
