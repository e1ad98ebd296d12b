//! Cells: from a row to the text of one of its cells, and where that text is kept.
//!
//! In: rows and the positions of their cell ends. Out: positions and [`Span`]s. A cell is copied only where a doubled
//! quote has to be undone.

use memchr::memchr;

use crate::split::{Block, Row};

/// Where a text stands, and what writing it takes. 32 bits of position, 29 of length, 3 of [`Place`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(u64);

/// Which buffer a [`Span`] points into, and whether its bytes go out as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Place {
    /// The block: text of an unquoted cell, so without quotes, delimiters or line feeds.
    Plain = 0,
    /// The block: text from inside quotes.
    Quoted = 1,
    /// The buffer of undone quotes: text.
    Unquoted = 2,
    /// The buffer that kernels write: text.
    Written = 3,
    /// The block: bytes that go out as they are.
    FinalPlain = 4,
    /// The buffer that kernels write: bytes that go out as they are.
    FinalWritten = 5,
    /// The constants of the plan: bytes that go out as they are.
    Constant = 6,
    /// Nowhere: the key is left out.
    Absent = 7,
}

const PLACES: [Place; 8] = [
    Place::Plain,
    Place::Quoted,
    Place::Unquoted,
    Place::Written,
    Place::FinalPlain,
    Place::FinalWritten,
    Place::Constant,
    Place::Absent,
];

/// The longest text that a [`Span`] can hold, in bytes.
pub const MAX_SPAN: usize = (1 << 29) - 1;

impl Span {
    /// No text at all.
    pub const ABSENT: Self = Self((Place::Absent as u64) << 61);

    /// `len` bytes from `start`.
    #[inline(always)]
    #[must_use]
    pub fn new(place: Place, start: usize, len: usize) -> Self {
        debug_assert!(len <= MAX_SPAN && u32::try_from(start).is_ok());
        Self(start as u64 | (len as u64) << 32 | (place as u64) << 61)
    }

    /// Position of the first byte.
    #[inline(always)]
    #[must_use]
    pub fn start(self) -> usize {
        (self.0 & 0xffff_ffff) as usize
    }

    /// Length in bytes.
    #[inline(always)]
    #[must_use]
    pub fn len(self) -> usize {
        (self.0 >> 32) as usize & MAX_SPAN
    }

    /// Whether it has no bytes.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether it is [`Place::Plain`] or [`Place::Quoted`]: text that stands in the block.
    #[inline(always)]
    #[must_use]
    pub fn is_text_of_block(self) -> bool {
        self.0 < (Place::Unquoted as u64) << 61
    }

    /// Where it points to.
    #[inline(always)]
    #[must_use]
    pub fn place(self) -> Place {
        PLACES[(self.0 >> 61) as usize]
    }
}

/// Positions of cell `column` of `row`, its quotes included.
#[inline(always)]
#[must_use]
pub fn cell(ends: &[u32], row: &Row, column: usize) -> (usize, usize) {
    let first = row.first as usize;
    let start = if column == 0 { row.start } else { ends[first + column - 1] + 1 };
    let end = if column + 1 == row.cells as usize { row.end } else { ends[first + column] };
    (start as usize, end as usize)
}

/// As [`cell`], without looking whether the row has such a cell.
///
/// # Safety
/// `row` must come from the same [`Rows`](crate::split::Rows) as `ends`, and have a cell `column`.
#[inline(always)]
#[must_use]
pub unsafe fn cell_unchecked(ends: &[u32], row: &Row, column: usize) -> (usize, usize) {
    let first = row.first as usize;
    debug_assert!(column < row.cells as usize && first + column < ends.len());
    // SAFETY: the ends of a row's cells are `ends[first..first + cells]`, and `column` is one of them.
    let at = |column: usize| unsafe { *ends.get_unchecked(first + column) };
    let start = if column == 0 { row.start } else { at(column - 1) + 1 };
    let end = if column + 1 == row.cells as usize { row.end } else { at(column) };
    (start as usize, end as usize)
}

/// The text of the cell at `data[start..end]`: quotes are taken off, doubled ones undone in `unquoted`.
#[inline(always)]
pub fn text(data: &[u8], start: usize, end: usize, unquoted: &mut Vec<u8>) -> Span {
    if start < end && data[start] == b'"' {
        return from_quotes(data, start + 1, end - 1, unquoted);
    }
    Span::new(Place::Plain, start, end - start)
}

#[cold]
fn undouble(inner: &[u8], mut quote: usize, unquoted: &mut Vec<u8>) -> Span {
    let begin = unquoted.len();
    let mut rest = inner;
    loop {
        unquoted.extend_from_slice(&rest[..=quote]);
        rest = &rest[quote + 2..];
        match memchr(b'"', rest) {
            Some(next) => quote = next,
            None => break,
        }
    }
    unquoted.extend_from_slice(rest);
    Span::new(Place::Unquoted, begin, unquoted.len() - begin)
}

fn from_quotes(data: &[u8], start: usize, end: usize, unquoted: &mut Vec<u8>) -> Span {
    let inner = &data[start..end];
    match memchr(b'"', inner) {
        Some(quote) => undouble(inner, quote, unquoted),
        None => Span::new(Place::Quoted, start, end - start),
    }
}

/// The text of every cell of a well-formed row, one after another in `buffer`; `ends` gets the end of each.
pub fn texts<'a>(block: &Block, row: &Row, buffer: &'a mut Vec<u8>, ends: &mut Vec<usize>) -> &'a [u8] {
    buffer.clear();
    ends.clear();
    let data = block.bytes();
    let mut undone = Vec::new();
    for column in 0..row.cells as usize {
        let (start, end) = cell(&block.rows.ends, row, column);
        undone.clear();
        let span = text(data, start, end, &mut undone);
        let from = if span.place() == Place::Unquoted { &undone[..] } else { data };
        buffer.extend_from_slice(&from[span.start()..span.start() + span.len()]);
        ends.push(buffer.len());
    }
    buffer
}

#[cfg(test)]
mod tests {
    use super::{Place, Span, text};

    #[test]
    fn a_span_gives_back_what_went_in() {
        let span = Span::new(Place::Constant, 0xffff_fffe, super::MAX_SPAN);
        assert_eq!((span.place(), span.start(), span.len()), (Place::Constant, 0xffff_fffe, super::MAX_SPAN));
        assert_eq!(Span::ABSENT.place(), Place::Absent);
    }

    #[test]
    fn quotes_are_taken_off_and_undoubled() {
        let mut undone = Vec::new();
        for (cell, expected) in [
            ("abc", "abc"),
            ("", ""),
            ("\"\"", ""),
            ("\"a,b\"", "a,b"),
            ("\"a\"\"b\"", "a\"b"),
            ("\"\"\"\"", "\""),
            ("\"\"\"a\"\"\"", "\"a\""),
        ] {
            undone.clear();
            let data = cell.as_bytes();
            let span = text(data, 0, data.len(), &mut undone);
            let from = if span.place() == Place::Unquoted { &undone[..] } else { data };
            assert_eq!(&from[span.start()..span.start() + span.len()], expected.as_bytes(), "{cell}");
        }
    }
}
