use sqlx::PgPool;

#[derive(Clone)]
pub struct Backend { pool: PgPool }

impl Backend {
    pub fn new(pool: PgPool) -> Self { Self { pool } }
}

impl axum_login::AuthnBackend for Backend {
    type User = Skipper;
    type Credentials = Login;
    type Error = sqlx::Error;
    async fn authenticate(&self, login: Login) -> Result<Option<Skipper>, sqlx::Error> { find(&self.pool, login).await }
}
