use utoipa_axum::{router::OpenApiRouter, routes};
use axum::{http::StatusCode, Json, extract::Path, middleware::from_fn};
pub fn router() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(add, replace)).route_layer(from_fn(crate::gate))
        .routes(routes!(remove))
}
pub fn toys() -> OpenApiRouter { OpenApiRouter::new().routes(routes!(toy)) }
#[utoipa::path(post, path = "/")] async fn add(Json(p): Json<Pet>) -> StatusCode { DB.insert(p).await; StatusCode::CREATED }
#[utoipa::path(put, path = "/{id}")] async fn replace(Path(id): Path<u64>, Json(p): Json<Pet>) -> StatusCode { DB.update(id, p).await; StatusCode::OK }
#[utoipa::path(delete, path = "/{id}")] async fn remove(Path(id): Path<u64>) -> StatusCode { DB.delete(id).await; StatusCode::OK } // <-- route-without-auth
#[utoipa::path(post, path = "/")] async fn toy(Json(p): Json<Pet>) -> StatusCode { DB.insert(p).await; StatusCode::CREATED }
