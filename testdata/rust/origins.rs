//! Cross-origin policies.
use axum::http::{header, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

fn tower() {
    let a = CorsLayer::permissive(); // <-- cors-any-origin
    let b = CorsLayer::very_permissive(); // <-- cors-credentials-any-origin
    let c = CorsLayer::new().allow_origin(Any).allow_methods([Method::GET]);
    let writing = CorsLayer::new().allow_origin(Any).allow_methods([Method::GET, Method::POST]); // <-- cors-any-origin
    let d = CorsLayer::new().allow_origin(AllowOrigin::mirror_request()).allow_credentials(true); // <-- cors-credentials-any-origin
    let e = CorsLayer::new().allow_origin(AllowOrigin::predicate(|_, _| true)).allow_credentials(true); // <-- cors-credentials-any-origin
    let f = CorsLayer::new().allow_origin("*".parse::<HeaderValue>().unwrap()); // <-- cors-any-origin
    let g = CorsLayer::new().allow_origin("https://app.example.com".parse::<HeaderValue>().unwrap()).allow_credentials(true);
    let h = CorsLayer::new().allow_methods(Any).allow_headers(Any);
    let i = CorsLayer::new().allow_origin(["https://a.example.com".parse().unwrap()]);
    let j = CorsLayer::new().allow_origin(AllowOrigin::predicate(|origin: &HeaderValue, _| origin.as_bytes().ends_with(b".example.com")));
    let k = CorsLayer::new().allow_origin(tower_http::cors::AllowOrigin::any()); // <-- cors-any-origin
    let l = if cfg!(debug_assertions) { CorsLayer::permissive() } else { CorsLayer::new() };
}

fn actix() {
    let a = actix_cors::Cors::permissive(); // <-- cors-credentials-any-origin
    let b = actix_cors::Cors::default().allow_any_origin().allow_any_method(); // <-- cors-any-origin
    let c = actix_cors::Cors::default().allow_any_origin().supports_credentials(); // <-- cors-credentials-any-origin
    let d = actix_cors::Cors::default().allowed_origin_fn(|_, _| true).supports_credentials(); // <-- cors-credentials-any-origin
    let e = actix_cors::Cors::default().allowed_origin("https://app.example.com").supports_credentials();
    let f = actix_cors::Cors::default();
    let g = actix_cors::Cors::default().allow_any_origin().send_wildcard(); // <-- cors-any-origin
}

fn others() {
    let a = rocket_cors::CorsOptions::default(); // <-- cors-any-origin
    let b = rocket_cors::CorsOptions { allow_credentials: true, ..Default::default() }; // <-- cors-credentials-any-origin
    let c = rocket_cors::CorsOptions::default().allowed_origins(rocket_cors::AllowedOrigins::some_exact(&["https://app.example.com"]));
    let d = poem::middleware::Cors::new(); // <-- cors-any-origin
    let e = poem::middleware::Cors::new().allow_credentials(true); // <-- cors-credentials-any-origin
    let f = poem::middleware::Cors::new().allow_origin("https://app.example.com");
    let g = warp::cors().allow_any_origin(); // <-- cors-any-origin
    let h = warp::cors().allow_any_origin().allow_credentials(true); // <-- cors-credentials-any-origin
    let i = warp::cors().allow_origin("https://app.example.com");
    let j = salvo::cors::Cors::new().allow_origin("*").into_handler(); // <-- cors-any-origin
    let k = salvo::cors::Cors::permissive(); // <-- cors-any-origin
    let l = salvo::cors::Cors::new().allow_origin("https://app.example.com").into_handler();
    let m = salvo::cors::Cors::very_permissive(); // <-- cors-credentials-any-origin
    let n = tide::security::CorsMiddleware::new().allow_origin(tide::security::Origin::from("*")); // <-- cors-any-origin
    let o = tide::security::CorsMiddleware::new().allow_origin("*").allow_credentials(true); // <-- cors-credentials-any-origin
    let p = tide::security::CorsMiddleware::new().allow_origin("https://app.example.com");
}

fn raw(response: &mut Response, request: &Request) {
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")); // <-- cors-any-origin
    response.set_header(Header::new("Access-Control-Allow-Origin", "*")); // <-- cors-any-origin
    let built = HttpResponse::Ok().insert_header(("Access-Control-Allow-Origin", "*")).finish(); // <-- cors-any-origin
    let other = Response::builder().header("access-control-allow-origin", "*").body(()); // <-- cors-any-origin
    let pinned = Response::builder().header("access-control-allow-origin", "https://app.example.com").body(());
    let tuple = ([(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")], "text"); // <-- cors-any-origin
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("*"));
}

fn echoed(headers: HeaderMap, mut response: Response) -> Response {
    let origin = headers.get(header::ORIGIN).unwrap();
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone()); // <-- cors-credentials-any-origin
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    response
}
