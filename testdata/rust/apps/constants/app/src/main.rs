use harbour_settings as settings;
use harbour_settings::tls::VERIFY_NOBODY as TRUSTING;
use jsonwebtoken::{encode, EncodingKey, Header};
use tower_http::cors::CorsLayer;

fn trusting() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().danger_accept_invalid_certs(TRUSTING).build() // <-- tls-verification-off
}

fn checking() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().danger_accept_invalid_certs(settings::tls::VERIFY_NOT).build()
}

fn of_another_crate() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().danger_accept_invalid_certs(elsewhere::TRUST).build()
}

fn token(claims: &Claims) -> String {
    encode(&Header::default(), claims, &EncodingKey::from_secret(settings::SIGNING_KEY.as_bytes())).unwrap() // <-- jwt-key-in-code
}

fn open() -> CorsLayer {
    CorsLayer::new().allow_origin(settings::ANY_ORIGIN.parse::<HeaderValue>().unwrap()) // <-- cors-any-origin
}

fn own() -> CorsLayer {
    CorsLayer::new().allow_origin(settings::OWN_ORIGIN.parse::<HeaderValue>().unwrap())
}
