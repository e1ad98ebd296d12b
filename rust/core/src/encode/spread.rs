//! Spread: text whose quotes and backslashes get a backslash before them, eight bytes at a time.
//!
//! In: text that is full of them, such as JSON. Out: the inside of a JSON string, up to the first control character. Its
//! portable twin in [`json`](super::json) goes from one such byte to the next.

use std::arch::x86_64::{
    __m128i, _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8, _mm_shuffle_epi8,
    _mm_srli_si128, _mm_unpacklo_epi64,
};
use std::mem::transmute;

use super::pen::Pen;

/// For each set of eight bytes: which byte stands where, once each of the set has a backslash before it. Byte 8 is one.
static ORDERS: [[u8; 16]; 256] = {
    let mut orders = [[8; 16]; 256];
    let mut set = 0;
    while set < 256 {
        let (mut from, mut to) = (0_u8, 0);
        while from < 8 {
            to += set >> from & 1;
            orders[set][to] = from;
            (from, to) = (from + 1, to + 1);
        }
        set += 1;
    }
    orders
};

/// Whether the processor has what [`spread`] needs.
#[inline(always)]
pub fn is_there() -> bool {
    std::arch::is_x86_feature_detected!("ssse3") && std::arch::is_x86_feature_detected!("popcnt")
}

/// Writes `len` bytes from `text`, escaped. Returns how many it took: all, or a few less than stand before the first
/// control character.
///
/// # Safety
/// See [`is_there`]. There must be room for twice as many bytes, and 16 more must be readable behind the text.
#[target_feature(enable = "ssse3,popcnt")]
pub unsafe fn spread(text: *const u8, len: usize, pen: &mut Pen) -> usize {
    let mut done = 0;
    while done + 16 <= len {
        // SAFETY: by this function's contract.
        if !unsafe { sixteen(text.add(done), 16, pen) } {
            return done;
        }
        done += 16;
    }
    // SAFETY: by this function's contract.
    let took = done == len || unsafe { sixteen(text.add(done), len - done, pen) };
    if took { len } else { done }
}

/// Writes up to 16 bytes from `text`, escaped. Returns false where there is a control character, and writes nothing.
///
/// # Safety
/// As [`spread`]; all 16 must be readable.
#[inline]
#[target_feature(enable = "ssse3,popcnt")]
unsafe fn sixteen(text: *const u8, count: usize, pen: &mut Pen) -> bool {
    // SAFETY: by this function's contract; any 16 bytes are a vector.
    let bytes = unsafe { transmute::<[u8; 16], __m128i>(text.cast::<[u8; 16]>().read_unaligned()) };
    // What stands behind the end does not count.
    let inside = 0xffff >> (16 - count);
    let is = |byte: u8| _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte.cast_signed()));
    let control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    if _mm_movemask_epi8(control).cast_unsigned() & inside != 0 {
        return false;
    }
    let found = _mm_movemask_epi8(_mm_or_si128(is(b'"'), is(b'\\'))).cast_unsigned() & inside;
    let halves = [(bytes, found & 0xff, count.min(8)), (_mm_srli_si128::<8>(bytes), found >> 8, count.max(8) - 8)];
    for (half, found, count) in halves {
        // SAFETY: any 16 bytes are a vector, and the reverse; there is room by this function's contract.
        unsafe {
            let order = transmute::<[u8; 16], __m128i>(ORDERS[found as usize & 0xff]);
            let half = _mm_unpacklo_epi64(half, _mm_set1_epi8(b'\\'.cast_signed()));
            let spread = transmute::<__m128i, [u8; 16]>(_mm_shuffle_epi8(half, order));
            pen.vector(&spread, count + found.count_ones() as usize);
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{is_there, spread};
    use crate::encode::bytes::{SLACK, Writer};

    #[test]
    fn every_set_at_every_length() {
        if !is_there() {
            return;
        }
        for set in 0..256_usize {
            for len in 0..40 {
                for control in [len, len / 2] {
                    let byte = |at: usize| match at {
                        _ if at == control && control < len => b'\n',
                        _ if set >> (at % 8) & 1 == 0 => b'a' + at as u8 % 26,
                        _ => b"\"\\"[at % 2],
                    };
                    let text: Vec<u8> = (0..len).map(byte).collect();
                    let padded = [&text[..], &[b'"'; SLACK]].concat();
                    let mut out = Vec::new();
                    let mut writer = Writer::new(&mut out);
                    let mut pen = writer.pen(2 * len);
                    // SAFETY: it is there, room was made, and there is something behind the text.
                    let done = unsafe {
                        let done = spread(padded.as_ptr(), len, &mut pen);
                        writer.forward(&pen);
                        done
                    };
                    drop(writer);
                    let escaped = text[..done].iter().flat_map(|&byte| match byte {
                        b'"' | b'\\' => vec![b'\\', byte],
                        _ => vec![byte],
                    });
                    assert_eq!(out, escaped.collect::<Vec<_>>());
                    assert_eq!(done, if control < len { control / 16 * 16 } else { len });
                }
            }
        }
    }
}
