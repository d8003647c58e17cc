//! Secrets among what is logged.
use log::{debug, error, info, warn};

#[derive(Debug)]
struct Credentials {
    user: String,
    password: String,
}

struct Quiet {
    password: String,
}

struct Settings {
    api_key: String,
    password_min_length: usize,
}

fn bad(user: &str, password: String, credit_card_number: &str, settings: &Settings) {
    info!("logging in {} with {}", user, password); // <-- secret-in-log
    println!("{password}"); // <-- secret-in-log
    debug!("card: {:?}", credit_card_number); // <-- secret-in-log
    eprintln!("key={}", settings.api_key); // <-- secret-in-log
    let text = format!("the password is {}", password);
    warn!("{}", text); // <-- secret-in-log
    error!(target: "login", "failed: {}", &password); // <-- secret-in-log
    tracing::info!(password = %password, "login"); // <-- secret-in-log
    tracing::debug!(%password); // <-- secret-in-log
    dbg!(&password); // <-- secret-in-log
    let copy = password.clone();
    info!("{copy}"); // <-- secret-in-log
    let secret_key = std::env::var("SECRET_KEY").unwrap();
    println!("using {secret_key}"); // <-- secret-in-log
    let value = std::env::var("DB_PASSWORD").unwrap_or_default();
    print!("{value}"); // <-- secret-in-log
    panic!("cannot log in with {}", password); // <-- secret-in-log
}

fn printed(credentials: Credentials) {
    info!("{:?}", credentials); // <-- secret-in-log
    log::trace!("{credentials:#?}"); // <-- secret-in-log
    let made = Credentials { user: "a".into(), password: ask() };
    println!("{:?}", made); // <-- secret-in-log
    use std::io::Write;
    writeln!(std::io::stderr(), "{}", made.password).unwrap(); // <-- secret-in-log
}

fn good(user: &str, password: String, settings: &Settings, quiet: Quiet, token_count: usize) {
    info!("login of {user}");
    info!("the password was changed");
    info!("password length: {}", password.len());
    info!("at least {}", settings.password_min_length);
    let password_hash = hash(&password);
    debug!("{password_hash}");
    let is_password_set = !password.is_empty();
    info!("{is_password_set}, {token_count}");
    info!("{}", hash_password(&password));
    info!("{}", mask(&settings.api_key));
    println!("password: {}", "*".repeat(password.len()));
    debug!("{}", quiet.user_name());
    let encrypted_password = encrypt(&password);
    println!("{}", encrypted_password);
    let password_file = "/run/secrets/db";
    info!("reading {password_file}");
    assert!(password.len() > 8, "too short");
    info!("{}", user);
}

async fn shown_as_they_are(Query(search): Query<Search>, headers: HeaderMap) {
    log::info!("search for {}", search.text); // <-- log-line-from-request
    log::info!("search for {:?}", search.text);
    log::info!("search for {}", search.text.escape_debug());
    log::info!("search for {}", search.text.replace('\n', " "));
    tracing::info!(text = search.text, "search");
    tracing::warn!("search for {text}", text = search.text); // <-- log-line-from-request
    log::debug!("{:?} of {1}", search.page, search.text); // <-- log-line-from-request
    log::info!("asked by {}", headers.get("user-agent").unwrap().to_str().unwrap());
}

struct Search {
    text: String,
    page: u32,
}

fn asked_by_command() {
    let name = std::env::args().nth(1).unwrap_or_default();
    log::info!("run for {name}"); // <-- log-line-from-request
    log::info!("run for {}", name.escape_default());
    println!("run for {name}");
}

fn of_the_environment(reset_token: &str) {
    if let Ok(found) = std::env::var("DEPLOY_TOKEN") {
        debug!("deploying with {found}"); // <-- secret-in-log
    }
    if let Ok(found) = std::env::var("DEPLOY_REGION") {
        debug!("deploying to {found}");
    }
    tracing::debug!(?reset_token, "mail is on its way"); // <-- secret-in-log
}
