mod app;
mod auth;
mod notes;
mod billing;
use app::App;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = App::new().await?;
    app.serve().await
}
