use std::convert::Infallible;

use warp::{Filter, Rejection, Reply};

use crate::handlers::{self, Store};

pub fn parcels(store: Store) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
    list(store.clone()).or(create(store.clone())).or(remove(store.clone())).or(purge(store))
}

fn list(store: Store) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
    warp::path("parcels").and(warp::path::end()).and(warp::get()).and(with_store(store)).and_then(handlers::list) // <-- route-without-auth
}

fn create(store: Store) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
    warp::path!("parcels")
        .and(warp::post())
        .and(signed_in())
        .and(warp::body::json())
        .and(with_store(store))
        .and_then(handlers::create)
}

// Who calls is asked in the middle of the chain.
fn remove(store: Store) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
    warp::path!("parcels" / u64)
        .and(warp::delete())
        .and(warp::header::<String>("authorization"))
        .and_then(handlers::checked)
        .and(with_store(store))
        .and_then(handlers::remove)
}

fn purge(store: Store) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
    warp::path!("parcels" / "purge") // <-- route-without-auth
        .and(warp::post())
        .and(with_store(store))
        .and_then(handlers::purge)
}

// One filter before several routes.
pub fn depots(store: Store) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
    let open = warp::path!("depots" / u64).and(warp::put()).and(with_store(store.clone())).and_then(handlers::move_to);
    let close = warp::path!("depots" / u64).and(warp::delete()).and(with_store(store)).and_then(handlers::close);
    warp::path("v1").and(keyed()).and(open.or(close))
}

fn with_store(store: Store) -> impl Filter<Extract = (Store,), Error = Infallible> + Clone {
    warp::any().map(move || store.clone())
}

// A rejection by any name turns away whoever comes without the header.
pub fn labels(store: Store) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
    known_printer().and(warp::post()).and(warp::path!("labels")).and(with_store(store)).and_then(handlers::purge)
}

fn known_printer() -> impl Filter<Extract = (), Error = Rejection> + Clone {
    warp::header::optional::<String>("x-printer-token")
        .and_then(|sent: Option<String>| async move {
            if sent.is_some_and(|sent| handlers::is_printer(&sent)) { Ok(()) } else { Err(warp::reject::custom(handlers::NoPrinter)) }
        })
        .untuple_one()
}

fn keyed() -> impl Filter<Extract = (), Error = Rejection> + Clone {
    warp::header::exact("x-api-key", env!("DEPOT_KEY"))
}

fn signed_in() -> impl Filter<Extract = (u64,), Error = Rejection> + Clone {
    warp::header::<String>("authorization").and_then(|token: String| async move {
        handlers::subject(&token).ok_or_else(|| warp::reject::custom(handlers::Unauthorized))
    })
}
