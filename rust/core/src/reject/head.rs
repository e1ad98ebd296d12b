//! Head: how every reject begins in JSON Lines: its record and line number, up to its byte offset.
//!
//! In: a row of a block of which each row is one line. Out: text. For the row behind the last one, which it mostly is where
//! every record is bad, only the digits that change are written.

use crate::encode::bytes::Pen;
use crate::oracle::Number;
use crate::split::Block;

const BEFORE: &[u8] = b"{\"record\":";
const BETWEEN: &[u8] = b",\"line\":";
const AFTER: &[u8] = b",\"byte_offset\":";

/// The longest head takes 73 bytes: what stands between the numbers, and 20 digits of each.
const MOST: usize = 96;

/// The text of the next head, and where its numbers end.
pub struct Head {
    text: [u8; MOST],
    len: usize,
    /// The row that it is of.
    row: usize,
    /// For so many rows only the last digits change.
    easy: u8,
    /// Position of the last digit of the record number.
    record: usize,
    /// Position of the last digit of the line number.
    line: usize,
}

/// The record and line number of a row.
pub fn number(block: &Block, row: usize) -> Number {
    (block.record.wrapping_add(row as u64), block.line.wrapping_add(row as u64))
}

impl Head {
    /// The longest that it becomes.
    pub const ROOM: usize = MOST;

    /// No head was written yet.
    pub fn new() -> Self {
        Self { text: [0; MOST], len: 0, row: usize::MAX, easy: 0, record: 0, line: 0 }
    }

    /// Writes the head of a row.
    ///
    /// # Safety
    /// There must be room for [`Self::ROOM`] bytes.
    #[inline(always)]
    pub unsafe fn pen(&mut self, row: usize, block: &Block, pen: &mut Pen) {
        if row != self.row {
            self.write(row, number(block, row));
        }
        // SAFETY: by this function's contract.
        unsafe { pen.vector(&self.text, self.len) };
        // Bytes cannot be read at once after they were written, so it is done now and not when they are needed.
        if self.easy > 0 {
            self.easy -= 1;
            self.row += 1;
            self.text[self.record] += 1;
            self.text[self.line] += 1;
        } else {
            self.carry(row + 1, number(block, row + 1));
        }
    }

    /// Both numbers become one more, where nines turn to zeros.
    #[inline(never)]
    fn carry(&mut self, row: usize, number: Number) {
        if !self.count(self.record) || !self.count(self.line) {
            return self.write(row, number);
        }
        self.row = row;
        self.easy = b'9' - self.text[self.record].max(self.text[self.line]);
    }

    /// Adds one to the number that ends at `at`. Returns false where it needs a digit more; then the text is of no use.
    fn count(&mut self, mut at: usize) -> bool {
        loop {
            match self.text[at] {
                b'0'..=b'8' => {
                    self.text[at] += 1;
                    return true;
                }
                b'9' => self.text[at] = b'0',
                _ => return false,
            }
            at -= 1;
        }
    }

    #[cold]
    fn write(&mut self, row: usize, (record, line): Number) {
        let mut digits = itoa::Buffer::new();
        self.len = 0;
        self.put(BEFORE);
        self.put(digits.format(record).as_bytes());
        self.record = self.len - 1;
        self.put(BETWEEN);
        self.put(digits.format(line).as_bytes());
        self.line = self.len - 1;
        self.put(AFTER);
        self.row = row;
        self.easy = 9 - (record % 10).max(line % 10) as u8;
    }

    fn put(&mut self, text: &[u8]) {
        self.text[self.len..self.len + text.len()].copy_from_slice(text);
        self.len += text.len();
    }
}

#[cfg(test)]
mod tests {
    use super::Head;
    use crate::encode::bytes::Writer;
    use crate::split::Block;

    #[test]
    fn as_it_is_written_at_once() {
        for begin in
            [(1, 2), (3, 9), (95, 108), (99_989, 188), (998, 17), (999_999, 5), (7, 7), (u64::MAX - 25, u64::MAX - 28)]
        {
            let mut head = Head::new();
            let block = Block { record: begin.0, line: begin.1, ..Block::default() };
            for row in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 20, 3, 3, 4] {
                let mut out = Vec::new();
                let mut writer = Writer::new(&mut out);
                let mut pen = writer.pen(Head::ROOM);
                // SAFETY: room was made.
                unsafe {
                    head.pen(row, &block, &mut pen);
                    writer.forward(&pen);
                }
                drop(writer);
                let (record, line) = (begin.0 + row as u64, begin.1 + row as u64);
                let expected = format!("{{\"record\":{record},\"line\":{line},\"byte_offset\":");
                assert_eq!(String::from_utf8_lossy(&out), expected);
            }
        }
    }
}
