//! The rules table of an emulator, such as the embedded DynamoDB, and the first read of a table.

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::Credentials;
use precall_hook::store::{ClientLimits, RulesTable, StoreError, client_of_loader};

use super::patience::{PATIENT, in_time};
use crate::dynamodb::items;
use crate::failure::Failure;

/// Reads the table once, so that a command fails before it does anything else.
pub(super) async fn probe(store: &RulesTable) -> Result<(), StoreError> {
    in_time(PATIENT.deadline, store.attributes(items::LISTS)).await.map(|_| ())
}

/// Returns the table of an emulator. It accepts any region and credentials, and the environment may have none.
pub(super) async fn emulator_table(url: &str, table: &str, limits: &ClientLimits) -> Result<RulesTable, Failure> {
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "embedded"));
    Ok(RulesTable::new(client_of_loader(loader, *limits).await?, table))
}
