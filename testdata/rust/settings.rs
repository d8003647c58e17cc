//! Certificates, cookies, hashes, ciphers and random numbers.
use actix_session::SessionMiddleware;
use cookie::{Cookie, SameSite};
use md5::{Digest, Md5};
use sha1::Sha1;

fn tls() {
    reqwest::Client::builder().danger_accept_invalid_certs(true).build(); // <-- tls-verification-off
    reqwest::ClientBuilder::new().tls_danger_accept_invalid_hostnames(true).build(); // <-- tls-verification-off
    native_tls::TlsConnector::builder().danger_accept_invalid_hostnames(true).build(); // <-- tls-verification-off
    let mut ssl = openssl::ssl::SslConnector::builder(SslMethod::tls()).unwrap();
    ssl.set_verify(openssl::ssl::SslVerifyMode::NONE); // <-- tls-verification-off
    ssl.set_verify_callback(SslVerifyMode::PEER, |_, _| true); // <-- tls-verification-off
    let verify = false;
    ssl.configure().unwrap().set_verify_hostname(verify); // <-- tls-verification-off
    let options = sqlx::postgres::PgConnectOptions::new().ssl_mode(PgSslMode::Disable); // <-- tls-verification-off
    let tls = lettre::transport::smtp::client::TlsParameters::builder("mail".into()).dangerous_accept_invalid_certs(true).build(); // <-- tls-verification-off
    let mut easy = curl::easy::Easy::new();
    easy.ssl_verify_peer(false).unwrap(); // <-- tls-verification-off
    let db = tokio_postgres::connect("host=db.example.com user=app", NoTls); // <-- tls-verification-off
    let near = tokio_postgres::connect("host=localhost user=app", NoTls);
    ssl.set_verify(openssl::ssl::SslVerifyMode::PEER);
    reqwest::Client::builder().danger_accept_invalid_certs(false).build();
    isahc::HttpClient::builder().ssl_options(SslOption::DANGER_ACCEPT_INVALID_CERTS); // <-- tls-verification-off
}

struct NoVerify;

impl rustls::client::danger::ServerCertVerifier for NoVerify {
    fn verify_server_cert(&self, _: &Cert, _: &[Cert]) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion()) // <-- tls-verification-off
    }
}

struct Pinned;

impl rustls::client::danger::ServerCertVerifier for Pinned {
    fn verify_server_cert(&self, cert: &Cert, _: &[Cert]) -> Result<ServerCertVerified, rustls::Error> {
        if cert.as_ref() != self.pin {
            return Err(rustls::Error::General("pin".into()));
        }
        Ok(ServerCertVerified::assertion())
    }
}

fn verifiers() {
    let open = rustls::ClientConfig::builder().dangerous().with_custom_certificate_verifier(Arc::new(NoVerify)).with_no_client_auth(); // <-- tls-verification-off
    let pinned = rustls::ClientConfig::builder().dangerous().with_custom_certificate_verifier(Arc::new(Pinned)).with_no_client_auth();
}

fn cookies(jar: CookieJar, id: String) {
    jar.add(Cookie::build(("session", id.clone())).http_only(true).secure(false).build()); // <-- cookie-flag-off
    jar.add(Cookie::build(("session", id.clone())).http_only(true).build()); // <-- cookie-flag-off
    jar.add(Cookie::new("session", id.clone())); // <-- cookie-flag-off
    let mut late = Cookie::new("session", id.clone());
    late.set_secure(true);
    late.set_http_only(true);
    jar.add(late);
    jar.add(Cookie::build(("session", id.clone())).secure(true).http_only(true).same_site(SameSite::Strict).build());
    jar.remove(Cookie::build("session").build());
    jar.add(Cookie::build(("theme", "dark")).secure(true).build());
    SessionMiddleware::builder(store(), key()).cookie_secure(false).build(); // <-- cookie-flag-off
    SessionMiddleware::builder(store(), key()).cookie_secure(true).build();
    SessionManagerLayer::new(store()).with_secure(false); // <-- cookie-flag-off
}

fn hashes(password: &str, data: &[u8], credit_card: &str) {
    md5::compute(password); // <-- weak-hash-of-secret
    Md5::digest(password.as_bytes()); // <-- weak-hash-of-secret
    let mut hasher = Sha1::new();
    hasher.update(password); // <-- weak-hash-of-secret
    hasher.finalize();
    Md5::new().chain_update(credit_card).finalize(); // <-- weak-hash-of-secret
    sha2::Sha256::digest(password); // <-- weak-hash-of-secret
    openssl::hash::hash(openssl::hash::MessageDigest::md5(), password.as_bytes()); // <-- weak-hash-of-secret
    ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes()); // <-- weak-hash-of-secret
    md5::compute(data);
    Sha1::digest(data);
    let mut sum = Md5::new();
    sum.update(data);
    sha2::Sha256::digest(data);
    sha2::Sha256::digest(credit_card);
    let password_hash = bcrypt::hash(password, 12);
}

type DesCbc = cbc::Encryptor<des::TdesEde3>;

fn ciphers(key: &[u8], iv: &[u8], data: &[u8]) {
    des::Des::new_from_slice(key); // <-- weak-cipher
    rc4::Rc4::new(key.into()); // <-- weak-cipher
    ecb::Encryptor::<aes::Aes128>::new(key.into()); // <-- weak-cipher
    DesCbc::new(key.into(), iv.into()); // <-- weak-cipher
    cbc::Encryptor::<des::Des>::new_from_slices(key, iv); // <-- weak-cipher
    openssl::symm::Cipher::des_ede3_cbc(); // <-- weak-cipher
    openssl::symm::Cipher::aes_128_ecb(); // <-- weak-cipher
    cbc::Encryptor::<aes::Aes256>::new(key.into(), iv.into());
    openssl::symm::Cipher::aes_256_gcm();
    DescribeStacks::new(key);
}

fn random() {
    let mut rng = rand::rngs::StdRng::seed_from_u64(42);
    let session_token: u64 = rng.gen(); // <-- weak-random-for-secret
    let password: String = (0..16).map(|_| fastrand::alphanumeric()).collect(); // <-- weak-random-for-secret
    let api_key = SmallRng::from_entropy().gen::<[u8; 32]>(); // <-- weak-random-for-secret
    let secret: [u8; 32] = rand::random();
    let reset_token: String = rand::thread_rng().sample_iter(&Alphanumeric).take(30).map(char::from).collect();
    let delay = fastrand::u64(0..100);
}

fn old_versions() -> native_tls::Result<native_tls::TlsConnector> {
    let mut builder = native_tls::TlsConnector::builder();
    builder.min_protocol_version(Some(native_tls::Protocol::Tlsv11)); // <-- tls-verification-off
    builder.min_protocol_version(Some(native_tls::Protocol::Tlsv12));
    builder.build()
}

fn old_versions_of_a_client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().min_tls_version(reqwest::tls::Version::TLS_1_0).build() // <-- tls-verification-off
}

#[rocket::post("/session")]
fn rocket_cookies(jar: &rocket::http::CookieJar<'_>) {
    jar.add(rocket::http::Cookie::build(("sid", "1")).http_only(true));
    jar.add(rocket::http::Cookie::build(("sid", "1")).secure(false)); // <-- cookie-flag-off
}

fn behind_the_address() {
    redis::Client::open("rediss://cache.example.com:6379/#insecure"); // <-- tls-verification-off
    redis::Client::open("rediss://cache.example.com:6379/");
}

fn mail(login: lettre::Credentials) {
    SmtpTransport::builder_dangerous("mail.example.com").credentials(login.clone()).build(); // <-- tls-verification-off
    SmtpTransport::builder_dangerous("mail.example.com").tls(Tls::Required(parameters())).credentials(login.clone()).build();
    SmtpTransport::builder_dangerous("localhost").credentials(login).build();
    SmtpTransport::builder_dangerous("mail.example.com").build();
}

fn by_hand(sid: &str) -> impl axum::response::IntoResponse {
    let kept = [(axum::http::header::SET_COOKIE, format!("session={sid}; Path=/; HttpOnly; Secure"))];
    let gone = [("set-cookie", "session=; Max-Age=0")];
    (kept, gone, [(axum::http::header::SET_COOKIE, format!("session={sid}; Path=/; HttpOnly"))]) // <-- cookie-flag-off
}
mod by_mode {
    pub fn lax(skip: Option<bool>) -> reqwest::Result<reqwest::Client> {
        reqwest::Client::builder().danger_accept_invalid_certs(skip.unwrap_or(true)).build() // <-- tls-verification-off
    }
    pub fn strict(skip: Option<bool>) -> reqwest::Result<reqwest::Client> {
        reqwest::Client::builder().danger_accept_invalid_certs(skip.unwrap_or(false)).build()
    }
    pub fn by_socket() -> sqlx::postgres::PgConnectOptions {
        sqlx::postgres::PgConnectOptions::new().socket("/run/postgresql").ssl_mode(PgSslMode::Disable)
    }
    pub fn on_the_same_machine() -> sqlx::postgres::PgConnectOptions {
        sqlx::postgres::PgConnectOptions::new().host("localhost").ssl_mode(PgSslMode::Disable)
    }
}
