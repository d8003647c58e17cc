use async_graphql::{Context, Error, Result};
pub fn authorize(ctx: &Context<'_>, role: Role) -> Result<()> {
    let claims = ctx.data::<Claims>().map_err(|_| Error::new("no token"))?;
    if claims.role != role { return Err(Error::new("insufficient permissions")); }
    Ok(())
}
