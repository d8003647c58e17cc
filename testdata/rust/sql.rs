//! Statements that are put together, in the words of the database crates.
use actix_web::{web, HttpRequest, HttpResponse};
use axum::extract::{Path, Query, State};
use sqlx::{Connection, PgPool, Row};
use std::collections::HashMap;

async fn remote() -> Result<(), sqlx::Error> {
    let remote = reqwest::get("https://example.com/name").await.unwrap().text().await.unwrap_or(String::from("Alice"));
    let mut conn = sqlx::MySqlConnection::connect("mysql://db").await?;
    let first = remote.clone();
    let second = String::from("SELECT * FROM people WHERE name = '") + &remote + "'";
    let third = format!("SELECT * FROM people WHERE name = '{remote}'");
    let fourth = "SELECT * FROM people WHERE id = ".to_string() + remote.as_str();
    sqlx::query(first.as_str()).execute(&mut conn).await?; // <-- sql-injection
    sqlx::query(&second).execute(&mut conn).await?; // <-- sql-injection
    sqlx::query(third.as_str()).fetch_one(&mut conn).await?; // <-- sql-injection
    sqlx::query_as::<_, Person>(&fourth).fetch_all(&mut conn).await?; // <-- sql-injection
    let number: i32 = remote.parse().unwrap_or(0);
    sqlx::query(&format!("SELECT * FROM people WHERE id = {number}")).execute(&mut conn).await?;
    let known = if remote == "Bob" || remote == "Eve" { remote.clone() } else { "Alice".to_string() };
    sqlx::query(&format!("SELECT * FROM people WHERE name = '{}'", known)).execute(&mut conn).await?;
    sqlx::query("SELECT * FROM people WHERE name = ?").bind(&remote).execute(&mut conn).await?;
    Ok(())
}

fn from_arguments() {
    let name = std::env::args().nth(1).unwrap_or(String::from("Alice"));
    let mut sql = String::new();
    sql.push_str("SELECT * FROM people WHERE name = '");
    sql.push_str(&name);
    sql.push_str("'");
    let conn = rusqlite::Connection::open_in_memory().unwrap();
    conn.execute(&sql, []).unwrap(); // <-- sql-injection
    conn.execute("DELETE FROM people WHERE name = ?1", [&name]).unwrap();
}

async fn search(State(pool): State<PgPool>, Query(params): Query<HashMap<String, String>>) -> String {
    let name = params.get("name").cloned().unwrap_or_default();
    let order = match params.get("order").map(|order| order.as_str()) {
        Some("asc") => "ASC",
        _ => "DESC",
    };
    let rows = sqlx::query(&format!("SELECT * FROM people WHERE name LIKE '%{}%' ORDER BY id {}", name, order)).fetch_all(&pool).await; // <-- sql-injection
    let sorted = format!("SELECT * FROM people ORDER BY id {order}");
    sqlx::query(&sorted).fetch_all(&pool).await;
    String::new()
}

struct Filter {
    name: String,
    page: u32,
    sort: Sort,
}

enum Sort {
    Up,
    Down,
}

async fn listed(State(pool): State<PgPool>, Query(filter): Query<Filter>, Path((team, id)): Path<(String, i64)>) {
    let offset = filter.page * 10;
    sqlx::raw_sql(&format!("SELECT * FROM people LIMIT 10 OFFSET {offset}")).execute(&pool).await;
    sqlx::raw_sql(&format!("SELECT * FROM people WHERE id = {id}")).execute(&pool).await;
    sqlx::raw_sql(&format!("SELECT * FROM people WHERE team = '{team}'")).execute(&pool).await; // <-- sql-injection
    let built = build(&filter.name);
    sqlx::query(&built).fetch_all(&pool).await; // <-- sql-injection
    run(&pool, filter.name).await;
}

fn build(name: &str) -> String {
    format!("SELECT * FROM people WHERE name = '{}'", name)
}

async fn run(pool: &PgPool, wanted: String) {
    let statement = format!("DELETE FROM people WHERE name = {wanted}");
    sqlx::query(&statement).execute(pool).await; // <-- sql-injection
}

async fn diesel_raw(info: web::Path<String>, pool: web::Data<Pool>) -> HttpResponse {
    let mut conn = pool.get().unwrap();
    let rows = diesel::sql_query(format!("SELECT * FROM people WHERE name = '{}'", info.into_inner())).load::<Person>(&mut conn); // <-- sql-injection
    let safe = diesel::sql_query("SELECT * FROM people WHERE name = $1").bind::<Text, _>("x").load::<Person>(&mut conn);
    HttpResponse::Ok().finish()
}

async fn sea(db: &DatabaseConnection, payload: web::Json<Filter>) {
    let text = format!("SELECT * FROM people WHERE name = '{}'", payload.name);
    Person::find().from_raw_sql(Statement::from_string(DbBackend::Postgres, text)).all(db).await; // <-- sql-injection
    db.execute_unprepared(&["DELETE FROM people WHERE name = '", &payload.name, "'"].concat()).await; // <-- sql-injection
    let bound = Statement::from_sql_and_values(DbBackend::Postgres, "SELECT * FROM people WHERE name = $1", [payload.name.clone().into()]);
}

async fn tokio_pg(client: &tokio_postgres::Client, req: HttpRequest) {
    let name = req.match_info().get("name").unwrap_or("").to_owned();
    let sql = format!("SELECT * FROM people WHERE name = '{}'", name);
    client.query(sql.as_str(), &[]).await.unwrap(); // <-- sql-injection
    client.simple_query(&format!("DELETE FROM people WHERE name = '{}'", req.query_string())).await; // <-- sql-injection
    client.query("SELECT * FROM people WHERE name = $1", &[&name]).await.unwrap();
    if !name.chars().all(|c| c.is_alphanumeric()) {
        return;
    }
    client.query(&format!("SELECT * FROM people WHERE name = '{name}'"), &[]).await.unwrap();
}

fn by_name(conn: &rusqlite::Connection, name: &str, table: &str) -> rusqlite::Result<i64> {
    conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
    conn.query_row(&format!("SELECT id FROM people WHERE name = '{name}'"), [], |row| row.get(0)) // <-- sql-injection
}

const COLUMNS: &str = "id, name";

async fn fixed(pool: &PgPool, ids: Vec<i64>) {
    let marks = (0..ids.len()).map(|n| format!("${}", n + 1)).collect::<Vec<_>>().join(", ");
    sqlx::query(&format!("SELECT {COLUMNS} FROM people WHERE id IN ({marks})")).fetch_all(pool).await;
}

async fn builder(Path(name): Path<String>) {
    let mut query = sqlx::QueryBuilder::new("SELECT * FROM people WHERE name = ");
    query.push_bind(&name);
    query.push(&name); // <-- sql-injection
}

async fn asserted(Path(name): Path<String>, pool: PgPool) {
    sqlx::query(sqlx::AssertSqlSafe(format!("SELECT * FROM people WHERE name = '{name}'"))).execute(&pool).await; // <-- sql-injection
}

async fn handed_over(req: HttpRequest, pool: &mysql_async::Pool) -> mysql_async::Result<Option<u64>> {
    let nick: String = req.query::<String>("nick").unwrap_or_default();
    let mut conn = pool.get_conn().await?;
    conn.exec_drop("DELETE FROM aliases WHERE nick = ?", (nick.clone(),)).await?;
    conn.query_drop(format!("DELETE FROM aliases WHERE nick = '{nick}'")).await?; // <-- sql-injection
    conn.exec_first("SELECT id FROM aliases WHERE nick = ?", (nick,)).await
}

async fn in_batches(State(c): State<Arc<Mutex<rusqlite::Connection>>>, Path(id): Path<String>) {
    let c = c.lock().unwrap();
    c.execute_batch(&format!("DELETE FROM aliases WHERE id = {id}; VACUUM;")).unwrap(); // <-- sql-injection
    c.execute_batch("DELETE FROM aliases; VACUUM;").unwrap();
}

async fn of_queries(State(schema): State<Schema>, Json(requests): Json<BatchRequest>) -> BatchResponse {
    schema.execute_batch(requests).await
}

async fn named_like(Query(q): axum::extract::Query<Search>, conn: rusqlite::Connection) -> Vec<String> {
    let mut statement = conn.prepare("SELECT title FROM pages WHERE title LIKE ?1").unwrap();
    statement.query_map([format!("%{}%", q.text)], |row| row.get(0)).unwrap().flatten().collect()
}
