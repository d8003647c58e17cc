use salvo::prelude::*;
#[handler] async fn publish(req: &mut Request) -> StatusCode { DB.insert(req.parse_json::<Row>().await.unwrap()).await; StatusCode::CREATED }
#[handler] async fn unpublish(req: &mut Request) -> StatusCode { DB.delete(req.param::<u64>("id").unwrap()).await; StatusCode::OK }
#[handler] async fn require(req: &mut Request, res: &mut Response, ctrl: &mut FlowCtrl) {
    if !tokens::known(req.header::<&str>("authorization").unwrap_or_default()) { res.render(StatusError::unauthorized()); ctrl.skip_rest(); }
}
fn rows(depot: &Depot) -> Result<Rows, StatusError> { depot.obtain::<Rows>().cloned().map_err(|_| StatusError::internal_server_error()) }
#[handler] async fn clear(depot: &mut Depot) -> Result<StatusCode, StatusError> { rows(depot)?.delete_all().await.map_err(|_| StatusError::bad_gateway())?; Ok(StatusCode::OK) }
pub fn router() -> Router {
    Router::with_path("pages")
        .push(Router::new().hoop(require).post(publish))
        .push(Router::with_path("{id}").delete(unpublish)) // <-- route-without-auth
        .push(Router::with_path("admin/reset").post(clear)) // <-- route-without-auth
}
