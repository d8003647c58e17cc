//! Handlers of the other frameworks, and longer ways of what they are handed.
use rocket::{form::Form, fs::NamedFile, get, post, response::content::RawHtml};
use salvo::prelude::*;
use warp::Filter;
use std::fs;

#[rocket::get("/file/<name>")]
async fn rocket_file(name: &str) -> Option<NamedFile> {
    NamedFile::open(std::path::Path::new("static/").join(name)).await.ok() // <-- path-from-request
}

#[rocket::get("/file/<path..>")]
async fn rocket_segments(path: std::path::PathBuf) -> Option<NamedFile> {
    NamedFile::open(std::path::Path::new("static/").join(path)).await.ok()
}

#[rocket::get("/user/<id>")]
fn rocket_number(id: u32) -> String {
    fs::read_to_string(format!("users/{id}")).unwrap()
}

#[rocket::get("/hello?<name>")]
fn rocket_html(name: Option<String>) -> RawHtml<String> {
    let name = name.unwrap_or_default();
    RawHtml(format!("<p>{}</p>", name)) // <-- markup-from-request
}

#[rocket::post("/search", data = "<form>")]
fn rocket_form(form: Form<Search>, conn: DbConn) {
    let sql = format!("SELECT * FROM t WHERE q = '{}'", form.q);
    diesel::sql_query(&sql).execute(&*conn); // <-- sql-injection
}

struct Search {
    q: String,
}

#[handler]
async fn salvo_query(req: &mut Request, res: &mut Response) {
    let name = req.query::<String>("name").unwrap_or_default();
    let page = req.query::<usize>("page").unwrap_or(1);
    res.render(Text::Html(format!("<b>{name}</b>"))); // <-- markup-from-request
    fs::read(format!("pages/{page}"));
    let file = req.param::<String>("file").unwrap();
    fs::read(&file); // <-- path-from-request
}

fn warp_routes() -> impl Filter {
    let one = warp::path!("read" / String).map(|name: String| fs::read_to_string(name).unwrap()); // <-- path-from-request
    let two = warp::path("q").and(warp::query::<HashMap<String, String>>()).and_then(warp_handler);
    let three = warp::path!("n" / u32).map(|id: u32| fs::read_to_string(format!("n/{id}")).unwrap());
    one.or(two).or(three)
}

async fn warp_handler(query: HashMap<String, String>) -> Result<impl warp::Reply, warp::Rejection> {
    let url = query.get("url").unwrap();
    let body = reqwest::get(url).await.unwrap().text().await.unwrap(); // <-- request-forgery
    Ok(warp::reply::html(format!("<p>{}</p>", query["name"]))) // <-- markup-from-request
}

async fn tide_handler(req: tide::Request<State>) -> tide::Result {
    let name: String = req.param("name")?.into();
    fs::remove_file(&name)?; // <-- path-from-request
    Ok(tide::Redirect::new(req.url().query_pairs().next().unwrap().1).into())
}

struct Api;

#[poem_openapi::OpenApi]
impl Api {
    #[oai(path = "/hello", method = "get")]
    async fn index(&self, name: poem_openapi::param::Query<Option<String>>) -> poem_openapi::payload::PlainText<String> {
        let path = match name.0 {
            Some(name) => name,
            None => "default".to_string(),
        };
        poem_openapi::payload::PlainText(fs::read_to_string(path).unwrap()) // <-- path-from-request
    }
}

async fn lines(body: String, axum::extract::Query(q): axum::extract::Query<Search>) {
    for part in q.q.split(',') {
        fs::remove_file(part).unwrap(); // <-- path-from-request
    }
    q.q.lines().map(|line| line.trim()).for_each(|line| {
        fs::read(line).unwrap(); // <-- path-from-request
    });
    let mut all = Vec::new();
    all.push(q.q.clone());
    if let Some(first) = Some(&q.q) {
        fs::read(first).unwrap(); // <-- path-from-request
    }
    let Search { q: inner } = q;
    fs::read(inner).unwrap(); // <-- path-from-request
}

async fn headers(headers: axum::http::HeaderMap, axum::Json(body): axum::Json<serde_json::Value>) {
    let host = headers.get("x-target").and_then(|value| value.to_str().ok()).unwrap_or("none");
    reqwest::Client::new().get(format!("http://{host}/")).send().await; // <-- request-forgery
    let url = body["url"].as_str().unwrap();
    reqwest::get(url).await; // <-- request-forgery
    let id = body["id"].as_u64().unwrap();
    reqwest::get(format!("https://example.com/{id}")).await;
    let parsed = url::Url::parse(url).unwrap();
    if parsed.host_str() == Some("example.com") {
        reqwest::get(parsed.clone()).await;
    }
    reqwest::get(parsed).await; // <-- request-forgery
}

impl Service {
    async fn handle(&self, axum::extract::Path(name): axum::extract::Path<String>) {
        self.load(&name).await;
        Self::remove(name);
    }

    async fn load(&self, name: &str) {
        tokio::fs::read(name).await; // <-- path-from-request
    }

    fn remove(name: String) {
        if !valid_name(&name) {
            return;
        }
        fs::remove_file(name);
    }
}

fn valid_name(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric())
}

async fn uuid(axum::extract::Path(id): axum::extract::Path<uuid::Uuid>, axum::extract::Path(raw): axum::extract::Path<String>) {
    fs::read(format!("files/{id}")).unwrap();
    let parsed = uuid::Uuid::parse_str(&raw).unwrap();
    fs::read(format!("files/{parsed}")).unwrap();
    let kept: String = raw.chars().filter(|c| c.is_alphanumeric()).collect();
    fs::read(format!("files/{kept}")).unwrap();
    let safe = sanitize_filename::sanitize(&raw);
    fs::read(format!("files/{safe}")).unwrap();
    let known = KNOWN.get(raw.as_str()).unwrap();
    fs::read(known).unwrap();
}
