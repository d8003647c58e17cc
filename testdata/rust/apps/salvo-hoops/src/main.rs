use salvo::prelude::*;
use salvo::jwt_auth::{ConstDecoder, HeaderFinder, JwtAuth, JwtAuthDepotExt, JwtAuthState};
use salvo::basic_auth::BasicAuth;
mod pages;
struct Gate;
#[async_trait]
impl Handler for Gate {
    async fn handle(&self, req: &mut Request, depot: &mut Depot, res: &mut Response, ctrl: &mut FlowCtrl) {
        if req.header::<String>("authorization").is_none() {
            res.status_code(StatusCode::UNAUTHORIZED);
            ctrl.skip_rest();
            return;
        }
        ctrl.call_next(req, depot, res).await;
    }
}
#[handler] async fn add(req: &mut Request) -> StatusCode { DB.insert(req.parse_json::<Row>().await.unwrap()).await; StatusCode::CREATED }
#[handler] async fn remove(req: &mut Request) -> StatusCode { DB.delete(req.param::<u64>("id").unwrap()).await; StatusCode::OK }
#[handler] async fn update(req: &mut Request) -> StatusCode { DB.update(req.param::<u64>("id").unwrap()).await; StatusCode::OK }
#[handler] async fn wipe() -> StatusCode { DB.delete_all().await; StatusCode::OK }
#[handler] async fn who(req: &mut Request, depot: &mut Depot, res: &mut Response) {
    match depot.jwt_auth_state() { JwtAuthState::Authorized => { DB.update(1).await; } JwtAuthState::Unauthorized => res.render(StatusError::unauthorized()), JwtAuthState::Forbidden => res.render(StatusError::forbidden()) }
}
#[tokio::main]
async fn main() {
    let jwt: JwtAuth<Claims, _> = JwtAuth::new(ConstDecoder::from_secret(std::env::var("K").unwrap().as_bytes())).finders(vec![Box::new(HeaderFinder::new())]).force_passed(true);
    let router = Router::new()
        .push(Router::with_path("rows").hoop(Gate).post(add).push(Router::with_path("{id}").delete(remove)))
        .push(Router::with_path("open/{id}").put(update)) // <-- route-without-auth
        .push(Router::with_hoop(Gate).path("wipe").post(wipe))
        .push(Router::with_path("who").hoop(jwt).post(who))
        .push(pages::router());
    Server::new(TcpListener::new("127.0.0.1:5800").bind().await).serve(router).await;
}
