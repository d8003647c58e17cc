use tonic::{Request, Response, Status};
use crate::pb::{hive_service_server::HiveService, admin_service_server::AdminService, report_service_server::ReportService, *};
#[derive(Default)] pub struct Hives;
#[derive(Default)] pub struct Admin;
#[derive(Default)] pub struct Reports;
#[tonic::async_trait]
impl HiveService for Hives {
    async fn create_hive(&self, request: Request<NewHive>) -> Result<Response<Hive>, Status> {
        Ok(Response::new(self.db.insert(request.into_inner()).await?))
    }
}
#[tonic::async_trait]
impl ReportService for Reports {
    async fn delete_report(&self, request: Request<ReportId>) -> Result<Response<()>, Status> {
        self.db.delete(request.into_inner().id).await?;
        Ok(Response::new(()))
    }
}
#[tonic::async_trait]
impl AdminService for Admin {
    async fn delete_user(&self, request: Request<UserId>) -> Result<Response<()>, Status> { // <-- route-without-auth
        self.db.delete(request.into_inner().id).await.map_err(|_| Status::internal("db"))?;
        Ok(Response::new(()))
    }
    async fn reset_quota(&self, request: Request<UserId>) -> Result<Response<()>, Status> {
        let token = request.metadata().get("x-admin-token").ok_or_else(|| Status::unauthenticated("token"))?;
        if !self.keys.matches(token) { return Err(Status::permission_denied("no")); }
        self.db.update(request.into_inner().id).await?;
        Ok(Response::new(()))
    }
}
