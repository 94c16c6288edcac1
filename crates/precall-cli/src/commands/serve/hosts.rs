//! The hosts that start the program for an image or a package, and name the port of the hook.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};

use crate::failure::Failure;

/// The variable with the port of the hook that the host of Azure Functions sets.
const AZURE_PORT: &str = "FUNCTIONS_CUSTOMHANDLER_PORT";

/// The variable with the port of the hook that the host of a container sets, as in Cloud Run's contract.
const CONTAINER_PORT: &str = "PORT";

/// The port of the hook that a host has set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    /// The variable that has it.
    pub variable: &'static str,
    /// The address to listen on: requests to a container come from other machines.
    address: Ipv4Addr,
    /// The value of the variable.
    port: OsString,
}

impl HostPort {
    /// Returns the port that the environment has, if a host has set one.
    pub fn of_environment() -> Option<Self> {
        let known = [(AZURE_PORT, Ipv4Addr::LOCALHOST), (CONTAINER_PORT, Ipv4Addr::UNSPECIFIED)];
        known.into_iter().find_map(|(variable, address)| {
            let port = std::env::var_os(variable).filter(|port| !port.is_empty())?;
            Some(Self { variable, address, port })
        })
    }

    /// Returns the address to listen on.
    ///
    /// # Errors
    /// When the variable does not have a port.
    pub fn listen(&self) -> Result<SocketAddr, Failure> {
        let port = self.port.to_str().and_then(|port| port.parse().ok());
        let port = port.ok_or_else(|| format!("{} is not a port; set --listen instead", self.variable))?;
        Ok(SocketAddr::from((self.address, port)))
    }
}

/// Returns true if the host of Azure Functions has started this process.
pub fn is_azure() -> bool {
    std::env::var_os(AZURE_PORT).is_some()
}
