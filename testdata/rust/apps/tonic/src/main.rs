use tonic::{transport::Server, Request, Response, Status, service::interceptor::InterceptedService};
mod pb { tonic::include_proto!("hives"); }
mod services;
use pb::{hive_service_server::HiveServiceServer, admin_service_server::AdminServiceServer, report_service_server::ReportServiceServer};
use services::{Hives, Admin, Reports};

fn check_auth(req: Request<()>) -> Result<Request<()>, Status> {
    match req.metadata().get("authorization") {
        Some(token) if verify(token) => Ok(req),
        _ => Err(Status::unauthenticated("no valid token")),
    }
}
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let hives = HiveServiceServer::with_interceptor(Hives::default(), check_auth);
    let reports = InterceptedService::new(ReportServiceServer::new(Reports::default()), check_auth);
    Server::builder()
        .trace_fn(|_| tracing::info_span!("grpc"))
        .add_service(hives)
        .add_service(reports)
        .add_service(AdminServiceServer::new(Admin::default()))
        .serve("0.0.0.0:50051".parse()?)
        .await?;
    Ok(())
}
