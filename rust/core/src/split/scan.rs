//! The structural index: where delimiters and line ends stand outside quotes, 64 bytes at a time.
//!
//! In: bytes and a delimiter. Out: one bit mask a kind and 64 bytes. The vector routine is chosen once at run
//! time; its portable twin gives the same masks, which a test compares byte by byte.

/// One bit for each of 64 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Masks {
    /// Delimiters.
    pub delimiter: u64,
    /// Line feeds.
    pub newline: u64,
    /// Quotes.
    pub quote: u64,
    /// Carriage returns.
    pub carriage: u64,
}

/// What matters in JSON, one bit for each of 64 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brackets {
    /// Quotes.
    pub quote: u64,
    /// Backslashes.
    pub backslash: u64,
    /// Line feeds.
    pub newline: u64,
    /// Brackets of every kind.
    pub bracket: u64,
    /// Those of them that close.
    pub close: u64,
}

/// Something that turns 64 bytes into masks.
pub trait Scan: Copy {
    /// The masks of 64 bytes.
    fn masks(self, bytes: &[u8; 64], delimiter: u8) -> Masks;

    /// The same for JSON.
    fn brackets(self, bytes: &[u8; 64]) -> Brackets;
}

/// The portable twin.
#[derive(Debug, Clone, Copy)]
pub struct Portable;

impl Scan for Portable {
    #[inline(always)]
    fn masks(self, bytes: &[u8; 64], delimiter: u8) -> Masks {
        let mut masks = Masks { delimiter: 0, newline: 0, quote: 0, carriage: 0 };
        for (i, &byte) in bytes.iter().enumerate() {
            masks.delimiter |= u64::from(byte == delimiter) << i;
            masks.newline |= u64::from(byte == b'\n') << i;
            masks.quote |= u64::from(byte == b'"') << i;
            masks.carriage |= u64::from(byte == b'\r') << i;
        }
        masks
    }

    #[inline(always)]
    fn brackets(self, bytes: &[u8; 64]) -> Brackets {
        let mut masks = Brackets { quote: 0, backslash: 0, newline: 0, bracket: 0, close: 0 };
        for (i, &byte) in bytes.iter().enumerate() {
            masks.quote |= u64::from(byte == b'"') << i;
            masks.backslash |= u64::from(byte == b'\\') << i;
            masks.newline |= u64::from(byte == b'\n') << i;
            masks.bracket |= u64::from(matches!(byte | 0x20, b'{' | b'}')) << i;
            masks.close |= u64::from(byte | 0x20 == b'}') << i;
        }
        masks
    }
}

/// AVX2. Only made by [`Avx2::detect`].
#[cfg(target_arch = "x86_64")]
#[derive(Debug, Clone, Copy)]
pub struct Avx2(());

#[cfg(target_arch = "x86_64")]
impl Avx2 {
    /// Returns the routine where the processor has AVX2.
    #[must_use]
    pub fn detect() -> Option<Self> {
        (std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("bmi1")).then_some(Self(()))
    }
}

#[cfg(target_arch = "x86_64")]
impl Scan for Avx2 {
    #[inline(always)]
    fn masks(self, bytes: &[u8; 64], delimiter: u8) -> Masks {
        // SAFETY: a value of this type exists only where the processor has AVX2.
        unsafe { masks_avx2(bytes, delimiter) }
    }

    #[inline(always)]
    fn brackets(self, bytes: &[u8; 64]) -> Brackets {
        // SAFETY: a value of this type exists only where the processor has AVX2.
        unsafe { brackets_avx2(bytes) }
    }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn masks_avx2(bytes: &[u8; 64], delimiter: u8) -> Masks {
    use std::arch::x86_64::{__m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_set1_epi8};
    #[expect(clippy::cast_ptr_alignment, reason = "the loads are unaligned ones")]
    let halves = bytes.as_ptr().cast::<__m256i>();
    // SAFETY: both loads stay within the 64 bytes of the array, and unaligned loads are allowed.
    let (low, high) = unsafe { (_mm256_loadu_si256(halves), _mm256_loadu_si256(halves.add(1))) };
    let find = |byte: u8| {
        let wanted = _mm256_set1_epi8(byte.cast_signed());
        let low = _mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)).cast_unsigned();
        let high = _mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)).cast_unsigned();
        u64::from(low) | u64::from(high) << 32
    };
    Masks { delimiter: find(delimiter), newline: find(b'\n'), quote: find(b'"'), carriage: find(b'\r') }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn brackets_avx2(bytes: &[u8; 64]) -> Brackets {
    use std::arch::x86_64::{
        __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
    };
    #[expect(clippy::cast_ptr_alignment, reason = "the loads are unaligned ones")]
    let halves = bytes.as_ptr().cast::<__m256i>();
    // SAFETY: both loads stay within the 64 bytes of the array, and unaligned loads are allowed.
    let plain = unsafe { (_mm256_loadu_si256(halves), _mm256_loadu_si256(halves.add(1))) };
    let bit = _mm256_set1_epi8(0x20);
    let lower = (_mm256_or_si256(plain.0, bit), _mm256_or_si256(plain.1, bit));
    let find = |bytes: (__m256i, __m256i), byte: u8| {
        let wanted = _mm256_set1_epi8(byte.cast_signed());
        let low = _mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes.0, wanted)).cast_unsigned();
        let high = _mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes.1, wanted)).cast_unsigned();
        u64::from(low) | u64::from(high) << 32
    };
    let close = find(lower, b'}');
    Brackets {
        quote: find(plain, b'"'),
        backslash: find(plain, b'\\'),
        newline: find(plain, b'\n'),
        bracket: find(lower, b'{') | close,
        close,
    }
}

/// XOR of all lower bits and the bit itself: bits between an odd quote and the next even one become 1.
#[inline(always)]
#[must_use]
pub fn prefix_xor(mut bits: u64) -> u64 {
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^ bits << 32
}

#[cfg(test)]
mod tests {
    use super::{Brackets, Masks, Portable, Scan, prefix_xor};

    fn naive(bytes: &[u8; 64], wanted: u8) -> u64 {
        (0..64).filter(|&i| bytes[i] == wanted).fold(0, |mask, i| mask | 1 << i)
    }

    #[test]
    fn both_twins_agree_with_the_obvious() {
        let mut seed = 7_u64;
        for round in 0..2000 {
            let mut bytes = [0; 64];
            for byte in &mut bytes {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *byte = b",;\n\r\"ab\xff"[(seed >> 33) as usize % 8];
            }
            let delimiter = if round % 2 == 0 { b',' } else { b';' };
            let expected = Masks {
                delimiter: naive(&bytes, delimiter),
                newline: naive(&bytes, b'\n'),
                quote: naive(&bytes, b'"'),
                carriage: naive(&bytes, b'\r'),
            };
            assert_eq!(Portable.masks(&bytes, delimiter), expected);
            #[cfg(target_arch = "x86_64")]
            if let Some(avx2) = super::Avx2::detect() {
                assert_eq!(avx2.masks(&bytes, delimiter), expected);
            }
        }
    }

    #[test]
    fn both_twins_find_brackets() {
        let mut seed = 11_u64;
        for _ in 0..2000 {
            let mut bytes = [0; 64];
            for byte in &mut bytes {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *byte = b"{}[]\n\"\\;=\x1b\x1d\xfb\xfd\xdb z"[(seed >> 33) as usize % 16];
            }
            let close = naive(&bytes, b'}') | naive(&bytes, b']');
            let expected = Brackets {
                quote: naive(&bytes, b'"'),
                backslash: naive(&bytes, b'\\'),
                newline: naive(&bytes, b'\n'),
                bracket: naive(&bytes, b'{') | naive(&bytes, b'[') | close,
                close,
            };
            assert_eq!(Portable.brackets(&bytes), expected);
            #[cfg(target_arch = "x86_64")]
            if let Some(avx2) = super::Avx2::detect() {
                assert_eq!(avx2.brackets(&bytes), expected);
            }
        }
    }

    #[test]
    fn prefix_xor_fills_between_quotes() {
        assert_eq!(prefix_xor(0b0100_0100), 0b0011_1100);
        assert_eq!(prefix_xor(1), u64::MAX);
        assert_eq!(prefix_xor(0), 0);
    }
}
