//! Values of expressions, and the texts among them.
//!
//! In: spans of the block, and what text functions make. Out: a [`Value`] of 16 bytes, copied freely. A text is never
//! copied where a part of another will do, and never grows past a limit: longer ones are unsure.

use crate::cells::{Place, Span};

/// What an expression has become for one record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// Python has to evaluate this record: an exception, a number past 64 bits, or what is not exact here.
    Unsure,
    /// None.
    None,
    /// A bool.
    Bool(bool),
    /// An int.
    Int(i64),
    /// A float.
    Float(f64),
    /// A str.
    Str(Span),
    /// Days since 1970-01-01.
    Date(i32),
    /// A moment on the clock of its zone.
    DateTime {
        /// Seconds east of UTC, or [`NAIVE`].
        offset: i32,
        /// Microseconds since 1970-01-01T00:00:00 on that clock.
        micros: i64,
    },
    /// Microseconds.
    Delta(i64),
}

/// The offset of a datetime without a time zone.
pub const NAIVE: i32 = i32::MIN;

/// How much the texts that expressions make may take in one block, in bytes.
const MOST: usize = 16 << 20;

/// The longest text that is made, in bytes. Python refuses longer ones at some length of its own, above this.
const LONGEST: usize = 1 << 20;

/// The texts that values point to: those of a block, and those that were made.
#[derive(Debug, Default)]
pub struct Texts<'a> {
    data: &'a [u8],
    unquoted: &'a [u8],
    /// Made by kernels and expressions.
    pub written: Vec<u8>,
    scratch: Vec<u8>,
    most: usize,
}

impl<'a> Texts<'a> {
    /// Texts of a block and its undone quotes; `written` goes on growing.
    ///
    /// # Safety
    /// Every span that is asked for later must hold UTF-8.
    #[must_use]
    pub unsafe fn new(data: &'a [u8], unquoted: &'a [u8], written: Vec<u8>, scratch: Vec<u8>) -> Self {
        let most = (written.len() + MOST).min(u32::MAX as usize);
        Self { data, unquoted, written, scratch, most }
    }

    /// The buffers, to be used again.
    #[must_use]
    pub fn into_buffers(self) -> (Vec<u8>, Vec<u8>) {
        (self.written, self.scratch)
    }

    /// The text at `span`.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, span: Span) -> &str {
        let from = match span.place() {
            Place::Plain | Place::Quoted => self.data,
            Place::Unquoted => self.unquoted,
            Place::Written => &self.written,
            Place::FinalPlain | Place::FinalWritten | Place::Constant | Place::Absent => return "",
        };
        let bytes = &from[span.start()..span.start() + span.len()];
        // SAFETY: by the contract of `new` the spans of a block hold UTF-8; those made here were cut from `str`.
        unsafe { std::str::from_utf8_unchecked(bytes) }
    }

    /// Keeps a text that was made.
    pub fn add(&mut self, text: &str) -> Value {
        let begin = self.written.len();
        if !self.fits(text.len()) {
            return Value::Unsure;
        }
        self.written.extend_from_slice(text.as_bytes());
        Value::Str(Span::new(Place::Written, begin, text.len()))
    }

    /// Keeps what `make` appends to an empty text; unsure where it says None, or makes more than is allowed.
    #[inline]
    pub fn make(&mut self, make: impl FnOnce(&Self, &mut String) -> Option<()>) -> Value {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        // An empty vector is UTF-8.
        let mut text = String::from_utf8(scratch).unwrap_or_default();
        let value = match make(self, &mut text) {
            Some(()) => self.add(&text),
            None => Value::Unsure,
        };
        self.scratch = text.into_bytes();
        value
    }

    /// Whether a text of `bytes` could be kept. Asked before one is made whose size input decides.
    #[must_use]
    pub fn fits(&self, bytes: usize) -> bool {
        bytes <= LONGEST && self.written.len().saturating_add(bytes) <= self.most
    }
}

/// The part of the text at `whole` that is `part`, without a copy.
#[inline(always)]
#[must_use]
pub fn part(whole: Span, text: &str, part: &str) -> Value {
    let offset = part.as_ptr() as usize - text.as_ptr() as usize;
    Value::Str(Span::new(whole.place(), whole.start() + offset, part.len()))
}

#[cfg(test)]
mod tests {
    use super::Value;

    #[test]
    fn a_value_is_small() {
        assert_eq!(size_of::<Value>(), 16);
    }
}
