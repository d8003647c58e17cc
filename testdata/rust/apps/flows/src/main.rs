mod store;
mod files;
use axum::{routing::get, Router, extract::{Path, Query, State}, Json};
#[tokio::main] async fn main() { axum::serve(tokio::net::TcpListener::bind("127.0.0.1:1").await.unwrap(), Router::new().route("/a", get(search)).route("/b/{f}", get(read)).route("/c", get(run)).route("/d", get(sorted)).route("/e/{n}", get(by_number)).with_state(store::Store::open())).await.unwrap(); }
async fn search(State(store): State<store::Store>, Query(q): Query<Search>) -> Json<Vec<Row>> { Json(store::find_by_name(&store, &q.name).await) }
async fn read(Path(f): Path<String>) -> String { files::load(&f) }
async fn run(Query(q): Query<Search>) -> String { files::convert(&q.name, 3) }
async fn sorted(State(store): State<store::Store>, Query(q): Query<Search>) -> Json<Vec<Row>> { Json(store.list_sorted(&q.name).await) }
async fn by_number(State(store): State<store::Store>, Path(n): Path<u32>) -> Json<Vec<Row>> { Json(store::by_table(&store, n).await) }
async fn constant(State(store): State<store::Store>) -> Json<Vec<Row>> { Json(store::by_fixed(&store, "users").await) }
#[derive(serde::Deserialize)] struct Search { name: String }
