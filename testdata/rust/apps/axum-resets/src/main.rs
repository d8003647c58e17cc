mod users;

use axum::{extract::{Path, State}, http::StatusCode, routing::{any, on, post, put, MethodFilter}, Json, Router};
use axum_login::AuthManagerLayerBuilder;
use sqlx::PgPool;

async fn serve(pool: PgPool, sessions: tower_sessions::SessionManagerLayer<Store>) {
    let auth = AuthManagerLayerBuilder::new(users::Backend::new(pool.clone()), sessions).build();
    let app = Router::new()
        .route("/gauges", post(add_gauge))
        .route_layer(axum_login::login_required!(users::Backend))
        .route("/tides/reset", on(MethodFilter::POST, reset_tides)) // <-- route-without-auth
        .route("/gauges/refresh", any(read_gauges)) // <-- route-without-auth
        .route("/gauges/{id}/name", put(rename)) // <-- route-without-auth
        .route("/credentials/reset", post(set_password))
        .route("/session/refresh", post(next_token))
        .route("/api/reset", post(forgotten))
        .layer(axum::Extension(connected().await))
        .layer(auth)
        .with_state(pool);
    axum::serve(listener().await, app).await.unwrap();
}

async fn add_gauge(State(pool): State<PgPool>, Json(name): Json<String>) -> StatusCode {
    done(sqlx::query("INSERT INTO gauges (name) VALUES ($1)").bind(name).execute(&pool).await)
}

async fn reset_tides(State(pool): State<PgPool>) -> StatusCode {
    done(sqlx::query("UPDATE tides SET height = 0").execute(&pool).await)
}

async fn read_gauges(State(pool): State<PgPool>) -> StatusCode {
    done(sqlx::query("UPDATE gauges SET stale = true").execute(&pool).await)
}

async fn rename(State(pool): State<PgPool>, Path(id): Path<i64>, Json(name): Json<String>) -> StatusCode {
    done(sqlx::query("UPDATE gauges SET name = $1 WHERE id = $2").bind(name).bind(id).execute(&pool).await)
}

async fn set_password(State(pool): State<PgPool>, Json(asked): Json<PasswordReset>) -> StatusCode {
    done(sqlx::query("UPDATE skippers SET pw = $1 WHERE reset = $2").bind(hashed(asked.new)).bind(asked.reset).execute(&pool).await)
}

async fn next_token(State(pool): State<PgPool>, Json(old): Json<RefreshToken>) -> Json<String> { Json(renewed(&pool, old).await) }

async fn forgotten(State(pool): State<PgPool>, Json(asked): Json<Asked>) -> StatusCode {
    done(sqlx::query("UPDATE skippers SET asked = now() WHERE name = $1").bind(asked.name).execute(&pool).await)
}
