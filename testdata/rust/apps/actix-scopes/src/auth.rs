use actix_web::{body::MessageBody, dev::{Payload, ServiceRequest, ServiceResponse}, error::ErrorUnauthorized, middleware::Next, Error, FromRequest, HttpRequest};
use std::future::{ready, Ready};
pub use actix_session::Session;
pub struct UserId(pub i64);
impl FromRequest for UserId {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;
    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = req.headers().get("authorization").and_then(|h| h.to_str().ok()).and_then(|t| crate::tokens::check(t));
        ready(id.map(UserId).ok_or_else(|| ErrorUnauthorized("sign in")))
    }
}
pub async fn bearer(req: ServiceRequest, next: Next<impl MessageBody>) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let known = req.headers().get("authorization").and_then(|h| h.to_str().ok()).is_some_and(|t| crate::tokens::check(t).is_some());
    if !known { return Err(ErrorUnauthorized("sign in")); }
    next.call(req).await
}
