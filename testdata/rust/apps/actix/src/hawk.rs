//! Who calls is read by an extractor that says no status: a route behind it can't be told.
use actix_web::{dev::Payload, web, FromRequest, HttpRequest, HttpResponse};
use futures_util::future::{ready, Ready};

pub struct Signed(u64);

impl Signed {
    fn read(request: &HttpRequest) -> Result<Self, Error> {
        let header = request.headers().get("authorization").ok_or(Error::Incomplete)?;
        keys::user(header).map(Self)
    }
}

impl FromRequest for Signed {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request))
    }
}

#[actix_web::delete("/signed/notes/{id}")]
async fn remove_signed(user: Signed, id: web::Path<u64>) -> HttpResponse {
    store::delete(user.0, *id).await;
    HttpResponse::NoContent().finish()
}

// What utoipa documents here is served by nothing.
#[utoipa::path(delete, path = "/documents/notes/{id}")]
async fn documented(id: web::Path<u64>) -> HttpResponse {
    store::delete(0, *id).await;
    HttpResponse::NoContent().finish()
}
