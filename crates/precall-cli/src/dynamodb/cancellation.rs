//! The reasons for which DynamoDB cancels a transaction.

use aws_sdk_dynamodb::types::CancellationReason;

/// The reason of one action of a cancelled transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionCancellation {
    /// The action's own condition is not met. It will not be met by trying again.
    ConditionFailed,
    /// The action can be tried again: it is not the reason, or the reason is a conflict or a limit.
    Repeatable,
}

impl From<&CancellationReason> for ActionCancellation {
    fn from(reason: &CancellationReason) -> Self {
        // The SDK has no type for these codes. They are documented as the codes of `TransactionCanceledException`:
        // <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>.
        match reason.code() {
            Some("ConditionalCheckFailed") => Self::ConditionFailed,
            _ => Self::Repeatable,
        }
    }
}
