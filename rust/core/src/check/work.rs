//! Work: what checking a block comes to, and what it looks at.
//!
//! Filled by the column loops, by the transform and by the answers of Pydantic; read by encoding and by rejects. Holds
//! results and decides nothing. Its buffers are kept from block to block.

use std::borrow::Cow;
use std::ops::Range;

use crate::cells::{Place, Span};
use crate::compiled::{Compiled, Nulls};
use crate::oracle::{Answer, Fault, Number, Oracle};
use crate::plan::Format;
use crate::split::Block;

/// What is known of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Accepted so far.
    Good,
    /// Has errors in [`Work::errors`].
    Rejected,
    /// Pydantic has to decide about the whole record.
    Unsure,
    /// Accepted; its line is in [`Work::lines`].
    Echoed,
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
    begins: Vec<u32>,
    ordered: Vec<Found>,
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
    /// For each line that is the input of an error, where it was written again; empty where none was.
    pub wholes: Vec<Span>,
    /// For each row what is written after its fields; empty where nothing ever is.
    pub extras: Vec<Span>,
    /// For each row whose state is [`State::Echoed`] the line that goes out.
    pub lines: Vec<Span>,
    /// The runs of rows of JSON Lines about which nothing was known when they had been read.
    pub others: Vec<Range<usize>>,
    /// The buffers for lines that are echoed.
    pub echo: crate::json::EchoScratch,
    /// What is known of the form of lines.
    pub along: crate::json::AlongScratch,
    /// The buffers of nested fields.
    pub shapes: crate::shape::Scratch,
}

impl Work {
    /// Forgets the last block and keeps the memory.
    pub fn begin(&mut self, rows: usize, fields: usize) {
        self.states.clear();
        self.states.resize(rows, State::Good);
        self.spans.resize_with(fields, Vec::new);
        self.values.resize_with(fields, Vec::new);
        // Of a block that no kernel sees, nothing may be left from another.
        self.spans.iter_mut().for_each(Vec::clear);
        self.values.iter_mut().for_each(Vec::clear);
        self.unquoted.clear();
        self.written.clear();
        self.errors.clear();
        self.details.clear();
        self.faults.clear();
        self.extras.clear();
        self.wholes.clear();
        self.asked.clear();
        self.asked_cells = 0;
    }

    /// Forgets what it holds and keeps the memory.
    pub fn forget(&mut self) {
        self.begin(0, self.spans.len());
    }

    /// About how many bytes its buffers have.
    #[must_use]
    pub fn bytes_held(&self) -> usize {
        let spans = self
            .spans
            .iter()
            .chain([&self.extras, &self.lines, &self.wholes])
            .map(|spans| spans.capacity() * size_of::<Span>());
        let values = self.values.iter().map(|values| 8 * values.capacity());
        let errors =
            (self.errors.capacity() + self.ordered.capacity()) * size_of::<Found>() + 4 * self.begins.capacity();
        let texts = self.unquoted.capacity() + self.written.capacity() + self.states.capacity();
        let asked = self.asked.capacity() * size_of::<(u32, Answer)>() + self.faults.capacity() * size_of::<Fault>();
        let stages = self.transform.bytes_held() + self.tokens.bytes_held() + self.shapes.bytes_held();
        let others = self.others.capacity() * size_of::<Range<usize>>() + self.echo.bytes_held();
        spans.sum::<usize>() + values.sum::<usize>() + errors + texts + asked + stages + others
    }

    /// Puts the errors in the order of their rows. Those of one row stand in the order of their fields already, unless
    /// Pydantic gave some later.
    pub fn order(&mut self) {
        let place = |found: &Found| (found.row, found.field);
        let all = self.errors.len();
        let follow = |two: &&[Found]| place(&two[0]) <= place(&two[1]);
        let sorted = 1 + self.errors.windows(2).take_while(follow).count();
        if sorted >= all {
            return;
        }
        // Most errors of lines that are read once stand in order, and few of others behind them.
        if all - sorted < sorted / 8 {
            return self.errors.sort_by_key(place);
        }
        // Where the errors of each row begin, by counting them.
        self.begins.clear();
        self.begins.resize(self.states.len(), 0);
        let (mut by_field, mut last) = (true, 0);
        for found in &self.errors {
            self.begins[found.row as usize] += 1;
            by_field &= last <= found.field;
            last = found.field;
        }
        let mut before = 0;
        for begin in &mut self.begins {
            before += std::mem::replace(begin, before);
        }
        let Some(&any) = self.errors.first() else { return };
        self.ordered.resize(self.errors.len(), any);
        for found in &self.errors {
            let begin = &mut self.begins[found.row as usize];
            self.ordered[*begin as usize] = *found;
            *begin += 1;
        }
        std::mem::swap(&mut self.errors, &mut self.ordered);
        if !by_field && !self.errors.is_sorted_by_key(place) {
            self.errors.sort_by_key(place);
        }
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

/// Makes room for the results of a field, of which nothing is known yet. `keep`: values are kept.
pub fn ready(spans: &mut Vec<Span>, values: &mut Vec<i64>, rows: usize, keep: bool) {
    spans.clear();
    spans.resize(rows, Span::ABSENT);
    values.clear();
    values.resize(if keep { rows } else { 0 }, 0);
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

impl Input<'_> {
    /// The bytes of a row, as they stand in the source.
    #[inline(always)]
    #[must_use]
    pub fn raw(&self, row: usize) -> &[u8] {
        let row = &self.block.rows.rows[row];
        &self.block.bytes()[row.start as usize..row.end as usize]
    }
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

#[cfg(test)]
mod tests {
    use super::{Found, What, Work};

    #[test]
    fn errors_in_the_order_of_rows_and_fields() {
        let found = |(row, field)| Found { row, field, what: What::Fault(0) };
        for errors in [
            vec![],
            vec![(0, 0), (0, 1), (2, 0)],
            vec![(1, 0), (4, 0), (0, 1), (1, 1), (4, 2)],
            vec![(1, 2), (1, 0)],
            vec![(1, 0), (4, 2), (0, 1), (4, 1), (3, 0)],
            (0..25).map(|at| (at / 5, at % 5)).chain([(2, 9), (0, 7)]).collect(),
        ] {
            let mut work = Work::default();
            work.begin(5, 3);
            work.errors = errors.iter().copied().map(found).collect();
            work.order();
            let mut expected = errors;
            expected.sort_unstable();
            assert_eq!(work.errors.iter().map(|found| (found.row, found.field)).collect::<Vec<_>>(), expected);
        }
    }
}
