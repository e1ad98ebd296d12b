//! Ask: what no kernel decides goes to Pydantic, a batch of cells or of records in one call.
//!
//! In: a block and the states of its rows. Out: their answers, in [`Work`]. Never decides anything itself.

use super::column::{Notes, null};
use super::work::{Found, Input, Numbers, State, What, Work};
use crate::cells::{MAX_SPAN, Place, Span, cell, text};
use crate::compiled::Field;
use crate::error::Result;
use crate::json::{Tag, Whole, absent};
use crate::oracle::Answer;
use crate::plan::{Format, NullKey};

fn utf8(bytes: &[u8]) -> &str {
    // SAFETY: as in `native`.
    unsafe { std::str::from_utf8_unchecked(bytes) }
}

/// A field that Pydantic is asked about: its cells of this block, in one call.
pub fn cells(input: &Input<'_>, work: &mut Work, field: &Field, at: usize) -> Result<()> {
    let block = input.block;
    let mut numbers = Numbers::new(block);
    let (mut rows, mut wholes, mut places) = (Vec::new(), Vec::new(), Vec::new());
    let mut spans = std::mem::take(&mut work.spans[at]);
    spans.clear();
    spans.resize(block.rows.rows.len(), Span::ABSENT);
    work.values[at].clear();
    work.values[at].resize(spans.len(), 0);
    for (number, row) in block.rows.rows.iter().enumerate() {
        if work.states[number] >= State::Unsure {
            continue;
        }
        let column = field.column.unwrap_or_default();
        let whole = if input.plan.lookups.is_some() {
            let token = work.tokens.of(number, column);
            if token.tag() == Tag::Absent {
                let Work { errors, details, states, tokens, written, wholes, .. } = work;
                let mut notes = Notes { errors, details, field, at: at as u32 };
                let whole = Whole { input, tokens, written, spans: wholes };
                spans[number] = absent(&mut notes, number, &mut states[number], whole);
                continue;
            }
            let (start, end) = token.whole();
            Span::new(Place::Quoted, start, end - start)
        } else {
            let (start, end) = cell(&block.rows.ends, row, column);
            text(block.bytes(), start, end, &mut work.unquoted)
        };
        if input.plan.lookups.is_none() && input.nulls.contains(work.bytes(whole, block.bytes(), &[])) {
            spans[number] = null(work, field, at, number);
            continue;
        }
        rows.push(number);
        wholes.push(whole);
        places.push(numbers.of(number));
    }
    let texts: Vec<&str> = wholes.iter().map(|&whole| utf8(work.bytes(whole, block.bytes(), &[]))).collect();
    let answers = if texts.is_empty() { Vec::new() } else { input.oracle.cells(input.number, at, &texts, &places)? };
    work.asked_cells += texts.len() as u64;
    for (&row, answer) in rows.iter().zip(answers) {
        match answer {
            // A text of the user's own serializer may be of any length: whole records go out as they are.
            Answer::Accept { text, .. } if 3 * text.len() + work.written.len() > MAX_SPAN => {
                work.states[row] = State::Unsure;
            }
            Answer::Accept { text, handle } => {
                let begin = work.written.len();
                match work.format {
                    Some(Format::Csv) => crate::encode::csv::cell(&text, b',', &mut work.written),
                    Some(Format::Tsv) => crate::encode::csv::cell(&text, b'\t', &mut work.written),
                    Some(Format::Jsonl) | None => work.written.extend_from_slice(&text),
                }
                spans[row] = Span::new(Place::FinalWritten, begin, work.written.len() - begin);
                work.values[at][row] = handle;
            }
            Answer::Unsure | Answer::Filtered => work.states[row] = State::Unsure,
            Answer::Reject(faults) => {
                work.states[row] = work.states[row].max(State::Rejected);
                for fault in faults {
                    let what = What::Fault(work.faults.len() as u32);
                    work.faults.push(fault);
                    work.errors.push(Found { row: row as u32, field: at as u32, what });
                }
            }
        }
    }
    work.spans[at] = spans;
    Ok(())
}

/// The texts of whole records, one after another: the cells of each, or its line.
pub fn wholes(input: &Input<'_>, rows: &[usize], unquoted: &mut Vec<u8>) -> Vec<Span> {
    let block = input.block;
    let mut spans = Vec::new();
    for row in rows.iter().map(|&row| &block.rows.rows[row]) {
        if input.plan.lookups.is_some() {
            spans.push(Span::new(Place::Quoted, row.start as usize, (row.end - row.start) as usize));
            continue;
        }
        for column in 0..input.plan.columns.len() {
            let (start, end) = cell(&block.rows.ends, row, column);
            spans.push(text(block.bytes(), start, end, unquoted));
        }
    }
    spans
}

/// Asks Pydantic about the records that are unsure, in one call.
pub fn ask(input: &Input<'_>, work: &mut Work) -> Result<()> {
    let block = input.block;
    let columns = input.plan.columns.len();
    let unsure = work.states.iter().enumerate().filter(|(_, state)| **state == State::Unsure);
    let rows: Vec<usize> = unsure.map(|(row, _)| row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let mut numbers = Numbers::new(block);
    let places: Vec<_> = rows.iter().map(|&row| numbers.of(row)).collect();
    let wholes = wholes(input, &rows, &mut work.unquoted);
    let texts = wholes.iter().map(|&whole| work.bytes(whole, block.bytes(), &[]));
    let answers = if input.plan.lookups.is_some() {
        input.oracle.lines(input.number, &texts.collect::<Vec<_>>(), &places)?
    } else {
        input.oracle.records(input.number, &texts.map(utf8).collect::<Vec<_>>(), columns, &places)?
    };
    for (&row, answer) in rows.iter().zip(answers) {
        work.states[row] = match answer {
            Answer::Accept { .. } => State::Asked,
            Answer::Filtered => State::Filtered,
            Answer::Reject(_) | Answer::Unsure => State::Refused,
        };
        work.asked.push((row as u32, answer));
    }
    Ok(())
}

/// The mapping that the schema is given of a CSV record, as JSON: the input of the error `missing`.
pub fn mapping(input: &Input<'_>, row: usize, out: &mut Vec<u8>) {
    let row = &input.block.rows.rows[row];
    let mut undone = Vec::new();
    let mut first = true;
    out.push(b'{');
    for (at, column) in input.plan.columns.iter().enumerate() {
        let (start, end) = cell(&input.block.rows.ends, row, at);
        undone.clear();
        let span = text(input.block.bytes(), start, end, &mut undone);
        let from = if span.place() == Place::Unquoted { &undone[..] } else { input.block.bytes() };
        let bytes = &from[span.start()..span.start() + span.len()];
        let null = input.nulls.contains(bytes);
        if null && column.null == NullKey::Omit {
            continue;
        }
        if !first {
            out.push(b',');
        }
        first = false;
        out.extend_from_slice(column.key.text());
        if null {
            out.extend_from_slice(b"null");
        } else {
            crate::encode::json::string(bytes, out);
        }
    }
    out.push(b'}');
}
