use warp::{Filter, Rejection, Reply, http::StatusCode};
use crate::auth::with_auth;
pub fn routes(db: Db) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
    run(db.clone()).or(cancel(db))
}
fn run(db: Db) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
    warp::path!("jobs" / "run").and(warp::post()).and(super::with_db(db)).and_then(run_all) // <-- route-without-auth
}
fn cancel(db: Db) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
    warp::path!("jobs" / u64 / "cancel").and(warp::post()).and(with_auth()).and(super::with_db(db)).and_then(cancel_one)
}
pub fn admin(db: Db) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
    with_auth().untuple_one().and(warp::path("admin").and(wipe(db)))
}
fn wipe(db: Db) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
    warp::path("wipe").and(warp::delete()).and(super::with_db(db)).and_then(wipe_all)
}
async fn run_all(db: Db) -> Result<impl Reply, Rejection> { db.update_all().await; Ok(StatusCode::OK) }
async fn cancel_one(id: u64, user: u64, db: Db) -> Result<impl Reply, Rejection> { db.update(id).await; Ok(StatusCode::OK) }
async fn wipe_all(db: Db) -> Result<impl Reply, Rejection> { db.delete_all().await; Ok(StatusCode::OK) }
