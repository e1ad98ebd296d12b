//! Choice: Literal and Enum, as a table from cells to constants.

use std::collections::HashMap;

use super::{Kernel, Verdict, int};
use crate::cells::Span;
use crate::encode::json;
use crate::plan::ErrorCode;

/// Up to here, comparing one after another beats hashing.
const FEW: usize = 12;

/// One accepted cell.
#[derive(Debug)]
struct Cell {
    /// Its first eight bytes, filled up with zeros: all there is to compare for most.
    head: u64,
    text: Box<str>,
    constant: Span,
}

/// The accepted cells, and what each is written as.
#[derive(Debug)]
pub struct Choice {
    cells: Vec<Cell>,
    /// Positions in `cells`; empty where there are few.
    index: HashMap<Box<str>, usize>,
    /// The error of every other cell.
    pub error: ErrorCode,
}

/// The first eight bytes of a text, filled up with zeros.
#[inline(always)]
fn head(text: &[u8]) -> u64 {
    let four = |at: usize| text[at..].first_chunk().map_or(0, |four| u64::from(u32::from_le_bytes(*four)));
    match text.len() {
        0 => 0,
        1..4 => {
            let (first, middle, last) = (text[0], text[text.len() / 2], text[text.len() - 1]);
            // Three bytes or fewer, each in its own place: the middle one of two is the last one.
            let places = [8 * (text.len() / 2), 8 * (text.len() - 1)];
            u64::from(first) | u64::from(middle) << places[0] | u64::from(last) << places[1]
        }
        4..8 => four(0) | four(text.len() - 4) << (8 * (text.len() - 4)),
        _ => text.first_chunk().map_or(0, |eight| u64::from_le_bytes(*eight)),
    }
}

impl Choice {
    /// A table of cells and what each is written as.
    #[must_use]
    pub fn new(options: Vec<(Box<str>, Span)>, error: ErrorCode) -> Self {
        let many = options.len() > FEW;
        let index = options.iter().enumerate().filter(|_| many).map(|(i, (cell, _))| (cell.clone(), i)).collect();
        let cell = |(text, constant): (Box<str>, Span)| Cell { head: head(text.as_bytes()), text, constant };
        Self { cells: options.into_iter().map(cell).collect(), index, error }
    }

    #[inline(always)]
    fn find(&self, text: &str) -> Verdict {
        let found = if self.index.is_empty() {
            let head = head(text.as_bytes());
            self.cells.iter().position(|cell| {
                cell.head == head && cell.text.len() == text.len() && (text.len() <= 8 || *cell.text == *text)
            })
        } else {
            self.index.get(text).copied()
        };
        match found {
            Some(at) => Verdict::Constant(self.cells[at].constant, at.cast_signed() as i64),
            None => Verdict::Reject(self.error),
        }
    }
}

impl Kernel for Choice {
    const TEXT: bool = true;

    #[inline(always)]
    fn check(&self, text: &str, _out: &mut Vec<u8>) -> Verdict {
        self.find(text)
    }

    fn echoes(&self, constants: &[u8]) -> bool {
        let mut json = Vec::new();
        self.cells.iter().all(|cell| {
            json.clear();
            json::string(cell.text.as_bytes(), &mut json);
            constants.get(cell.constant.start()..cell.constant.start() + cell.constant.len()) == Some(&json[..])
        })
    }
}

/// A choice whose cells are read as integers first.
#[derive(Debug)]
pub struct Integers(pub Choice);

impl Kernel for Integers {
    const TEXT: bool = true;

    fn check(&self, text: &str, _out: &mut Vec<u8>) -> Verdict {
        match int::parse(text) {
            int::Parsed::Value { value, .. } => self.0.find(itoa::Buffer::new().format(value)),
            int::Parsed::No => Verdict::Reject(self.0.error),
            int::Parsed::Unsure => Verdict::Unsure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Choice, head};
    use crate::cells::{Place, Span};
    use crate::check::{Verdict, ask};
    use crate::plan::ErrorCode;

    #[test]
    fn heads_are_the_first_eight_bytes() {
        for text in ["", "a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh", "abcdefghi", "\0a\0"] {
            let mut bytes = [0; 8];
            bytes[..text.len().min(8)].copy_from_slice(&text.as_bytes()[..text.len().min(8)]);
            assert_eq!(head(text.as_bytes()), u64::from_le_bytes(bytes), "{text:?}");
        }
    }

    #[test]
    fn few_and_many() {
        for count in [5, 40] {
            let option = |i: usize| (format!("option-{i}").into_boxed_str(), Span::new(Place::Constant, i, 1));
            let choice = Choice::new((0..count).map(option).collect(), ErrorCode::Enum);
            for i in 0..count {
                let expected = Verdict::Constant(Span::new(Place::Constant, i, 1), i.cast_signed() as i64);
                assert_eq!(ask(&choice, &format!("option-{i}")).0, expected);
            }
            for text in ["option-", "option-99", "Option-1", "", "option-1\0"] {
                assert_eq!(ask(&choice, text).0, Verdict::Reject(ErrorCode::Enum), "{text:?}");
            }
        }
    }
}
