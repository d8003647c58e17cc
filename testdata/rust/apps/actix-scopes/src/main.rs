use actix_web::{guard, middleware::{from_fn, Logger}, web, App, HttpRequest, HttpResponse, HttpServer};
mod auth;
use auth::{bearer, Session, UserId};

macro_rules! crud {
    ($cfg:expr, $path:literal, $list:path, $add:path) => {
        $cfg.service(web::resource($path).route(web::get().to($list)).route(web::post().to($add)));
    };
}

fn api(cfg: &mut web::ServiceConfig) {
    cfg.service(
        web::scope("/v1")
            .wrap(from_fn(bearer))
            .configure(pets)
            .service(web::resource("/visits").route(web::get().to(visits)).route(web::post().to(add_visit))),
    );
    register_open(cfg);
}

fn pets(cfg: &mut web::ServiceConfig) {
    cfg.route("/pets", web::get().to(list_pets)).route("/pets", web::post().to(add_pet));
    cfg.service(web::resource("/pets/{id}").delete(drop_pet));
}

fn register_open(cfg: &mut web::ServiceConfig) {
    cfg.route("/owners", web::post().to(add_owner)); // <-- route-without-auth
    cfg.service(web::resource("/owners/{id}")
        .route(web::get().to(owner))
        .route(web::delete().to(drop_owner))); // <-- route-without-auth
    cfg.service(
        web::scope("")
            .wrap(from_fn(bearer))
            .route("/vets", web::post().to(add_vet)),
    );
    cfg.route("/session", web::put().to(touch));
    cfg.route("/me", web::put().to(update_me));
    cfg.route("/maybe", web::put().to(maybe)); // <-- route-without-auth
    cfg.service(
        web::scope("/hidden").guard(guard::Header("x-service", "billing")).route("/close", web::post().to(close)), // <-- route-without-auth
    );
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    HttpServer::new(|| App::new().wrap(Logger::default()).configure(api).default_service(web::to(HttpResponse::NotFound)))
        .bind(("127.0.0.1", 8080))?.run().await
}

async fn visits(db: web::Data<Db>) -> HttpResponse { HttpResponse::Ok().json(db.visits().await) }
async fn add_visit(db: web::Data<Db>, v: web::Json<Visit>) -> HttpResponse { db.insert(v).await; HttpResponse::Created().finish() }
async fn list_pets(db: web::Data<Db>) -> HttpResponse { HttpResponse::Ok().json(db.pets().await) }
async fn add_pet(db: web::Data<Db>, v: web::Json<Pet>) -> HttpResponse { db.insert(v).await; HttpResponse::Created().finish() }
async fn drop_pet(db: web::Data<Db>, id: web::Path<u64>) -> HttpResponse { db.delete(*id).await; HttpResponse::Ok().finish() }
async fn add_owner(db: web::Data<Db>, v: web::Json<Owner>) -> HttpResponse { db.insert(v).await; HttpResponse::Created().finish() }
async fn owner(db: web::Data<Db>, id: web::Path<u64>) -> HttpResponse { HttpResponse::Ok().json(db.owner(*id).await) }
async fn drop_owner(db: web::Data<Db>, id: web::Path<u64>) -> HttpResponse { db.delete(*id).await; HttpResponse::Ok().finish() }
async fn add_vet(db: web::Data<Db>, v: web::Json<Vet>) -> HttpResponse { db.insert(v).await; HttpResponse::Created().finish() }
async fn touch(session: Session, db: web::Data<Db>) -> HttpResponse {
    match session.get::<i64>("uid") { Ok(Some(id)) => { db.update(id).await; HttpResponse::Ok().finish() } _ => HttpResponse::Unauthorized().finish() }
}
async fn update_me(user: UserId, db: web::Data<Db>, v: web::Json<Owner>) -> HttpResponse { db.update(user.0, v).await; HttpResponse::Ok().finish() }
async fn maybe(user: Option<UserId>, db: web::Data<Db>, v: web::Json<Owner>) -> HttpResponse { log::info!("by {:?}", user.map(|u| u.0)); db.update(0, v).await; HttpResponse::Ok().finish() }
async fn close(db: web::Data<Db>) -> HttpResponse { db.delete_all().await; HttpResponse::Ok().finish() }
