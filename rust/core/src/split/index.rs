//! The fast path of splitting: bit masks of 64 bytes, quotes by parity.
//!
//! Parity is only right where every quote opens a cell, closes one, or is doubled. Whether that holds is checked on
//! the way; where it does not, or a record is too large, the caller starts again with the exact machine.

use super::scan::{Masks, Portable, Scan, prefix_xor};
use super::{Dialect, Row, Rows};

/// Finds the records of `data`. Returns false where the exact machine has to decide; `rows` is garbage then.
pub fn index(data: &[u8], last: bool, dialect: Dialect, rows: &mut Rows) -> bool {
    #[cfg(target_arch = "x86_64")]
    if let Some(scan) = super::scan::Avx2::detect() {
        // SAFETY: the routine was detected, so the processor has these features.
        return unsafe { index_avx2(scan, data, last, dialect, rows) };
    }
    index_with(Portable, data, last, dialect, rows)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,popcnt")]
fn index_avx2(scan: super::scan::Avx2, data: &[u8], last: bool, dialect: Dialect, rows: &mut Rows) -> bool {
    index_with(scan, data, last, dialect, rows)
}

/// What is carried from 64 bytes to the next.
struct Carry {
    /// All ones inside a quoted cell.
    inside: u64,
    /// 1 where the byte before was a delimiter or line end outside quotes, or there is none.
    structural: u64,
    /// 1 where the byte before was a closing quote (or the first of a doubled one).
    closing: u64,
    /// 1 where the byte before was a carriage return after a closing quote.
    carriage: u64,
}

impl Carry {
    /// Returns the bytes inside quotes, or None where a quote stands in a wrong place. Bits of `padding` lie behind
    /// the buffer: what will stand there is not known yet.
    #[inline(always)]
    fn quoted(&mut self, masks: &Masks, padding: u64) -> Option<u64> {
        let inside = prefix_xor(masks.quote) ^ self.inside;
        let opening = masks.quote & inside;
        let closing = masks.quote & !inside;
        let structural = (masks.delimiter | masks.newline) & !inside;
        let after_closing = closing << 1 | self.closing;
        let after_carriage = (after_closing & masks.carriage) << 1 | self.carriage;
        let may_open = structural << 1 | self.structural | after_closing;
        let may_follow = masks.delimiter | masks.newline | masks.carriage | masks.quote;
        let wrong = opening & !may_open | after_closing & !may_follow | after_carriage & !masks.newline;
        let wrong = wrong & !padding;
        self.inside = (inside.cast_signed() >> 63).cast_unsigned();
        self.structural = structural >> 63;
        self.closing = closing >> 63;
        self.carriage = (after_closing & masks.carriage) >> 63;
        (wrong == 0).then_some(inside)
    }
}

#[inline(always)]
fn index_with(scan: impl Scan, data: &[u8], last: bool, dialect: Dialect, rows: &mut Rows) -> bool {
    let mut carry = Carry { inside: 0, structural: 1, closing: 0, carriage: 0 };
    let mut start = 0_u32;
    let mut first = 0_u32;
    let mut padded = [0_u8; 64];
    let mut base = 0_usize;
    let mut carriages = 0_i64;
    while base < data.len() {
        let chunk: &[u8; 64] = if let Some(chunk) = data[base..].first_chunk() {
            chunk
        } else {
            let rest = &data[base..];
            padded[..rest.len()].copy_from_slice(rest);
            &padded
        };
        let masks = scan.masks(chunk, dialect.delimiter);
        let mut structural = masks.delimiter | masks.newline;
        rows.newlines += u64::from(masks.newline.count_ones());
        carriages += i64::from(masks.carriage.count_ones());
        if masks.quote != 0 || carry.inside != 0 || carry.closing != 0 || carry.carriage != 0 {
            let padding = u64::MAX.checked_shl((data.len() - base) as u32).unwrap_or(0);
            let Some(inside) = carry.quoted(&masks, padding) else {
                return false;
            };
            structural &= !inside;
        } else {
            carry.structural = structural >> 63;
        }
        let mut newlines = masks.newline & structural;
        let counted = rows.ends.len() as u32;
        push_positions(&mut rows.ends, structural, base as u32);
        while newlines != 0 {
            let bit = newlines.trailing_zeros();
            let position = base as u32 + bit;
            let next = counted + (structural & (newlines ^ (newlines - 1))).count_ones();
            let cells = next - first;
            let trimmed = u32::from(position > start && data[position as usize - 1] == b'\r');
            let end = position - trimmed;
            carriages -= i64::from(trimmed);
            if cells == 1 && end == start {
                rows.blank += 1;
            } else {
                rows.rows.push(Row { start, end, first, cells });
            }
            start = position + 1;
            first = next;
            newlines &= newlines - 1;
        }
        base += 64;
    }
    rows.carriages = carriages != 0;
    finish(data, last, dialect, rows, start, first, &carry)
}

/// Appends the positions of the bits of `mask`, counted from `base`.
#[inline(always)]
fn push_positions(ends: &mut Vec<u32>, mut mask: u64, base: u32) {
    ends.reserve(64);
    while mask != 0 {
        ends.push(base + mask.trailing_zeros());
        mask &= mask - 1;
    }
}

/// Deals with the text after the last line end and checks the sizes of records.
#[inline(always)]
fn finish(data: &[u8], last: bool, dialect: Dialect, rows: &mut Rows, start: u32, first: u32, carry: &Carry) -> bool {
    let len = data.len() as u32;
    rows.consumed = start as usize;
    rows.newlines -= memchr::memchr_iter(b'\n', &data[start as usize..]).count() as u64;
    let rest = data.len() - start as usize;
    if rest > 0 && (last || rest > dialect.max_record_bytes) {
        // The exact machine deals with unclosed quotes, carriage returns at the very end and large records.
        let odd = carry.inside != 0 || data.last() == Some(&b'\r') || rest > dialect.max_record_bytes;
        if odd {
            return false;
        }
        rows.ends.push(len);
        let cells = rows.ends.len() as u32 - first;
        rows.rows.push(Row { start, end: len, first, cells });
        rows.newlines += memchr::memchr_iter(b'\n', &data[start as usize..]).count() as u64;
        rows.consumed = data.len();
    }
    data.len() <= dialect.max_record_bytes
        || rows.rows.iter().all(|row| (row.end - row.start) as usize <= dialect.max_record_bytes)
}
