use async_graphql_axum::{GraphQLRequest, GraphQLResponse};
use axum::{extract::State, http::HeaderMap, routing::{get, post}, Router};
mod schema;
async fn graphql_handler(State(schema): State<AppSchema>, headers: HeaderMap, req: GraphQLRequest) -> GraphQLResponse {
    let mut req = req.into_inner();
    if let Some(claims) = claims_of(&headers) { req = req.data(claims); }
    schema.execute(req).await.into()
}
fn claims_of(headers: &HeaderMap) -> Option<Claims> {
    let token = headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?;
    jsonwebtoken::decode::<Claims>(token, &KEY, &validation()).ok().map(|data| data.claims)
}
#[tokio::main]
async fn main() {
    let schema = Schema::build(QueryRoot, HiveMutation::default(), EmptySubscription).finish();
    let app = Router::new().route("/graphql", post(graphql_handler)).with_state(schema);
    axum::serve(listener, app).await.unwrap();
}
