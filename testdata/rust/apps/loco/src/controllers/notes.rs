use loco_rs::prelude::*;
use axum::debug_handler;
#[debug_handler]
pub async fn add(auth: auth::JWT, State(ctx): State<AppContext>, Json(p): Json<Params>) -> Result<Response> { item(&p).insert(&ctx.db).await?; format::empty() }
#[debug_handler]
pub async fn remove(Path(id): Path<i32>, State(ctx): State<AppContext>) -> Result<Response> { load(id).delete(&ctx.db).await?; format::empty() }
pub fn routes() -> Routes { Routes::new().prefix("notes").add("/", post(add)).add("/{id}", delete(remove)) } // <-- route-without-auth
