//! One column of a block: a tight loop for its type, and Pydantic for what no kernel decides.
//!
//! In: a block whose rows are found, and a compiled plan. Out: [`Work`]: for each row its state, for each field and
//! row what is written, and the errors in order.

use std::borrow::Cow;

use super::{Kernel, Verdict};
use crate::cells::{MAX_SPAN, Place, Span, cell, cell_unchecked, text};
use crate::compiled::{Checker, Compiled, Field, NO_TEMPLATE, Nulls, OnNull};
use crate::error::Result;
use crate::oracle::{Answer, Fault, Number, Oracle};
use crate::plan::{ErrorCode, Format, NullKey};
use crate::split::{self, Block};

/// What is known of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Accepted so far.
    Good,
    /// Has errors in [`Work::errors`].
    Rejected,
    /// Pydantic has to decide about the whole record.
    Unsure,
    /// Its form is wrong: see [`Rows::faults`](crate::split::Rows::faults).
    Fault,
    /// Pydantic accepted the whole record: see [`Work::asked`].
    Asked,
    /// Pydantic rejected the whole record: see [`Work::asked`].
    Refused,
    /// Valid and left out.
    Filtered,
}

/// One error of one row.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    /// Which row.
    pub row: u32,
    /// Position of the field; after the fields come the forbidden columns.
    pub field: u32,
    /// What is wrong.
    pub what: What,
}

/// What is wrong.
#[derive(Debug, Clone, Copy)]
pub enum What {
    /// A template of the field, the text of the cell, and 1 + position in [`Work::details`] or 0.
    Template(u8, Span, u32),
    /// Position in [`Work::faults`]: an error as Pydantic gave it.
    Fault(u32),
}

/// The results of checking a block. Buffers are kept and used again.
#[derive(Default)]
pub struct Work {
    /// For each row.
    pub states: Vec<State>,
    /// For each field, for each row.
    pub spans: Vec<Vec<Span>>,
    /// For each field, for each row; filled where records are kept.
    pub values: Vec<Vec<i64>>,
    /// Texts whose doubled quotes were undone.
    pub unquoted: Vec<u8>,
    /// What kernels wrote.
    pub written: Vec<u8>,
    /// Errors, ordered by row and field.
    pub errors: Vec<Found>,
    /// Texts of parse errors.
    pub details: Vec<Cow<'static, str>>,
    /// Errors as Pydantic gave them.
    pub faults: Vec<Fault>,
    /// Rows that went to Pydantic whole, with its answers, in order.
    pub asked: Vec<(u32, Answer)>,
    /// Cells that went to Pydantic.
    pub asked_cells: u64,
    /// Whether values are kept.
    pub keep: bool,
    /// How what Pydantic wrote becomes a cell.
    pub format: Option<Format>,
    /// What the transform made.
    pub transform: crate::transform::Scratch,
    /// What stands in the lines of a block of JSON Lines.
    pub tokens: crate::json::Tokens,
}

impl Work {
    /// Forgets the last block and keeps the memory.
    pub fn begin(&mut self, rows: usize, fields: usize) {
        self.states.clear();
        self.states.resize(rows, State::Good);
        self.spans.resize_with(fields, Vec::new);
        self.values.resize_with(fields, Vec::new);
        self.unquoted.clear();
        self.written.clear();
        self.errors.clear();
        self.details.clear();
        self.faults.clear();
        self.asked.clear();
        self.asked_cells = 0;
    }

    /// The bytes that `span` points to.
    #[inline(always)]
    #[must_use]
    pub fn bytes<'a>(&'a self, span: Span, data: &'a [u8], constants: &'a [u8]) -> &'a [u8] {
        let from = match span.place() {
            Place::Plain | Place::Quoted | Place::FinalPlain => data,
            Place::Unquoted => &self.unquoted,
            Place::Written | Place::FinalWritten => &self.written,
            Place::Constant => constants,
            Place::Absent => return &[],
        };
        &from[span.start()..span.start() + span.len()]
    }
}

/// What the loops look at and do not change.
pub struct Input<'a> {
    /// The block.
    pub block: &'a Block,
    /// Its plan.
    pub plan: &'a Compiled,
    /// Position of the plan.
    pub number: usize,
    /// The texts that make a cell null.
    pub nulls: &'a Nulls,
    /// Pydantic.
    pub oracle: &'a dyn Oracle,
}

/// Checks every field of every row. Whoever goes on with the good rows then asks about the unsure ones: see [`ask`].
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
        crate::json::check(input, work);
        return Ok(());
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
            cells(input, work, field, at)?;
        }
    }
    work.errors.sort_by_key(|found| (found.row, found.field));
    Ok(())
}

fn dispatch(input: &Input<'_>, work: &mut Work, field: &Field, at: usize) {
    let Some(column) = field.column else {
        return absent(work, field, at);
    };
    match &field.checker {
        Checker::Str(kernel) => native(kernel, input, work, field, at, column),
        Checker::Int(kernel) => native(kernel, input, work, field, at, column),
        Checker::Float(kernel) => native(kernel, input, work, field, at, column),
        Checker::Bool(kernel) => native(kernel, input, work, field, at, column),
        Checker::Bytes(kernel) => native(kernel, input, work, field, at, column),
        Checker::Date(kernel) => native(kernel, input, work, field, at, column),
        Checker::DateTime(kernel) => native(&**kernel, input, work, field, at, column),
        Checker::Time(kernel) => native(kernel, input, work, field, at, column),
        Checker::TimeDelta(kernel) => native(kernel, input, work, field, at, column),
        Checker::Decimal(kernel) => native(kernel, input, work, field, at, column),
        Checker::Uuid(kernel) => native(kernel, input, work, field, at, column),
        Checker::Choice(kernel) => native(kernel, input, work, field, at, column),
        Checker::Integers(kernel) => native(kernel, input, work, field, at, column),
        Checker::Any(kernel) => native(kernel, input, work, field, at, column),
        Checker::Refuse(kernel) => native(kernel, input, work, field, at, column),
        Checker::Ask => {}
    }
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
fn null(work: &mut Work, field: &Field, at: usize, row: usize) -> Span {
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
    let spans = &mut spans[at];
    spans.clear();
    spans.resize(rows.len(), Span::ABSENT);
    let values = &mut values[at];
    values.clear();
    if *keep {
        values.resize(rows.len(), 0);
    }
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

fn utf8(bytes: &[u8]) -> &str {
    // SAFETY: as in `native`.
    unsafe { std::str::from_utf8_unchecked(bytes) }
}

/// The record and line number of rows, asked in ascending order.
pub struct Numbers<'a> {
    block: &'a Block,
    position: usize,
    line: u64,
}

impl<'a> Numbers<'a> {
    /// Counts from the beginning of `block`.
    #[must_use]
    pub fn new(block: &'a Block) -> Self {
        Self { block, position: 0, line: block.line }
    }

    /// The record and line number of `row`, which must not come before the last one asked for.
    pub fn of(&mut self, row: usize) -> Number {
        let record = self.block.record + row as u64;
        if self.block.line_a_row {
            return (record, self.block.line + row as u64);
        }
        let start = self.block.rows.rows[row].start as usize;
        self.line += memchr::memchr_iter(b'\n', &self.block.bytes()[self.position..start]).count() as u64;
        self.position = start;
        (record, self.line)
    }
}

/// A field that Pydantic is asked about: its cells of this block, in one call.
fn cells(input: &Input<'_>, work: &mut Work, field: &Field, at: usize) -> Result<()> {
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
        let (start, end) = cell(&block.rows.ends, row, field.column.unwrap_or_default());
        let whole = text(block.bytes(), start, end, &mut work.unquoted);
        if input.nulls.contains(work.bytes(whole, block.bytes(), &[])) {
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

/// Asks Pydantic about the records that are unsure, in one call.
pub fn ask(input: &Input<'_>, work: &mut Work) -> Result<()> {
    let block = input.block;
    let columns = input.plan.columns.len();
    let mut numbers = Numbers::new(block);
    let (mut rows, mut wholes, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for (number, row) in block.rows.rows.iter().enumerate() {
        if work.states[number] != State::Unsure {
            continue;
        }
        if input.plan.lookups.is_some() {
            wholes.push(Span::new(Place::Quoted, row.start as usize, (row.end - row.start) as usize));
        } else {
            for column in 0..columns {
                let (start, end) = cell(&block.rows.ends, row, column);
                wholes.push(text(block.bytes(), start, end, &mut work.unquoted));
            }
        }
        rows.push(number);
        places.push(numbers.of(number));
    }
    if rows.is_empty() {
        return Ok(());
    }
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

/// The mapping that the schema is given, as JSON: the input of the error `missing`.
pub fn mapping(input: &Input<'_>, row: usize, out: &mut Vec<u8>) {
    let row = &input.block.rows.rows[row];
    if input.plan.lookups.is_some() {
        // It was looked whether this can be written before the error was noted.
        let _ = crate::json::object::compact(&input.block.bytes()[row.start as usize..row.end as usize], out);
        return;
    }
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
        out.extend_from_slice(&column.key);
        if null {
            out.extend_from_slice(b"null");
        } else {
            crate::encode::json::string(bytes, out);
        }
    }
    out.push(b'}');
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
