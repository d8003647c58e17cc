use tide::{Middleware, Next, Request, Response, StatusCode};
struct Keyed;
#[tide::utils::async_trait]
impl Middleware<Db> for Keyed {
    async fn handle(&self, req: Request<Db>, next: Next<'_, Db>) -> tide::Result {
        match req.header("Authorization") { Some(v) if tokens::known(v.as_str()) => Ok(next.run(req).await), _ => Ok(Response::new(StatusCode::Unauthorized)) }
    }
}
#[async_std::main]
async fn main() -> tide::Result<()> {
    let mut app = tide::with_state(Db::open());
    app.at("/rows").get(list).with(Keyed).post(add);
    app.at("/rows/:id").delete(remove); // <-- route-without-auth
    app.at("/admin").with(Keyed).nest({ let mut admin = tide::with_state(Db::open()); admin.at("/wipe").post(wipe); admin });
    app.at("/import").post(|mut req: Request<Db>| async move { req.state().insert(req.body_json::<Row>().await?).await; Ok("ok") }); // <-- route-without-auth
    app.listen("127.0.0.1:8080").await?; Ok(())
}
async fn list(req: Request<Db>) -> tide::Result { Ok(Response::from(req.state().all().await)) }
async fn add(mut req: Request<Db>) -> tide::Result { let r: Row = req.body_json().await?; req.state().insert(r).await; Ok(Response::new(201)) }
async fn remove(req: Request<Db>) -> tide::Result { req.state().delete(req.param("id")?).await; Ok(Response::new(200)) }
async fn wipe(req: Request<Db>) -> tide::Result { req.state().delete_all().await; Ok(Response::new(200)) }
