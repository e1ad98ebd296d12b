//! JSON strings, escaped as pydantic-core does: quote, backslash and control characters, nothing else.

use super::bytes::Writer;
use super::escape::Escape;
use super::pen::Pen;

const ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 0x20 {
        table[i] = b'u';
        i += 1;
    }
    table[0x08] = b'b';
    table[0x09] = b't';
    table[0x0a] = b'n';
    table[0x0c] = b'f';
    table[0x0d] = b'r';
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table
};

/// Whether eight bytes hold one that has to be escaped: the classic bit trick, exact for "any at all".
#[inline(always)]
fn any_of_eight(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let zero = |x: u64| x.wrapping_sub(ONES) & !x & HIGHS;
    let below = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
    (below | zero(word ^ (ONES * 0x22)) | zero(word ^ (ONES * 0x5c))) != 0
}

/// Whether `text` goes out as it is. Its end is looked at together with what stands before it.
#[inline(always)]
#[must_use]
pub fn is_clean(text: &[u8]) -> bool {
    let len = text.len();
    if len < 8 {
        return !any_of_eight(short(text));
    }
    let eight = |at: usize| text.get(at..).and_then(<[u8]>::first_chunk).copied().map_or(0, u64::from_le_bytes);
    if len < 16 {
        return !(any_of_eight(eight(0)) || any_of_eight(eight(len - 8)));
    }
    let mut vectors = text.chunks_exact(16);
    let clean = |bytes: &[u8]| bytes.first_chunk().is_none_or(|bytes| specials(bytes) == 0);
    vectors.all(clean) && clean(&text[len - 16..])
}

/// Up to seven bytes, and harmless ones where there are none.
#[inline(always)]
fn short(text: &[u8]) -> u64 {
    const BLANKS: u64 = 0x2020_2020_2020_2020;
    if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        return u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32;
    }
    text.iter().fold(BLANKS, |word, &byte| word << 8 | u64::from(byte))
}

/// A bit for each byte: whether it is a quote, a backslash or a control character.
#[inline(always)]
#[must_use]
pub fn specials(bytes: &[u8; 16]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{
            __m128i, _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
        };
        // SAFETY: any 16 bytes are a vector, and every x86-64 has SSE2.
        unsafe {
            let bytes = std::mem::transmute::<[u8; 16], __m128i>(*bytes);
            let is = |byte: u8| _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte.cast_signed()));
            let control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
            _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(is(b'"'), is(b'\\')), control)).cast_unsigned()
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    plain_specials(bytes)
}

/// The portable twin of [`specials`].
#[cfg(any(test, not(target_arch = "x86_64")))]
fn plain_specials(bytes: &[u8; 16]) -> u32 {
    bytes.iter().rev().fold(0, |bits, &byte| bits << 1 | u32::from(ESCAPES[byte as usize] != 0))
}

/// The longest that `len` bytes become, with quotes.
#[inline(always)]
#[must_use]
pub fn longest(len: usize) -> usize {
    6 * len + 2
}

/// Writes `len` bytes from `text` as a JSON string.
///
/// # Safety
/// There must be room for [`longest`] of it, and [`SLACK`](super::bytes::SLACK) bytes more must be readable behind it.
#[inline(always)]
pub unsafe fn pen(escape: impl Escape, text: *const u8, len: usize, pen: &mut Pen) {
    // SAFETY: by this function's contract.
    unsafe {
        pen.put(b"\"");
        escape.write(text, len, pen);
        pen.put(b"\"");
    }
}

/// As [`pen()`], without the quotes, for a text that has nothing behind it.
///
/// # Safety
/// There must be room for [`longest`] of it.
pub unsafe fn pen_slice(text: &[u8], pen: &mut Pen) {
    // SAFETY: by this function's contract.
    unsafe { if is_clean(text) { pen.put(text) } else { escaped(text, pen) } }
}

/// Copies whole vectors, and after each special byte begins anew.
///
/// # Safety
/// There must be room for [`longest`] of it.
#[inline(never)]
pub(super) unsafe fn escaped(text: &[u8], pen: &mut Pen) {
    let mut rest = text;
    while !rest.is_empty() {
        let mut last = [b' '; 16];
        let vector = rest.first_chunk().unwrap_or_else(|| {
            last[..rest.len()].copy_from_slice(rest);
            &last
        });
        let found = specials(vector).trailing_zeros() as usize;
        // SAFETY: by this function's contract.
        unsafe {
            if found >= 16 {
                pen.vector(vector, rest.len().min(16));
                rest = rest.get(16..).unwrap_or_default();
                continue;
            }
            pen.vector(vector, found);
            let byte = rest[found];
            match ESCAPES[byte as usize] {
                b'u' => pen.put(&hexadecimal(byte)),
                escape => pen.put(&[b'\\', escape]),
            }
        }
        rest = &rest[found + 1..];
    }
}

fn hexadecimal(byte: u8) -> [u8; 6] {
    let hex = |nibble: u8| b"0123456789abcdef"[nibble as usize];
    [b'\\', b'u', b'0', b'0', hex(byte >> 4), hex(byte & 15)]
}

/// Appends `text` as a JSON string, quotes included.
#[inline(always)]
pub fn string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    body(text, out);
    out.push(b'"');
}

/// Appends `text` as the inside of a JSON string.
#[inline(always)]
pub fn body(text: &[u8], out: &mut Vec<u8>) {
    if is_clean(text) {
        out.extend_from_slice(text);
        return;
    }
    let mut writer = Writer::new(out);
    let mut pen = writer.pen(longest(text.len()));
    // SAFETY: room was made.
    unsafe {
        escaped(text, &mut pen);
        writer.forward(&pen);
    }
}

#[cfg(test)]
mod tests {
    use super::{ESCAPES, is_clean, plain_specials, specials, string};

    #[test]
    fn every_byte_at_every_place() {
        for byte in 0..=255_u8 {
            for len in 1..40 {
                for at in 0..len {
                    let mut text = vec![b'x'; len];
                    text[at] = byte;
                    assert_eq!(is_clean(&text), ESCAPES[byte as usize] == 0, "{byte} at {at} of {len}");
                    let mut vector = [b'x'; 16];
                    vector[at % 16] = byte;
                    assert_eq!(specials(&vector), plain_specials(&vector));
                }
            }
        }
    }

    #[test]
    fn as_serde_json_writes_it() {
        let all: String = (0..0x300).filter_map(char::from_u32).chain(['\u{2028}', '\u{1f600}']).collect();
        let mut out = Vec::new();
        string(all.as_bytes(), &mut out);
        assert_eq!(out, serde_json::to_vec(&all).expect("a string"));
    }
}
