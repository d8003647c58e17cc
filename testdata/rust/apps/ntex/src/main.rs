use ntex::web::{self, App, HttpServer, HttpResponse, middleware};
mod mw;
#[web::get("/rows")] async fn list(_u: mw::User, db: web::types::State<Db>) -> HttpResponse { HttpResponse::Ok().json(&db.all().await) }
#[web::post("/rows")] async fn add(_u: mw::User, db: web::types::State<Db>, r: web::types::Json<Row>) -> HttpResponse { db.insert(r).await; HttpResponse::Ok().finish() }
#[web::delete("/rows/{id}")] // <-- route-without-auth
async fn remove(db: web::types::State<Db>, id: web::types::Path<u64>) -> HttpResponse { db.delete(*id).await; HttpResponse::Ok().finish() }
async fn wipe(db: web::types::State<Db>) -> HttpResponse { db.delete_all().await; HttpResponse::Ok().finish() }
async fn fill(db: web::types::State<Db>) -> HttpResponse { db.insert_all().await; HttpResponse::Ok().finish() }
fn admin(cfg: &mut web::ServiceConfig) {
    cfg.service(web::scope("/admin").wrap(mw::Bearer).route("/wipe", web::post().to(wipe)))
       .route("/fill", web::post().to(fill)); // <-- route-without-auth
}
#[ntex::main]
async fn main() -> std::io::Result<()> { HttpServer::new(|| App::new().wrap(middleware::Logger::default()).service((list, add, remove)).configure(admin)).bind("127.0.0.1:8080")?.run().await }
