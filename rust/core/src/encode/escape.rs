//! Escape: the inside of JSON strings, written with the vectors that the processor has.
//!
//! In: a text. Out: the same with a backslash before quotes and backslashes, and control characters in their own way. The
//! routine is chosen once at run time; a test compares it with its portable twin.

use super::json::{escaped, specials};
use super::pen::Pen;

/// Something that escapes texts.
pub trait Escape: Copy {
    /// Writes the `len` bytes of a text.
    ///
    /// # Safety
    /// There must be room for [`longest`](super::json::longest) of them, and [`SLACK`](super::bytes::SLACK) bytes more
    /// must be readable behind the text.
    unsafe fn write(self, text: *const u8, len: usize, pen: &mut Pen);
}

/// The portable twin.
#[derive(Debug, Clone, Copy)]
pub struct Portable;

impl Escape for Portable {
    #[inline(always)]
    unsafe fn write(self, text: *const u8, len: usize, pen: &mut Pen) {
        let mut done = 0;
        while done < len {
            // SAFETY: by this function's contract; a vector that begins within the text ends within what may be read.
            unsafe {
                let vector = &text.add(done).cast::<[u8; 16]>().read_unaligned();
                let left = len - done;
                // What stands behind the end does not count.
                let inside = 0xffff >> (16 - left.min(16));
                if specials(vector) & inside != 0 {
                    return escaped(std::slice::from_raw_parts(text.add(done), left), pen);
                }
                pen.vector(vector, left.min(16));
                done += 16;
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2;

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m128i, __m256i, _bzhi_u32, _mm_loadl_epi64, _mm_loadu_si128, _mm_set1_epi8, _mm_shuffle_epi8,
        _mm_unpacklo_epi64, _mm256_cmpeq_epi8, _mm256_min_epu8, _mm256_movemask_epi8, _mm256_or_si256,
        _mm256_set1_epi8,
    };
    use std::mem::transmute;

    use super::Escape;
    use crate::encode::json::escaped;
    use crate::encode::pen::Pen;

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

    /// AVX2. Only made by [`Avx2::detect`].
    #[derive(Debug, Clone, Copy)]
    pub struct Avx2(());

    impl Avx2 {
        /// Returns the routine where the processor has what it needs: AVX2, BMI1, BMI2 and POPCNT.
        #[must_use]
        pub fn detect() -> Option<Self> {
            let there = std::arch::is_x86_feature_detected!("avx2")
                && std::arch::is_x86_feature_detected!("bmi1")
                && std::arch::is_x86_feature_detected!("bmi2")
                && std::arch::is_x86_feature_detected!("popcnt");
            there.then_some(Self(()))
        }
    }

    impl Escape for Avx2 {
        #[inline(always)]
        unsafe fn write(self, text: *const u8, len: usize, pen: &mut Pen) {
            // SAFETY: by this function's contract; a value of this type exists only where the processor has AVX2.
            unsafe { write(text, len, pen) }
        }
    }

    /// # Safety
    /// As [`Escape::write`].
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
    unsafe fn write(text: *const u8, len: usize, pen: &mut Pen) {
        let mut done = 0;
        while done < len {
            let count = (len - done).min(32);
            // SAFETY: by this function's contract; a vector that begins within the text ends within what may be read.
            unsafe {
                let from = text.add(done);
                let vector = from.cast::<[u8; 32]>().read_unaligned();
                let bytes = transmute::<[u8; 32], __m256i>(vector);
                let is = |byte: u8| _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte.cast_signed()));
                // What stands behind the end does not count.
                let mask = |vector| _bzhi_u32(_mm256_movemask_epi8(vector).cast_unsigned(), count as u32);
                let control = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1f)), bytes);
                let marks = _mm256_or_si256(is(b'"'), is(b'\\'));
                if mask(_mm256_or_si256(control, marks)) == 0 {
                    pen.vector(&vector, count);
                } else if mask(control) == 0 {
                    let set = mask(marks);
                    eight(from, set, 0, pen);
                    eight(from, set, 8, pen);
                    if count > 16 {
                        eight(from, set, 16, pen);
                        eight(from, set, 24, pen);
                    }
                    pen.skip(count + set.count_ones() as usize);
                } else {
                    return escaped(std::slice::from_raw_parts(from, len - done), pen);
                }
            }
            done += 32;
        }
    }

    /// Writes eight bytes from `at` on, of which those of `set` are escaped, behind those before them. What comes of
    /// bytes behind the end of the text is overwritten.
    ///
    /// # Safety
    /// There must be room, and the bytes must be readable.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
    unsafe fn eight(from: *const u8, set: u32, at: usize, pen: &mut Pen) {
        let before = set & ((1 << at) - 1);
        // SAFETY: by this function's contract; any 16 bytes are a vector, and the reverse.
        unsafe {
            let order = _mm_loadu_si128(ORDERS[set as usize >> at & 0xff].as_ptr().cast());
            let bytes = _mm_loadl_epi64(from.add(at).cast());
            let bytes = _mm_unpacklo_epi64(bytes, _mm_set1_epi8(b'\\'.cast_signed()));
            let spread = transmute::<__m128i, [u8; 16]>(_mm_shuffle_epi8(bytes, order));
            pen.vector_at(&spread, at + before.count_ones() as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Escape, Portable};
    use crate::encode::bytes::{SLACK, Writer};
    use crate::encode::json::{longest, string};

    fn written(escape: impl Escape, text: &[u8], behind: u8) -> Vec<u8> {
        let padded = [text, &[behind; SLACK]].concat();
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out);
        let mut pen = writer.pen(longest(text.len()));
        // SAFETY: room was made, and there is something behind the text.
        unsafe {
            escape.write(padded.as_ptr(), text.len(), &mut pen);
            writer.forward(&pen);
        }
        drop(writer);
        out
    }

    #[test]
    fn every_set_at_every_length_in_every_way() {
        for set in 0..256_usize {
            for len in 0..80 {
                for control in [len, len / 2] {
                    let byte = |at: usize| match at {
                        _ if at == control => b"\n\x01"[at % 2],
                        _ if set >> (at % 8) & 1 == 0 => b'a' + at as u8 % 26,
                        _ => b"\"\\"[at % 2],
                    };
                    let text: Vec<u8> = (0..len).map(byte).collect();
                    let mut expected = Vec::new();
                    string(&text, &mut expected);
                    let expected = &expected[1..expected.len() - 1];
                    for behind in [b'"', b'\n', b'x'] {
                        assert_eq!(written(Portable, &text, behind), expected);
                        #[cfg(target_arch = "x86_64")]
                        if let Some(avx2) = super::Avx2::detect() {
                            assert_eq!(written(avx2, &text, behind), expected);
                        }
                    }
                }
            }
        }
    }
}
