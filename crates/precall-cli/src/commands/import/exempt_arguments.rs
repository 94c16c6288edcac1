//! The arguments of an import of exemptions.

use jiff::SignedDuration;

use crate::failure::Failure;
use crate::number_list::arguments::{duration, list_name};
use crate::number_list::exemption_items::ExemptionAttributes;
use crate::number_list::exemption_row::ExemptionEnd;
use crate::number_list::file_reader::format::ExemptionColumns;
use crate::number_list::row_date::{DateOrder, read_end};

/// The exemptions of a file.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct ExemptArguments {
    /// Write exemptions instead of rules: each number of the file is exempt from these lists, or from other rules with these
    /// names, separated by commas. The numbers need an end: give --expires-column, or --expires with a date.
    #[arg(
        long, value_name = "NAMES", value_delimiter = ',',
        conflicts_with_all = ["status", "code", "reason", "priority", "side", "forget_after"]
    )]
    pub exempt: Vec<String>,

    /// The column with the end of each exemption: its name, or its number from 1. A date such as 2027-03-01 ends the exemption as
    /// that day begins in UTC; `never` is no end. A row without an end is rejected, unless --expires has one.
    #[arg(long, value_name = "COLUMN", requires = "exempt")]
    pub expires_column: Option<String>,

    /// The column with the start of each exemption. A date counts when that day is over everywhere.
    #[arg(long, value_name = "COLUMN", requires = "exempt")]
    pub starts_column: Option<String>,

    /// The column with the proof of each exemption, such as the id of a recording.
    #[arg(long, value_name = "COLUMN", requires = "exempt")]
    pub proof_column: Option<String>,

    /// The order of the numbers in dates such as 03/04/2027. Without it, such rows are rejected.
    #[arg(long, value_enum, value_name = "ORDER", requires = "exempt")]
    pub date_order: Option<DateOrder>,

    /// Import a file with columns of dates that are not read. Without it, name them with --expires-column and --starts-column.
    #[arg(long, requires = "exempt")]
    pub ignore_dates: bool,

    /// The callers for which the exemptions count, such as +1212*.
    #[arg(long, value_name = "PATTERNS", requires = "exempt")]
    pub from: Option<String>,

    /// The API keys for which the exemptions count.
    #[arg(long, value_name = "NAMES", requires = "exempt")]
    pub clients: Option<String>,
}

impl ExemptArguments {
    /// Returns true if the import writes exemptions.
    pub fn is_given(&self) -> bool {
        !self.exempt.is_empty()
    }

    /// Returns the columns of the exemptions; `None` if the import writes rules.
    pub fn columns(&self) -> Option<ExemptionColumns> {
        let Self { expires_column, starts_column, proof_column, date_order, .. } = self.clone();
        self.is_given().then_some(ExemptionColumns {
            expires: expires_column,
            starts: starts_column,
            proof: proof_column,
            order: date_order,
            ignores_dates: self.ignore_dates,
        })
    }

    /// Returns the attributes of all exemptions; `None` if the import writes rules.
    pub fn attributes(&self, expires: Option<ExpiresArgument>) -> Option<ExemptionAttributes> {
        let end = match expires {
            Some(ExpiresArgument::At(end)) => Some(end),
            Some(ExpiresArgument::After(_)) | None => None,
        };
        self.is_given().then(|| ExemptionAttributes {
            lifted: self.exempt.iter().map(|name| name.trim().to_owned()).collect(),
            from: self.from.clone(),
            clients: self.clients.clone(),
            end,
        })
    }

    /// Returns the name of the list if none is given: that of the lists that it lifts.
    ///
    /// # Errors
    /// When these names are no name together.
    pub fn default_list(&self) -> Result<String, Failure> {
        let names: Vec<&str> = self.exempt.iter().map(|name| name.trim()).collect();
        list_name(&format!("exempt-{}", names.join("-"))).map_err(|_| "give the exemptions a name with --list".into())
    }

    /// Checks that the exemptions have ends, and that their list is not one that they lift.
    ///
    /// # Errors
    /// When they have none, or it is one.
    pub fn check(&self, list: &str, expires: Option<ExpiresArgument>) -> Result<(), Failure> {
        match (self.is_given(), expires) {
            (false, Some(ExpiresArgument::At(_))) => {
                return Err("--expires needs a length of time such as 31d; a date is for exemptions (--exempt)".into());
            }
            (false, _) => return Ok(()),
            (true, Some(ExpiresArgument::After(_))) => {
                return Err("--expires of exemptions needs a date such as 2027-03-01, or never".into());
            }
            (true, None) if self.expires_column.is_none() => {
                return Err(
                    "an exemption needs an end; give --expires-column COLUMN, or --expires DATE (never for no end)"
                        .into(),
                );
            }
            (true, _) => {}
        }
        if self.exempt.iter().any(|name| name.trim() == list) {
            return Err(
                format!("{list} is the list that the exemptions lift; give them another name with --list").into()
            );
        }
        Ok(())
    }

    /// Returns the columns as one text, to compare an import with an earlier one.
    pub fn described_columns(&self) -> Vec<String> {
        let Self { expires_column, starts_column, proof_column, date_order, .. } = self;
        let columns = [("expires", expires_column), ("starts", starts_column), ("proof", proof_column)];
        let named =
            columns.into_iter().filter_map(|(what, column)| Some(format!("{what}-column={:?}", column.as_ref()?)));
        named.chain(date_order.map(|order| format!("date-order={order:?}"))).collect()
    }
}

/// The value of `--expires`: a length of time for the copy of a list, an end for exemptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpiresArgument {
    /// A length of time.
    After(SignedDuration),
    /// An end.
    At(ExemptionEnd),
}

/// Reads a length of time, or an end.
///
/// # Errors
/// When it is neither.
pub fn expires(text: &str) -> Result<ExpiresArgument, String> {
    let length = duration(text).map(ExpiresArgument::After);
    length.or_else(|error| read_end(text, None).map(ExpiresArgument::At).map_err(|_| error))
}
