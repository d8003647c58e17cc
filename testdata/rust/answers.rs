use actix_web::{web, HttpResponse};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;

async fn tuple(State(db): State<Pool>, Path(id): Path<i64>) -> Result<String, (StatusCode, String)> {
    let row = db.row(id).await.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?; // <-- stack-trace-sent
    Ok(row.name)
}

async fn typed(State(db): State<Pool>) -> Result<String, (StatusCode, String)> {
    db.count().await.map_err(|e: sqlx::Error| (StatusCode::INTERNAL_SERVER_ERROR, format!("count: {e}"))) // <-- stack-trace-sent
}

async fn told(State(db): State<Pool>) -> Result<String, (StatusCode, String)> {
    db.count().await.map_err(|error| {
        tracing::error!(%error, "count");
        (StatusCode::INTERNAL_SERVER_ERROR, "try again later".to_owned())
    })
}

// Of what the caller sent, the text is for the caller.
async fn caller(Path(id): Path<String>) -> Result<String, (StatusCode, String)> {
    let id: u64 = id.parse().map_err(|error: std::num::ParseIntError| (StatusCode::BAD_REQUEST, error.to_string()))?;
    Ok(id.to_string())
}

async fn matched(State(db): State<Pool>) -> impl IntoResponse {
    match db.count().await {
        Ok(count) => (StatusCode::OK, count.to_string()),
        Err(e) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{e:?}")), // <-- stack-trace-sent
    }
}

async fn as_json(State(db): State<Pool>) -> impl IntoResponse {
    if let Err(err) = db.ping().await {
        return (StatusCode::INTERNAL_SERVER_ERROR, axum::Json(serde_json::json!({ "error": err.to_string() }))); // <-- stack-trace-sent
    }
    (StatusCode::OK, axum::Json(serde_json::json!({})))
}

async fn built(db: web::Data<Pool>) -> HttpResponse {
    match db.count().await {
        Ok(count) => HttpResponse::Ok().json(count),
        Err(e) => HttpResponse::InternalServerError().json(format!("failed: {}", e)), // <-- stack-trace-sent
    }
}

async fn built_plain(db: web::Data<Pool>) -> HttpResponse {
    match db.count().await {
        Ok(count) => HttpResponse::Ok().json(count),
        Err(e) => {
            log::error!("count: {e}");
            HttpResponse::InternalServerError().finish()
        }
    }
}

async fn by_status(db: web::Data<Pool>) -> HttpResponse {
    match db.name().await {
        Ok(name) => HttpResponse::Ok().body(name),
        Err(e) => HttpResponse::build(actix_web::http::StatusCode::INTERNAL_SERVER_ERROR).body(e.to_string()), // <-- stack-trace-sent
    }
}

async fn replied(db: Pool) -> Result<impl warp::Reply, warp::Rejection> {
    match db.ping().await {
        Ok(()) => Ok(warp::reply::with_status("up".to_owned(), warp::http::StatusCode::OK)),
        Err(e) => Ok(warp::reply::with_status(e.to_string(), warp::http::StatusCode::INTERNAL_SERVER_ERROR)), // <-- stack-trace-sent
    }
}

#[rocket::get("/count")]
async fn custom(db: &rocket::State<Pool>) -> Result<String, rocket::response::status::Custom<String>> {
    db.count().await.map_err(|e| rocket::response::status::Custom(rocket::http::Status::InternalServerError, e.to_string())) // <-- stack-trace-sent
}

async fn wrapped(db: web::Data<Pool>) -> Result<HttpResponse, actix_web::Error> {
    let count = db.count().await.map_err(|e| actix_web::error::ErrorInternalServerError(e))?; // <-- stack-trace-sent
    Ok(HttpResponse::Ok().json(count))
}

fn page_for(error: &sqlx::Error) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("no row: {error}")) // <-- stack-trace-sent
}

fn page_of_ours(error: &AppError) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}
