use ntex::{service::{Middleware, Service, ServiceCtx}, web::{self, Error, ErrorRenderer, FromRequest, HttpRequest, WebRequest, WebResponse, error::ErrorUnauthorized}, http::Payload};
pub struct User(pub u64);
impl<E: ErrorRenderer> FromRequest<E> for User { type Error = web::Error;
  async fn from_request(req: &HttpRequest, _: &mut Payload) -> Result<Self, Self::Error> { req.headers().get("authorization").and_then(tokens::user).map(User).ok_or_else(|| ErrorUnauthorized("no").into()) } }
pub struct Bearer;
impl<S> Middleware<S> for Bearer { type Service = BearerService<S>; fn create(&self, service: S) -> Self::Service { BearerService { service } } }
pub struct BearerService<S> { service: S }
impl<S, E> Service<WebRequest<E>> for BearerService<S> { type Response = WebResponse; type Error = Error;
  async fn call(&self, req: WebRequest<E>, ctx: ServiceCtx<'_, Self>) -> Result<Self::Response, Self::Error> {
    if req.headers().get("authorization").and_then(tokens::user).is_none() { return Err(ErrorUnauthorized("no").into()); }
    ctx.call(&self.service, req).await } }
