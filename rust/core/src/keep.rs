//! Keep: the accepted rows of a block as columns in memory, for runs without an output file.
//!
//! In: a checked block. Out: a [`Chunk`]: for each field marks, 64-bit values and texts. Python builds instances of the
//! model from these when somebody looks.

use std::ops::Range;

use crate::cells::Place;
use crate::check::work::{State, Work};
use crate::compiled::{Checker, Compiled, kept};
use crate::oracle::Answer;
use crate::split::Block;

/// What stands in one row of one [`Column`]. The twin of the constants in `python/thresher/columns.py`.
pub mod mark {
    /// A value: in `values`, or in `text`.
    pub const VALUE: u8 = 0;
    /// None.
    pub const NULL: u8 = 1;
    /// The default of the field.
    pub const DEFAULT: u8 = 2;
    /// No key at all.
    pub const ABSENT: u8 = 3;
    /// A value that Pydantic made: its handle is in `values`.
    pub const HANDLE: u8 = 4;
}

/// The values of one field.
#[derive(Debug, Default)]
pub struct Column {
    /// One [`mark`] a row; empty where every row has a value.
    pub marks: Vec<u8>,
    /// 64 bits a row, for types that have such; else empty.
    pub values: Vec<i64>,
    /// The same in 8 bits a row, for types of few values.
    pub small: Vec<u8>,
    /// End of the text of each row, for types that are text; else empty.
    pub ends: Vec<u32>,
    /// The texts, one after another.
    pub text: Vec<u8>,
}

impl Column {
    /// Leaves out what says nothing.
    fn shrink(&mut self, checker: &Checker) {
        if self.marks.iter().all(|&mark| mark == mark::VALUE) {
            self.marks = Vec::new();
        }
        let few = matches!(checker, Checker::Bool(_) | Checker::Choice(_) | Checker::Integers(_));
        let small = self.values.iter().map(|&value| u8::try_from(value).ok());
        if let Some(small) = few.then(|| small.collect()).flatten() {
            self.small = small;
            self.values = Vec::new();
        }
    }
}

/// The accepted rows of one block.
#[derive(Debug, Default)]
pub struct Chunk {
    /// Which plan it was checked by.
    pub plan: usize,
    /// How many rows.
    pub rows: usize,
    /// For each field of the plan.
    pub columns: Vec<Column>,
    /// Rows that Pydantic accepted as a whole, with the handle of the instance. Their columns hold nothing.
    pub instances: Vec<(u32, i64)>,
}

fn is_text(checker: &Checker) -> bool {
    if let Checker::Msgspec(checker) = checker {
        return checker.is_text();
    }
    !matches!(
        checker,
        Checker::Int(_)
            | Checker::Float(_)
            | Checker::Bool(_)
            | Checker::TimeDelta(_)
            | Checker::Choice(_)
            | Checker::Integers(_)
            | Checker::Ask
    )
}

/// Copies the accepted rows of a range of a block into columns.
#[must_use]
pub fn keep(block: &Block, number: usize, plan: &Compiled, work: &Work, range: Range<usize>) -> Chunk {
    let mut instances = Vec::new();
    let mut rows = Vec::with_capacity(range.len());
    let mut asked = work.asked[work.asked.partition_point(|&(at, _)| (at as usize) < range.start)..].iter();
    for (row, state) in work.states.iter().enumerate().take(range.end).skip(range.start) {
        match state {
            State::Good => rows.push(Some(row)),
            State::Asked => {
                let answer = asked.find(|(at, _)| *at as usize == row).map(|(_, answer)| answer);
                if let Some(Answer::Accept { handle, .. }) = answer {
                    instances.push((rows.len() as u32, *handle));
                    rows.push(None);
                }
            }
            _ => {}
        }
    }
    Chunk { instances, ..copy(block, number, plan, work, &rows) }
}

/// Copies rows into columns; None: one that holds nothing.
#[must_use]
pub fn copy(block: &Block, number: usize, plan: &Compiled, work: &Work, rows: &[Option<usize>]) -> Chunk {
    let mut chunk = Chunk { plan: number, rows: rows.len(), ..Chunk::default() };
    for (at, spans) in work.spans.iter().enumerate() {
        let field = &plan.fields[at];
        let mut column = Column { marks: Vec::with_capacity(rows.len()), ..Column::default() };
        let (text, asked) = (is_text(&field.checker), matches!(field.checker, Checker::Ask));
        if text {
            // No room that stays empty: chunks are kept as they are.
            let lengths = rows.iter().flatten().map(|&row| spans[row]).filter(|span| span.place() != Place::Constant);
            column.text.reserve_exact(lengths.map(crate::cells::Span::len).sum());
            column.ends.reserve_exact(rows.len());
        } else {
            column.values.reserve_exact(rows.len());
        }
        for row in rows {
            let span = row.map_or(crate::cells::Span::ABSENT, |row| spans[row]);
            let mark = match span.place() {
                Place::Absent => mark::ABSENT,
                Place::Constant if span.start() == kept::NULL => mark::NULL,
                Place::Constant if span.start() == kept::DEFAULT => mark::DEFAULT,
                _ if asked => mark::HANDLE,
                _ => mark::VALUE,
            };
            column.marks.push(mark);
            if text {
                if mark == mark::VALUE {
                    column.text.extend_from_slice(work.bytes(span, block.bytes(), &[]));
                }
                column.ends.push(column.text.len() as u32);
            } else {
                column.values.push(row.map_or(0, |row| work.values[at][row]));
            }
        }
        column.shrink(&field.checker);
        chunk.columns.push(column);
    }
    chunk
}

/// The handles of single values in a chunk.
pub fn handles(chunk: &Chunk) -> impl Iterator<Item = i64> + '_ {
    chunk.columns.iter().flat_map(|column| {
        let pairs = column.marks.iter().zip(&column.values);
        pairs.filter(|(mark, _)| **mark == mark::HANDLE).map(|(_, value)| *value)
    })
}

/// The handles of single values of rows that are not kept.
#[must_use]
pub fn dropped(plan: &Compiled, work: &Work) -> Vec<i64> {
    let mut handles = Vec::new();
    for (at, _) in plan.fields.iter().enumerate().filter(|(_, field)| matches!(field.checker, Checker::Ask)) {
        for ((state, span), value) in work.states.iter().zip(&work.spans[at]).zip(&work.values[at]) {
            // Asked about, and accepted by itself.
            if *state != State::Good && span.place() == Place::FinalWritten {
                handles.push(*value);
            }
        }
    }
    handles
}
