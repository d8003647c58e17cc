use secrecy::{ExposeSecret, SecretString};
use tracing::{info, instrument};

#[derive(Debug)]
struct Login {
    name: String,
    password: String,
}

#[instrument]
async fn by_name(name: &str, password: &str) {} // <-- secret-in-log

#[tracing::instrument(level = "debug", skip(db))]
async fn by_struct(db: &Pool, login: Login) {} // <-- secret-in-log

#[instrument(skip(password))]
async fn skipped(name: &str, password: &str) {}

#[instrument(skip_all, fields(name))]
async fn all_skipped(name: &str, password: &str) {}

#[instrument]
async fn hidden(name: &str, password: SecretString, password_length: usize) {
    info!("password of {name}: {password:?}");
    info!("password of {name}: {}", password.expose_secret()); // <-- secret-in-log
}
