//! Tests that are believed and those that prove nothing; what is put into a variable, taken out of it and
//! emptied again; types under names of the file's own.
use axum::extract::{Json, Path as Segments, Query as Search};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use tokio::io::AsyncReadExt;

const KNOWN: [&str; 2] = ["north", "south"];

async fn renamed(Segments((year, month)): Segments<(u16, u8)>, Search(page): Search<u32>) -> String {
    println!("page {page}");
    tokio::fs::read_to_string(format!("/srv/reports/{year}-{month:02}.csv")).await.unwrap_or_default()
}

async fn renamed_text(Segments(name): Segments<String>) -> String {
    tokio::fs::read_to_string(format!("/srv/reports/{name}.csv")).await.unwrap_or_default() // <-- path-from-request
}

async fn resolved(Search(rel): Search<String>) -> Option<String> {
    let root = Path::new("/srv/shared").canonicalize().ok()?;
    let full = root.join(rel).canonicalize().ok()?;
    full.strip_prefix(&root).ok()?;
    std::fs::read_to_string(full).ok()
}

async fn resolved_or_left(Search(rel): Search<String>) -> Option<String> {
    let root = Path::new("/srv/shared").canonicalize().ok()?;
    let full = root.join(rel).canonicalize().ok()?;
    let Ok(_) = full.strip_prefix(&root) else { return None };
    std::fs::read_to_string(full).ok()
}

async fn resolved_is_err(Search(rel): Search<String>) -> Option<String> {
    let root = Path::new("/srv/shared").canonicalize().ok()?;
    let full = root.join(rel).canonicalize().ok()?;
    if full.strip_prefix(&root).is_err() {
        return None;
    }
    std::fs::read_to_string(full).ok()
}

async fn joined_alone(Search(rel): Search<String>) -> Option<String> {
    let root = Path::new("/srv/shared");
    let full = root.join(rel);
    full.strip_prefix(root).ok()?;
    std::fs::read_to_string(full).ok() // <-- path-from-request
}

async fn prefix_of_text(Search(rel): Search<String>) -> Option<String> {
    rel.strip_prefix("docs")?;
    std::fs::read_to_string(rel).ok() // <-- path-from-request
}

async fn checked(Search(name): Search<String>) -> Result<String, std::io::Error> {
    ensure_plain(&name).map_err(std::io::Error::other)?;
    std::fs::read_to_string(format!("/srv/pages/{name}"))
}

async fn logged(Search(name): Search<String>) -> Result<String, std::io::Error> {
    record(&name).map_err(std::io::Error::other)?;
    std::fs::read_to_string(format!("/srv/pages/{name}")) // <-- path-from-request
}

async fn listed(Search(q): Search<HashMap<String, String>>) -> Option<bool> {
    let unit = q.get("unit").filter(|unit| KNOWN.contains(&unit.as_str()))?;
    let other = q.get("other").filter(|other| KNOWN.iter().any(|known| *known == other.as_str()))?;
    let free = q.get("free").filter(|free| !free.is_empty())?;
    let banned = q.get("banned").filter(|name| !KNOWN.contains(&name.as_str()))?;
    Command::new("sh").arg("-c").arg(format!("restart {unit}")).spawn().ok()?;
    Command::new("sh").arg("-c").arg(format!("restart {other}")).spawn().ok()?;
    Command::new("sh").arg("-c").arg(format!("restart {free}")).spawn().ok()?; // <-- command-injection
    Command::new("sh").arg("-c").arg(format!("restart {banned}")).spawn().ok()?; // <-- command-injection
    Some(true)
}

async fn pushed(Segments(day): Segments<String>) -> String {
    let mut log = PathBuf::from("/var/log/app");
    log.push("daily");
    std::fs::read_to_string(&log).unwrap_or_default();
    log.push(day);
    std::fs::read_to_string(&log).unwrap_or_default() // <-- path-from-request
}

async fn pushed_number(Segments(day): Segments<u32>) -> String {
    let mut log = PathBuf::from("/var/log/app");
    log.push(day.to_string());
    std::fs::read_to_string(log).unwrap_or_default()
}

async fn taken(pool: &sqlx::PgPool, Json(text): Json<String>) -> sqlx::Result<()> {
    let mut sql = text;
    let old = std::mem::take(&mut sql);
    sqlx::query(&old).execute(pool).await?; // <-- sql-injection
    sql.push_str("SELECT 1");
    let first = std::mem::replace(&mut sql, old.clone());
    sqlx::query(&sql).execute(pool).await?; // <-- sql-injection
    sql.clear();
    sql.push_str("SELECT 2");
    sqlx::query(&sql).execute(pool).await?;
    Ok(())
}

async fn behind_a_lock(pool: &sqlx::PgPool, Json(text): Json<String>) -> sqlx::Result<()> {
    let held = std::sync::RwLock::new(String::from("SELECT 1"));
    sqlx::query(&held.read().unwrap()).execute(pool).await?;
    *held.write().unwrap() = text;
    let now = held.read().unwrap().clone();
    sqlx::query(&now).execute(pool).await?; // <-- sql-injection
    Ok(())
}

async fn collected() -> String {
    let mut parts = reqwest::get("https://names.example.com").await.unwrap().bytes_stream();
    let mut name = Vec::new();
    while let Some(Ok(part)) = parts.next().await {
        name.extend_from_slice(&part);
    }
    let name = String::from_utf8(name).unwrap();
    std::fs::read_to_string(name).unwrap_or_default() // <-- path-from-request
}

enum Job {
    Run(String),
    Wait(u64),
}

impl From<String> for Job {
    fn from(line: String) -> Self {
        match line.split_once(' ') {
            Some(("run", rest)) => Self::Run(rest.to_owned()),
            _ => Self::Wait(1),
        }
    }
}

async fn jobs(body: String, Json(line): Json<String>) {
    match Job::from(line) {
        Job::Run(command) => drop(Command::new("sh").arg("-c").arg(command).status()), // <-- command-injection
        Job::Wait(seconds) => drop(Command::new("sh").arg("-c").arg(format!("sleep {seconds}")).status()),
    }
}

fn buffered(stream: std::net::TcpStream) -> std::io::BufReader<std::net::TcpStream> {
    std::io::BufReader::with_capacity(1024, stream)
}

fn feed(conn: &rusqlite::Connection) -> rusqlite::Result<()> {
    let body = ureq::get("https://feed.example.com/tags").call().unwrap().into_string().unwrap();
    for tag in body.split(',').map(str::trim) {
        conn.execute(&format!("DELETE FROM tags WHERE name = '{tag}'"), ())?; // <-- sql-injection
    }
    conn.execute(&format!("PRAGMA user_version = {}", body.len()), ())?;
    Ok(())
}

fn told(pin: &str, cvv: u16, session_key: &str, bearer_token: &str) {
    println!("pin {pin:>6}"); // <-- secret-in-log
    println!("cvv {}", cvv); // <-- secret-in-log
    log::debug!("session {session_key}"); // <-- secret-in-log
    eprintln!("{}", ["Bearer ", bearer_token].concat()); // <-- secret-in-log
    println!("pin of {} digits", pin.len());
}

fn pins(pin: u8) {
    println!("pin {pin}");
}

fn admin(header: &str, page: &str) -> bool {
    let token = std::env::var("ADMIN_TOKEN").unwrap_or_default();
    let page_token = std::env::var("PAGE").unwrap_or_default();
    header == token && page == page_token // <-- signature-compared-early
}

fn echo(req: &axum::http::HeaderMap, res: &mut axum::http::HeaderMap) {
    if let Some(origin) = req.get("origin").filter(|origin| origin.to_str().is_ok_and(|origin| KNOWN.contains(&origin))) {
        res.insert("access-control-allow-origin", origin.clone());
        res.insert("access-control-allow-credentials", HeaderValue::from_static("true"));
    }
}

async fn ensured(Search(name): Search<String>) -> anyhow::Result<String> {
    anyhow::ensure!(name.chars().all(char::is_alphanumeric), "letters only");
    Ok(std::fs::read_to_string(format!("/srv/pages/{name}"))?)
}

async fn ensured_length(Search(name): Search<String>) -> anyhow::Result<String> {
    anyhow::ensure!(!name.is_empty(), "no name");
    Ok(std::fs::read_to_string(format!("/srv/pages/{name}"))?) // <-- path-from-request
}

async fn tried_as_number(Search(id): Search<String>, Search(day): Search<String>) -> anyhow::Result<String> {
    uuid::Uuid::parse_str(&id)?;
    if day.parse::<u32>().is_err() {
        anyhow::bail!("no day");
    }
    Ok(std::fs::read_to_string(format!("/srv/pages/{id}/{day}"))?)
}

async fn tried_as_url(Search(id): Search<String>) -> anyhow::Result<String> {
    url::Url::parse(&id)?;
    Ok(std::fs::read_to_string(format!("/srv/pages/{id}"))?) // <-- path-from-request
}

async fn outcome(Search(name): Search<String>, Search(free): Search<String>) -> anyhow::Result<String> {
    let is_listed = KNOWN.contains(&name.as_str());
    let is_long = free.len() > 4;
    if !is_listed || !is_long {
        anyhow::bail!("unknown");
    }
    std::fs::read_to_string(format!("/srv/pages/{free}"))?; // <-- path-from-request
    Ok(std::fs::read_to_string(format!("/srv/pages/{name}"))?)
}

async fn plain_parts(Search(name): Search<String>) -> anyhow::Result<String> {
    let is_plain = Path::new(&name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    if !is_plain {
        anyhow::bail!("not below the folder");
    }
    Ok(std::fs::read_to_string(Path::new("/srv/pages").join(name))?)
}

async fn listed_host(Json(link): Json<String>) -> anyhow::Result<()> {
    let url = reqwest::Url::parse(&link)?;
    match url.host_str() {
        Some("a.example.com") | Some("b.example.com") => {}
        _ => anyhow::bail!("not one of ours"),
    }
    reqwest::get(url).await?;
    Ok(())
}

async fn other_host(Json(link): Json<String>) -> anyhow::Result<()> {
    let url = reqwest::Url::parse(&link)?;
    match url.host_str() {
        Some("localhost") => anyhow::bail!("not this one"),
        _ => {}
    }
    reqwest::get(url).await?; // <-- request-forgery
    Ok(())
}

async fn handed_to_a_script(Json(name): Json<String>) {
    drop(Command::new("sh").arg("-c").arg("ls -- \"$1\"").arg("sh").arg(&name).status());
    drop(Command::new("sh").args(["-c", "ls -- \"$1\"", "sh", &name]).status());
    drop(Command::new("sh").args(["-c", &name, "sh"]).status()); // <-- command-injection
    drop(Command::new("cmd").arg("/C").arg("dir").arg(&name).status()); // <-- command-injection
}
