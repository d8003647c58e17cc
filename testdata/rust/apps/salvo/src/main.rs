use salvo::prelude::*;
#[handler] async fn auth_check(req: &mut Request, depot: &mut Depot, res: &mut Response, ctrl: &mut FlowCtrl) {
    if req.header::<String>("authorization").is_none() { res.status_code(StatusCode::UNAUTHORIZED); ctrl.skip_rest(); return; }
    ctrl.call_next(req, depot, res).await;
}
#[handler] async fn create_user(req: &mut Request) { db().insert(1).await; }
#[handler] async fn delete_user(req: &mut Request) { db().delete(1).await; }
#[tokio::main]
async fn main() {
    let router = Router::new()
        .push(Router::with_path("users").hoop(auth_check).post(create_user))
        .push(Router::with_path("users/<id>").delete(delete_user)); // <-- route-without-auth
    Server::new(acceptor).serve(router).await;
}
