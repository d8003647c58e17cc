use warp::{Filter, Rejection, Reply, http::StatusCode, filters::BoxedFilter};
mod auth;
use auth::{with_auth, with_user};
mod jobs;
#[tokio::main]
async fn main() {
    let db = Db::open();
    let api = warp::path("api").and(things(db.clone()).or(jobs::routes(db.clone())).or(jobs::admin(db.clone()))).recover(auth::recover);
    warp::serve(api.with(warp::log("x"))).run(([127, 0, 0, 1], 3030)).await;
}
fn with_db(db: Db) -> impl Filter<Extract = (Db,), Error = std::convert::Infallible> + Clone { warp::any().map(move || db.clone()) }
fn things(db: Db) -> BoxedFilter<(impl Reply,)> {
    let list = warp::path!("things").and(warp::get()).and(with_db(db.clone())).and_then(list);
    let add = warp::path!("things").and(warp::post()).and(with_auth()).and(warp::body::json()).and(with_db(db.clone())).and_then(add);
    let del = warp::path!("things" / u64).and(warp::delete()).and(with_db(db.clone())).and_then(del); // <-- route-without-auth
    let put = warp::put().and(warp::path!("things" / u64)).and(with_user(Role::Admin)).and(with_db(db)).and_then(|id: u64, _user: String, db: Db| async move { db.update(id).await; Ok::<_, Rejection>(StatusCode::OK) });
    list.or(add).or(del).or(put).boxed()
}
async fn list(db: Db) -> Result<impl Reply, Rejection> { Ok(warp::reply::json(&db.all().await)) }
async fn add(_user: u64, t: Thing, db: Db) -> Result<impl Reply, Rejection> { db.insert(t).await; Ok(StatusCode::CREATED) }
async fn del(id: u64, db: Db) -> Result<impl Reply, Rejection> { db.delete(id).await; Ok(StatusCode::OK) }
