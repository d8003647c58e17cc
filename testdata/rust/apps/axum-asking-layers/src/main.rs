use axum::{extract::{FromRequestParts, OptionalFromRequestParts, Path, Request, State}, http::{request::Parts, StatusCode}, middleware::{from_fn_with_state, Next}, response::Response, routing::{delete, post}, Router};
use jsonwebtoken::{decode, Validation};
#[derive(Clone)] struct Crew { id: i64 }
fn crew_of(parts: &Parts, app: &App) -> Option<Crew> {
    let token = parts.headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?;
    decode::<Claims>(token, &app.key, &Validation::new(jsonwebtoken::Algorithm::EdDSA)).map(|token| Crew { id: token.claims.sub }).ok()
}
impl FromRequestParts<App> for Crew {
    type Rejection = StatusCode;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, StatusCode> { crew_of(parts, app).ok_or(StatusCode::UNAUTHORIZED) }
}
impl OptionalFromRequestParts<App> for Crew {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, Self::Rejection> { Ok(crew_of(parts, app)) }
}
async fn crew_only(crew: Crew, mut request: Request, next: Next) -> Response { request.extensions_mut().insert(crew); next.run(request).await }
async fn noted(crew: Option<Crew>, request: Request, next: Next) -> Response { tracing::info!(crew = ?crew.map(|crew| crew.id), "call"); next.run(request).await }
async fn scrap(State(app): State<App>, Path(id): Path<i64>) -> StatusCode { app.hulls.delete(id).await; StatusCode::NO_CONTENT }
async fn fit(State(app): State<App>, Path(id): Path<i64>) -> StatusCode { app.hulls.update(id).await; StatusCode::NO_CONTENT }
async fn berth(State(app): State<App>, parts: Parts, Path(id): Path<i64>) -> StatusCode {
    if let Ok(crew) = asked(&parts, &app) { tracing::debug!(crew = crew.id, "berth"); }
    app.hulls.update(id).await;
    StatusCode::NO_CONTENT
}
fn asked(parts: &Parts, app: &App) -> Result<Crew, StatusCode> { crew_of(parts, app).ok_or(StatusCode::UNAUTHORIZED) }
#[tokio::main]
async fn main() {
    let app = App::new();
    let inside = Router::new().route("/hulls/{id}", delete(scrap)).layer(from_fn_with_state(app.clone(), crew_only));
    let beside = Router::new()
        .route("/hulls/{id}/fittings", post(fit)) // <-- route-without-auth
        .layer(from_fn_with_state(app.clone(), noted));
    let router = Router::new()
        .merge(inside)
        .merge(beside)
        .route("/hulls/{id}/berth", post(berth)) // <-- route-without-auth
        .with_state(app);
    axum::serve(tokio::net::TcpListener::bind("127.0.0.1:7070").await.unwrap(), router).await.unwrap();
}
