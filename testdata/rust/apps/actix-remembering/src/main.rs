use actix_web::{dev::ServiceRequest, error::ErrorUnauthorized, guard, web, App, Error, HttpMessage, HttpResponse, HttpServer};
use actix_web_httpauth::{extractors::bearer::BearerAuth, middleware::HttpAuthentication};
async fn checked(request: ServiceRequest, given: BearerAuth) -> Result<ServiceRequest, (Error, ServiceRequest)> {
    match keys::owner(given.token()) {
        Some(owner) => { request.extensions_mut().insert(owner); Ok(request) }
        None => Err((ErrorUnauthorized("unknown"), request)),
    }
}
async fn remembered(request: ServiceRequest, given: Option<BearerAuth>) -> Result<ServiceRequest, (Error, ServiceRequest)> {
    if let Some(owner) = given.and_then(|given| keys::owner(given.token())) { request.extensions_mut().insert(owner); }
    Ok(request)
}
fn of_operators(ctx: &guard::GuardContext) -> bool { ctx.head().headers().get("x-ops-key").is_some_and(|key| keys::is_ops(key)) }
async fn open(db: web::Data<Db>, id: web::Path<i64>) -> HttpResponse { db.gates.update(*id).await; HttpResponse::Ok().finish() }
async fn close(db: web::Data<Db>, id: web::Path<i64>) -> HttpResponse { db.gates.update(*id).await; HttpResponse::Ok().finish() }
async fn wipe(db: web::Data<Db>) -> HttpResponse { db.gates.delete_all().await; HttpResponse::Ok().finish() }
#[actix_web::main]
async fn main() -> std::io::Result<()> {
    HttpServer::new(|| {
        App::new()
            .service(web::resource("/gates/{id}/open").wrap(HttpAuthentication::with_fn(checked)).route(web::post().to(open)))
            .service(web::resource("/gates/{id}/close").wrap(HttpAuthentication::with_fn(remembered)).route(web::post().to(close))) // <-- route-without-auth
            .service(web::scope("/ops").guard(guard::fn_guard(of_operators)).route("/gates", web::delete().to(wipe)))
    })
    .bind("127.0.0.1:7171")?
    .run()
    .await
}
