use actix_cors::Cors;
use actix_identity::IdentityMiddleware;
use actix_web::{web, App, HttpServer};

mod posts;

pub async fn serve() -> std::io::Result<()> {
    HttpServer::new(|| {
        App::new()
            .wrap(IdentityMiddleware::default())
            .wrap(Cors::default())
            .service(web::scope("/api").service(posts::remove).service(posts::discard))
    })
    .bind("127.0.0.1:8080")?
    .run()
    .await
}
