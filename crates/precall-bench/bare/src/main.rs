//! A bare `lambda_http` function, as `cargo lambda new --http` creates it. Without its feature `as-made`, it has only
//! the features of the hook.

use lambda_http::{Body, Error, Request, Response, run, service_fn};

async fn handle(_request: Request) -> Result<Response<Body>, Error> {
    Ok(Response::new("hello".into()))
}

#[cfg_attr(feature = "as-made", tokio::main)]
#[cfg_attr(not(feature = "as-made"), tokio::main(flavor = "current_thread"))]
async fn main() -> Result<(), Error> {
    #[cfg(feature = "as-made")]
    lambda_http::tracing::init_default_subscriber();
    run(service_fn(handle)).await
}
