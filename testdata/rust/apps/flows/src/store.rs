use sqlx::PgPool;
pub struct Store { pool: PgPool }
pub async fn find_by_name(store: &Store, name: &str) -> Vec<Row> {
    sqlx::query_as(&format!("SELECT * FROM t WHERE name = '{name}'")).fetch_all(&store.pool).await.unwrap() // <-- sql-injection
}
impl Store {
    pub async fn list_sorted(&self, column: &str) -> Vec<Row> {
        let sql = format!("SELECT * FROM t ORDER BY {column}");
        sqlx::query_as(&sql).fetch_all(&self.pool).await.unwrap() // <-- sql-injection
    }
}
pub async fn by_table(store: &Store, table: u32) -> Vec<Row> {
    sqlx::query_as(&format!("SELECT * FROM t_{table}")).fetch_all(&store.pool).await.unwrap()
}
pub async fn by_fixed(store: &Store, table: &str) -> Vec<Row> {
    sqlx::query_as(&format!("SELECT * FROM {table}")).fetch_all(&store.pool).await.unwrap()
}
