//! The items of exemptions.

use aws_sdk_dynamodb::types::AttributeValue;

use super::exemption_row::{ExemptionEnd, ExemptionRow};
use crate::dynamodb::attribute_value::Attributes;

/// The attributes that the exemptions of an import have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExemptionAttributes {
    /// The names of the lists and rules that they lift.
    pub lifted: Vec<String>,
    /// Patterns for the callers.
    pub from: Option<String>,
    /// The names of API keys.
    pub clients: Option<String>,
    /// The end of those whose row has none.
    pub end: Option<ExemptionEnd>,
}

impl ExemptionAttributes {
    /// Returns the attributes of all items.
    pub fn common(&self) -> Attributes {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let mut common = Attributes::from([("exempt".to_owned(), text(&self.lifted.join(", ")))]);
        common.extend(self.from.iter().map(|from| ("from".to_owned(), text(from))));
        common.extend(self.clients.iter().map(|clients| ("clients".to_owned(), text(clients))));
        common
    }

    /// Returns the attributes of the item of one row, without its key.
    ///
    /// # Errors
    /// When the exemption has no end, or ends before it starts.
    pub fn of_row(&self, row: &ExemptionRow) -> Result<Attributes, String> {
        let Some(end) = row.end.or(self.end) else {
            return Err("no end; write a date such as 2027-03-01 into its column, or never".to_owned());
        };
        if let (ExemptionEnd::At(end), Some(start)) = (end, row.start)
            && end <= start
        {
            return Err(format!("it ends at {end}, and starts at {start}"));
        }
        // DynamoDB deletes an ended item only by a number.
        let seconds = |at: jiff::Timestamp| AttributeValue::N(at.as_second().to_string());
        let end = match end {
            ExemptionEnd::At(at) => seconds(at),
            ExemptionEnd::Never => AttributeValue::S("never".to_owned()),
        };
        let mut own = Attributes::from([("expires_at".to_owned(), end)]);
        own.extend(row.start.map(|start| ("starts_at".to_owned(), seconds(start))));
        own.extend(row.proof.iter().map(|proof| ("proof".to_owned(), AttributeValue::S(proof.clone()))));
        Ok(own)
    }

    /// Returns the attributes as one text, to compare an import with an earlier one.
    pub fn described(&self) -> String {
        let Self { lifted, from, clients, end } = self;
        let mut options = vec![format!("exempt={}", lifted.join(","))];
        options.extend(from.iter().map(|from| format!("from={from:?}")));
        options.extend(clients.iter().map(|clients| format!("clients={clients:?}")));
        options.extend(end.map(|end| match end {
            ExemptionEnd::At(at) => format!("expires={at}"),
            ExemptionEnd::Never => "expires=never".to_owned(),
        }));
        options.join(" ")
    }
}
