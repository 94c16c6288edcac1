//! The arguments of `precall serve`, and the addresses that they name.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

use super::hosts::HostPort;
use super::page::{PAGE_ADDRESS, PageListen};
use crate::dynamodb::store::StoreArguments;
use crate::failure::Failure;
use crate::listen_address::parse_listen_address;
use crate::terminal::print_stderr;

/// Answer calls over HTTP.
///
/// The command reads the settings of the Lambda function from the environment: `PRECALL_API_KEYS`, `PRECALL_DEFAULT`,
/// `PRECALL_ON_ERROR` and so on. By default, the rules are in a DynamoDB that is embedded in this process. It listens on
/// loopback, so you can edit rules with `aws dynamodb --endpoint-url` and with graphical tools.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The address of the hook. The default is the port in `PORT` (set by the host of a container) or in
    /// `FUNCTIONS_CUSTOMHANDLER_PORT` (set by the host of a custom handler), otherwise 127.0.0.1:9000. A port alone is on
    /// 127.0.0.1.
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = parse_listen_address)]
    listen: Option<SocketAddr>,

    /// The address of the embedded DynamoDB. It has no authentication, so it listens on loopback only.
    #[arg(long, default_value = "127.0.0.1:8000", value_name = "ADDRESS:PORT", value_parser = parse_listen_address)]
    pub dynamodb_listen: SocketAddr,

    /// The address of the page for the browser, on loopback only, or `off` for no page. The default is 127.0.0.1:9001,
    /// or no page if the host sets the hook's port.
    #[arg(long, value_name = "ADDRESS:PORT|off")]
    page: Option<PageListen>,

    #[command(flatten)]
    pub store: StoreArguments,

    /// Write an example rulebook if the table is new, show three calls, and accept the API key `example-key` (on
    /// loopback only, and not if `PRECALL_API_KEYS` or `PRECALL_AUTH` is set).
    #[arg(long)]
    pub example: bool,
}

impl Arguments {
    /// Returns the address of the hook.
    ///
    /// # Errors
    /// When the port that the host has set is not a port.
    pub fn listen(&self) -> Result<SocketAddr, Failure> {
        match (self.listen, HostPort::of_environment()) {
            (Some(listen), _) => Ok(listen),
            (None, Some(port)) => port.listen(),
            (None, None) => Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, 9000))),
        }
    }

    /// Listens for the page, if there is to be one. The hook starts even if the page's default address is taken.
    ///
    /// # Errors
    /// When the address that `--page` names cannot be used.
    pub async fn page_listener(&self) -> Result<Option<TcpListener>, Failure> {
        let failed = |address: &str, error: io::Error| {
            format!("the page cannot listen on {address}: {error}; choose another with --page")
        };
        match self.page {
            Some(PageListen::Off) => Ok(None),
            Some(PageListen::At(address)) => {
                let listener = TcpListener::bind(address).await;
                Ok(Some(listener.map_err(|error| failed(&address.to_string(), error))?))
            }
            None if self.listen.is_none() && HostPort::of_environment().is_some() => Ok(None),
            None => match TcpListener::bind(PAGE_ADDRESS).await {
                Ok(listener) => Ok(Some(listener)),
                Err(error) => {
                    print_stderr(format_args!("precall: {}, or --page off", failed(PAGE_ADDRESS, error)));
                    Ok(None)
                }
            },
        }
    }
}
