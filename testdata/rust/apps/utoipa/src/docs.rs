use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

#[derive(OpenApi)]
struct Api;

pub fn base() -> OpenApiRouter {
    OpenApiRouter::with_openapi(Api::openapi())
}
