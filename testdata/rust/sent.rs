//! Secrets in addresses, files and tables, and requests that go in the clear.
use std::io::Write;

async fn sent(password: &str, user: &str, access_token: String) {
    reqwest::get(format!("http://example.com/login?password={password}")).await; // <-- secret-in-address
    let url = format!("https://example.com/?user={user}&token={}", access_token);
    reqwest::Client::new().get(&url).send().await; // <-- secret-in-address
    let base = "https://example.com/?p=".to_string() + password;
    reqwest::blocking::get(&base).unwrap(); // <-- secret-in-address
    reqwest::Client::new().post("https://example.com/login").body(password.to_string()).send().await;
    reqwest::get(format!("https://example.com/?user={user}")).await;
    reqwest::get("http://example.com/data").await; // <-- address-in-the-clear
    const PLAIN: &str = "http://api.example.org/v1"; // <-- address-in-the-clear
    reqwest::Client::new().get(PLAIN).send().await;
    reqwest::get("http://127.0.0.1:9000/data").await;
    reqwest::get("https://example.com/data").await;
}

fn kept(password: String, card_number: &str, mut file: std::fs::File) {
    std::fs::write("login.txt", &password).unwrap(); // <-- secret-kept-plain
    file.write_all(password.as_bytes()).unwrap(); // <-- secret-kept-plain
    let line = format!("card={card_number}\n");
    std::fs::write("cards.txt", line); // <-- secret-kept-plain
    let password_hash = hash(&password);
    std::fs::write("hash.txt", password_hash);
    std::fs::write("name.txt", "alice");
}

async fn stored(pool: &sqlx::PgPool, password: &str, credit_card_number: &str, form: axum::Json<Form>) {
    sqlx::query("INSERT INTO users (password) VALUES ($1)").bind(&form.password).execute(pool).await; // <-- secret-kept-plain
    sqlx::query("INSERT INTO users (password) VALUES ($1)").bind(password).execute(pool).await; // <-- secret-kept-plain
    let password = seal(password);
    sqlx::query("INSERT INTO users (password) VALUES ($1)").bind(password).execute(pool).await;
    sqlx::query("INSERT INTO cards (number) VALUES ($1)").bind(credit_card_number).execute(pool).await; // <-- secret-kept-plain
    let text = format!("INSERT INTO payments (number) VALUES ('{}')", credit_card_number);
    sqlx::query(&text).execute(pool).await; // <-- secret-kept-plain, sql-injection
    sqlx::query("SELECT id FROM users WHERE password = $1").bind(password).fetch_one(pool).await;
}

fn in_sqlite(db: &rusqlite::Connection, account_pin: &str, account_pins: i64) {
    db.execute("INSERT INTO boxes (pin) VALUES (?1)", (account_pin,)); // <-- secret-kept-plain
    db.execute("INSERT INTO totals (pins) VALUES (?1)", (account_pins,));
    let shown = format!("**{}", &account_pin[account_pin.len() - 2..]);
    db.execute("INSERT INTO shown (pin) VALUES (?1)", (shown,));
}

fn in_shared_folder(private_key: &str) {
    let path = std::env::temp_dir().join("agent.key");
    std::fs::write(path, private_key); // <-- secret-kept-plain
    std::fs::write("/etc/agent/agent.key", private_key);
}

async fn in_pairs(ssn: &str) {
    let mut address = reqwest::Url::parse("https://tax.example.com/person").unwrap();
    address.query_pairs_mut().append_pair("ssn", ssn); // <-- secret-in-address
    address.query_pairs_mut().append_pair("page", "2");
    reqwest::get(address).await;
}

async fn in_query(user: &str, password: &str) -> reqwest::Result<String> {
    let client = reqwest::Client::new();
    client.get("https://auth.example.com/login").query(&[("user", user), ("password", password)]).send().await?.text().await // <-- secret-in-address
}

async fn in_form(user: &str, password: &str) -> reqwest::Result<String> {
    let client = reqwest::Client::new();
    client.post("https://auth.example.com/login").query(&[("page", "1")]).form(&[("password", password)]).send().await?.text().await
}
