use axum::{middleware, routing::{delete, get, post, put, MethodRouter}, Router};
use axum::middleware::from_extractor;
use axum::middleware::from_extractor_with_state;
use tower_http::validate_request::ValidateRequestHeaderLayer;
use crate::auth::{self, Claims};
use crate::{billing, notes};

pub struct App { state: AppState }

pub trait Feature {
    fn routes(&self) -> Router<AppState>;
}

pub struct Notes;
impl Feature for Notes {
    fn routes(&self) -> Router<AppState> {
        Router::new()
            .route("/notes", get(notes::list).post(notes::create))
            .route("/notes/{id}", delete(notes::remove))
            .route_layer(from_extractor::<Claims>())
            .route("/notes/purge", post(notes::purge)) // <-- route-without-auth
    }
}

impl App {
    pub async fn new() -> anyhow::Result<Self> { Ok(Self { state: AppState::load().await? }) }

    fn invoices() -> MethodRouter<AppState> {
        get(billing::list).post(billing::create)
    }

    fn router(self) -> Router {
        let internal = Router::new()
            .route("/reindex", post(notes::reindex))
            .layer(ValidateRequestHeaderLayer::bearer(&std::env::var("TOKEN").unwrap()));
        let ops = Router::new()
            .route("/flush", post(notes::flush)); // <-- route-without-auth
        Router::new()
            .merge(Notes.routes())
            .route("/invoices", Self::invoices().layer(middleware::from_fn(auth::require)))
            .route("/invoices/{id}", delete(billing::remove).route_layer(middleware::from_fn(auth::require)).put(billing::replace)) // <-- route-without-auth
            .route("/invoices/{id}/pay", get(billing::payment).merge(post(billing::pay))) // <-- route-without-auth
            .route("/credits", get(billing::credits).merge(post(billing::grant)).layer(middleware::from_fn(auth::require)))
            .route("/refunds", MethodRouter::new().post(billing::refund).delete(billing::unrefund)) // <-- route-without-auth
            .nest("/internal", internal)
            .nest_service("/ops", ops)
            .fallback(notes::not_found)
            .with_state(self.state)
    }

    pub async fn serve(self) -> anyhow::Result<()> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
        axum::serve(listener, self.router()).await?;
        Ok(())
    }
}
