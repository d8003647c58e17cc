mod docs;
mod notes;

use utoipa_axum::{router::OpenApiRouter, routes};

#[tokio::main]
async fn main() {
    let (router, document) = docs::base()
        .routes(routes!(notes::list, notes::create))
        .routes(routes!(notes::remove))
        .nest("/admin", OpenApiRouter::new().routes(routes!(notes::wipe)).layer(axum::middleware::from_fn(notes::staff)))
        .split_for_parts();
    let router = router
        .route("/openapi.json", axum::routing::get(|| async { axum::Json(document) }))
        .route("/notes/import", internal_only(notes::import));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    axum::serve(listener, router).await.unwrap();
}

fn internal_only<H, T>(handler: H) -> axum::routing::MethodRouter {
    axum::routing::post(handler).route_layer(axum::middleware::from_fn(notes::staff))
}
