#[macro_use] extern crate rocket;
use rocket::{http::Status, request::{FromRequest, Outcome, Request}, serde::json::Json};
struct ApiKey(String);
#[rocket::async_trait]
impl<'r> FromRequest<'r> for ApiKey {
    type Error = ();
    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        match req.headers().get_one("x-api-key") {
            Some(key) if key == "x" => Outcome::Success(ApiKey(key.to_string())),
            _ => Outcome::Error((Status::Unauthorized, ())),
        }
    }
}
#[post("/posts", data = "<post>")]
fn create(_key: ApiKey, post: Json<Post>, db: &State<Db>) -> Status { db.insert(post.0); Status::Created }
#[delete("/posts/<id>")] // <-- route-without-auth
fn remove(id: u32, db: &State<Db>) -> Status { db.delete(id); Status::Ok }
#[put("/posts/<id>", data = "<post>")] // <-- route-without-auth
fn update(id: u32, key: Result<ApiKey, ()>, post: Json<Post>) -> Status { Status::Ok }
#[get("/")]
fn index() -> &'static str { "hi" }
#[launch]
fn rocket() -> _ { rocket::build().attach(Db::init()).mount("/api", routes![create, remove, update]).mount("/", routes![index]) }
