//! Array: the elements of one JSON array, behind its opening bracket. Each is a record.
//!
//! [`elements`] takes the fast path as far as it goes, and [`machine`] over what is in its way: it is the definition on this side
//! of what docs/semantics.md says, and the twin of `python/thresher/_python/array.py`. Neither looks at the JSON of an
//! element.

use memchr::memrchr;

use super::array_index::index;
use super::element::{Element, End, is_space};
use super::{Fault, Row, Rows, Split};

/// Where between elements the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// After the opening bracket.
    First,
    /// After a comma.
    Comma,
    /// After an element.
    Element,
    /// After an element that took a closing bracket which may have been the array's.
    Borrowed,
    /// After the closing bracket.
    End,
    /// After everything that is to be told of the source.
    Over,
}

/// What is remembered of an array between blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Between which things.
    pub place: Place,
    /// Bytes since the last line end.
    pub column: u64,
}

impl Position {
    /// Behind the opening bracket, which is taken to begin its line.
    pub const FIRST: Self = Self { place: Place::First, column: 1 };

    /// Whether the source may end here without a word.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self.place, Place::Borrowed | Place::End | Place::Over)
    }

    /// Passes over bytes.
    pub fn pass(&mut self, bytes: &[u8]) {
        self.column = match memrchr(b'\n', bytes) {
            Some(lf) => (bytes.len() - lf - 1) as u64,
            None => self.column + bytes.len() as u64,
        };
    }

    /// Passes over an element.
    pub fn behind(&mut self, end: Option<End>) {
        self.place = match end {
            Some(End::Whole | End::Broken | End::Resumed(false)) => Place::Element,
            Some(End::Borrowed) => Place::Borrowed,
            Some(End::Resumed(true)) => Place::Comma,
            None => Place::Over,
        };
    }

    /// What is wrong with the form of the element that stands here. `end`: None where the source ends in it.
    #[must_use]
    pub fn fault(self, end: Option<End>, large: bool) -> Option<Fault> {
        match end {
            None if self.place == Place::End => Some(Fault::TextAfterArray),
            None => Some(Fault::ArrayTruncated),
            Some(End::Resumed(_)) => Some(Fault::UnclosedElement),
            Some(End::Whole) if large => Some(Fault::TooLarge),
            Some(_) if large => Some(Fault::UnclosedElement),
            Some(_) => matches!(self.place, Place::Element | Place::Borrowed).then_some(Fault::MissingComma),
        }
    }
}

/// Finds the elements of `data`, which begins between two of them. `last`: no byte of the source follows.
pub fn elements(data: &[u8], last: bool, max_record_bytes: usize, position: &mut Position, rows: &mut Rows) -> Split {
    let split = loop {
        index(data, max_record_bytes, position, rows);
        if let Some(split) = machine(data, last, max_record_bytes, position, rows, true) {
            break split;
        }
    };
    rows.newlines = memchr::memchr_iter(b'\n', &data[..rows.consumed]).count() as u64;
    split
}

/// Whether the fast path is worth another try: a container comes, so that it gets at least that far.
fn is_easy(data: &[u8]) -> bool {
    let mut bytes = data.iter().filter(|&&byte| !is_space(byte));
    bytes.next() == Some(&b',') && matches!(bytes.next(), Some(b'{' | b'['))
}

/// Finds the elements from [`Rows::consumed`] on. Returns None, where `hurry`, once the fast path may go on.
pub fn machine(
    data: &[u8],
    last: bool,
    max_record_bytes: usize,
    position: &mut Position,
    rows: &mut Rows,
    hurry: bool,
) -> Option<Split> {
    let mut element = Element::new(0);
    loop {
        let start = rows.consumed;
        let Some(spaces) = data[start..].iter().position(|&byte| !is_space(byte)) else {
            position.pass(&data[start..]);
            rows.consumed = data.len();
            if last && !position.is_final() {
                row(rows, data.len(), data.len(), Some(Fault::ArrayTruncated));
                position.place = Place::Over;
            }
            return Some(Split::Done);
        };
        let at = start + spaces;
        position.pass(&data[start..at]);
        rows.consumed = at;
        let byte = data[at];
        if matches!(byte, b',' | b']') && !matches!(position.place, Place::End | Place::Over) {
            if position.place == Place::Comma || position.place == Place::First && byte == b',' {
                row(rows, at, at, Some(Fault::MissingElement));
            }
            position.place = if byte == b',' { Place::Comma } else { Place::End };
            position.column += 1;
            rows.consumed = at + 1;
            continue;
        }
        let rest = &data[at..];
        element.begin(position.column);
        let found = if position.place == Place::End { None } else { element.feed(rest) };
        if found.is_none() && !last {
            return Some(if rest.len() > max_record_bytes { Split::Oversize } else { Split::Done });
        }
        let len = found.map_or(rest.len(), |(len, _)| len);
        let end = found.map(|(_, end)| end);
        let spaces = rest[..len].iter().rev().take_while(|&&byte| is_space(byte)).count();
        row(rows, at, at + len - spaces, position.fault(end, len > max_record_bytes));
        position.pass(&rest[..len]);
        position.behind(end);
        rows.consumed = at + len;
        if hurry && position.place == Place::Element && is_easy(&data[rows.consumed..]) {
            return None;
        }
    }
}

/// Notes a record.
pub(super) fn row(rows: &mut Rows, start: usize, end: usize, fault: Option<Fault>) {
    if let Some(fault) = fault {
        rows.faults.push((rows.rows.len() as u32, fault));
    }
    rows.rows.push(Row { start: start as u32, end: end as u32, first: 0, cells: 1 });
}
