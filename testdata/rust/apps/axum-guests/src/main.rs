use axum::{extract::{FromRequestParts, Path, State}, http::{request::Parts, StatusCode}, routing::{delete, get, put}, Json, Router};
mod who;
use who::{Beekeeper, Greeted, Optional, Reader};

async fn rename(State(db): State<Db>, Path(id): Path<i64>, greeted: Greeted, Json(name): Json<String>) -> StatusCode {
    db.update(id, name, greeted.0).await;
    StatusCode::NO_CONTENT
}
async fn paint(State(db): State<Db>, Path(id): Path<i64>, who: Optional, Json(color): Json<String>) -> StatusCode {
    db.update(id, color, who.0).await;
    StatusCode::NO_CONTENT
}
async fn read_out(State(db): State<Db>, reader: Reader, Json(note): Json<String>) -> StatusCode {
    db.insert(note, reader.name).await;
    StatusCode::NO_CONTENT
}
async fn burn(State(db): State<Db>, Path(id): Path<i64>, by: Option<Beekeeper>) -> StatusCode {
    if let Some(keeper) = by {
        tracing::info!("{} burns {id}", keeper.id);
    }
    db.delete(id).await;
    StatusCode::NO_CONTENT
}
async fn harvest(State(db): State<Db>, Path(id): Path<i64>, by: Option<Beekeeper>) -> StatusCode {
    if let Some(keeper) = by {
        db.update(id, keeper.id).await;
        return StatusCode::NO_CONTENT;
    }
    StatusCode::UNAUTHORIZED
}
async fn sting(State(db): State<Db>, Path(id): Path<i64>, keeper: Beekeeper) -> StatusCode {
    db.delete(id, keeper.id).await;
    StatusCode::NO_CONTENT
}
async fn swarm(State(db): State<Db>, Path(id): Path<i64>) -> Result<StatusCode, StatusCode> {
    who::swarm(&db, id).await
}
#[tokio::main]
async fn main() {
    let app = Router::new()
        .route("/hives/{id}/name", put(rename)) // <-- route-without-auth
        .route("/hives/{id}/color", put(paint)) // <-- route-without-auth
        .route("/hives/notes", put(read_out))
        .route("/hives/{id}", delete(burn)) // <-- route-without-auth
        .route("/hives/{id}/honey", delete(harvest))
        .route("/swarms/{id}", delete(swarm))
        .route("/bees/{id}", delete(sting));
    axum::serve(listener, app).await.unwrap();
}
