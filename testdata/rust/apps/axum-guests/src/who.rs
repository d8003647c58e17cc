use axum::{extract::FromRequestParts, http::{request::Parts, StatusCode}};
pub struct Beekeeper { pub id: i64 }
impl<S: Send + Sync> FromRequestParts<S> for Beekeeper {
    type Rejection = StatusCode;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let token = parts.headers.get("authorization").ok_or(StatusCode::UNAUTHORIZED)?;
        verify(token).map_err(|_| StatusCode::UNAUTHORIZED)
    }
}
pub struct Greeted(pub String);
impl<S: Send + Sync> FromRequestParts<S> for Greeted {
    type Rejection = StatusCode;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, StatusCode> {
        Ok(match Beekeeper::from_request_parts(parts, state).await {
            Ok(keeper) => Greeted(keeper.id.to_string()),
            Err(_) => Greeted("guest".to_owned()),
        })
    }
}
pub struct Optional(pub Option<i64>);
impl<S: Send + Sync> FromRequestParts<S> for Optional {
    type Rejection = StatusCode;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, StatusCode> {
        let id = Beekeeper::from_request_parts(parts, state).await.map(|keeper| Some(keeper.id)).unwrap_or(None);
        Ok(Optional(id))
    }
}
pub struct Reader { pub name: String }
impl<S: Send + Sync> FromRequestParts<S> for Reader {
    type Rejection = StatusCode;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, StatusCode> {
        match Beekeeper::from_request_parts(parts, state).await {
            Ok(keeper) => Ok(Reader { name: keeper.id.to_string() }),
            Err(_) => Err(StatusCode::FORBIDDEN),
        }
    }
}
pub async fn swarm(db: &Db, id: i64) -> Result<StatusCode, StatusCode> {
    if !db.owner(id).await.is_some_and(is_here) {
        return Err(StatusCode::FORBIDDEN);
    }
    db.delete(id).await;
    Ok(StatusCode::NO_CONTENT)
}
