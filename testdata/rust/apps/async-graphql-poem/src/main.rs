use async_graphql::{Context, EmptySubscription, Guard, MergedObject, Object, Result, Schema};
use poem::{post, Route, Server, listener::TcpListener};
mod authz;
pub struct SignedIn;
impl Guard for SignedIn {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        ctx.data::<Session>()?;
        Ok(())
    }
}
pub struct Slow;
impl Guard for Slow { async fn check(&self, _: &Context<'_>) -> Result<()> { tokio::time::sleep(D).await; Ok(()) } }

#[derive(Default)] pub struct BillingMutation;
#[Object(guard = SignedIn)]
impl BillingMutation {
    async fn pay(&self, ctx: &Context<'_>, id: i32) -> Result<bool> { pay(ctx.data::<Pool>()?, id).await }
}
#[derive(Default)] pub struct PostMutation;
#[Object]
impl PostMutation {
    #[graphql(guard = SignedIn.and(Slow))]
    async fn create_post(&self, ctx: &Context<'_>, title: String) -> Result<bool> { ctx.data_unchecked::<Pool>().insert(title).await }
    #[graphql(guard = Slow)]
    async fn delete_post(&self, ctx: &Context<'_>, id: i32) -> Result<bool> { ctx.data_unchecked::<Pool>().delete(id).await } // <-- route-without-auth
    async fn edit_post(&self, ctx: &Context<'_>, id: i32) -> Result<bool> {
        let user = ctx.data::<Option<AuthUser>>()?.as_ref().ok_or("You must be logged in")?;
        ctx.data::<Pool>()?.update(user.id, id).await
    }
    async fn hide_post(&self, ctx: &Context<'_>, id: i32) -> Result<bool> {
        let user = ctx.data::<AuthUser>().map_err(|_| async_graphql::Error::new("unauthorized"))?;
        ctx.data::<Pool>()?.update(user.id, id).await
    }
    async fn ban(&self, ctx: &Context<'_>, id: i32) -> Result<bool> {
        authz::authorize(ctx, Role::Admin)?;
        ctx.data::<Pool>()?.update(id).await
    }
    async fn unban(&self, ctx: &Context<'_>, id: i32) -> Result<bool> { // <-- route-without-auth
        let repo = ctx.data::<UserRepository>()?;
        repo.update(id).await
    }
    async fn register(&self, ctx: &Context<'_>, email: String) -> Result<bool> { ctx.data::<Pool>()?.insert(email).await }
}
#[derive(MergedObject, Default)] pub struct Mutation(BillingMutation, PostMutation);
#[tokio::main]
async fn main() {
    let schema = Schema::build(Query, Mutation::default(), EmptySubscription).finish();
    let app = Route::new().at("/graphql", post(async_graphql_poem::GraphQL::new(schema)));
    Server::new(TcpListener::bind("0.0.0.0:3000")).run(app).await.unwrap();
}
