mod scheme;

use poem::{listener::TcpListener, Route, Server};
use poem_openapi::{param::Path, payload::Json, OpenApi, OpenApiService};

struct Boats;

#[OpenApi(prefix_path = "/boats")]
impl Boats {
    #[oai(path = "/", method = "get")]
    async fn list(&self) -> Json<Vec<Boat>> {
        Json(db().all().await)
    }

    #[oai(path = "/", method = "post")]
    async fn add(&self, _harbour: scheme::Harbour, boat: Json<Boat>) -> Json<Boat> {
        db().insert(&boat.0).await;
        boat
    }

    #[oai(path = "/:id", method = "delete")] // <-- route-without-auth
    async fn scrap(&self, id: Path<u64>) -> Json<u64> {
        db().delete(id.0).await;
        Json(id.0)
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let service = OpenApiService::new(Boats, "Boats", "1.0");
    Server::new(TcpListener::bind("127.0.0.1:3000")).run(Route::new().nest("/v1", service)).await
}
