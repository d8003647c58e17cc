use poem::{get, post, delete, handler, web::{Json, Path, Data}, Route, Server, Endpoint, Middleware, EndpointExt, Request, Result, Error, http::StatusCode};
struct Auth;
impl<E: Endpoint> Middleware<E> for Auth { type Output = AuthEndpoint<E>; fn transform(&self, ep: E) -> Self::Output { AuthEndpoint { ep } } }
struct AuthEndpoint<E> { ep: E }
impl<E: Endpoint> Endpoint for AuthEndpoint<E> {
    type Output = E::Output;
    async fn call(&self, req: Request) -> Result<Self::Output> {
        if req.header("authorization") == Some("x") { return self.ep.call(req).await; }
        Err(Error::from_status(StatusCode::UNAUTHORIZED))
    }
}
#[handler] async fn add(Json(x): Json<Item>, db: Data<&Db>) -> String { db.insert(x).await; String::new() }
#[handler] async fn drop_item(Path(id): Path<i32>, db: Data<&Db>) -> String { db.delete(id).await; String::new() }
#[tokio::main]
async fn main() {
    let app = Route::new()
        .nest("/api", Route::new().at("/items", post(add)).with(Auth))
        .at("/items/:id", delete(drop_item)); // <-- route-without-auth
    Server::new(l).run(app).await;
}
