use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::RwLock;
use warp::http::StatusCode;
use warp::{Rejection, Reply};

pub type Store = Arc<RwLock<BTreeMap<u64, String>>>;

#[derive(Debug)]
pub struct Unauthorized;
impl warp::reject::Reject for Unauthorized {}

pub fn subject(token: &str) -> Option<u64> {
    SESSIONS.get(token).copied()
}

pub async fn checked(token: String) -> Result<u64, Rejection> {
    subject(&token).ok_or_else(|| warp::reject::custom(Unauthorized))
}

pub async fn list(store: Store) -> Result<impl Reply, Rejection> {
    Ok(warp::reply::json(&*store.read().await))
}

pub async fn create(user: u64, label: String, store: Store) -> Result<impl Reply, Rejection> {
    store.write().await.insert(user, label);
    Ok(StatusCode::CREATED)
}

pub async fn remove(id: u64, _user: u64, store: Store) -> Result<impl Reply, Rejection> {
    store.write().await.remove(&id);
    Ok(StatusCode::NO_CONTENT)
}

pub async fn purge(store: Store) -> Result<impl Reply, Rejection> {
    store.write().await.clear();
    Ok(StatusCode::NO_CONTENT)
}

pub async fn move_to(id: u64, store: Store) -> Result<impl Reply, Rejection> {
    store.write().await.insert(id, "moved".into());
    Ok(StatusCode::NO_CONTENT)
}

pub async fn close(id: u64, store: Store) -> Result<impl Reply, Rejection> {
    store.write().await.remove(&id);
    Ok(StatusCode::NO_CONTENT)
}

pub async fn refused(error: Rejection) -> Result<impl Reply, Rejection> {
    if error.find::<Unauthorized>().is_some() {
        return Ok(StatusCode::UNAUTHORIZED);
    }
    Err(error)
}
