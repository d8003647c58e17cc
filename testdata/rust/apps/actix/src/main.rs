use actix_web::{web, App, HttpServer, HttpResponse, post, delete, get, dev::ServiceRequest, Error};
use actix_web_httpauth::{extractors::bearer::BearerAuth, middleware::HttpAuthentication};
async fn validator(req: ServiceRequest, auth: BearerAuth) -> Result<ServiceRequest, (Error, ServiceRequest)> {
    if check(auth.token()) { Ok(req) } else { Err((actix_web::error::ErrorUnauthorized("no"), req)) }
}
#[post("/items")]
async fn create_item(item: web::Json<Item>, db: web::Data<Db>) -> HttpResponse { db.insert(item).await; HttpResponse::Ok().finish() }
#[delete("/items/{id}")] // <-- route-without-auth
async fn delete_item(id: web::Path<i32>, db: web::Data<Db>) -> HttpResponse { db.delete(id).await; HttpResponse::Ok().finish() }
#[get("/health")]
async fn health() -> HttpResponse { HttpResponse::Ok().finish() }
async fn ban(db: web::Data<Db>, id: web::Path<i32>) -> HttpResponse { db.update(id).await; HttpResponse::Ok().finish() }
async fn wipe(db: web::Data<Db>) -> HttpResponse { db.delete(1).await; HttpResponse::Ok().finish() }
fn admin(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/ban/{id}").route(web::post().to(ban)));
}
#[actix_web::main]
async fn main() -> std::io::Result<()> {
    HttpServer::new(move || {
        let auth = HttpAuthentication::bearer(validator);
        App::new()
            .service(web::scope("/api").wrap(auth).service(create_item).configure(admin))
            .service(delete_item)
            .service(health)
            .route("/internal/wipe", web::post().to(wipe)) // <-- route-without-auth
    }).bind("0.0.0.0:8080")?.run().await
}
