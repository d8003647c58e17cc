use async_graphql::{Context, EmptySubscription, Error, Guard, Object, Result, Schema, ID, MergedObject};
use sqlx::PgPool;

pub struct Claims { pub sub: String, pub role: Role }
#[derive(PartialEq, Clone, Copy)]
pub enum Role { Keeper, Visitor }

pub struct RoleGuard { role: Role }
impl RoleGuard { pub fn new(role: Role) -> Self { Self { role } } }
impl Guard for RoleGuard {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        if ctx.data_opt::<Role>() == Some(&self.role) { Ok(()) } else { Err("Forbidden".into()) }
    }
}

pub struct TimingGuard;
impl Guard for TimingGuard {
    async fn check(&self, _ctx: &Context<'_>) -> Result<()> { tracing::info!("timed"); Ok(()) }
}

pub struct QueryRoot;
#[Object]
impl QueryRoot {
    async fn version(&self) -> &str { "1" }
    async fn customers(&self, ctx: &Context<'_>) -> Result<Vec<Customer>> { // <-- route-without-auth
        let pool = ctx.data::<PgPool>()?;
        Ok(sqlx::query_as!(Customer, "SELECT * FROM customers").fetch_all(pool).await?)
    }
    async fn me(&self, ctx: &Context<'_>) -> Result<Customer> {
        let claims = ctx.data::<Claims>()?;
        load(ctx.data::<PgPool>()?, &claims.sub).await
    }
    #[graphql(guard = "RoleGuard::new(Role::Keeper)")]
    async fn users(&self, ctx: &Context<'_>) -> Result<Vec<User>> {
        Ok(all_users(ctx.data_unchecked::<PgPool>()).await?)
    }
}

#[derive(Default)]
pub struct HiveMutation;
#[Object]
impl HiveMutation {
    #[graphql(guard = "RoleGuard::new(Role::Keeper)")]
    async fn add_hive(&self, ctx: &Context<'_>, input: NewHive) -> Result<Hive> {
        let pool = ctx.data::<PgPool>()?;
        insert_hive(pool, input).await
    }
    async fn remove_hive(&self, ctx: &Context<'_>, id: ID) -> Result<bool> { // <-- route-without-auth
        let pool = ctx.data::<PgPool>()?;
        sqlx::query!("DELETE FROM hives WHERE id = $1", id.as_str()).execute(pool).await?;
        Ok(true)
    }
    #[graphql(guard = "TimingGuard")]
    async fn rename_hive(&self, ctx: &Context<'_>, id: ID, name: String) -> Result<bool> { // <-- route-without-auth
        sqlx::query!("UPDATE hives SET name = $2 WHERE id = $1", id.as_str(), name).execute(ctx.data::<PgPool>()?).await?;
        Ok(true)
    }
    async fn paint_hive(&self, ctx: &Context<'_>, id: ID, color: String) -> Result<bool> {
        let Some(claims) = ctx.data_opt::<Claims>() else { return Err(Error::new("not signed in")); };
        paint(ctx.data::<PgPool>()?, &claims.sub, id, color).await
    }
    async fn burn_hive(&self, ctx: &Context<'_>, id: ID) -> Result<bool> {
        let keeper = require_keeper(ctx)?;
        burn(ctx.data::<PgPool>()?, keeper, id).await
    }
    async fn login(&self, ctx: &Context<'_>, email: String, password: String) -> Result<String> {
        sign_in(ctx.data::<PgPool>()?, email, password).await
    }
}

fn require_keeper<'a>(ctx: &'a Context<'_>) -> Result<&'a Claims> {
    let claims = ctx.data_opt::<Claims>().ok_or_else(|| Error::new("unauthenticated"))?;
    if claims.role != Role::Keeper { return Err(Error::new("forbidden")); }
    Ok(claims)
}

pub type AppSchema = Schema<QueryRoot, HiveMutation, EmptySubscription>;

pub struct Hive { id: i32 }
#[Object]
impl Hive {
    async fn id(&self) -> i32 { self.id }
    async fn users(&self, ctx: &Context<'_>) -> Result<Vec<User>> { users_of(ctx.data::<PgPool>()?, self.id).await }
}
