//! Odd spellings of keys, tokens, logs and settings.
use aes::cipher::{generic_array::GenericArray, BlockEncrypt, KeyInit};
use chacha20poly1305::{aead::Aead, ChaCha20Poly1305, XChaCha20Poly1305, XNonce};
use crypto::{md5::Md5 as OldMd5, digest::Digest as _};
use tracing::{info, instrument};

const NONCE: &[u8; 12] = b"000000000000"; // <-- cipher-key-in-code

static IV: [u8; 16] = hex_literal::hex!("000102030405060708090a0b0c0d0e0f"); // <-- cipher-key-in-code

fn generic(data: &[u8], key: &[u8]) {
    let cipher = aes::Aes256::new(GenericArray::from_slice(b"01234567012345670123456701234567")); // <-- cipher-key-in-code
    let sealed = ChaCha20Poly1305::new_from_slice(key).unwrap().encrypt(NONCE.into(), data);
    let cbc = cbc::Encryptor::<aes::Aes128>::new_from_slices(key, &IV);
    let vector = vec![0u8; 32]; // <-- cipher-key-in-code
    let extended = XChaCha20Poly1305::new_from_slice(&vector).unwrap();
    let decoded = hex::decode("00112233445566778899aabbccddeeff").unwrap(); // <-- cipher-key-in-code
    let decoded_key = aes::Aes128::new_from_slice(&decoded).unwrap();
}

struct Config {
    key: Vec<u8>,
}

impl Config {
    const KEY: &'static [u8; 16] = b"associated const"; // <-- cipher-key-in-code

    fn cipher(&self) {
        aes::Aes128::new_from_slice(Self::KEY).unwrap();
        aes::Aes128::new_from_slice(&self.key).unwrap();
    }
}

fn old_crates(password: &str) {
    let mut hasher = OldMd5::new();
    hasher.input_str(password); // <-- weak-hash-of-secret
    let digest = md5::compute(format!("{}{}", password, "salt")); // <-- weak-hash-of-secret
    let mut context = md5::Context::new();
    context.consume(password.as_bytes()); // <-- weak-hash-of-secret
    let etag = format!("{:x}", md5::compute(body()));
    let cipher = magic_crypt::new_magic_crypt!("magickey", 256); // <-- cipher-key-in-code
}

#[derive(Clone, Debug)]
struct Login {
    name: String,
    password: String,
}

fn nested(login: &Login, req: Login) {
    info!(user = %login.name, "ok");
    info!(?login, "failed"); // <-- secret-in-log
    tracing::error!("bad login {login:?}"); // <-- secret-in-log
    log::warn!("{:?}", (&req.name, &req.password)); // <-- secret-in-log
    println!("{}", [login.name.as_str(), login.password.as_str()].join(":")); // <-- secret-in-log
    let message = String::from("password=") + &login.password;
    eprintln!("{message}"); // <-- secret-in-log
    std::io::stdout().write_all(login.password.as_bytes()).unwrap(); // <-- secret-in-log
    let auth_token = get_auth_token();
    log::debug!("token {}", auth_token); // <-- secret-in-log
    info!("Bearer {}", login.access_token()); // <-- secret-in-log
    let p = &login.password;
    log::info!("{}", p); // <-- secret-in-log
    info!("{}", login.password.is_empty());
    info!("{}", login.password.chars().count());
    info!("user {} has_password={}", login.name, login.has_password());
    log::info!("{}", Redacted(&login.password));
}

fn tls_more() {
    let config = reqwest::Client::builder();
    let insecure = true;
    let config = if insecure { config.danger_accept_invalid_certs(insecure) } else { config }; // <-- tls-verification-off
    let mut opts = mongodb::options::TlsOptions::default();
    opts.allow_invalid_certificates = Some(true); // <-- tls-verification-off
    let built = mongodb::options::TlsOptions::builder().allow_invalid_certificates(true).build(); // <-- tls-verification-off
    let mysql = mysql_async::SslOpts::default().with_danger_accept_invalid_certs(true); // <-- tls-verification-off
    let tls = ureq::tls::TlsConfig::builder().disable_verification(true).build(); // <-- tls-verification-off
    let settings = ldap3::LdapConnSettings::new().set_no_tls_verify(true); // <-- tls-verification-off
    let options = Options { danger_accept_invalid_certs: true, name: "x" }; // <-- tls-verification-off
    let sqlx = MySqlConnectOptions::new().ssl_mode(MySqlSslMode::Disabled); // <-- tls-verification-off
    let good = PgConnectOptions::new().ssl_mode(PgSslMode::VerifyFull);
    let client = reqwest::Client::builder().danger_accept_invalid_certs(config.insecure);
}

fn cookies_more(mut cookies: Cookies, value: String) {
    let cookie = Cookie::build(("sid", value.clone())).path("/").finish(); // <-- cookie-flag-off
    let mut c = Cookie::new("token", value.clone()); // <-- cookie-flag-off
    c.set_path("/");
    c.set_http_only(true);
    cookies.add(c);
    let mut gone = Cookie::new("token", "");
    gone.make_removal();
    let built = actix_web::cookie::Cookie::build("auth", value.clone()).secure(false).http_only(false).finish(); // <-- cookie-flag-off
    let ok = actix_web::cookie::Cookie::build("auth", value).secure(true).http_only(true).finish();
    let layer = tower_sessions::SessionManagerLayer::new(store()).with_http_only(false).with_secure(true); // <-- cookie-flag-off
    let session = poem::session::CookieConfig::default().secure(false); // <-- cookie-flag-off
}
mod bodies {
    use axum::body::{Body, to_bytes};
    const MAX: usize = 1 << 20;
    pub async fn whole(body: Body) -> Vec<u8> {
        to_bytes(body, usize::MAX).await.unwrap_or_default().to_vec() // <-- allocation-from-request
    }
    pub async fn part(body: Body) -> Vec<u8> {
        to_bytes(body, MAX).await.unwrap_or_default().to_vec()
    }
}
