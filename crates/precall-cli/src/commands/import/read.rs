//! From a file of whatever form to the entries of a list, one after the other.

use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::entry::Asked;
use super::input::Input;
use super::{delimited, json, xml};
use crate::failure::Failure;

/// How a file is to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    pub form: Form,
    /// A column's name, or its number from 1.
    pub column: Option<String>,
}

/// The forms that a file may have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// Found by looking at the file.
    #[default]
    Auto,
    /// One number a line.
    Numbers,
    /// Columns, with a header or without.
    Csv,
    /// Columns, one of which says which numbers are added (A) and which deleted (D).
    Changes,
    /// An array, JSON Lines, or what DynamoDB exports.
    Json,
    /// The registry's XML.
    Xml,
}

/// An entry, or what stands in its place.
#[derive(Debug)]
pub struct Line<'l> {
    /// Of which member of an archive; empty otherwise.
    pub member: &'l str,
    /// Its line; its place among the entries where lines say nothing.
    pub nth: u64,
    /// What it asks for, or why it asks for nothing.
    pub asked: Result<Asked, String>,
    /// As it stands in the file.
    pub text: &'l str,
}

/// How a text is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// For a person.
    pub described: String,
    /// Whether it says which numbers come and which go.
    pub is_changes: bool,
}

impl Shown {
    pub fn of(described: &str) -> Self {
        Self { described: described.to_owned(), is_changes: false }
    }
}

/// What comes out of a file.
#[derive(Debug)]
pub enum Found<'l> {
    Form(Shown),
    Line(Line<'l>),
}

/// Who is handed what comes out of a file.
pub type Each<'e> = dyn FnMut(Found<'_>) -> Result<(), Failure> + 'e;

/// Reads a file from its beginning to its end.
///
/// # Errors
/// When it cannot be read, its form cannot be told, or `each` fails.
pub fn entries(input: Input, wanted: &Wanted, used: &Arc<AtomicU64>, each: &mut Each<'_>) -> Result<(), Failure> {
    input.texts(used, |member, reader| {
        let form = match wanted.form {
            Form::Auto => form_of(reader)?,
            form => form,
        };
        match form {
            Form::Json => json::entries(member, reader, each),
            Form::Xml => xml::entries(member, reader, each),
            form => delimited::entries(member, reader, form, wanted.column.as_deref(), each),
        }
    })
}

/// By the first character that is none of the blank ones.
fn form_of(reader: &mut dyn BufRead) -> Result<Form, Failure> {
    let start = reader.fill_buf()?;
    let first = start.iter().find(|byte| !byte.is_ascii_whitespace());
    Ok(match first {
        Some(b'{' | b'[') => Form::Json,
        Some(b'<') => Form::Xml,
        _ => Form::Auto,
    })
}
