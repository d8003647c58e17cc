use axum::{routing::{delete, get, post}, Router, Json, response::{IntoResponse, Redirect}, http::StatusCode, extract::{Path, State}};
use axum_extra::routing::{RouterExt, TypedPath};
use axum_login::{login_required, permission_required, AuthManagerLayerBuilder, AuthSession, AuthzBackend};
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};
use crate::users::Backend;

type Auth = axum_login::AuthSession<Backend>;

#[derive(TypedPath, serde::Deserialize)]
#[typed_path("/albums/{id}")]
struct Album { id: u64 }

#[derive(TypedPath)]
#[typed_path("/albums")]
struct Albums;

fn protected() -> Router<Db> {
    Router::new()
        .route("/profile", get(profile).post(rename))
        .route_layer(login_required!(Backend, login_url = "/login"))
}

fn staff() -> Router<Db> {
    Router::new()
        .route("/staff/users/{id}", delete(drop_user))
        .route_layer(permission_required!(Backend, "users.delete"))
}

#[tokio::main]
async fn main() {
    let sessions = SessionManagerLayer::new(MemoryStore::default());
    let auth = AuthManagerLayerBuilder::new(Backend::default(), sessions).build();
    let app = Router::new()
        .merge(protected())
        .merge(staff())
        .route("/todo", post(add_todo))
        .route("/todo/{id}", delete(drop_todo)) // <-- route-without-auth
        .route("/cart", post(add_to_cart))
        .route("/cart/all", delete(drop_carts)) // <-- route-without-auth
        .route("/orders", post(place_order))
        .route("/orders/{id}/status", post(set_status)) // <-- route-without-auth
        .route("/keys", post(new_key))
        .typed_get(albums)
        .typed_post(add_album) // <-- route-without-auth
        .typed_delete(drop_album)
        .route("/login", post(login))
        .layer(auth)
        .with_state(Db::open());
    axum::serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap(), app).await.unwrap();
}

async fn login(mut auth: AuthSession<Backend>, Json(c): Json<Credentials>) -> impl IntoResponse {
    match auth.authenticate(c).await { Ok(Some(user)) => { auth.login(&user).await.unwrap(); StatusCode::OK } _ => StatusCode::UNAUTHORIZED }
}
async fn profile(auth: AuthSession<Backend>) -> Json<User> { Json(auth.user.unwrap()) }
async fn rename(auth: AuthSession<Backend>, State(db): State<Db>, Json(n): Json<Name>) -> StatusCode { db.update(auth.user.unwrap().id, n).await; StatusCode::OK }
async fn drop_user(State(db): State<Db>, Path(id): Path<u64>) -> StatusCode { db.delete(id).await; StatusCode::OK }
async fn add_todo(auth: AuthSession<Backend>, State(db): State<Db>, Json(t): Json<Todo>) -> impl IntoResponse {
    if auth.user.is_none() {
        return StatusCode::UNAUTHORIZED;
    }
    db.insert(t).await;
    StatusCode::CREATED
}
async fn drop_todo(_auth: AuthSession<Backend>, State(db): State<Db>, Path(id): Path<u64>) -> impl IntoResponse { db.delete(id).await; StatusCode::OK }
async fn add_to_cart(session: Session, State(db): State<Db>, Json(i): Json<Item>) -> Result<StatusCode, StatusCode> {
    let Some(user) = session.get::<u64>("user_id").await.unwrap() else { return Err(StatusCode::UNAUTHORIZED) };
    db.insert(user, i).await;
    Ok(StatusCode::CREATED)
}
async fn drop_carts(session: Session, State(db): State<Db>) -> StatusCode { session.insert("seen", 1).await.unwrap(); db.delete_all().await; StatusCode::OK }
async fn place_order(session: Session, State(db): State<Db>, Json(i): Json<Item>) -> Result<StatusCode, Redirect> {
    let user: u64 = session.get("user_id").await.ok().flatten().ok_or_else(|| Redirect::to("/login"))?;
    db.insert(user, i).await;
    Ok(StatusCode::CREATED)
}
async fn set_status(State(db): State<Db>, Path(id): Path<u64>, Json(s): Json<Status>) -> StatusCode { db.update(id, s).await; StatusCode::OK }
async fn new_key(auth: Auth, State(db): State<Db>) -> Result<Json<Key>, AppError> {
    let user = auth.user.ok_or(AppError::LoginRequired)?;
    Ok(Json(db.insert_key(user.id).await))
}
async fn albums(_: Albums, State(db): State<Db>) -> Json<Vec<Row>> { Json(db.albums().await) }
async fn add_album(_: Albums, State(db): State<Db>, Json(a): Json<Row>) -> StatusCode { db.insert(a).await; StatusCode::CREATED }
async fn drop_album(Album { id }: Album, auth: Auth, State(db): State<Db>) -> StatusCode {
    match auth.user { Some(u) if u.is_staff => { db.delete(id).await; StatusCode::OK } _ => StatusCode::FORBIDDEN }
}
