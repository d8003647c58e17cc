//! Files that a request names, servers that it chooses, and what else it can reach.
use actix_web::{get, web, HttpResponse};
use axum::{extract::{Multipart, Path, Query}, response::{Html, Redirect}};
use poem::{handler, web::Path as PoemPath};
use regex::Regex;
use std::{fs::{self, File}, path::PathBuf, process::Command};

async fn read(Path(name): Path<String>) -> String {
    std::fs::read_to_string(&name).unwrap(); // <-- path-from-request
    let below = std::path::Path::new("uploads").join(&name);
    fs::read(&below).unwrap(); // <-- path-from-request
    tokio::fs::File::open(format!("uploads/{name}")).await; // <-- path-from-request
    let base = PathBuf::from("uploads").canonicalize().unwrap();
    let full = base.join(&name).canonicalize().unwrap();
    if !full.starts_with(&base) {
        return String::new();
    }
    fs::read_to_string(full).unwrap()
}

async fn checked(Path(name): Path<String>) -> String {
    if name.contains("..") || name.contains('/') || name.contains('\\') {
        return "no".to_string();
    }
    fs::read_to_string(PathBuf::from("uploads").join(name)).unwrap()
}

async fn unresolved(Path(name): Path<String>) -> String {
    let base = PathBuf::from("/srv/files");
    let full = base.join(&name);
    if full.starts_with(&base) {
        return fs::read_to_string(full).unwrap(); // <-- path-from-request
    }
    String::new()
}

#[handler]
fn poem_read(PoemPath(name): PoemPath<String>) -> String {
    let path = PathBuf::from(name);
    fs::remove_file(path); // <-- path-from-request
    String::new()
}

async fn by_id(Path(id): Path<u64>) -> Vec<u8> {
    fs::read(format!("uploads/{id}.png")).unwrap()
}

async fn upload(mut form: Multipart) {
    while let Some(field) = form.next_field().await.unwrap() {
        let name = field.file_name().unwrap().to_string();
        let data = field.bytes().await.unwrap();
        fs::write(format!("uploads/{name}"), &data); // <-- path-from-request
        let only = std::path::Path::new(&name).file_name().unwrap();
        fs::write(std::path::Path::new("uploads").join(only), &data);
    }
}

fn arguments() {
    let path = std::env::args().nth(1).unwrap();
    println!("{}", fs::read_to_string(path).unwrap());
}

async fn fetch(Query(query): Query<Wanted>) -> String {
    reqwest::get(&query.url).await.unwrap(); // <-- request-forgery
    let client = reqwest::Client::new();
    client.post(format!("https://{}/hook", query.host)).send().await; // <-- request-forgery
    let address = format!("https://{}.example.com", query.host);
    reqwest::blocking::get(query.url.as_str()).unwrap(); // <-- request-forgery
    client.get(format!("https://api.example.com/users/{}", query.host)).send().await;
    let allowed = ["a.example.com", "b.example.com"];
    if allowed.contains(&query.host.as_str()) {
        client.get(format!("https://{}/", query.host)).send().await;
    }
    let url = match query.host.as_str() {
        "eu" => "https://eu.example.com",
        _ => "https://us.example.com",
    };
    client.get(url).send().await;
    ureq::get(&query.url).call().unwrap(); // <-- request-forgery
    String::new()
}

struct Wanted {
    url: String,
    host: String,
}

async fn page(Path(name): Path<String>) -> Html<String> {
    Html(format!("<h1>hello {name}</h1>")) // <-- markup-from-request
}

async fn escaped(Path(name): Path<String>) -> Html<String> {
    Html(format!("<h1>hello {}</h1>", html_escape::encode_text(&name)))
}

#[get("/hello")]
async fn actix_page(query: web::Query<Wanted>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/html").body(format!("<p>{}</p>", query.host)) // <-- markup-from-request
}

async fn go(Query(query): Query<Wanted>) -> Redirect {
    if query.url.starts_with('/') {
        return Redirect::to(&query.url);
    }
    Redirect::to(&query.host) // <-- open-redirect
}

async fn search(Query(query): Query<Wanted>) {
    let pattern = Regex::new(&query.host).unwrap(); // <-- pattern-from-request
    let safe = Regex::new(&regex::escape(&query.host)).unwrap();
    let inner = Regex::new(&format!("^{}$", query.url)).unwrap(); // <-- pattern-from-request
    let user = std::env::var("USER").unwrap_or_default();
    let composed = Regex::new(&format!("user={}", user)).unwrap(); // <-- pattern-from-request
    let quoted = Regex::new(&format!("user={}", regex::escape(&user))).unwrap();
}

async fn run(Query(query): Query<Wanted>) {
    Command::new("sh").arg("-c").arg(format!("ping {}", query.host)).output(); // <-- command-injection
    Command::new("ping").arg(&query.host).output();
    Command::new(&query.url).spawn(); // <-- command-injection
    Command::new("bash").args(["-c", &format!("dig {}", query.host)]).output(); // <-- command-injection
}

async fn sized(Query(size): Query<Size>) -> Vec<u8> {
    let buffer = vec![0u8; size.count]; // <-- allocation-from-request
    let list: Vec<u8> = Vec::with_capacity(size.count); // <-- allocation-from-request
    if size.count > 1024 {
        return list;
    }
    Vec::with_capacity(size.count)
}

struct Size {
    count: usize,
}

fn layout() {
    let count: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let layout = std::alloc::Layout::array::<u64>(count).unwrap(); // <-- allocation-from-request
    let small = count.min(100);
    let bounded = std::alloc::Layout::array::<u64>(small).unwrap();
}

async fn short(axum::extract::Path((count, flag)): axum::extract::Path<(u16, u8)>) -> Vec<u8> {
    Vec::with_capacity(count as usize + flag as usize)
}
