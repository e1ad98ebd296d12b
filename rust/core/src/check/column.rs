//! One column of a block: a tight loop for its type.
//!
//! In: a block whose rows are found, and a compiled plan. Out: [`Work`]: for each row its state, for each field and
//! row what is written, and the errors in order. Never looks at two columns at once.

use std::borrow::Cow;

use super::work::{Found, Input, State, What, Work, ready};
use super::{Kernel, Verdict, ask, msgspec, with_kernel};
use crate::cells::{Place, Span, cell, cell_unchecked, text};
use crate::compiled::{Checker, Field, NO_TEMPLATE, OnNull};
use crate::error::Result;
use crate::plan::{Dialect, ErrorCode};
use crate::shape;
use crate::split::{self, Block};

/// Checks every field of every row. Whoever goes on with the good rows then asks about the unsure ones: see [`ask::ask`].
pub fn check(input: &Input<'_>, work: &mut Work) -> Result<()> {
    for &(row, _) in &input.block.rows.faults {
        work.states[row as usize] = State::Fault;
    }
    if input.plan.route == crate::plan::Route::Record {
        for state in work.states.iter_mut().filter(|state| **state == State::Good) {
            *state = State::Unsure;
        }
        return Ok(());
    }
    if input.plan.lookups.is_some() {
        return crate::json::check(input, work);
    }
    let keep = work.keep;
    for (at, field) in input.plan.fields.iter().enumerate() {
        work.keep = keep || field.valued;
        dispatch(input, work, field, at);
    }
    work.keep = keep;
    for (at, (column, _)) in input.plan.forbidden.iter().enumerate() {
        forbidden(input, work, *column, input.plan.fields.len() + at);
    }
    for (at, field) in input.plan.fields.iter().enumerate() {
        if matches!(field.checker, Checker::Ask) && field.column.is_some() {
            ask::cells(input, work, field, at)?;
        }
    }
    work.order();
    if input.plan.dialect == Dialect::Msgspec {
        msgspec::keep_first(input, work);
    }
    Ok(())
}

fn dispatch(input: &Input<'_>, work: &mut Work, field: &Field, at: usize) {
    let Some(column) = field.column else {
        return absent(work, field, at);
    };
    with_kernel!(&field.checker, kernel => native(kernel, input, work, field, at, column), {
        Checker::Refuse(kernel) => native(kernel, input, work, field, at, column),
        Checker::Nested(shape) => shape::check::cells(*shape, input, work, field, at, column),
        Checker::Ask => {}
    });
}

/// A field whose column the source does not have: every cell is null.
fn absent(work: &mut Work, field: &Field, at: usize) {
    let mut spans = std::mem::take(&mut work.spans[at]);
    spans.clear();
    for row in 0..work.states.len() {
        let span = if work.states[row] < State::Unsure { null(work, field, at, row) } else { Span::ABSENT };
        spans.push(span);
    }
    if work.keep {
        work.values[at].clear();
        work.values[at].resize(spans.len(), 0);
    }
    work.spans[at] = spans;
}

/// What a null cell means for its row.
#[inline(always)]
pub fn null(work: &mut Work, field: &Field, at: usize, row: usize) -> Span {
    let mut notes = Notes { errors: &mut work.errors, details: &mut work.details, field, at: at as u32 };
    notes.null(row, &mut work.states[row])
}

/// Where the loop of a field notes what it finds.
pub(crate) struct Notes<'a> {
    pub errors: &'a mut Vec<Found>,
    pub details: &'a mut Vec<Cow<'static, str>>,
    pub field: &'a Field,
    pub at: u32,
}

impl Notes<'_> {
    /// What a null cell means for its row.
    #[inline(always)]
    pub fn null(&mut self, row: usize, state: &mut State) -> Span {
        match self.field.on_null {
            OnNull::Constant(span) => return span,
            OnNull::Missing => self.reject(row, state, ErrorCode::Missing, Span::ABSENT, 0),
            OnNull::Ask => *state = State::Unsure,
        }
        Span::ABSENT
    }

    /// Notes an error. One that the plan has no template for is Pydantic's to word.
    pub fn reject(&mut self, row: usize, state: &mut State, code: ErrorCode, cell: Span, detail: u32) {
        let template = self.field.by_code[code as usize];
        if template == NO_TEMPLATE {
            *state = State::Unsure;
            return;
        }
        *state = (*state).max(State::Rejected);
        self.errors.push(Found { row: row as u32, field: self.at, what: What::Template(template, cell, detail) });
    }

    #[cold]
    pub fn reject_with(
        &mut self,
        row: usize,
        state: &mut State,
        code: ErrorCode,
        cell: Span,
        detail: Cow<'static, str>,
    ) {
        self.details.push(detail);
        let detail = self.details.len() as u32;
        self.reject(row, state, code, cell, detail);
    }
}

/// The loop of one type.
#[inline(never)]
fn native<K: Kernel>(kernel: &K, input: &Input<'_>, work: &mut Work, field: &Field, at: usize, column: usize) {
    let data = input.block.bytes();
    let ends = &input.block.rows.ends;
    let rows = &input.block.rows.rows;
    let Work { states, spans, values, unquoted, written, errors, details, keep, .. } = work;
    let (spans, values) = (&mut spans[at], &mut values[at]);
    ready(spans, values, rows.len(), *keep);
    let mut notes = Notes { errors, details, field, at: at as u32 };
    for (number, ((row, state), slot)) in rows.iter().zip(states.iter_mut()).zip(spans.iter_mut()).enumerate() {
        if *state >= State::Unsure {
            continue;
        }
        // SAFETY: a row that has more or fewer cells than the plan has columns has the state `Fault`.
        let (start, end) = unsafe { cell_unchecked(ends, row, column) };
        let mut whole = Span::new(Place::Plain, start, end - start);
        // SAFETY: cells lie within the block, one after another.
        let mut bytes = unsafe { data.get_unchecked(start..end) };
        if bytes.first() == Some(&b'"') {
            whole = text(data, start, end, unquoted);
            let from = if whole.place() == Place::Unquoted { &unquoted[..] } else { data };
            bytes = &from[whole.start()..whole.start() + whole.len()];
        }
        if input.nulls.contains(bytes) {
            *slot = notes.null(number, state);
            continue;
        }
        // SAFETY: rows that are not UTF-8 have the state `Fault`, and cells begin and end at ASCII bytes.
        let text = unsafe { std::str::from_utf8_unchecked(bytes) };
        let begin = written.len();
        let mut value = 0;
        match kernel.check(text, written) {
            Verdict::Same(bits) => {
                value = bits;
                *slot = if K::TEXT { whole } else { Span::new(Place::FinalPlain, whole.start(), whole.len()) };
            }
            Verdict::Part(offset, len) => *slot = part(whole, offset, len),
            Verdict::Written(bits) => {
                value = bits;
                let place = if K::TEXT { Place::Written } else { Place::FinalWritten };
                *slot = Span::new(place, begin, written.len() - begin);
            }
            Verdict::Constant(span, bits) => {
                value = bits;
                *slot = span;
            }
            Verdict::Reject(code) => notes.reject(number, state, code, whole, 0),
            Verdict::RejectWith(code, detail) => notes.reject_with(number, state, code, whole, detail),
            Verdict::Unsure => {
                written.truncate(begin);
                *state = State::Unsure;
            }
        }
        if let Some(slot) = values.get_mut(number) {
            *slot = value;
        }
    }
}

/// A part of a text, in the same place.
#[cold]
fn part(whole: Span, offset: usize, len: usize) -> Span {
    Span::new(whole.place(), whole.start() + offset, len)
}

/// A column that must be null.
fn forbidden(input: &Input<'_>, work: &mut Work, column: usize, at: usize) {
    for (number, row) in input.block.rows.rows.iter().enumerate() {
        if work.states[number] >= State::Unsure {
            continue;
        }
        let (start, end) = cell(&input.block.rows.ends, row, column);
        let whole = text(input.block.bytes(), start, end, &mut work.unquoted);
        if !input.nulls.contains(work.bytes(whole, input.block.bytes(), &[])) {
            work.states[number] = State::Rejected;
            let what = What::Template(0, whole, 0);
            work.errors.push(Found { row: number as u32, field: at as u32, what });
        }
    }
}

/// Marks the rows whose form is wrong beyond what splitting saw: bytes that are not UTF-8, too many or few cells.
pub fn faults(block: &mut Block, columns: usize) {
    let data = &block.data[..block.len];
    let valid = simdutf8::basic::from_utf8(data).is_ok();
    let columns = columns as u32;
    if valid && block.rows.faults.is_empty() && block.rows.rows.iter().all(|row| row.cells == columns) {
        return;
    }
    let before = std::mem::take(&mut block.rows.faults);
    let mut known = before.into_iter().peekable();
    for (number, row) in block.rows.rows.iter().enumerate() {
        let number = number as u32;
        let fault = if let Some((_, fault)) = known.next_if(|&(at, _)| at == number) {
            fault
        } else if !valid && simdutf8::basic::from_utf8(&data[row.start as usize..row.end as usize]).is_err() {
            split::Fault::InvalidUtf8
        } else if row.cells != columns {
            split::Fault::FieldCount
        } else {
            continue;
        };
        block.rows.faults.push((number, fault));
    }
}
