//! Rejects as JSON Lines.
//!
//! In: a rejected row and its reasons. Out: its line. [`Quick`](super::quick::Quick) writes the same bytes faster, where
//! kernels found every error.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Reasons, Record, detail, template, worded};
use crate::cells::{Place, Span};
use crate::check::ask::mapping;
use crate::check::work::{Found, Input, What, Work};
use crate::encode::bytes::Padded;
use crate::encode::json;
use crate::oracle::Stage;

/// Writes the rejects of one block.
pub struct Lines<'a, 'b> {
    /// The block.
    pub input: &'a Input<'b>,
    /// What was found in it.
    pub work: &'a Work,
    /// The name of the source as a JSON string.
    pub source: &'a [u8],
    /// The limit that records may not pass.
    pub max_record_bytes: usize,
}

impl Lines<'_, '_> {
    fn offset(&self, row: usize) -> u64 {
        self.input.block.offset + u64::from(self.input.block.rows.rows[row].start)
    }

    /// Appends a record. Returns where its raw bytes belong.
    pub fn put(&self, record: &Record<'_>, out: &mut Vec<u8>) -> usize {
        let mut digits = itoa::Buffer::new();
        out.extend_from_slice(b"{\"record\":");
        out.extend_from_slice(digits.format(record.number.0).as_bytes());
        out.extend_from_slice(b",\"line\":");
        out.extend_from_slice(digits.format(record.number.1).as_bytes());
        out.extend_from_slice(b",\"byte_offset\":");
        out.extend_from_slice(digits.format(self.offset(record.row)).as_bytes());
        out.extend_from_slice(b",\"source\":");
        out.extend_from_slice(self.source);
        out.extend_from_slice(b",\"stage\":\"");
        let mut structural = false;
        let next = |out: &mut Vec<u8>, at: usize| out.extend_from_slice(if at > 0 { b"," } else { b"" });
        match record.reasons {
            Reasons::Found(errors) => {
                out.extend_from_slice(b"validate\",\"errors\":[");
                for (at, found) in errors.iter().enumerate() {
                    next(out, at);
                    self.error(record.row, found, out);
                }
            }
            Reasons::Form(fault) => {
                structural = true;
                let cells = self.input.block.rows.rows[record.row].cells;
                let (error, _) = worded(fault, cells, self.input.plan.columns.len(), self.max_record_bytes);
                out.extend_from_slice(b"split\",\"errors\":[");
                out.extend_from_slice(error.as_bytes());
            }
            Reasons::Asked(given) => {
                let stage: &str = given.last().map_or(Stage::Validate, |fault| fault.stage).into();
                out.extend_from_slice(stage.as_bytes());
                out.extend_from_slice(b"\",\"errors\":[");
                for (at, fault) in given.iter().enumerate() {
                    next(out, at);
                    out.extend_from_slice(&fault.json);
                }
            }
        }
        out.extend_from_slice(b"],");
        let at = out.len();
        if !record.large {
            raw(self.input.raw(record.row), structural || self.input.plan.lookups.is_some(), out);
        }
        out.extend_from_slice(b"}\n");
        at
    }

    /// Appends one error.
    pub fn error(&self, row: usize, found: &Found, out: &mut Vec<u8>) {
        let (number, cell, note) = match found.what {
            What::Fault(at) => return out.extend_from_slice(&self.work.faults[at as usize].json),
            What::Template(number, cell, note) => (number, cell, note),
        };
        let (template, detail) = (template(self.input, found, number), detail(self.work, note));
        let fill = |parts: &[Padded], out: &mut Vec<u8>| {
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    json::body(detail.as_bytes(), out);
                }
                out.extend_from_slice(part.text());
            }
        };
        fill(&template.prefix, out);
        given(self.input, self.work, row, cell, out);
        fill(&template.suffix, out);
    }
}

/// Appends the input of an error.
pub fn given(input: &Input<'_>, work: &Work, row: usize, cell: Span, out: &mut Vec<u8>) {
    let given = work.bytes(cell, input.block.bytes(), &[]);
    match cell.place() {
        Place::Absent => mapping(input, row, out),
        Place::FinalPlain | Place::FinalWritten => out.extend_from_slice(given),
        _ => json::string(given, out),
    }
}

fn raw(raw: &[u8], maybe_binary: bool, out: &mut Vec<u8>) {
    if maybe_binary && simdutf8::basic::from_utf8(raw).is_err() {
        out.extend_from_slice(b"\"raw_base64\":\"");
        out.extend_from_slice(STANDARD.encode(raw).as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(b"\"raw\":");
        json::string(raw, out);
    }
}
