//! The way from a change in the console or by a program to the person.

use crate::dynamodb::location::RulesLocation;

/// Returns the way to the author of a change that no tool of precall made.
pub fn way(rules: &RulesLocation) -> String {
    match rules {
        RulesLocation::Service { table, service } => format!(
            "\"console or program\" is a change without the stamp of a tool of precall. Its author is in CloudTrail, if a trail or an \
             event data store of {service} logs the data events of table {table}: look for eventSource dynamodb.amazonaws.com and \
             eventName PutItem, UpdateItem, DeleteItem, BatchWriteItem, TransactWriteItems or ExecuteStatement at the time of the \
             entry, in the trail's files (with Athena) or in CloudTrail Lake. `aws cloudtrail lookup-events` does not show data events"
        ),
        _ => "\"console or program\" is a change without the stamp of a tool of precall. This DynamoDB does not know its clients, so \
              the author is not known"
            .to_owned(),
    }
}
