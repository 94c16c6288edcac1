//! The deadline of an answer, for operations of the store.

use std::time::Instant;

use tokio::time::timeout_at;

use super::error::{StoreError, StoreErrorKind, TableKind};

/// Waits for an operation on a table until the deadline of the answer.
///
/// # Errors
/// When the operation fails or is not over at the deadline.
pub async fn before_deadline<T>(
    deadline: Instant,
    table: TableKind,
    operation: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let late = |_| Err(StoreError::new(table, StoreErrorKind::Deadline, "no answer"));
    timeout_at(deadline.into(), operation).await.unwrap_or_else(late)
}
