//! Quick: short values that are written as they stand, found in a few steps.
//!
//! In: a position in a block. Out: the position after the value, or nothing: then it is read in the way that takes any
//! value. Nothing here looks where the block ends; whoever asks has made sure that [`AHEAD`] bytes are there.

use std::ops::Range;

use super::scan::{self, leading_digits};
use super::tokens::Tag;
use crate::encode::json::specials;

/// So many bytes from where a line ends on must be there.
pub const AHEAD: usize = 96;

/// `N` bytes.
///
/// # Safety
/// They must lie within `data`.
#[inline(always)]
pub unsafe fn load<const N: usize>(data: &[u8], at: usize) -> [u8; N] {
    debug_assert!(at + N <= data.len());
    // SAFETY: by this function's contract; arrays of bytes have no alignment.
    unsafe { data.as_ptr().add(at).cast::<[u8; N]>().read() }
}

/// The position after a string without escapes at `at`.
///
/// # Safety
/// 32 bytes from `at` on must lie within `data`.
#[inline(always)]
pub unsafe fn text(data: &[u8], at: usize) -> Option<usize> {
    // SAFETY: by this function's contract.
    let ([first], next) = unsafe { (load(data, at), load(data, at + 1)) };
    if first != b'"' {
        return None;
    }
    match specials(&next) {
        0 => scan::text(data, at + 17).filter(|(_, escaped)| !escaped).map(|(end, _)| end + 1),
        found => {
            let end = at + 1 + found.trailing_zeros() as usize;
            (data[end] == b'"').then_some(end + 1)
        }
    }
}

/// The position after `true` or `false` at `at`.
///
/// # Safety
/// 32 bytes from `at` on must lie within `data`.
#[inline(always)]
pub unsafe fn literal(data: &[u8], at: usize) -> Option<usize> {
    const TRUE: u64 = u32::from_le_bytes(*b"true") as u64;
    const FALSE: u64 = u64::from_le_bytes(*b"false\0\0\0");
    // SAFETY: by this function's contract.
    let word = u64::from_le_bytes(unsafe { load(data, at) });
    if word & 0xffff_ffff == TRUE {
        return Some(at + 4);
    }
    (word & 0xff_ffff_ffff == FALSE).then_some(at + 5)
}

/// A string without escapes, a literal, or a number of few digits before a comma or the end of an object, at `at`: what
/// it is, its text, and the position after it.
///
/// # Safety
/// 32 bytes from `at` on must lie within `data`.
#[inline(always)]
pub unsafe fn given(data: &[u8], at: usize) -> Option<(Tag, Range<usize>, usize)> {
    const NULL: u32 = u32::from_le_bytes(*b"null");
    // SAFETY: by this function's contract: a sign, twice eight digits and a point are 18 bytes, and one follows.
    unsafe {
        let [first] = load(data, at);
        match first {
            b'"' => {
                let end = text(data, at)?;
                Some((Tag::Text, at + 1..end - 1, end))
            }
            b'-' | b'0'..=b'9' => {
                let start = at + usize::from(first == b'-');
                let digits = u64::from_le_bytes(load(data, start));
                let count = leading_digits(digits);
                let zero = digits as u8 == b'0';
                if count.wrapping_sub(1) >= 7 || zero && count > 1 {
                    return None;
                }
                let mut end = start + count;
                let mut tag = Tag::Int;
                if load(data, end) == *b"." {
                    let places = leading_digits(u64::from_le_bytes(load(data, end + 1)));
                    if places.wrapping_sub(1) >= 7 {
                        return None;
                    }
                    (tag, end) = (Tag::Float, end + 1 + places);
                }
                let [next] = load(data, end);
                // A zero with a minus is no integer.
                let ends = matches!(next, b',' | b'}') && !(tag == Tag::Int && zero && start > at);
                ends.then_some((tag, at..end, end))
            }
            b'n' => (u32::from_le_bytes(load(data, at)) == NULL).then_some((Tag::Null, at..at + 4, at + 4)),
            _ => {
                let end = literal(data, at)?;
                Some((if first == b't' { Tag::True } else { Tag::False }, at..end, end))
            }
        }
    }
}

/// A number of up to seven digits before a point and after it.
#[derive(Debug, Clone, Copy)]
pub struct Number {
    /// The position after it.
    pub end: usize,
    minus: bool,
    /// Its digits before the point, in the order of a word of eight bytes, as numbers, behind zeros.
    whole: u64,
    /// Those after it, likewise.
    fraction: u64,
    /// How many of those there are.
    places: usize,
}

impl Number {
    /// The value of one without a fraction.
    #[inline(always)]
    pub fn int(self) -> i64 {
        let value = eight(self.whole);
        if self.minus { -value } else { value }
    }

    /// The value; exact, since a mantissa below 2^53 divided by a power of ten that a double holds exactly is rounded once.
    #[inline(always)]
    pub fn float(self) -> f64 {
        const POWERS: [i64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];
        let power = POWERS[self.places & 7];
        #[expect(clippy::cast_precision_loss, reason = "of at most 14 digits")]
        let value = (eight(self.whole) * power + eight(self.fraction)) as f64 / power as f64;
        if self.minus { -value } else { value }
    }
}

/// The value of eight digits, the first in the lowest byte: pairs, then fours, then all are multiplied at once.
#[inline(always)]
fn eight(digits: u64) -> i64 {
    const MASK: u64 = 0xff_0000_00ff;
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let high = (pairs & MASK).wrapping_mul(100 + (1_000_000 << 32));
    let low = (pairs >> 16 & MASK).wrapping_mul(1 + (10_000 << 32));
    (high.wrapping_add(low) >> 32).cast_signed()
}

/// A number at `at` with up to seven digits before a point and after it, before a comma or the end of what is around: an
/// integer, or a `float` with a fraction in its shortest form.
///
/// Text is the shortest form of its double where it has at most 15 digits, since any two decimals that short are
/// different doubles, does not end with a zero, and stands in the range that is written without exponent.
///
/// # Safety
/// 32 bytes from `at` on must lie within `data`.
#[inline(always)]
pub unsafe fn number(data: &[u8], at: usize, float: bool) -> Option<Number> {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    let packed = |digits: u64, count: usize| (digits ^ ZEROS) << (64 - 8 * count);
    // SAFETY: by this function's contract: a sign, twice eight digits and a point are 18 bytes, and one follows.
    unsafe {
        let minus = load(data, at) == *b"-";
        let first = at + usize::from(minus);
        let digits = u64::from_le_bytes(load(data, first));
        let count = leading_digits(digits);
        let zero = digits as u8 == b'0';
        if count.wrapping_sub(1) >= 7 || zero && (count > 1 || !float && minus) {
            return None;
        }
        let whole = packed(digits, count);
        let mut found = Number { end: first + count, minus, whole, fraction: 0, places: 0 };
        if float {
            let fraction = u64::from_le_bytes(load(data, found.end + 1));
            let places = leading_digits(fraction);
            if load(data, found.end) != *b"." || places.wrapping_sub(1) >= 7 {
                return None;
            }
            let end = found.end + 1 + places;
            let small = zero && places > 4 && fraction as u32 == u32::from_le_bytes(*b"0000");
            if small || places > 1 && load(data, end - 1) == *b"0" {
                return None;
            }
            found = Number { end, fraction: packed(fraction, places), places, ..found };
        }
        let [next] = load(data, found.end);
        matches!(next, b',' | b'}' | b']').then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::{AHEAD, given, literal, number, text};
    use crate::check::float::plain;
    use crate::json::bare::scalar;
    use crate::json::scan::{Value, value};

    #[test]
    fn quick_ways_find_what_the_others_find() {
        let mut seed = 5_u64;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % below
        };
        let parts = [
            "0", "0", "00", "1", "5", "9", "123", "4567", ".", ".", "-", "e", "E+2", "null", "true", "false", "\"",
            "\\", "x",
        ];
        let (mut numbers, mut floats, mut shortest, mut known) = (0, 0, 0, 0);
        for _ in 0..300_000 {
            let some = random(6);
            let mut line: String =
                (0..=some).map(|_| parts[random(if some % 2 == 0 { 11 } else { parts.len() })]).collect();
            line.push_str([",", "}", "]", " ,", "\n"][random(5)]);
            let end = line.len();
            line.push_str(&" ".repeat(AHEAD));
            let line = line.as_bytes();
            let found = value(line, 0);
            let shown = String::from_utf8_lossy(&line[..end]);
            let one = |wanted: fn(&Value) -> bool| found.filter(|(value, _)| wanted(value)).map(|(_, end)| end);
            let before = |end: &usize| matches!(line[*end], b',' | b'}' | b']');
            // SAFETY: there are more than 32 bytes.
            let (quick_int, quick_float, quick_literal, quick_text) =
                unsafe { (number(line, 0, false), number(line, 0, true), literal(line, 0), text(line, 0)) };
            let int = one(|value| *value == Value::Int).filter(before);
            assert!(quick_int.is_none_or(|quick| Some(quick.end) == int), "{shown}");
            numbers += u32::from(quick_int.is_some());
            if let Some(quick) = quick_int {
                assert_eq!(shown[..quick.end].parse(), Ok(quick.int()));
            }
            let float = one(|value| *value == Value::Float).filter(before);
            let float = float.filter(|&end| plain(&line[..end]).is_some_and(|(_, shortest)| shortest));
            assert!(quick_float.is_none_or(|quick| Some(quick.end) == float), "{shown}");
            floats += u32::from(quick_float.is_some());
            if let Some(quick) = quick_float {
                assert_eq!(shown[..quick.end].parse().map(f64::to_bits), Ok(quick.float().to_bits()));
            }
            shortest += u32::from(float.is_some());
            assert_eq!(quick_literal, one(|value| matches!(value, Value::True | Value::False)), "{shown}");
            assert_eq!(quick_text, one(|value| matches!(value, Value::Text(_, false))), "{shown}");
            // SAFETY: as before.
            if let Some((tag, text, end)) = unsafe { given(line, 0) } {
                let found =
                    scalar(line, 0, &mut Vec::new()).map(|(token, end)| (token.tag(), token.start(), token.len(), end));
                assert_eq!(found, Some((tag, text.start, text.len(), end)), "{shown}");
                known += 1;
            } else {
                let simple =
                    one(|value| matches!(value, Value::Text(_, false) | Value::Null | Value::True | Value::False));
                assert_eq!(simple, None, "{shown}");
            }
        }
        assert!(
            known > 40_000 && numbers > 10_000 && floats > shortest * 8 / 10 && floats > 1_000,
            "{known} {numbers} {floats} {shortest}"
        );
    }
}
