//! Exports of other programs that are recognised by their columns: logs of text messages, and files of `VICIdial`.

use super::country_column::CountryColumn;
use super::marks::WatchedWords;
use super::number_source::NumberSource;
use super::table::{SampleTable, digits, most};
use crate::number_list::file_reader::words::{is_stop, plain};

/// Names of the column of the numbers that sent messages.
const FROM_NAMES: [&str; 8] =
    ["from", "fromnumber", "fromphone", "fromphonenumber", "originator", "sender", "sendernumber", "src"];

/// Names of the column of the numbers that received them.
const TO_NAMES: [&str; 9] =
    ["destination", "dst", "recipient", "recipientnumber", "to", "tonumber", "tophone", "tophonenumber", "receiver"];

/// Names of the column of the messages.
const BODY_NAMES: [&str; 8] = ["body", "content", "keyword", "message", "messagebody", "messagetext", "sms", "text"];

/// Names of the column of their direction.
const DIRECTION_NAMES: [&str; 2] = ["direction", "messagedirection"];

/// Directions of messages that were received.
const RECEIVED: [&str; 6] = ["in", "inbound", "incoming", "mo", "received", "inboundsms"];

/// The columns of `VICIdial`'s layout of leads, which has no header: the country code, the number, and the alternative
/// number.
const LEAD_COLUMNS: [usize; 3] = [3, 4, 19];

/// The column of the third line of an address, in which `VICIdial` may have a third number.
const THIRD_NUMBER: usize = 11;

/// Fewest columns of that layout, which may end after any column of its second half.
const MIN_LEAD_COLUMNS: usize = 18;

/// The greatest number of digits of a country code.
const MAX_CODE_DIGITS: usize = 3;

/// An export that was recognised.
#[derive(Debug)]
pub struct KnownExport {
    pub source: NumberSource,
    pub country: Option<CountryColumn>,
    pub watched: Vec<(usize, WatchedWords)>,
    /// True if the column `status` has the dispositions of `VICIdial`.
    pub has_dispositions: bool,
    /// The kind of the file, for the operator.
    pub text: &'static str,
    /// The reason for which a person is to look at the first lines.
    pub doubt: Option<String>,
}

/// Recognises an export by the names of its columns and its first lines. `found` are the columns that may have numbers.
pub fn recognised(table: &SampleTable, found: &[NumberSource]) -> Option<KnownExport> {
    opt_out_messages(table, found).or_else(|| named_leads(table, found)).or_else(|| bare_leads(table, found))
}

/// Returns the first column with one of some names.
fn named(table: &SampleTable, names: &[&str]) -> Option<usize> {
    table.columns_named(|name| names.contains(&plain(name).as_str())).first().copied().filter(|_| table.header)
}

/// Recognises messages by which people opt out. Their senders are the numbers of the list, and the receiver is the
/// operator.
fn opt_out_messages(table: &SampleTable, found: &[NumberSource]) -> Option<KnownExport> {
    let (from, to) = (named(table, &FROM_NAMES)?, named(table, &TO_NAMES)?);
    let body = named(table, &BODY_NAMES)?;
    let are_both = found == [NumberSource::Whole(from.min(to)), NumberSource::Whole(from.max(to))];
    let all_stop = table.values(body).iter().all(|text| is_stop(text));
    let is_received = |text: &&str| RECEIVED.contains(&plain(text).as_str());
    let all_received = named(table, &DIRECTION_NAMES).is_none_or(|column| table.values(column).iter().all(is_received));
    let doubt = format!(
        "each line is a message by which the number in {} opts out; --column {:?} takes these numbers without a question",
        table.name(from),
        table.first_row().get(from).map(String::as_str).unwrap_or_default()
    );
    (are_both && all_stop && all_received).then(|| KnownExport {
        source: NumberSource::Whole(from),
        country: None,
        watched: vec![(body, WatchedWords::Stops)],
        has_dispositions: false,
        text: "messages that opt out: ",
        doubt: Some(doubt),
    })
}

/// Recognises an export of `VICIdial`'s leads, with a header.
fn named_leads(table: &SampleTable, found: &[NumberSource]) -> Option<KnownExport> {
    let number = named(table, &["phonenumber"])?;
    named(table, &["phonecode"])?;
    named(table, &["vendorleadcode", "listid", "leadid"])?;
    leads(table, number, named(table, &["altphone"]), found)
}

/// Recognises a file in `VICIdial`'s layout of leads, without a header.
fn bare_leads(table: &SampleTable, found: &[NumberSource]) -> Option<KnownExport> {
    let [code, number, other] = LEAD_COLUMNS;
    let is_code = |row: &Vec<String>| {
        row.get(code).is_some_and(|text| (1..=MAX_CODE_DIGITS).contains(&text.len()) && digits(text) == text.len())
    };
    let has_number = |row: &Vec<String>| row.get(number).is_some_and(|text| table_number(text));
    let is_layout = !table.header && table.rows.iter().all(|row| row.len() >= MIN_LEAD_COLUMNS);
    if !is_layout || !table.rows.iter().all(is_code) || !most(&table.rows, has_number) {
        return None;
    }
    // Of the other columns, the layout says that they have no numbers of the lead.
    let country = CountryColumn::of(code, "phone_code", &table.values(code)).ok()?;
    let other = Some(other).filter(|other| *other < table.width());
    let has_third = found.contains(&NumberSource::Whole(THIRD_NUMBER));
    let export = leads(table, number, other, &[NumberSource::Whole(number)]).filter(|_| !has_third)?;
    Some(KnownExport { country: Some(country), text: "leads in VICIdial's layout: ", ..export })
}

fn table_number(text: &str) -> bool {
    digits(text) >= 6 && !text.contains(char::is_alphabetic)
}

/// Returns leads whose alternative numbers are empty. With such numbers, the operator has to choose.
fn leads(table: &SampleTable, number: usize, other: Option<usize>, found: &[NumberSource]) -> Option<KnownExport> {
    let is_empty = other.is_none_or(|other| table.values(other).iter().all(|text| text.is_empty()));
    let is_known =
        |source: &NumberSource| *source == NumberSource::Whole(number) || other == Some(source.last_column());
    (is_empty && found.iter().all(is_known)).then(|| KnownExport {
        source: NumberSource::Whole(number),
        country: None,
        watched: other.map(|other| (other, WatchedWords::Phones)).into_iter().collect(),
        has_dispositions: true,
        text: "leads of VICIdial: ",
        doubt: None,
    })
}
