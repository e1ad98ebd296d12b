//! Check: the column of a nested field, row after row.
//!
//! In: tokens of JSON Lines, or cells. Out: what the loops of scalars give: for each row a state, a span of what is
//! written, and errors.

use super::Shapes;
use super::fault::{Pending, Step};
use super::walk::{Buffers, Walk};
use crate::cells::{MAX_SPAN, Place, Span, cell, text};
use crate::check::column::Notes;
use crate::check::work::{Found, Input, State, What, Work, ready};
use crate::compiled::Field;
use crate::encode::{csv, float, json};
use crate::json::scan::{Value, space, unescape, value};
use crate::json::{Tag, Whole, absent};
use crate::oracle::Fault;
use crate::plan::Format;

/// The buffers of walks, kept from block to block.
#[derive(Default)]
pub struct Scratch(Buffers);

impl Scratch {
    /// About how many bytes the buffers have; those of keys and members are small.
    #[must_use]
    pub fn bytes_held(&self) -> usize {
        self.0.out.copied.capacity() + self.0.made.capacity() + self.0.undone.capacity()
    }

    /// Reads the value at `at` by a shape. Returns the position after it, where it is accepted.
    pub fn accepted(&mut self, shapes: &Shapes, shape: usize, text: &[u8], at: usize) -> Option<usize> {
        let mut read = |usual| {
            let mut walk = Walk::new(shapes, &mut self.0);
            walk.usual = usual;
            let end = walk.value(shape, text, at)?;
            (walk.errors == 0).then_some(end)
        };
        read(true).or_else(|| read(false))
    }

    /// What is written of the value that was read last, as JSON, where that is not `text[from..to]`.
    pub fn other_than(&mut self, text: &[u8], (from, to): (usize, usize)) -> Option<&[u8]> {
        let out = &mut self.0.out;
        if out.only() == Some((from, to)) {
            return None;
        }
        out.flush(text);
        Some(&out.copied)
    }

    /// What is written of the value that was read last, in the form of the sink; at the end of `written`, where it does not
    /// stand in the block.
    pub fn written(&mut self, text: &[u8], format: Format, written: &mut Vec<u8>) -> Option<Span> {
        let stretch = self.0.out.only().filter(|_| format == Format::Jsonl);
        let made = stretch.map(|(from, to)| Span::new(Place::FinalPlain, from, to - from));
        made.or_else(|| made_of(&mut self.0, text, format, written))
    }
}

/// The column of a nested field of JSON Lines.
pub fn lines(shape: usize, input: &Input<'_>, work: &mut Work, field: &Field, at: usize) {
    let data = input.block.bytes();
    let column = field.column.unwrap_or_default();
    let Work {
        states, spans, written, errors, details, faults, format, tokens, wholes, others, shapes: scratch, ..
    } = work;
    let spans = &mut spans[at];
    for run in others.iter() {
        for (number, (state, slot)) in run.clone().zip(states[run.clone()].iter_mut().zip(&mut spans[run.clone()])) {
            if *state >= State::Unsure {
                continue;
            }
            let token = tokens.of(number, column);
            if token.tag() == Tag::Absent {
                let mut notes = Notes { errors, details, field, at: at as u32 };
                *slot = absent(&mut notes, number, state, Whole { input, tokens, written, spans: wholes });
                continue;
            }
            let (start, end) = token.whole();
            let mut walk = Walk::new(&input.plan.shapes, &mut scratch.0);
            // What follows the value is out of reach.
            let text = &data[..end];
            let read = walk.value(shape, text, start) == Some(end);
            let Walk { errors: refused, pending, .. } = walk;
            if !read {
                *state = State::Unsure;
            } else if refused > 0 {
                *state = State::Rejected;
                note(&pending, field, (number, at), errors, faults);
            } else if let Some(format) = *format {
                match scratch.written(text, format, written) {
                    Some(made) => *slot = made,
                    None => *state = State::Unsure,
                }
            } else {
                // The value is made of what it was read from, when somebody looks.
                *slot = Span::new(Place::FinalPlain, start, end - start);
            }
        }
    }
}

/// The column of a nested field of CSV: cells that hold JSON, or text that may be read in several ways.
pub fn cells(shape: usize, input: &Input<'_>, work: &mut Work, field: &Field, at: usize, column: usize) {
    let data = input.block.bytes();
    let Work { states, spans, values, unquoted, written, errors, details, faults, format, shapes: scratch, .. } = work;
    let spans = &mut spans[at];
    ready(spans, &mut values[at], input.block.rows.rows.len(), false);
    let mut quoted = Vec::new();
    let rows = input.block.rows.rows.iter().zip(states.iter_mut()).zip(spans.iter_mut());
    for (number, ((row, state), slot)) in rows.enumerate() {
        if *state >= State::Unsure {
            continue;
        }
        let (start, end) = cell(&input.block.rows.ends, row, column);
        let whole = text(data, start, end, unquoted);
        let from = if whole.place() == Place::Unquoted { &unquoted[..] } else { data };
        let given = &from[whole.start()..whole.start() + whole.len()];
        if input.nulls.contains(given) {
            *slot = Notes { errors, details, field, at: at as u32 }.null(number, state);
            continue;
        }
        let mut walk = Walk::new(&input.plan.shapes, &mut scratch.0);
        let (text, read) = if let Some(inner) = walk.held(shape) {
            let end = walk.value(inner, given, space(given, 0));
            (given, end.is_some_and(|end| space(given, end) == given.len()))
        } else {
            quoted.clear();
            json::string(given, &mut quoted);
            walk.cell = true;
            (&quoted[..], walk.value(shape, &quoted, 0) == Some(quoted.len()))
        };
        let Walk { errors: refused, pending, .. } = walk;
        if !read {
            *state = State::Unsure;
        } else if refused > 0 {
            *state = State::Rejected;
            note(&pending, field, (number, at), errors, faults);
        } else if let Some(format) = *format {
            match made_of(&mut scratch.0, text, format, written) {
                Some(made) => *slot = made,
                None => *state = State::Unsure,
            }
        } else {
            *slot = whole;
        }
    }
}

/// Notes what is wrong inside of a value.
fn note(
    pending: &[Pending<'_>],
    field: &Field,
    (number, at): (usize, usize),
    errors: &mut Vec<Found>,
    faults: &mut Vec<Fault>,
) {
    for pending in pending {
        errors.push(Found { row: number as u32, field: at as u32, what: What::Fault(faults.len() as u32) });
        faults.push(pending.fault(&field.loc));
    }
}

/// Copies what was written of a value to `written`, in the form of the sink.
fn made_of(buffers: &mut Buffers, text: &[u8], format: Format, written: &mut Vec<u8>) -> Option<Span> {
    let out = &mut buffers.out;
    out.flush(text);
    let begin = written.len();
    let delimiter = if format == Format::Tsv { b'\t' } else { b',' };
    let mut place = Place::FinalWritten;
    match (format, out.copied.first()?) {
        (Format::Jsonl, _) => written.extend_from_slice(&out.copied),
        // A string goes out without its quotes, null as nothing, and a number as Python's repr.
        (_, b'"') => {
            let (Value::Text(quote, _), _) = value(&out.copied, 0)? else { return None };
            unescape(&out.copied[1..quote], written)?;
            place = Place::Written;
        }
        (_, b'n') => {}
        (_, b'{' | b'[') => csv::cell(&out.copied, delimiter, written),
        _ => match value(&out.copied, 0)? {
            (Value::Float, _) => {
                let value = std::str::from_utf8(&out.copied).ok()?.parse().ok()?;
                float::write(value, float::Style::Repr, written);
            }
            _ => written.extend_from_slice(&out.copied),
        },
    }
    // Positions are 32 bits: whoever writes more goes through Pydantic.
    (written.len() <= MAX_SPAN).then(|| Span::new(place, begin, written.len() - begin))
}

impl Step {
    /// The loc of a field.
    #[must_use]
    pub fn all(items: &[crate::plan::shapes::LocItem]) -> Vec<Self> {
        items.iter().map(Self::from).collect()
    }
}
