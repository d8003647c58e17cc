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

    #[oai(path = "/:id/moor", method = "put")] // <-- route-without-auth
    async fn moor(&self, _ticket: scheme::Ticket, id: Path<u64>) -> Json<u64> {
        db().update(id.0).await;
        Json(id.0)
    }

    #[oai(path = "/:id/berth", method = "put")]
    async fn berth(&self, ticket: scheme::Ticket, id: Path<u64>) -> Json<bool> {
        Json(db().update_by(&ticket.0.token, id.0).await)
    }

    #[oai(path = "/:id/owner", method = "put")] // <-- route-without-auth
    async fn hand_over(&self, _: scheme::Visitor, id: Path<u64>) -> Json<u64> {
        db().update(id.0).await;
        Json(id.0)
    }

    #[oai(path = "/:id/log", method = "post")]
    async fn note(&self, who: scheme::Visitor, id: Path<u64>) -> poem::Result<Json<u64>> {
        match who {
            scheme::Visitor::Known(_) => Ok(Json(db().insert(id.0).await)),
            scheme::Visitor::Stranger => Err(poem::Error::from_status(poem::http::StatusCode::UNAUTHORIZED)),
        }
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let service = OpenApiService::new(Boats, "Boats", "1.0");
    Server::new(TcpListener::bind("127.0.0.1:3000")).run(Route::new().nest("/v1", service)).await
}
