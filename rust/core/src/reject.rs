//! Reject: the rejected rows of a block, with every reason and their raw bytes, as JSON Lines or CSV.
//!
//! In: a checked block. Out: bytes of the rejects sink, and counts. Everything but the cell itself was worded before
//! the run, so a file in which every record is bad is not slow.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::cells::Place;
use crate::check::ask::mapping;
use crate::check::work::{Found, Input, Numbers, State, What, Work};
use crate::compiled::Template;
use crate::encode::{csv, json};
use crate::oracle::{Answer, Fault, Number, Stage};
use crate::plan::Format;
use crate::report::{Counts, Spot};
use crate::spill::Large;
use crate::split::{self, Spilled};

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
    let mut scratch = Scratch::default();
    let mut rejected = 0;
    for (row, state) in work.states.iter().enumerate() {
        let number = row as u32;
        // Errors of rows that went to Pydantic whole are not used.
        let skip = errors.iter().take_while(|found| found.row < number).count();
        errors = &errors[skip..];
        if matches!(state, State::Good | State::Asked | State::Filtered) {
            continue;
        }
        rejected += 1;
        let spot = Spot { source: block.source, number: numbers.of(row), place: 0 };
        scratch.json.clear();
        scratch.text.clear();
        let structural = *state == State::Fault;
        let mut stage = if structural { "split" } else { Stage::Validate.into() };
        match state {
            State::Fault => {
                if let Some(&(_, fault)) = faults.find(|&&(at, _)| at == number) {
                    form(fault, block.rows.rows[row].cells, input, frame, &mut scratch);
                    counts.fault(fault, spot);
                }
            }
            State::Refused => {
                if let Some((_, Answer::Reject(given))) = asked.find(|&&(at, _)| at == number) {
                    for (place, fault) in given.iter().enumerate() {
                        stage = fault.stage.into();
                        scratch.fault(fault);
                        counts.asked(fault, Spot { place: place as u32, ..spot });
                    }
                }
            }
            _ => {
                let mine = errors.iter().take_while(|found| found.row == number).count();
                for (place, found) in errors[..mine].iter().enumerate() {
                    scratch.found(input, work, row, found);
                    count(input, work, found, counts, Spot { place: place as u32, ..spot });
                }
                errors = &errors[mine..];
            }
        }
        let record = Record { input, row, number: spot.number, structural, stage };
        let file = if row + 1 == block.rows.rows.len() { spilled.take() } else { None };
        let at = match frame.format {
            Format::Jsonl => record.json(frame, &scratch, file.is_some(), out),
            Format::Csv | Format::Tsv => record.csv(&scratch, file.is_some(), out),
        };
        large = file.map(|spilled| Large { at, spilled, format: frame.format, delimiter: input.plan.delimiter });
    }
    (rejected, large)
}

/// The errors of one row in both forms. Buffers are used again.
#[derive(Default)]
struct Scratch {
    json: Vec<u8>,
    text: Vec<u8>,
    mapping: Vec<u8>,
}

impl Scratch {
    fn next(&mut self) {
        if !self.json.is_empty() {
            self.json.push(b',');
            self.text.extend_from_slice(b"; ");
        }
    }

    fn fault(&mut self, fault: &Fault) {
        self.next();
        self.json.extend_from_slice(&fault.json);
        self.text.extend_from_slice(fault.text.as_bytes());
    }

    fn found(&mut self, input: &Input<'_>, work: &Work, row: usize, found: &Found) {
        match found.what {
            What::Fault(at) => self.fault(&work.faults[at as usize]),
            What::Template(at, cell, detail) => {
                let template = template(input, found, at);
                let detail = detail.checked_sub(1).map_or("", |at| &work.details[at as usize]);
                self.next();
                fill(&template.prefix, detail, true, &mut self.json);
                let given = work.bytes(cell, input.block.bytes(), &[]);
                match cell.place() {
                    Place::Absent => {
                        self.mapping.clear();
                        mapping(input, row, &mut self.mapping);
                        self.json.extend_from_slice(&self.mapping);
                    }
                    Place::FinalPlain | Place::FinalWritten => self.json.extend_from_slice(given),
                    _ => json::string(given, &mut self.json),
                }
                fill(&template.suffix, detail, true, &mut self.json);
                fill(&template.text, detail, false, &mut self.text);
            }
        }
    }
}

fn template<'a>(input: &'a Input<'_>, found: &Found, at: u8) -> &'a Template {
    let fields = &input.plan.fields;
    match fields.get(found.field as usize) {
        Some(field) => &field.templates[at as usize],
        None => &input.plan.forbidden[found.field as usize - fields.len()].1,
    }
}

fn count(input: &Input<'_>, work: &Work, found: &Found, counts: &mut Counts, spot: Spot) {
    match found.what {
        What::Fault(at) => counts.asked(&work.faults[at as usize], spot),
        What::Template(at, ..) => counts.native(input.number, template(input, found, at), spot),
    }
}

/// The errors of one row that the engine refused, as they are written as JSON and for people.
#[cold]
#[must_use]
pub fn errors(input: &Input<'_>, work: &Work, row: usize) -> (Vec<u8>, String) {
    let mut scratch = Scratch::default();
    let first = work.errors.partition_point(|found| (found.row as usize) < row);
    for found in work.errors[first..].iter().take_while(|found| found.row as usize == row) {
        scratch.found(input, work, row, found);
    }
    (scratch.json, String::from_utf8_lossy(&scratch.text).into_owned())
}

/// Appends the parts of a template with `detail` between them.
#[inline(always)]
fn fill(parts: &[Vec<u8>], detail: &str, escaped: bool, out: &mut Vec<u8>) {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            if escaped {
                json::body(detail.as_bytes(), out);
            } else {
                out.extend_from_slice(detail.as_bytes());
            }
        }
        out.extend_from_slice(part);
    }
}

/// Words a fault of form.
fn form(fault: split::Fault, cells: u32, input: &Input<'_>, frame: &Frame<'_>, scratch: &mut Scratch) {
    let max = frame.max_record_bytes;
    let expected = input.plan.columns.len();
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
    scratch.next();
    let json = format!(r#"{{"type":"{kind}","loc":[],"msg":"{message}","input":null{ctx}}}"#);
    scratch.json.extend_from_slice(json.as_bytes());
    scratch.text.extend_from_slice(format!("{message} [{kind}]").as_bytes());
}

struct Record<'a, 'b> {
    input: &'a Input<'b>,
    row: usize,
    number: Number,
    structural: bool,
    stage: &'static str,
}

impl Record<'_, '_> {
    fn raw(&self) -> &[u8] {
        let row = &self.input.block.rows.rows[self.row];
        &self.input.block.bytes()[row.start as usize..row.end as usize]
    }

    /// `large`: leave the raw bytes out. Returns where they belong.
    fn json(&self, frame: &Frame<'_>, errors: &Scratch, large: bool, out: &mut Vec<u8>) -> usize {
        let mut digits = itoa::Buffer::new();
        let block = self.input.block;
        out.extend_from_slice(b"{\"record\":");
        out.extend_from_slice(digits.format(self.number.0).as_bytes());
        out.extend_from_slice(b",\"line\":");
        out.extend_from_slice(digits.format(self.number.1).as_bytes());
        out.extend_from_slice(b",\"byte_offset\":");
        let offset = block.offset + u64::from(block.rows.rows[self.row].start);
        out.extend_from_slice(digits.format(offset).as_bytes());
        out.extend_from_slice(b",\"source\":");
        out.extend_from_slice(frame.source);
        out.extend_from_slice(b",\"stage\":\"");
        out.extend_from_slice(self.stage.as_bytes());
        out.extend_from_slice(b"\",\"errors\":[");
        out.extend_from_slice(&errors.json);
        out.extend_from_slice(b"],");
        let at = out.len();
        if !large {
            raw_of_bytes(self.raw(), self.structural || self.input.plan.lookups.is_some(), out);
        }
        out.extend_from_slice(b"}\n");
        at
    }

    /// As [`Self::json`].
    fn csv(&self, errors: &Scratch, large: bool, out: &mut Vec<u8>) -> usize {
        let plan = self.input.plan;
        let delimiter = plan.delimiter;
        let at = out.len();
        let line = plan.lookups.is_some();
        if (self.structural || line) && !large {
            csv::cell(self.raw(), delimiter, out);
        } else if !large {
            out.extend_from_slice(self.raw());
        }
        if self.structural {
            out.extend(std::iter::repeat_n(delimiter, plan.columns.len().saturating_sub(1)));
        }
        let mut digits = itoa::Buffer::new();
        out.push(delimiter);
        out.extend_from_slice(digits.format(self.number.0).as_bytes());
        out.push(delimiter);
        out.extend_from_slice(digits.format(self.number.1).as_bytes());
        out.push(delimiter);
        csv::cell(&errors.text, delimiter, out);
        out.push(b'\n');
        at
    }
}

fn raw_of_bytes(raw: &[u8], maybe_binary: bool, out: &mut Vec<u8>) {
    if maybe_binary && std::str::from_utf8(raw).is_err() {
        out.extend_from_slice(b"\"raw_base64\":\"");
        out.extend_from_slice(STANDARD.encode(raw).as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(b"\"raw\":");
        json::string(raw, out);
    }
}
