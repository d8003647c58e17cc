mod filters;
mod handlers;

use warp::Filter;

#[tokio::main]
async fn main() {
    let store = handlers::Store::default();
    let api = filters::parcels(store.clone()).or(filters::depots(store.clone())).or(filters::labels(store));
    let status = warp::path!("status").and(warp::get()).map(|| "up");
    let cors = warp::cors().allow_origin("https://parcels.example.com");
    let routes = status.or(api).with(cors).recover(handlers::refused);
    warp::serve(routes).run(([127, 0, 0, 1], 3030)).await;
}
