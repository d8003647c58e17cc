use rocket::{http::Status, outcome::{try_outcome, IntoOutcome}, request::{FromRequest, Outcome, Request}};
pub struct ApiKey(pub String);
pub struct Admin(pub String);
pub struct Client(pub String);
pub struct Who { pub name: String }
#[derive(Debug)] pub enum Denied { Missing, Wrong }
#[rocket::async_trait]
impl<'r> FromRequest<'r> for ApiKey {
    type Error = Denied;
    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Denied> {
        match req.headers().get_one("x-api-key") {
            None => Outcome::Error((Status::BadRequest, Denied::Missing)),
            Some(key) if crate::keys::known(key) => Outcome::Success(ApiKey(key.into())),
            Some(_) => Outcome::Error((Status::BadRequest, Denied::Wrong)),
        }
    }
}
#[rocket::async_trait]
impl<'r> FromRequest<'r> for Admin {
    type Error = Denied;
    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Denied> {
        let key = try_outcome!(req.guard::<ApiKey>().await);
        if key.0.starts_with("adm") { Outcome::Success(Admin(key.0)) } else { Outcome::Forward(Status::Unauthorized) }
    }
}
#[rocket::async_trait]
impl<'r> FromRequest<'r> for Who {
    type Error = std::convert::Infallible;
    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let name = req.cookies().get_private("name").map(|c| c.value().to_owned()).unwrap_or_else(|| "nobody".into());
        Outcome::Success(Who { name })
    }
}
#[rocket::async_trait]
impl<'r> FromRequest<'r> for Client {
    type Error = ();
    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, ()> {
        req.headers().get_one("user-agent").map(|a| Client(a.into())).or_error((Status::BadRequest, ()))
    }
}

pub struct Owner(pub i64);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Owner {
    type Error = ();
    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, ()> {
        let Some(id) = req.cookies().get_private("owner").and_then(|c| c.value().parse::<i64>().ok()) else {
            return Outcome::Forward(Status::Unauthorized);
        };
        let mut db = match req.guard::<Connection<Db>>().await {
            Outcome::Success(db) => db,
            _ => return Outcome::Error((Status::ServiceUnavailable, ())),
        };
        sqlx::query_as::<_, Owner>("SELECT id FROM owners WHERE id = $1").bind(id).fetch_optional(&mut **db).await.ok().flatten().or_forward(Status::Unauthorized)
    }
}
