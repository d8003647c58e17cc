//! Passwords that may be hashed with SHA-1, secrets that hide themselves, servers without certificates of clients.
use openssl::ssl::{SslAcceptor, SslConnector, SslFiletype, SslMethod, SslVerifyMode};
use secrecy::{ExposeSecret, SecretString};
use sha1::{Digest, Sha1};

pub struct Settings {
    pub db_password: SecretString,
    pub mail_password: String,
}

pub async fn is_breached(http: &reqwest::Client, password: &str) -> reqwest::Result<bool> {
    let digest = hex::encode_upper(Sha1::digest(password.as_bytes()));
    let (prefix, suffix) = digest.split_at(5);
    let list = http.get(format!("https://api.pwnedpasswords.com/range/{prefix}")).send().await?.text().await?;
    Ok(list.contains(suffix))
}

pub fn stored(password: &str) -> String {
    hex::encode(Sha1::digest(password.as_bytes())) // <-- weak-hash-of-secret
}

pub fn start(settings: &Settings) {
    log::debug!("database: {:?}", settings.db_password);
    log::debug!("mail: {:?}", settings.mail_password); // <-- secret-in-log
    log::debug!("database: {}", settings.db_password.expose_secret()); // <-- secret-in-log
}

pub fn acceptor() -> Result<SslAcceptor, openssl::error::ErrorStack> {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls())?;
    acceptor.set_private_key_file("/etc/tls/key.pem", SslFiletype::PEM)?;
    acceptor.set_verify(SslVerifyMode::NONE);
    Ok(acceptor.build())
}

pub fn connector() -> Result<SslConnector, openssl::error::ErrorStack> {
    let mut connector = SslConnector::builder(SslMethod::tls())?;
    connector.set_verify(SslVerifyMode::NONE); // <-- tls-verification-off
    Ok(connector.build())
}
