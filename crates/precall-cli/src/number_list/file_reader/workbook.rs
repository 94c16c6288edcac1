//! The workbooks of spreadsheet programs. A sheet is read as CSV.

use std::error::Error;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use calamine::{Cell, Data, DataRef, Ods, Reader, Sheets, Xls, Xlsb, Xlsx};
use zip::ZipArchive;

use crate::failure::Failure;

/// A member of the zip archive that is a workbook in the form `OpenDocument`.
const OPEN_DOCUMENT: &str = "content.xml";

/// Such a member of Excel's binary form, and of its other form.
const EXCEL_BINARY: &str = "xl/workbook.bin";
const EXCEL: &str = "[Content_Types].xml";

/// The first bytes of a workbook of an old form, and of one with a password.
pub const OLD_WORKBOOK: &[u8] = b"\xd0\xcf\x11\xe0";

/// The greatest whole number that a cell has exactly.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// A workbook that is open.
type OpenWorkbook = Sheets<BufReader<File>>;

/// The form of a workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkbookForm {
    Excel,
    ExcelBinary,
    ExcelOld,
    OpenDocument,
}

impl WorkbookForm {
    /// Returns the form of a zip archive that is a workbook.
    pub fn of_archive<R: Read + Seek>(archive: &ZipArchive<R>) -> Option<Self> {
        let has = |member: &str| archive.index_for_name(member).is_some();
        if has(EXCEL_BINARY) {
            Some(Self::ExcelBinary)
        } else if has(EXCEL) {
            Some(Self::Excel)
        } else {
            has(OPEN_DOCUMENT).then_some(Self::OpenDocument)
        }
    }

    fn open(self, file: File) -> Result<OpenWorkbook, calamine::Error> {
        let file = BufReader::new(file);
        Ok(match self {
            Self::Excel => Sheets::Xlsx(Xlsx::new(file)?),
            Self::ExcelBinary => Sheets::Xlsb(Xlsb::new(file)?),
            Self::ExcelOld => Sheets::Xls(Xls::new(file)?),
            Self::OpenDocument => Sheets::Ods(Ods::new(file)?),
        })
    }
}

/// Returns a sheet of a workbook as CSV, one line for each row, in a temporary file.
///
/// # Errors
/// When the workbook cannot be read, or has several sheets with texts and none was named.
pub fn as_csv(file: File, form: WorkbookForm, sheet: Option<&str>) -> Result<File, Failure> {
    let mut workbook = form.open(file).map_err(|error| unreadable(&error))?;
    let name = chosen_sheet(&mut workbook, sheet)?;
    let mut csv = SheetCsv { file: BufWriter::new(tempfile::tempfile()?), row: Vec::new(), width: 0, nth: 0 };
    match &mut workbook {
        // Cell by cell, because a sheet may have a million rows.
        Sheets::Xlsx(workbook) => {
            let mut cells = workbook.worksheet_cells_reader(&name).map_err(|error| unreadable(&error))?;
            while let Some(cell) = cells.next_cell().map_err(|error| unreadable(&error))? {
                csv.add(&cell)?;
            }
        }
        workbook => {
            let range = workbook.worksheet_range(&name).map_err(|error| unreadable(&error))?;
            let (first_row, first_column) = range.start().unwrap_or_default();
            for (row, column, value) in range.used_cells() {
                let (row, column) = (first_row + u32::try_from(row)?, first_column + u32::try_from(column)?);
                csv.put(row, column, text_of(value))?;
            }
        }
    }
    csv.finish()
}

fn unreadable(error: &dyn Error) -> Failure {
    format!("a workbook that cannot be read ({error}); remove its password if it has one, or save the sheet as CSV")
        .into()
}

/// Returns the sheet that was named, or the only one with texts.
fn chosen_sheet(workbook: &mut OpenWorkbook, wanted: Option<&str>) -> Result<String, Failure> {
    let names = workbook.sheet_names();
    let quoted = |names: &[String]| names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    if let Some(wanted) = wanted {
        let same = |name: &&String| name.trim().eq_ignore_ascii_case(wanted.trim());
        let found = names.iter().find(same).cloned();
        return found.ok_or_else(|| format!("no sheet {wanted:?}; there are: {}", quoted(&names)).into());
    }
    if let [only] = names.as_slice() {
        return Ok(only.clone());
    }
    let mut filled = Vec::new();
    for name in &names {
        let range = workbook.worksheet_range(name).map_err(|error| unreadable(&error))?;
        if range.used_cells().next().is_some() {
            filled.push(name.clone());
        }
    }
    match filled.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err("a workbook whose sheets are empty".into()),
        [first, ..] => Err(format!(
            "a workbook with several sheets: {}; choose one with --sheet {first:?}, and run the command again for each other sheet \
             whose numbers are to be on the list",
            quoted(&filled)
        )
        .into()),
    }
}

/// The CSV of a sheet.
struct SheetCsv {
    file: BufWriter<File>,
    /// The cells of the present row.
    row: Vec<String>,
    /// The cells of the longest row so far. Later rows get as many.
    width: usize,
    /// The rows that were written.
    nth: u32,
}

impl SheetCsv {
    fn add(&mut self, cell: &Cell<DataRef<'_>>) -> Result<(), Failure> {
        let (row, column) = cell.get_position();
        let text = match cell.get_value() {
            DataRef::SharedString(text) => (*text).to_owned(),
            value => text_of(&Data::from(value.clone())),
        };
        self.put(row, column, text)
    }

    fn put(&mut self, row: u32, column: u32, text: String) -> Result<(), Failure> {
        if text.is_empty() {
            return Ok(());
        }
        while self.nth < row {
            self.end_row()?;
        }
        let column = usize::try_from(column)?;
        if self.row.len() <= column {
            self.row.resize(column + 1, String::new());
        }
        if let Some(cell) = self.row.get_mut(column) {
            *cell = text;
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), Failure> {
        self.width = self.width.max(self.row.len());
        if !self.row.is_empty() {
            self.row.resize(self.width, String::new());
        }
        for (nth, text) in self.row.iter().enumerate() {
            if nth > 0 {
                self.file.write_all(b",")?;
            }
            // One line for each row, so that lines have the numbers of the rows.
            let text = text.replace(['\r', '\n'], " ; ");
            if text.contains([',', '"']) {
                write!(self.file, "\"{}\"", text.replace('"', "\"\""))?;
            } else {
                self.file.write_all(text.as_bytes())?;
            }
        }
        self.row.clear();
        self.file.write_all(b"\n")?;
        self.nth += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<File, Failure> {
        self.end_row()?;
        let mut file = self.file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }
}

/// Returns the text of a cell. A whole number has all its digits, also if the program shows it rounded.
fn text_of(value: &Data) -> String {
    match value {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        #[expect(clippy::cast_possible_truncation, reason = "a whole number below the limit")]
        Data::Float(number) if number.fract() == 0.0 && number.abs() < MAX_EXACT => (*number as i64).to_string(),
        Data::Float(number) => number.to_string(),
        Data::Bool(is) => is.to_string(),
        Data::DateTime(time) => {
            let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
        }
        Data::Error(error) => error.to_string(),
    }
}
