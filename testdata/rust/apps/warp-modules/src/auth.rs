use warp::{Filter, Rejection, http::{HeaderMap, HeaderValue, header::AUTHORIZATION}, reject};
#[derive(Debug)] pub struct NoAuth; impl reject::Reject for NoAuth {}
pub fn with_auth() -> impl Filter<Extract = (u64,), Error = Rejection> + Clone {
    warp::header::<String>("authorization").and_then(|h: String| async move { tokens::user(&h).ok_or_else(|| reject::custom(NoAuth)) })
}
pub fn with_user(role: Role) -> impl Filter<Extract = (String,), Error = Rejection> + Clone {
    warp::header::headers_cloned().map(move |headers: HeaderMap<HeaderValue>| (role.clone(), headers)).and_then(authorize)
}
async fn authorize((role, headers): (Role, HeaderMap<HeaderValue>)) -> Result<String, Rejection> {
    let token = headers.get(AUTHORIZATION).ok_or_else(|| reject::custom(NoAuth))?;
    tokens::check(token, role).map_err(|_| reject::custom(NoAuth))
}
pub async fn recover(e: Rejection) -> Result<impl warp::Reply, Rejection> { Ok(warp::reply::with_status("no", warp::http::StatusCode::UNAUTHORIZED)) }
