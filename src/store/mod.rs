//! The tables in `DynamoDB`.

pub mod attempts_table;
pub mod attribute_value;
pub mod rules_table;
