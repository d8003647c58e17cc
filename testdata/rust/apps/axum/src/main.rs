use axum::{extract::{Path, State, FromRequestParts}, http::{request::Parts, StatusCode, header}, middleware::{self, Next}, response::Response, routing::{get, post, delete}, Json, Router};

async fn require_key(req: axum::extract::Request, next: Next) -> Result<Response, StatusCode> {
    let key = req.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    match key {
        Some(key) if valid(key) => Ok(next.run(req).await),
        _ => Err(StatusCode::UNAUTHORIZED),
    }
}

struct CurrentUser { id: i64 }

impl<S: Send + Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = (StatusCode, &'static str);
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let token = parts.headers.get("authorization").ok_or((StatusCode::UNAUTHORIZED, "no token"))?;
        decode(token).map_err(|_| (StatusCode::UNAUTHORIZED, "bad token"))
    }
}

async fn list_orders(user: CurrentUser) -> Json<Vec<Order>> { db().insert(user.id); Json(vec![]) }
async fn create_order(State(db): State<Db>, Json(order): Json<Order>) -> StatusCode { db.insert(order).await; StatusCode::CREATED }
async fn delete_user(State(db): State<Db>, Path(id): Path<i64>) -> StatusCode { db.delete(id).await; StatusCode::NO_CONTENT }
async fn set_settings(State(db): State<Db>, Json(settings): Json<Settings>) -> StatusCode { db.update(settings).await; StatusCode::OK }
async fn login(Json(form): Json<Login>) -> String { String::new() }
async fn health() -> &'static str { "ok" }

fn admin() -> Router<Db> {
    Router::new()
        .route("/users/{id}", delete(delete_user))
        .route_layer(middleware::from_fn(require_key))
        .route("/settings", post(set_settings)) // <-- route-without-auth
}

#[tokio::main]
async fn main() {
    let open = Router::new().route("/orders", post(create_order)); // <-- route-without-auth
    let app = Router::new()
        .route("/orders/mine", get(list_orders))
        .route("/login", post(login))
        .route("/health", get(health))
        .merge(open)
        .nest("/admin", admin());
    axum::serve(listener, app.with_state(db)).await.unwrap();
}
