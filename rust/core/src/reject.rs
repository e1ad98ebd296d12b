//! Reject: the rejected rows of a block, with every reason and their raw bytes, as JSON Lines or CSV.
//!
//! In: a checked block. Out: bytes of the rejects sink, and counts. Everything but the cell itself was worded before
//! the run, so a file in which every record is bad is not slow.

mod head;
mod json;
mod quick;

use crate::check::work::{Found, Input, Numbers, State, What, Work};
use crate::compiled::Template;
use crate::encode::bytes::Writer;
use crate::encode::csv;
use crate::oracle::{Answer, Fault, Number};
use crate::plan::Format;
use crate::report::{Counts, Spot};
use crate::spill::Large;
use crate::split::{self, Spilled};

use self::json::Lines;
use self::quick::Quick;

/// The names of faults of form, in the order of [`split::Fault`].
pub const FAULTS: [&str; 10] = [
    "record_too_large",
    "csv_unclosed_quote",
    "csv_stray_quote",
    "invalid_utf8",
    "csv_field_count",
    "json_array_truncated",
    "json_text_after_array",
    "json_unclosed_element",
    "json_missing_comma",
    "json_missing_element",
];

/// What all rejects of a source have in common.
pub struct Frame<'a> {
    /// The name of the source as a JSON string.
    pub source: &'a [u8],
    /// How rejects are written.
    pub format: Format,
    /// The limit that records may not pass.
    pub max_record_bytes: usize,
}

/// Why a row is rejected.
#[derive(Clone, Copy)]
enum Reasons<'a> {
    /// Its form.
    Form(split::Fault),
    /// Pydantic's errors about the whole record.
    Asked(&'a [Fault]),
    /// Errors of its cells.
    Found(&'a [Found]),
}

/// Appends every rejected row of a block, in order, and counts its errors. Returns how many, and the record whose raw
/// bytes are too large to append.
pub fn write(
    input: &Input<'_>,
    work: &Work,
    frame: &Frame<'_>,
    spilled: Option<Spilled>,
    counts: &mut Counts,
    out: &mut Vec<u8>,
) -> (u64, Option<Large>) {
    let block = input.block;
    let mut spilled = spilled;
    let mut large = None;
    let mut numbers = Numbers::new(block);
    let mut errors = &work.errors[..];
    let mut faults = block.rows.faults.iter();
    let mut asked = work.asked.iter();
    let max_record_bytes = frame.max_record_bytes;
    let lines = Lines { input, work, source: frame.source, max_record_bytes };
    let mut quick = (frame.format == Format::Jsonl).then(|| Quick::new(input, work, frame.source));
    let mut cells = Cells { input, work, max_record_bytes, text: Vec::new() };
    let mut writer = Writer::new(out);
    let mut rejected = 0;
    let mut done = 0;
    for (row, state) in work.states.iter().enumerate() {
        if row < done || matches!(state, State::Good | State::Echoed | State::Asked | State::Filtered) {
            continue;
        }
        let number = row as u32;
        // Errors of rows that went to Pydantic whole are not used.
        let skip = errors.iter().take_while(|found| found.row < number).count();
        errors = &errors[skip..];
        if let (State::Rejected, Some(quick)) = (state, &mut quick) {
            (done, errors) = quick.put(row, errors, &mut writer);
            rejected += (done - row) as u64;
            if done > row {
                continue;
            }
        }
        let reasons = match state {
            State::Fault => match faults.find(|&&(at, _)| at == number) {
                Some(&(_, fault)) => Reasons::Form(fault),
                None => Reasons::Found(&[]),
            },
            State::Refused => match asked.find(|&&(at, _)| at == number) {
                Some((_, Answer::Reject(given))) => Reasons::Asked(given),
                _ => Reasons::Asked(&[]),
            },
            _ => {
                let mine = errors.iter().take_while(|found| found.row == number).count();
                let (mine, rest) = errors.split_at(mine);
                errors = rest;
                Reasons::Found(mine)
            }
        };
        rejected += 1;
        let spot = Spot { source: block.source, number: numbers.of(row), place: 0 };
        count(input, work, reasons, counts, spot);
        let file = if row + 1 == block.rows.rows.len() { spilled.take() } else { None };
        let record = Record { row, number: spot.number, reasons, large: file.is_some() };
        let at = match frame.format {
            Format::Jsonl => writer.vec(|out| lines.put(&record, out)),
            Format::Csv | Format::Tsv => writer.vec(|out| cells.put(&record, out)),
        };
        large = file.map(|spilled| Large { at, spilled, format: frame.format, delimiter: input.plan.delimiter });
    }
    if let Some(quick) = quick {
        quick.count(counts);
    }
    (rejected, large)
}

#[inline(always)]
fn count(input: &Input<'_>, work: &Work, reasons: Reasons<'_>, counts: &mut Counts, spot: Spot) {
    let at = |place: usize| Spot { place: place as u32, ..spot };
    match reasons {
        Reasons::Form(fault) => counts.fault(fault, spot),
        Reasons::Asked(given) => given.iter().enumerate().for_each(|(place, fault)| counts.asked(fault, at(place))),
        Reasons::Found(errors) => {
            for (place, found) in errors.iter().enumerate() {
                match found.what {
                    What::Fault(fault) => counts.asked(&work.faults[fault as usize], at(place)),
                    What::Template(number, ..) => {
                        counts.native(input.number, template(input, found, number), at(place));
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn template<'a>(input: &'a Input<'_>, found: &Found, at: u8) -> &'a Template {
    let fields = &input.plan.fields;
    match fields.get(found.field as usize) {
        Some(field) => &field.templates[at as usize],
        None => &input.plan.forbidden[found.field as usize - fields.len()].1,
    }
}

/// The text of a parse error that goes into a template.
#[inline(always)]
fn detail(work: &Work, at: u32) -> &str {
    at.checked_sub(1).map_or("", |at| &work.details[at as usize])
}

/// Appends an error of a row in words for people.
fn error_text(input: &Input<'_>, work: &Work, found: &Found, out: &mut Vec<u8>) {
    match found.what {
        What::Fault(at) => out.extend_from_slice(work.faults[at as usize].text.as_bytes()),
        What::Template(number, _, note) => {
            for (at, part) in template(input, found, number).text.iter().enumerate() {
                if at > 0 {
                    out.extend_from_slice(detail(work, note).as_bytes());
                }
                out.extend_from_slice(part);
            }
        }
    }
}

/// The errors of one row that the engine refused, as they are written as JSON and for people.
#[cold]
#[must_use]
pub fn errors(input: &Input<'_>, work: &Work, row: usize) -> (Vec<u8>, String) {
    let lines = Lines { input, work, source: &[], max_record_bytes: 0 };
    let (mut json, mut text) = (Vec::new(), Vec::new());
    let first = work.errors.partition_point(|found| (found.row as usize) < row);
    let mine = work.errors[first..].iter().take_while(|found| found.row as usize == row);
    for (at, found) in mine.enumerate() {
        if at > 0 {
            json.push(b',');
            text.extend_from_slice(b"; ");
        }
        lines.error(row, found, &mut json);
        error_text(input, work, found, &mut text);
    }
    (json, String::from_utf8_lossy(&text).into_owned())
}

/// Words a fault of form: as JSON and for people.
fn worded(fault: split::Fault, cells: u32, expected: usize, max: usize) -> (String, String) {
    let limit = format!(r#","ctx":{{"max_record_bytes":{max}}}"#);
    let (message, ctx) = match fault {
        split::Fault::TooLarge => (format!("Record is longer than {max} bytes"), limit),
        split::Fault::UnclosedQuote => {
            let text = format!(
                "A quoted cell is not closed before the end of the source or within {max} bytes; reading resumed at \
                 the next line"
            );
            (text, limit)
        }
        split::Fault::StrayQuote => {
            ("A quote stands inside an unquoted cell or after a closing quote".to_owned(), String::new())
        }
        split::Fault::InvalidUtf8 => ("Record is not valid UTF-8".to_owned(), String::new()),
        split::Fault::FieldCount => (
            format!("Record has {cells} cells where the header has {expected}"),
            format!(r#","ctx":{{"expected":{expected},"actual":{cells}}}"#),
        ),
        split::Fault::ArrayTruncated => (
            "The source ends before its array does: it is cut off, or a quote or a bracket is missing".to_owned(),
            String::new(),
        ),
        split::Fault::TextAfterArray => (
            "This stands behind the array, of which a source holds only one, up to the end of the source".to_owned(),
            String::new(),
        ),
        split::Fault::UnclosedElement => {
            ("The element is not closed: a quote or a bracket is missing".to_owned(), String::new())
        }
        split::Fault::MissingComma => {
            ("No comma stands between this and the element before it".to_owned(), String::new())
        }
        split::Fault::MissingElement => ("No element stands before this comma or bracket".to_owned(), String::new()),
    };
    let kind = FAULTS[fault as usize];
    let json = format!(r#"{{"type":"{kind}","loc":[],"msg":"{message}","input":null{ctx}}}"#);
    (json, format!("{message} [{kind}]"))
}

/// A rejected row.
struct Record<'a> {
    row: usize,
    number: Number,
    reasons: Reasons<'a>,
    /// Whether its raw bytes are left out.
    large: bool,
}

/// Writes the rejects of one block as CSV.
struct Cells<'a, 'b> {
    input: &'a Input<'b>,
    work: &'a Work,
    max_record_bytes: usize,
    text: Vec<u8>,
}

impl Cells<'_, '_> {
    /// Appends a record. Returns where its raw bytes belong.
    fn put(&mut self, record: &Record<'_>, out: &mut Vec<u8>) -> usize {
        let plan = self.input.plan;
        let delimiter = plan.delimiter;
        let structural = matches!(record.reasons, Reasons::Form(_));
        let at = out.len();
        let raw = self.input.raw(record.row);
        if (structural || plan.lookups.is_some()) && !record.large {
            csv::cell(raw, delimiter, out);
        } else if !record.large {
            out.extend_from_slice(raw);
        }
        if structural {
            out.extend(std::iter::repeat_n(delimiter, plan.columns.len().saturating_sub(1)));
        }
        let mut digits = itoa::Buffer::new();
        out.push(delimiter);
        out.extend_from_slice(digits.format(record.number.0).as_bytes());
        out.push(delimiter);
        out.extend_from_slice(digits.format(record.number.1).as_bytes());
        out.push(delimiter);
        self.word(record);
        csv::cell(&self.text, delimiter, out);
        out.push(b'\n');
        at
    }

    /// The errors of a record for people.
    fn word(&mut self, record: &Record<'_>) {
        let text = &mut self.text;
        text.clear();
        let next = |text: &mut Vec<u8>| text.extend_from_slice(if text.is_empty() { b"" } else { b"; " });
        match record.reasons {
            Reasons::Found(errors) => {
                for found in errors {
                    next(text);
                    error_text(self.input, self.work, found, text);
                }
            }
            Reasons::Form(fault) => {
                let cells = self.input.block.rows.rows[record.row].cells;
                let (_, words) = worded(fault, cells, self.input.plan.columns.len(), self.max_record_bytes);
                text.extend_from_slice(words.as_bytes());
            }
            Reasons::Asked(given) => {
                for fault in given {
                    next(text);
                    text.extend_from_slice(fault.text.as_bytes());
                }
            }
        }
    }
}
