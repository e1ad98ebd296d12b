//! Head: how every reject begins in JSON Lines: its record and line number, up to its byte offset.
//!
//! In: the numbers. Out: text. Where both have grown by one, which is so where every record is bad, only the digits that
//! change are written.

use crate::encode::bytes::Padded;
use crate::oracle::Number;

/// The text, and where its numbers end.
pub struct Head {
    text: Padded,
    number: Number,
    /// Position of the last digit of the record number; that of the line is the last before [`AFTER`].
    record: usize,
    line: usize,
}

const BEFORE: &[u8] = b"{\"record\":";
const BETWEEN: &[u8] = b",\"line\":";
const AFTER: &[u8] = b",\"byte_offset\":";

impl Default for Head {
    fn default() -> Self {
        let mut head = Self { text: Padded::default(), number: (0, 0), record: 0, line: 0 };
        head.write((0, 0));
        head
    }
}

impl Head {
    /// The head of a record.
    #[inline(always)]
    pub fn of(&mut self, number: Number) -> &Padded {
        if number != self.number {
            self.write(number);
        }
        &self.text
    }

    /// Makes ready for the record after this one, on the line after this one. It is quicker long before it is needed:
    /// vectors cannot be read while bytes in them are being written.
    #[inline(always)]
    pub fn advance(&mut self) {
        if self.count(self.record) && self.count(self.line) {
            self.number = (self.number.0 + 1, self.number.1 + 1);
        } else {
            self.write((self.number.0.wrapping_add(1), self.number.1.wrapping_add(1)));
        }
    }

    /// Adds one to the number that ends at `at`. Returns false where it needs a digit more; then the text is of no use.
    #[inline(always)]
    fn count(&mut self, mut at: usize) -> bool {
        loop {
            match self.text.get_mut(at) {
                Some(digit @ b'0'..=b'8') => {
                    *digit += 1;
                    return true;
                }
                Some(digit @ b'9') => *digit = b'0',
                _ => return false,
            }
            at -= 1;
        }
    }

    #[inline(never)]
    fn write(&mut self, number: Number) {
        let mut digits = itoa::Buffer::new();
        let mut text = BEFORE.to_vec();
        text.extend_from_slice(digits.format(number.0).as_bytes());
        self.record = text.len() - 1;
        text.extend_from_slice(BETWEEN);
        text.extend_from_slice(digits.format(number.1).as_bytes());
        self.line = text.len() - 1;
        text.extend_from_slice(AFTER);
        self.text = Padded::new(text);
        self.number = number;
    }
}

#[cfg(test)]
mod tests {
    use super::Head;

    #[test]
    fn as_it_is_written_at_once() {
        let mut head = Head::default();
        let mut last = (0, 0);
        for begin in [(1, 2), (3, 9), (95, 108), (998, 17), (999_999, 5), (7, 7), (u64::MAX - 5, u64::MAX - 8)] {
            for more in 0..6 {
                let number = (begin.0 + more, begin.1 + more);
                for number in [last, number, number] {
                    let out = head.of(number).text();
                    let expected = format!("{{\"record\":{},\"line\":{},\"byte_offset\":", number.0, number.1);
                    assert_eq!(String::from_utf8_lossy(out), expected);
                    head.advance();
                }
                last = number;
            }
        }
    }
}
