//! The way in which a store is opened.

use std::net::SocketAddr;

/// The tables of an embedded database that are created if they do not exist. An empty rules table lets every call through,
/// so a command that reads must not create one and take it for the operator's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TableCreation {
    Both,
    /// The attempts table only: for the database of a package.
    Attempts,
    Neither,
}

/// The access to an embedded database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// A database that cannot be written is read from a copy, because SQLite writes a database even to read it.
    Read,
    /// Changes of a copy would be lost, so the file itself is opened.
    Write,
}

/// The way in which the store is used.
#[derive(Debug, Clone, Copy)]
pub(super) struct StoreUse {
    /// The address of an embedded DynamoDB.
    pub(super) listen: SocketAddr,
    pub(super) creation: TableCreation,
    pub(super) access: Access,
    /// True for a command that ends: it reports at once that a table cannot be read. The hook starts nevertheless.
    pub(super) is_tool: bool,
}
