//! The exact machine: one byte after another, for quotes in wrong places and records that are too large.
//!
//! It is the definition of the dialect on this side; the fast path gives the same rows where it gives any.

use memchr::memchr;

use super::{Dialect, Fault, Row, Rows, Split};

/// Where inside a cell the machine stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before its first byte.
    Start,
    /// In unquoted text.
    Plain,
    /// Inside quotes.
    Quoted,
    /// After a quote that closes the cell or is the first of two.
    Closing,
}

/// What came of one record.
enum Record {
    /// It ends before `end` and the next one begins at `next`.
    Ends { end: usize, next: usize, fault: Option<Fault> },
    /// Its end is not in the buffer.
    Incomplete,
    /// It is too large, and its end is not in the buffer.
    Oversize,
}

/// Finds the records of `data`, which begins at a record. `last`: no byte of the source follows.
pub fn machine(data: &[u8], last: bool, dialect: Dialect, rows: &mut Rows) -> Split {
    let mut start = 0;
    while start < data.len() {
        let first = rows.ends.len();
        match record(data, start, last, dialect, &mut rows.ends) {
            Record::Ends { end, next, fault } => {
                if end == start && fault.is_none() {
                    rows.blank += 1;
                    rows.ends.truncate(first);
                } else {
                    if let Some(fault) = fault {
                        rows.faults.push((rows.rows.len() as u32, fault));
                    }
                    let cells = (rows.ends.len() - first) as u32;
                    rows.rows.push(Row { start: start as u32, end: end as u32, first: first as u32, cells });
                }
                start = next;
                rows.consumed = next;
            }
            Record::Incomplete => {
                rows.ends.truncate(first);
                return Split::Done;
            }
            Record::Oversize => {
                rows.ends.truncate(first);
                return Split::Oversize;
            }
        }
    }
    Split::Done
}

fn record(data: &[u8], start: usize, last: bool, dialect: Dialect, ends: &mut Vec<u32>) -> Record {
    let limit = start.saturating_add(dialect.max_record_bytes);
    let mut state = State::Start;
    let mut opened = start;
    let mut stray = false;
    let mut at = start;
    while at < data.len() {
        let byte = data[at];
        let outside = state != State::Quoted;
        let line_end = outside && (byte == b'\n' || byte == b'\r' && data.get(at + 1) == Some(&b'\n'));
        if at >= limit && !line_end {
            if outside && byte == b'\r' && at + 1 == data.len() && !last {
                return Record::Incomplete;
            }
            return too_long(data, start, if outside { None } else { Some(opened) }, last, dialect);
        }
        if outside && byte == b'\n' {
            let end = at - usize::from(at > start && data[at - 1] == b'\r' && state != State::Start);
            ends.push(at as u32);
            return Record::Ends { end, next: at + 1, fault: stray.then_some(Fault::StrayQuote) };
        }
        if outside && byte == dialect.delimiter {
            ends.push(at as u32);
            state = State::Start;
            at += 1;
            continue;
        }
        state = match (state, byte) {
            (State::Start, b'"') => {
                opened = at;
                State::Quoted
            }
            (State::Quoted, b'"') => State::Closing,
            (State::Quoted, _) | (State::Closing, b'"') => State::Quoted,
            (State::Closing, b'\r') if line_end => State::Closing,
            (State::Closing, b'\r') if at + 1 == data.len() && !last => return Record::Incomplete,
            (State::Closing, _) | (State::Plain, b'"') => {
                stray = true;
                State::Plain
            }
            (State::Start | State::Plain, _) => State::Plain,
        };
        at += 1;
    }
    if !last {
        return Record::Incomplete;
    }
    if state == State::Quoted {
        return too_long(data, start, Some(opened), last, dialect);
    }
    ends.push(data.len() as u32);
    Record::Ends { end: data.len(), next: data.len(), fault: stray.then_some(Fault::StrayQuote) }
}

/// A record that passed the limit, or the end of the source inside quotes. `opened`: where the quoted cell began.
fn too_long(data: &[u8], start: usize, opened: Option<usize>, last: bool, dialect: Dialect) -> Record {
    let max = dialect.max_record_bytes;
    let from = opened.unwrap_or(start.saturating_add(max)).min(data.len());
    let Some(found) = memchr(b'\n', &data[from..]) else {
        if last {
            let end = data.len();
            let fault = if opened.is_some() && end - start <= max { Fault::UnclosedQuote } else { Fault::TooLarge };
            return Record::Ends { end, next: end, fault: Some(fault) };
        }
        // One more byte may be the line end that still fits (or two, with a carriage return).
        let may_fit = opened.is_some() && data.len() - start <= max + 1;
        return if may_fit { Record::Incomplete } else { Record::Oversize };
    };
    let newline = from + found;
    let end = newline - usize::from(newline > start && data[newline - 1] == b'\r');
    let fault = if opened.is_some() && end - start <= max { Fault::UnclosedQuote } else { Fault::TooLarge };
    Record::Ends { end, next: newline + 1, fault: Some(fault) }
}
