//! Batch: what a block became, cut where batches end, for runs that hand over records while they go on.
//!
//! In: a checked block and its rejects as they are written. Out: a [`Part`] for each batch that the block reaches into.
//! A batch is so many records of one source, one after another; the boundary puts its parts together.

use std::ops::Range;

use crate::check::work::{State, Work};
use crate::compiled::Compiled;
use crate::error::Result;
use crate::keep::{Chunk, keep};
use crate::report::Verdicts;
use crate::split::Block;

/// Consecutive records of one batch.
#[derive(Debug, Default)]
pub struct Part {
    /// Position of their source.
    pub source: usize,
    /// Number of the first.
    pub record: u64,
    /// What became of them.
    pub verdicts: Verdicts,
    /// Those that were accepted.
    pub chunk: Chunk,
    /// Those that were rejected, as they are written; empty where they go elsewhere.
    pub rejects: Vec<u8>,
}

/// Who takes parts, in the order of the sources.
pub struct Receiver<'a> {
    /// Takes those of one block; waits where they are not wanted yet.
    pub take: Box<dyn FnMut(Vec<Part>) -> Result<()> + Send + 'a>,
    /// Whether rejects are part of a part; else they go to their own sink.
    pub rejects: bool,
}

/// Cuts a block. `rejects`: its rejects as lines of JSON, or nothing.
#[must_use]
pub fn cut(block: &Block, number: usize, plan: &Compiled, work: &Work, size: u64, rejects: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = rejects;
    for rows in ranges(block.record, work.states.len(), size) {
        let chunk = keep(block, number, plan, work, rows.clone());
        let refused = |state: &&State| !matches!(state, State::Good | State::Echoed | State::Asked | State::Filtered);
        let rejected = work.states[rows.clone()].iter().filter(refused).count();
        let end = lines(rest, rejected);
        let (mine, others) = rest.split_at(end);
        rest = others;
        let (accepted, rejected) = (chunk.rows as u64, rejected as u64);
        parts.push(Part {
            source: block.source,
            record: block.record + rows.start as u64,
            verdicts: Verdicts { accepted, rejected, filtered: rows.len() as u64 - accepted - rejected },
            chunk,
            rejects: mine.to_vec(),
        });
    }
    parts
}

/// Where the first `count` lines end.
fn lines(text: &[u8], count: usize) -> usize {
    let last = count.checked_sub(1).map(|last| memchr::memchr_iter(b'\n', text).nth(last));
    last.map_or(0, |end| end.map_or(text.len(), |end| end + 1))
}

/// The rows of each batch in a block of `rows` rows, the first of which is record `first`.
fn ranges(first: u64, rows: usize, size: u64) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0_usize;
    std::iter::from_fn(move || {
        let left = size - (first + start as u64 - 1) % size;
        let end = rows.min(start.saturating_add(usize::try_from(left).unwrap_or(usize::MAX)));
        let range = start..end;
        start = end;
        (!range.is_empty()).then_some(range)
    })
}

#[cfg(test)]
mod tests {
    use super::{lines, ranges};

    #[test]
    fn lines_are_counted() {
        let text = b"a\nb\nc";
        assert_eq!([0, 1, 2, 3, 9].map(|count| lines(text, count)), [0, 2, 4, 5, 5]);
    }

    #[test]
    fn batches_end_at_multiples_of_their_size() {
        let found =
            |first, rows, size| ranges(first, rows, size).map(|rows| (rows.start, rows.end)).collect::<Vec<_>>();
        assert_eq!(found(1, 10, 4), [(0, 4), (4, 8), (8, 10)]);
        assert_eq!(found(3, 7, 4), [(0, 2), (2, 6), (6, 7)]);
        assert_eq!(found(5, 4, 4), [(0, 4)]);
        assert_eq!(found(1, 3, u64::MAX), [(0, 3)]);
        assert!(found(9, 0, 4).is_empty());
    }
}
