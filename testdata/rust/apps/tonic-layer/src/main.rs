use tonic::{transport::Server, Request, Response, Status};
use tonic::service::Interceptor;
mod pb { tonic::include_proto!("jars"); }
#[derive(Clone)] struct TokenCheck { keys: Keys }
impl Interceptor for TokenCheck {
    fn call(&mut self, req: Request<()>) -> Result<Request<()>, Status> {
        let token = req.metadata().get("authorization").and_then(|t| t.to_str().ok()).ok_or(Status::unauthenticated("missing"))?;
        self.keys.verify(token).map_err(|_| Status::unauthenticated("bad"))?;
        Ok(req)
    }
}
#[derive(Default)] pub struct Jars;
#[tonic::async_trait]
impl pb::jars_server::Jars for Jars {
    async fn fill(&self, request: Request<pb::Fill>) -> Result<Response<pb::Jar>, Status> { Ok(Response::new(self.db.update(request.into_inner()).await?)) }
    async fn smash(&self, request: Request<pb::JarId>) -> Result<Response<()>, Status> { self.db.delete(request.into_inner().id).await?; Ok(Response::new(())) }
}
#[tokio::main]
async fn main() {
    let check = TokenCheck { keys: Keys::from_env() };
    let svc = pb::jars_server::JarsServer::new(Jars::default());
    Server::builder()
        .layer(tonic::service::interceptor(check))
        .add_service(tonic_health::server::health_reporter().1)
        .add_service(svc)
        .serve_with_shutdown(addr, stop()).await.unwrap();
}
