//! How a value from outside reaches what is dangerous: through functions, methods, closures and loops.
use axum::extract::{Path, Query};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;

type Asked = Query<HashMap<String, String>>;

fn greeting(peer: &TcpStream) -> String {
    let mut line = String::new();
    BufReader::new(peer).read_line(&mut line).unwrap();
    line.trim().to_owned()
}

fn announced(peer: &mut TcpStream) -> usize {
    let mut header = [0u8; 4];
    peer.read_exact(&mut header).unwrap();
    u32::from_le_bytes(header) as usize
}

fn returned(peer: TcpStream, db: &rusqlite::Connection) {
    let name = greeting(&peer);
    db.execute(&format!("DELETE FROM guests WHERE name = '{name}'"), []); // <-- sql-injection
    db.execute("DELETE FROM guests WHERE name = ?1", [&name]);
    std::fs::remove_file(format!("badges/{name}")); // <-- path-from-request
}

fn sized(mut peer: TcpStream) {
    let wanted = announced(&mut peer);
    let _whole = vec![0u8; wanted]; // <-- allocation-from-request
    let mut chunk = [0u8; 64];
    let got = peer.read(&mut chunk).unwrap();
    let _part = vec![0u8; got];
    let _small = vec![0u8; chunk[0] as usize];
    if wanted > 4096 {
        return;
    }
    let _bounded = vec![0u8; wanted];
}

fn every_line(peer: TcpStream) {
    for line in BufReader::new(peer).lines().map_while(Result::ok) {
        let Some(tool) = line.split_whitespace().next() else { continue };
        std::process::Command::new(tool).status(); // <-- command-injection
    }
}

struct Report {
    column: String,
    rows: u32,
}

impl Report {
    fn of_environment() -> Self {
        let rows = std::env::var("ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(10);
        Self { column: std::env::var("COLUMN").unwrap_or_default(), rows }
    }

    fn statement(&self) -> String {
        format!("SELECT total FROM sales ORDER BY {}", self.column)
    }

    fn first(&self) -> String {
        format!("SELECT total FROM sales LIMIT {}", self.rows)
    }
}

async fn by_method(pool: &sqlx::PgPool) {
    let report = Report::of_environment();
    sqlx::query(&report.statement()).fetch_all(pool).await; // <-- sql-injection
    sqlx::query(&report.first()).fetch_all(pool).await;
}

struct Feed {
    home: String,
}

impl Feed {
    async fn latest(&self) -> reqwest::Response {
        reqwest::get(format!("{}/latest", self.home)).await.unwrap() // <-- request-forgery
    }
}

async fn kept_in_struct(Query(home): Query<String>) {
    Feed { home }.latest().await;
}

trait Archive {
    fn path(&self, name: &str) -> String;
}

struct Disk;

impl Archive for Disk {
    fn path(&self, name: &str) -> String {
        format!("archive/{name}")
    }
}

async fn by_trait(archive: &dyn Archive, Path(name): Path<String>) {
    std::fs::read(archive.path(&name)); // <-- path-from-request
}

async fn through_closures(Query(asked): Asked) {
    let shown = asked.get("shown").map(String::as_str).unwrap_or("nobody");
    log::log!(log::Level::Info, "asked for {}", &shown[..]); // <-- log-line-from-request
    let pattern = asked.get("pattern").cloned().map_or(String::from("x"), |given| format!("^{given}"));
    regex::Regex::new(&pattern); // <-- pattern-from-request
    let escaped = asked.get("pattern").map(|given| regex::escape(given)).unwrap_or_default();
    regex::Regex::new(&escaped);
}

async fn chosen(Query(asked): Query<HashMap<String, usize>>, Query(small): Query<HashMap<String, u8>>) {
    let mut table: Vec<u64> = Vec::new();
    table.resize(asked["rows"] * asked["columns"], 0); // <-- allocation-from-request
    table.resize(small["rows"] as usize, 0);
    match asked["rows"] {
        rows @ 1..=100 => table.resize(rows, 0),
        _ => {}
    }
}

async fn page(Path(name): Path<String>) -> impl axum::response::IntoResponse {
    ([(axum::http::header::CONTENT_TYPE, "text/html")], format!("<i>{name}</i>")) // <-- markup-from-request
}

async fn plain(Path(name): Path<String>) -> impl axum::response::IntoResponse {
    ([(axum::http::header::CONTENT_TYPE, "text/plain")], format!("<i>{name}</i>"))
}

async fn same_host(Query(asked): Asked) -> Option<()> {
    let address = url::Url::parse(asked.get("from")?).ok()?;
    if address.scheme() != "https" {
        return None;
    }
    reqwest::get(address.clone()).await.ok()?; // <-- request-forgery
    if address.host_str() == Some("files.example.com") {
        reqwest::get(address).await.ok()?;
    }
    match asked.get("to") {
        Some(to) if to.starts_with("https://example.com/") => reqwest::get(to).await.ok()?,
        Some(to) if to.starts_with("https://example.com") => reqwest::get(to).await.ok()?, // <-- request-forgery
        _ => return None,
    };
    Some(())
}

fn shells(Query(asked): Asked) {
    duct::cmd!("bash", "-c", "ls ".to_owned() + &asked["folder"]); // <-- command-injection
    duct::cmd!("ls", &asked["folder"]);
}

fn of_file(db: &postgres::Client) {
    let name = std::fs::read_to_string("/var/lib/name").unwrap();
    db.execute(&format!("INSERT INTO names VALUES ('{}')", name.trim()), &[]); // <-- sql-injection
    db.batch_execute(&std::fs::read_to_string("schema.sql").unwrap());
    log::info!("hello {name}");
    std::fs::read(name);
}
