use axum::Router;
use axum::extract::Path;
use axum::routing::delete;

pub fn own() -> Router {
    Router::new().route("/shelves/{id}", delete(remove))
}

pub fn open() -> Router {
    Router::new().route("/boxes/{id}", delete(remove)) // <-- route-without-auth
}

pub fn staff() -> Router {
    Router::new().route("/users/{id}", delete(remove))
}

pub fn late() -> Router {
    Router::new().route("/orders/{id}", delete(remove)) // <-- route-without-auth
}

async fn remove(Path(id): Path<i64>) {
    sqlx::query("DELETE FROM shelves WHERE id = $1").bind(id).execute(&pool()).await.unwrap();
}
