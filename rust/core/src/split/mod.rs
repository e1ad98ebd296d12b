//! Split: from bytes to records. In: a buffer that begins at a record. Out: rows and the ends of their cells.
//!
//! [`index`] is the fast path, for well-formed quoting; [`csv`] is the exact machine for everything else. Both give
//! the same rows, and a test compares them. [`jsonl`] is for JSON Lines, [`array`] for the elements of a JSON
//! array. None of them reads, allocates per record, or
//! looks at what cells mean.

pub mod array;
pub mod array_index;
pub mod csv;
pub mod element;
pub mod index;
pub mod jsonl;
pub mod scan;

use std::fs::File;

use array::Position;

/// What is wrong with the form of a record. Such a record is not validated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Longer than `max_record_bytes`.
    TooLarge,
    /// A quoted cell that is not closed in time.
    UnclosedQuote,
    /// A quote where none may stand.
    StrayQuote,
    /// Not UTF-8.
    InvalidUtf8,
    /// More or fewer cells than columns.
    FieldCount,
    /// The source ends before its array does.
    ArrayTruncated,
    /// Text behind the array.
    TextAfterArray,
    /// An element of an array that is not closed before the next one begins.
    UnclosedElement,
    /// An element of an array without a comma before it.
    MissingComma,
    /// A comma or bracket in the place of an element.
    MissingElement,
}

/// One record of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Position of its first byte.
    pub start: u32,
    /// Position after its last byte, its terminator not counted.
    pub end: u32,
    /// Position in [`Rows::ends`] of the end of its first cell.
    pub first: u32,
    /// How many cells it has.
    pub cells: u32,
}

/// The records found in a buffer. Buffers are kept and used again.
#[derive(Debug, Default)]
pub struct Rows {
    /// Position of the byte after each cell: its delimiter, its line end, or the end of the buffer.
    pub ends: Vec<u32>,
    /// The records, blank lines left out.
    pub rows: Vec<Row>,
    /// Rows with a fault in their form, in order.
    pub faults: Vec<(u32, Fault)>,
    /// Blank lines.
    pub blank: u64,
    /// Whether cells may hold carriage returns.
    pub carriages: bool,
    /// Line feeds in what is dealt with, those inside quotes included.
    pub newlines: u64,
    /// Bytes that are dealt with; what follows is the beginning of a record.
    pub consumed: usize,
}

impl Rows {
    /// Forgets the records and keeps the memory.
    pub fn clear(&mut self) {
        self.ends.clear();
        self.rows.clear();
        self.faults.clear();
        self.blank = 0;
        self.carriages = false;
        self.newlines = 0;
        self.consumed = 0;
    }
}

/// A record that is too large for memory: its bytes, without its terminator.
#[derive(Debug)]
pub struct Spilled {
    /// Holds its bytes, from the first.
    pub file: File,
    /// How many.
    pub len: u64,
}

/// A stretch of one source that is checked and written together.
#[derive(Debug, Default)]
pub struct Block {
    /// Its bytes are `data[..len]`; the rest is room to read into.
    pub data: Vec<u8>,
    /// Bytes in use.
    pub len: usize,
    /// How often the size of blocks is to be halved for it.
    pub halved: u32,
    /// The records in it.
    pub rows: Rows,
    /// Which source it is from.
    pub source: usize,
    /// Its place among all blocks of the run, from 0.
    pub sequence: u64,
    /// Offset of its first byte in the source.
    pub offset: u64,
    /// Line number of its first byte.
    pub line: u64,
    /// Number of its first record.
    pub record: u64,
    /// Whether each row is one line: no blank lines, no line feeds in quotes.
    pub line_a_row: bool,
    /// The bytes of its last row, where that row was too large to hold.
    pub spilled: Option<Spilled>,
}

impl Block {
    /// The bytes in use.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.data[..self.len]
    }

    /// Forgets what it holds and keeps the memory.
    pub fn forget(&mut self) {
        let (data, mut rows) = (std::mem::take(&mut self.data), std::mem::take(&mut self.rows));
        rows.clear();
        *self = Self { data, rows, ..Self::default() };
    }

    /// About how many bytes its buffers have.
    #[must_use]
    pub fn bytes_held(&self) -> usize {
        let Rows { ends, rows, faults, .. } = &self.rows;
        self.data.capacity() + 4 * ends.capacity() + size_of::<Row>() * rows.capacity() + 8 * faults.capacity()
    }
}

/// The delimiter of a source whose records are its lines.
pub const LINES: u8 = b'\n';

/// The delimiter of a source whose records are the elements of an array.
pub const ELEMENTS: u8 = b'"';

/// How a source is split.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    /// One ASCII byte; [`LINES`] for JSON Lines, [`ELEMENTS`] for a JSON array.
    pub delimiter: u8,
    /// A longer record is a fault.
    pub max_record_bytes: usize,
}

/// What came of splitting a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// Everything up to [`Rows::consumed`] is dealt with.
    Done,
    /// The record that begins at [`Rows::consumed`] is too large and its end is not in the buffer.
    Oversize,
}

/// Finds the records of `data`, which begins at a record, or at `position` of an array. `last`: no byte of the source
/// follows.
pub fn split(data: &[u8], last: bool, dialect: Dialect, position: &mut Position, rows: &mut Rows) -> Split {
    rows.clear();
    if dialect.delimiter == ELEMENTS {
        return array::elements(data, last, dialect.max_record_bytes, position, rows);
    }
    if dialect.delimiter == LINES {
        return jsonl::lines(data, last, dialect, rows);
    }
    if index::index(data, last, dialect, rows) {
        return Split::Done;
    }
    rows.clear();
    let split = csv::machine(data, last, dialect, rows);
    rows.carriages = true;
    rows.newlines = memchr::memchr_iter(b'\n', &data[..rows.consumed]).count() as u64;
    split
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Rows, csv, index};

    /// The fast path and the exact machine, on text made of the bytes that matter.
    #[test]
    fn the_fast_path_finds_what_the_machine_finds() {
        let mut seed = 3_u64;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % below
        };
        let pieces: [&[u8]; 10] =
            [b",", b"\n", b"\r\n", b"a", b"bcdef", b"\"x\"", b"\"a,b\nc\"", b"\"q\"\"q\"", b"\"", b"\r"];
        let (mut fast, mut taken) = (Rows::default(), 0);
        let mut exact = Rows::default();
        for round in 0..60_000 {
            let mut data = Vec::new();
            // Well-formed text mostly, so that the fast path has something to do.
            let kinds = if round % 3 == 0 { 10 } else { 8 };
            for _ in 0..random(60) {
                data.extend_from_slice(pieces[random(kinds)]);
            }
            for last in [false, true] {
                let dialect = Dialect { delimiter: b',', max_record_bytes: [3, 20, 1 << 20][random(3)] };
                fast.clear();
                exact.clear();
                if !index::index(&data, last, dialect, &mut fast) {
                    continue;
                }
                taken += 1;
                csv::machine(&data, last, dialect, &mut exact);
                exact.newlines = memchr::memchr_iter(b'\n', &data[..exact.consumed]).count() as u64;
                let shown = String::from_utf8_lossy(&data);
                assert_eq!((fast.consumed, fast.blank, fast.newlines), (exact.consumed, exact.blank, exact.newlines));
                assert_eq!(fast.rows.len(), exact.rows.len(), "{shown:?}");
                assert!(exact.faults.is_empty(), "{shown:?}");
                for (mine, theirs) in fast.rows.iter().zip(&exact.rows) {
                    assert_eq!((mine.start, mine.end, mine.cells), (theirs.start, theirs.end, theirs.cells));
                    for cell in 0..mine.cells as usize {
                        let ends = (fast.ends[mine.first as usize + cell], exact.ends[theirs.first as usize + cell]);
                        assert_eq!(ends.0, ends.1, "{shown:?}");
                    }
                }
            }
        }
        assert!(taken > 5_000, "{taken}");
    }
}
