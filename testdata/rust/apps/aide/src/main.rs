use aide::axum::{routing::{get, post, get_with, post_with, delete_with}, ApiRouter, IntoApiResponse};
use axum::{http::StatusCode, Json, extract::{Path, FromRequestParts}, http::request::Parts};
struct Caller(u64);
impl<S: Sync> FromRequestParts<S> for Caller { type Rejection = StatusCode;
    async fn from_request_parts(p: &mut Parts, _: &S) -> Result<Self, StatusCode> { tokens::user(p.headers.get("authorization").ok_or(StatusCode::UNAUTHORIZED)?).map(Caller).ok_or(StatusCode::UNAUTHORIZED) } }
fn router() -> ApiRouter {
    ApiRouter::new()
        .api_route("/a", get_with(list, |op| op.description("x")).post_with(add, |op| op))
        .api_route("/a/{id}", delete_with(remove, |op| op.response::<200, ()>())) // <-- route-without-auth
        .api_route_with("/b", post(b), |p| p.tag("x")) // <-- route-without-auth
}
async fn list(_c: Caller) -> Json<Vec<Row>> { Json(DB.all().await) }
async fn add(c: Caller, Json(r): Json<Row>) -> StatusCode { DB.insert(r).await; StatusCode::OK }
async fn remove(Path(id): Path<u64>) -> StatusCode { DB.delete(id).await; StatusCode::OK }
async fn b(Json(r): Json<Row>) -> StatusCode { DB.insert(r).await; StatusCode::OK }
#[tokio::main] async fn main() { axum::serve(tokio::net::TcpListener::bind("127.0.0.1:1").await.unwrap(), router().into_make_service()).await.unwrap(); }
