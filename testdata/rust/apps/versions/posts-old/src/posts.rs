use actix_identity::Identity;
use actix_web::{delete, web, HttpResponse, Responder};
use sqlx::PgPool;

#[delete("/posts/{id}")] // <-- route-without-auth
pub async fn remove(id: web::Path<u64>, _identity: Identity, pool: web::Data<PgPool>) -> impl Responder {
    let _ = sqlx::query("DELETE FROM posts WHERE id = $1").bind(*id).execute(pool.get_ref()).await;
    HttpResponse::NoContent()
}

#[delete("/drafts/{id}")]
pub async fn discard(identity: Identity) -> impl Responder {
    match identity.identity() {
        Some(_) => HttpResponse::NoContent().finish(),
        _ => HttpResponse::Unauthorized().finish(),
    }
}
