// everything behind the endpoint's extractor
use async_graphql::{Context, Object, Result, Schema, EmptySubscription};
use async_graphql_axum::{GraphQLRequest, GraphQLResponse};
use axum::{extract::{State, FromRequestParts}, http::{request::Parts, StatusCode}, routing::post, Router};
pub struct Viewer(String);
impl<S: Send + Sync> FromRequestParts<S> for Viewer {
    type Rejection = StatusCode;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let token = parts.headers.get("authorization").ok_or(StatusCode::UNAUTHORIZED)?;
        verify(token).map(Viewer).map_err(|_| StatusCode::UNAUTHORIZED)
    }
}
pub struct Query;
#[Object]
impl Query { async fn users(&self, ctx: &Context<'_>) -> Result<Vec<User>> { all(ctx.data::<Pool>()?).await } }
pub struct Mutation;
#[Object]
impl Mutation {
    async fn delete_user(&self, ctx: &Context<'_>, id: i32) -> Result<bool> { remove(ctx.data::<Pool>()?, id).await }
    async fn rename(&self, ctx: &Context<'_>, id: i32) -> Result<bool> { let viewer = ctx.data::<Viewer>()?; rename(viewer, id).await }
}
async fn graphql(State(schema): State<AppSchema>, viewer: Viewer, req: GraphQLRequest) -> GraphQLResponse {
    schema.execute(req.into_inner().data(viewer)).await.into()
}
#[tokio::main]
async fn main() {
    let schema = Schema::build(Query, Mutation, EmptySubscription).finish();
    let app = Router::new().route("/graphql", post(graphql)).with_state(schema);
    axum::serve(listener, app).await.unwrap();
}
