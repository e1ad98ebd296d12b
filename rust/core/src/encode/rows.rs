//! The accepted rows of a block, as lines of the sink.

use super::{csv, json};
use crate::cells::{Place, Span};
use crate::check::column::{State, Work};
use crate::compiled::Compiled;
use crate::oracle::Answer;
use crate::plan::Format;
use crate::split::Block;

/// Appends every accepted row of a block, in order. Returns how many.
pub fn encode(block: &Block, plan: &Compiled, work: &Work, format: Format, out: &mut Vec<u8>) -> u64 {
    out.reserve(block.len + block.len / 4);
    match format {
        Format::Csv => lines(block, work, out, |row, out| csv_row(block, plan, work, row, b',', out)),
        Format::Tsv => lines(block, work, out, |row, out| csv_row(block, plan, work, row, b'\t', out)),
        Format::Jsonl => lines(block, work, out, |row, out| json_row(block, plan, work, row, out)),
    }
}

#[inline(always)]
fn lines(block: &Block, work: &Work, out: &mut Vec<u8>, mut write: impl FnMut(usize, &mut Vec<u8>)) -> u64 {
    let mut asked = work.asked.iter();
    let mut accepted = 0;
    for row in 0..block.rows.rows.len() {
        match work.states[row] {
            State::Good => write(row, out),
            State::Asked => {
                if let Some(Answer::Accept { text, .. }) =
                    asked.find(|(at, _)| *at as usize == row).map(|(_, answer)| answer)
                {
                    out.extend_from_slice(text);
                }
            }
            _ => continue,
        }
        accepted += 1;
    }
    accepted
}

#[inline(always)]
fn csv_row(block: &Block, plan: &Compiled, work: &Work, row: usize, delimiter: u8, out: &mut Vec<u8>) {
    let data = block.bytes();
    let begin = out.len();
    for (at, spans) in work.spans.iter().enumerate() {
        if at > 0 {
            out.push(delimiter);
        }
        let span = spans[row];
        let bytes = work.bytes(span, data, &plan.constants);
        match span.place() {
            Place::Plain | Place::Quoted | Place::Unquoted | Place::Written => csv::cell(bytes, delimiter, out),
            Place::FinalPlain | Place::FinalWritten | Place::Constant | Place::Absent => out.extend_from_slice(bytes),
        }
    }
    if out.len() == begin && work.spans.len() == 1 {
        // An empty line would be a blank line to whoever reads it.
        out.extend_from_slice(b"\"\"");
    }
    out.push(b'\n');
}

#[inline(always)]
fn json_row(block: &Block, plan: &Compiled, work: &Work, row: usize, out: &mut Vec<u8>) {
    let data = block.bytes();
    let mut separator = b'{';
    for (field, spans) in plan.fields.iter().zip(&work.spans) {
        let span: Span = spans[row];
        let place = span.place();
        if place == Place::Absent {
            continue;
        }
        out.push(separator);
        separator = b',';
        out.extend_from_slice(&field.key);
        let bytes = work.bytes(span, data, &plan.constants);
        match place {
            Place::Plain | Place::Quoted | Place::Unquoted | Place::Written => json::string(bytes, out),
            Place::FinalPlain | Place::FinalWritten | Place::Constant | Place::Absent => out.extend_from_slice(bytes),
        }
    }
    if separator == b'{' {
        out.push(b'{');
    }
    out.extend_from_slice(b"}\n");
}
