use tonic::{transport::Server, Request, Response, Status};
use pb::{open_service_server::{OpenService, OpenServiceServer}, vault_service_server::{VaultService, VaultServiceServer}, user_service_server::{UserService, UserServiceServer}};
pub struct Vault; pub struct Open; pub struct Users;
#[async_trait::async_trait]
impl VaultService for Vault {
    async fn delete_secret(&self, request: Request<Id>) -> Result<Response<Empty>, Status> {
        let claims = request.extensions().get::<Claims>().ok_or_else(|| Status::unauthenticated("no claims"))?;
        self.repo.delete(claims.sub, request.into_inner().id).await.map_err(to_status)?;
        Ok(Response::new(Empty {}))
    }
    async fn create_secret(&self, request: Request<Id>) -> Result<Response<Empty>, Status> {
        let user = current_user(&request)?;
        self.repo.insert(user, request.into_inner().id).await.map_err(to_status)?;
        Ok(Response::new(Empty {}))
    }
    async fn rotate_all(&self, request: Request<Empty>) -> Result<Response<Empty>, Status> { // <-- route-without-auth
        self.repo.update_all().await.map_err(to_status)?;
        Ok(Response::new(Empty {}))
    }
}
fn current_user<T>(request: &Request<T>) -> Result<UserId, Status> {
    request.extensions().get::<UserId>().cloned().ok_or_else(|| Status::unauthenticated("no user"))
}
#[async_trait::async_trait]
impl UserService for Users {
    async fn register(&self, request: Request<NewUser>) -> Result<Response<Empty>, Status> { self.repo.insert(request.into_inner()).await; Ok(Response::new(Empty {})) }
    async fn login(&self, request: Request<Login>) -> Result<Response<Token>, Status> { Ok(Response::new(self.sign(request.into_inner()).await?)) }
    async fn get_user(&self, request: Request<UserId>) -> Result<Response<User>, Status> { // <-- route-without-auth
        Ok(Response::new(self.repo.find(request.into_inner().id).await?)) }
    async fn health(&self, request: Request<Empty>) -> Result<Response<Empty>, Status> { Ok(Response::new(Empty {})) }
}
#[async_trait::async_trait]
impl OpenService for Open {
    async fn wipe(&self, request: Request<Empty>) -> Result<Response<Empty>, Status> { Err(Status::unimplemented("not yet")) }
}
#[tokio::main]
async fn main() {
    Server::builder().add_service(VaultServiceServer::new(Vault)).add_service(tonic_web::enable(UserServiceServer::new(Users))).add_service(OpenServiceServer::new(Open)).serve(addr).await.unwrap();
}
