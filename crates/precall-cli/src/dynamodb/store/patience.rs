//! The time that tools have for the store.

use std::time::Duration;

use precall_hook::settings::TimeBudget;
use precall_hook::store::StoreError;

/// The time budget of a tool: no call waits for it, and the operator's connection may be slow.
pub const PATIENT: TimeBudget = TimeBudget {
    connect: Duration::from_secs(5),
    attempt: Duration::from_secs(20),
    operation: Duration::from_mins(1),
    deadline: Duration::from_mins(1),
    refresh_wait: Duration::from_mins(1),
};

/// Reads within a time limit.
///
/// # Errors
/// When reading fails or takes longer.
pub async fn in_time<T>(limit: Duration, read: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    tokio::time::timeout(limit, read).await.unwrap_or_else(|_| Err(StoreError::late()))
}
