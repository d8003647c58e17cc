use actix_cors::Cors;
use actix_identity::{CookieIdentityPolicy, IdentityService};
use actix_web::{web, App, HttpServer};

mod posts;

pub async fn serve(key: Vec<u8>) -> std::io::Result<()> {
    HttpServer::new(move || {
        App::new()
            .wrap(IdentityService::new(CookieIdentityPolicy::new(&key).secure(true)))
            .wrap(Cors::default()) // <-- cors-any-origin
            .service(web::scope("/api").service(posts::remove).service(posts::discard))
    })
    .bind("127.0.0.1:8080")?
    .run()
    .await
}
