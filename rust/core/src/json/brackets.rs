//! Brackets: where an array or object ends, by quotes and brackets alone, 64 bytes at a time.
//!
//! In: a line and the position of a bracket. Out: the position after the one that closes it. Whether what is inside is
//! JSON is not decided here.

use super::scan::text;

/// The position after the array or object that begins at `at`, by its brackets alone: whoever goes on from there has to
/// read what is inside of it, and see that it ends there.
pub fn brackets(line: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_u32;
    // All ones inside of a string that began before.
    let mut inside = 0_u64;
    while let Some(bytes) = line.get(at..).and_then(<[u8]>::first_chunk::<64>) {
        let found = Found::of(bytes);
        if found.escapes != 0 {
            break;
        }
        let strings = parity(found.quotes) ^ inside;
        let (open, close) = (found.open & !strings, found.close & !strings);
        if depth <= close.count_ones() {
            let mut both = open | close;
            while both != 0 {
                let bit = both.trailing_zeros();
                depth = if open >> bit & 1 == 1 { depth + 1 } else { depth - 1 };
                if depth == 0 {
                    return Some(at + bit as usize + 1);
                }
                both &= both - 1;
            }
        } else {
            depth = depth + open.count_ones() - close.count_ones();
        }
        inside = if strings >> 63 == 1 { u64::MAX } else { 0 };
        at += 64;
    }
    brackets_one_by_one(line, at, depth, inside != 0)
}

/// As [`brackets`], from inside of `depth` brackets on, and of a string.
fn brackets_one_by_one(line: &[u8], mut at: usize, mut depth: u32, mut string: bool) -> Option<usize> {
    loop {
        if string {
            at = text(line, at)?.0 + 1;
            string = false;
        }
        match *line.get(at)? {
            b'"' => string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return Some(at + 1),
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
}

/// Where bytes stand that matter to [`brackets`]: a bit for each of 64.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    quotes: u64,
    escapes: u64,
    open: u64,
    close: u64,
}

impl Found {
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn of(bytes: &[u8; 64]) -> Self {
        use std::arch::x86_64::{__m128i, _mm_cmpeq_epi8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8};
        let mut found = Self { quotes: 0, escapes: 0, open: 0, close: 0 };
        for (part, sixteen) in bytes.as_chunks::<16>().0.iter().enumerate() {
            // SAFETY: any 16 bytes are a vector, and every x86-64 has SSE2.
            let [quotes, escapes, open, close] = unsafe {
                let bytes = std::mem::transmute::<[u8; 16], __m128i>(*sixteen);
                // Of both kinds of brackets, the one is the other with this bit.
                let curly = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
                let is = |bytes: __m128i, byte: u8| {
                    let mask = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte.cast_signed())));
                    u64::from(mask.cast_unsigned())
                };
                [is(bytes, b'"'), is(bytes, b'\\'), is(curly, b'{'), is(curly, b'}')]
            };
            let shift = 16 * part;
            found.quotes |= quotes << shift;
            found.escapes |= escapes << shift;
            found.open |= open << shift;
            found.close |= close << shift;
        }
        found
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn of(bytes: &[u8; 64]) -> Self {
        Self::plain(bytes)
    }

    /// The portable twin.
    #[cfg(any(test, not(target_arch = "x86_64")))]
    fn plain(bytes: &[u8; 64]) -> Self {
        let bits =
            |is: fn(u8) -> bool| bytes.iter().enumerate().fold(0, |bits, (at, &byte)| bits | u64::from(is(byte)) << at);
        Self {
            quotes: bits(|byte| byte == b'"'),
            escapes: bits(|byte| byte == b'\\'),
            open: bits(|byte| matches!(byte, b'{' | b'[')),
            close: bits(|byte| matches!(byte, b'}' | b']')),
        }
    }
}

/// For each bit the parity of it and of those below.
#[inline(always)]
fn parity(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::{Found, brackets};
    use crate::json::scan::nested;

    #[test]
    fn brackets_end_where_values_end() {
        let mut seed = 7_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..20_000 {
            let parts = [
                r#""a}]{""#,
                r#""\\\"[""#,
                "[",
                "]",
                "{\"k\":",
                "}",
                ",",
                "12",
                " ",
                r#""0123456789012345678901234567890""#,
            ];
            let mut line = String::from("[");
            for _ in 0..random(40) {
                let kinds = if random(4) == 0 { 10 } else { 2 };
                line += parts[random(kinds) as usize];
                line += if random(2) == 0 { "," } else { "" };
            }
            line += &"]".repeat(random(3) as usize);
            let line = line.as_bytes();
            if let Some(end) = nested(line, 0, 0) {
                assert_eq!(brackets(line, 0), Some(end), "{}", String::from_utf8_lossy(line));
            }
            for chunk in line.as_chunks::<64>().0 {
                assert_eq!(Found::of(chunk), Found::plain(chunk));
            }
        }
    }
}
