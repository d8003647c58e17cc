use axum::http::{HeaderMap, StatusCode, header::AUTHORIZATION};
pub struct Caller { pub id: u64, pub admin: bool }
pub async fn caller(headers: &HeaderMap, db: &Db) -> Result<Caller, StatusCode> {
    let token = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()).ok_or(StatusCode::UNAUTHORIZED)?;
    db.caller(token).await.ok_or(StatusCode::UNAUTHORIZED)
}
pub async fn who(headers: &HeaderMap, db: &Db) -> Option<Caller> {
    db.caller(headers.get(AUTHORIZATION)?.to_str().ok()?).await
}
pub fn must_be_admin(caller: &Caller) -> Result<(), StatusCode> { if caller.admin { Ok(()) } else { Err(StatusCode::FORBIDDEN) } }
pub fn locale(headers: &HeaderMap) -> String { headers.get("accept-language").and_then(|v| v.to_str().ok()).unwrap_or("en").into() }
