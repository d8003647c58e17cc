use dropshot::{endpoint, ApiDescription, HttpError, HttpResponseOk, HttpResponseDeleted, HttpResponseUpdatedNoContent, Path, RequestContext, TypedBody, ServerBuilder, ClientErrorStatusCode};
async fn authenticate(rqctx: &RequestContext<Ctx>) -> Result<User, HttpError> {
    let token = rqctx.request.headers().get("authorization").ok_or_else(|| HttpError::for_client_error(None, ClientErrorStatusCode::UNAUTHORIZED, "who?".into()))?;
    tokens::user(token).ok_or_else(|| HttpError::for_client_error(None, ClientErrorStatusCode::UNAUTHORIZED, "who?".into()))
}
#[endpoint { method = POST, path = "/disks" }]
async fn disk_create(rqctx: RequestContext<Ctx>, body: TypedBody<Disk>) -> Result<HttpResponseOk<Disk>, HttpError> { let u = authenticate(&rqctx).await?; Ok(HttpResponseOk(rqctx.context().insert(u, body.into_inner()).await)) }
#[endpoint { method = DELETE, path = "/disks/{id}" }] // <-- route-without-auth
async fn disk_delete(rqctx: RequestContext<Ctx>, path: Path<Id>) -> Result<HttpResponseDeleted, HttpError> { rqctx.context().delete(path.into_inner().id).await; Ok(HttpResponseDeleted()) }
#[endpoint { method = PUT, path = "/disks/{id}", tags = ["disks"] }]
async fn disk_put(rqctx: RequestContext<Ctx>, path: Path<Id>) -> Result<HttpResponseUpdatedNoContent, HttpError> { authenticate(&rqctx).await?; rqctx.context().update(path.into_inner().id).await; Ok(HttpResponseUpdatedNoContent()) }
fn main() { let mut api = ApiDescription::new(); api.register(disk_create).unwrap(); api.register(disk_delete).unwrap(); api.register(disk_put).unwrap(); }
