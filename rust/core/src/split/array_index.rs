//! The fast path of arrays: bit masks of 64 bytes, strings by parity.
//!
//! It goes on while everything is as it should be: containers with matching brackets, one comma between two of them.
//! At the first thing that is not, or that it does not know, it stops behind the last whole element, and leaves the
//! next one to the exact machine.

use super::Rows;
use super::array::{Place, Position, row};
use super::element::is_space;
use super::scan::{Brackets, Portable, Scan, prefix_xor};

/// Deeper values are left to the exact machine.
const DEEPEST: u32 = 64;

/// Finds elements of `data` from [`Rows::consumed`] on, as far as that is easy.
pub fn index(data: &[u8], max_record_bytes: usize, position: &mut Position, rows: &mut Rows) {
    if !matches!(position.place, Place::First | Place::Comma | Place::Element) {
        return;
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(scan) = super::scan::Avx2::detect() {
        // SAFETY: the routine was detected, so the processor has these features.
        unsafe { index_avx2(scan, data, max_record_bytes, position, rows) };
        return;
    }
    index_with(Portable, data, max_record_bytes, position, rows);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,popcnt")]
fn index_avx2(scan: super::scan::Avx2, data: &[u8], max_record_bytes: usize, position: &mut Position, rows: &mut Rows) {
    index_with(scan, data, max_record_bytes, position, rows);
}

/// What is carried from 64 bytes to the next.
#[derive(Default)]
struct Strings {
    /// All ones inside of a string.
    inside: u64,
    /// 1 where the byte before was a backslash that escapes.
    escape: u64,
}

impl Strings {
    /// The bytes inside of strings, opening quotes included. None where a backslash stands outside, or a line end inside.
    #[inline(always)]
    fn inside(&mut self, masks: &Brackets) -> Option<u64> {
        let mut escaped = self.escape;
        let mut backslashes = masks.backslash & !escaped;
        self.escape = 0;
        while backslashes != 0 {
            let first = backslashes & backslashes.wrapping_neg();
            escaped |= first << 1;
            self.escape = first >> 63;
            backslashes &= !(first | first << 1);
        }
        let inside = prefix_xor(masks.quote & !escaped) ^ self.inside;
        self.inside = (inside.cast_signed() >> 63).cast_unsigned();
        (masks.newline & inside == 0 && masks.backslash & !inside == 0).then_some(inside)
    }
}

/// The brackets that are open: a bit a level, 1 for an object.
#[derive(Default)]
struct Open {
    depth: u32,
    kinds: u64,
}

#[inline(always)]
fn index_with(scan: impl Scan, data: &[u8], max_record_bytes: usize, position: &mut Position, rows: &mut Rows) {
    let mut strings = Strings::default();
    let mut open = Open::default();
    let mut start = 0;
    let mut padded = [0_u8; 64];
    let begin = rows.consumed;
    let (mut base, mut consumed) = (begin, begin);
    'data: while base < data.len() {
        let chunk: &[u8; 64] = if let Some(chunk) = data[base..].first_chunk() {
            chunk
        } else {
            let rest = &data[base..];
            padded[..rest.len()].copy_from_slice(rest);
            &padded
        };
        let masks = scan.brackets(chunk);
        let Some(inside) = strings.inside(&masks) else { break };
        let mut brackets = masks.bracket & !inside;
        while brackets != 0 {
            let bit = brackets.trailing_zeros();
            brackets &= brackets - 1;
            let at = base + bit as usize;
            let byte = chunk[bit as usize];
            let object = u64::from(byte & 0x20 != 0);
            if masks.close >> bit & 1 == 0 {
                if open.depth == 0 {
                    if !separates(position.place, &data[consumed..at]) {
                        break 'data;
                    }
                    start = at;
                } else if open.depth == DEEPEST || open.kinds & object != 0 && !after_colon(&data[start..at]) {
                    break 'data;
                }
                open.depth += 1;
                open.kinds = open.kinds << 1 | object;
            } else {
                if open.depth == 0 || open.kinds & 1 != object {
                    break 'data;
                }
                open.depth -= 1;
                open.kinds >>= 1;
                if open.depth == 0 {
                    if at + 1 - start > max_record_bytes {
                        break 'data;
                    }
                    row(rows, start, at + 1, None);
                    consumed = at + 1;
                    position.place = Place::Element;
                }
            }
        }
        base += 64;
    }
    position.pass(&data[begin..consumed]);
    rows.consumed = consumed;
}

/// Whether nothing but white space, and a comma where one belongs, stands before an element.
#[inline(always)]
fn separates(place: Place, between: &[u8]) -> bool {
    if between == b"," {
        return place == Place::Element;
    }
    let mut commas = 0;
    for &byte in between {
        if byte == b',' {
            commas += 1;
        } else if !is_space(byte) {
            return false;
        }
    }
    commas == u32::from(place == Place::Element)
}

/// Whether the last byte that is no white space is a colon.
#[inline(always)]
fn after_colon(before: &[u8]) -> bool {
    before.iter().rev().find(|&&byte| !is_space(byte)) == Some(&b':')
}
