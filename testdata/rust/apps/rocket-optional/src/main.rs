#[macro_use] extern crate rocket;
mod guards;
use guards::{Admin, ApiKey, Client, Who};
use rocket::{http::Status, serde::json::Json, State};

#[get("/parts")] async fn parts(_k: ApiKey, db: &State<Db>) -> Json<Vec<Part>> { Json(db.parts().await) }
#[post("/parts", data = "<p>")] async fn add(_k: ApiKey, db: &State<Db>, p: Json<Part>) -> Status { db.insert(p.into_inner()).await; Status::Created }
#[delete("/parts/<id>")] // <-- route-without-auth
async fn remove(db: &State<Db>, id: u64, key: Option<ApiKey>) -> Status { debug!("{}", key.is_some()); db.delete(id).await; Status::Ok }
#[put("/parts/<id>", data = "<p>")]
async fn replace(db: &State<Db>, id: u64, key: Option<ApiKey>, p: Json<Part>) -> Status {
    let Some(_key) = key else { return Status::Unauthorized };
    db.update(id, p.into_inner()).await; Status::Ok
}
#[patch("/parts/<id>", data = "<p>")]
async fn change(db: &State<Db>, id: u64, key: Result<ApiKey, guards::Denied>, p: Json<Part>) -> Result<Status, Status> {
    let key = key.map_err(|_| Status::Forbidden)?;
    db.update_by(key, id, p.into_inner()).await; Ok(Status::Ok)
}
#[post("/parts/<id>/hide")] // <-- route-without-auth
async fn hide(db: &State<Db>, id: u64, who: Who) -> Status { db.update(id, who.name).await; Status::Ok }
#[post("/parts/<id>/show")]
async fn show(db: &State<Db>, id: u64, _admin: Admin) -> Status { db.update(id, true).await; Status::Ok }
#[post("/parts/<id>/lock")] // <-- route-without-auth
async fn lock(db: &State<Db>, id: u64, client: Client) -> Status { db.update(id, client.0).await; Status::Ok }

#[rocket_sync_db_pools::database("parts")] struct Pool(diesel::PgConnection);
#[post("/parts/<id>/unlock")] // <-- route-without-auth
async fn unlock(pool: Pool, id: u64) -> Status { pool.run(move |c| update(c, id)).await; Status::Ok }

#[launch]
fn rocket() -> _ {
    rocket::build().manage(Db::open()).mount("/api", routes![parts, add, remove, replace, change, hide, show, lock, unlock]).register("/", catchers![])
}
