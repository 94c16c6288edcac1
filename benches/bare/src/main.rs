//! A bare `lambda_http` function, as `cargo lambda new --http` makes one.

use lambda_http::{Body, Error, Request, Response, run, service_fn, tracing};

async fn handle(_request: Request) -> Result<Response<Body>, Error> {
    Ok(Response::new("hello".into()))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    run(service_fn(handle)).await
}
