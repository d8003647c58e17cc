use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{delete, post};
use axum::Router;
use harbour_kit::{for_pilots, fresh};

pub fn router() -> Router {
    let own = for_pilots(Router::new().route("/{id}/lights", delete(dim)));
    let others = fresh(Router::new().route("/{id}", delete(remove))); // <-- route-without-auth
    Router::new().merge(own).merge(others).merge(for_pilots(signals()))
}

fn signals() -> Router {
    Router::new().route("/signals", post(signal))
}

async fn dim(Path(id): Path<u64>) -> StatusCode {
    store::delete_light(id).await
}

async fn remove(Path(id): Path<u64>) -> StatusCode {
    store::delete(id).await
}

async fn signal() -> StatusCode {
    store::insert_signal().await
}
