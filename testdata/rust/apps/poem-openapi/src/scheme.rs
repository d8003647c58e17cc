use poem::Request;
use poem_openapi::{auth::Bearer, SecurityScheme};

#[derive(SecurityScheme)]
#[oai(ty = "bearer", checker = "master_of")]
pub struct Harbour(pub String);

async fn master_of(request: &Request, sent: Bearer) -> Option<String> {
    sessions(request).find(&sent.token).await
}

/// Nobody checks what is sent: it is handed over as it is.
#[derive(SecurityScheme)]
#[oai(ty = "bearer")]
pub struct Ticket(pub Bearer);

#[derive(SecurityScheme)]
pub enum Visitor {
    Known(Harbour),
    #[oai(fallback)]
    Stranger,
}
