use juniper::{graphql_object, FieldError, FieldResult, EmptySubscription, RootNode};
use actix_web::{web, App, HttpRequest, HttpResponse, HttpServer};
pub struct Context { pub pool: Pool, pub user: Option<User> }
impl juniper::Context for Context {}
impl Context {
    fn require_user(&self) -> FieldResult<&User> {
        self.user.as_ref().ok_or_else(|| FieldError::new("Unauthorized", graphql_value!({ "code": "UNAUTHORIZED" })))
    }
}
pub struct Query;
#[graphql_object(context = Context)]
impl Query {
    fn api_version() -> &'static str { "1.0" }
    async fn invoices(context: &Context) -> FieldResult<Vec<Invoice>> { // <-- route-without-auth
        Ok(context.pool.invoices().await?)
    }
}
pub struct Mutation;
#[juniper::graphql_object(Context = Context)]
impl Mutation {
    async fn create_invoice(context: &Context, amount: i32) -> FieldResult<Invoice> {
        let user = context.require_user()?;
        Ok(context.pool.insert_invoice(user.id, amount).await?)
    }
    async fn delete_invoice(context: &Context, id: i32) -> FieldResult<bool> { // <-- route-without-auth
        context.pool.delete_invoice(id).await?;
        Ok(true)
    }
    async fn pay_invoice(context: &Context, id: i32) -> FieldResult<bool> {
        if context.user.is_none() {
            return Err(FieldError::new("please log in", juniper::Value::null()));
        }
        context.pool.pay(id).await?;
        Ok(true)
    }
    fn void_invoice(context: &Context, id: i32) -> FieldResult<bool> {
        match &context.user {
            Some(user) if user.is_admin => Ok(context.pool.void(id)?),
            _ => Err("permission denied".into()),
        }
    }
}
async fn graphql(schema: web::Data<Schema>, pool: web::Data<Pool>, req: HttpRequest, data: web::Json<GraphQLRequest>) -> HttpResponse {
    let user = req.headers().get("authorization").and_then(|t| pool.user_by_token(t));
    let ctx = Context { pool: pool.get_ref().clone(), user };
    let res = data.execute(&schema, &ctx).await;
    HttpResponse::Ok().json(res)
}
#[actix_web::main]
async fn main() -> std::io::Result<()> {
    HttpServer::new(|| App::new().service(web::resource("/graphql").route(web::post().to(graphql)))).bind("127.0.0.1:80")?.run().await
}
