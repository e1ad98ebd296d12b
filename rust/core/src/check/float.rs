//! Float: Rust's own reading of trimmed text, which is Pydantic's, with a short cut for plain decimals.
//!
//! Underscores are left to Pydantic. Text that is already the shortest form of its value is passed on as it is.

use super::{Kernel, Verdict, int::outside};
use crate::encode::float;
use crate::plan::{Bounds, ErrorCode};

/// Pydantic's tolerance for `multiple_of`.
const TOLERANCE: f64 = 1e-9;

/// Powers of ten that a double holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// A double and its constraints.
#[derive(Debug)]
pub struct Float {
    /// Whether infinities and NaN are accepted.
    pub allow_inf_nan: bool,
    /// The value must be a multiple of this.
    pub multiple_of: Option<f64>,
    /// Bounds on the value.
    pub bounds: Bounds<f64>,
    /// How it is written.
    pub style: float::Style,
    /// Whether it is written at all: expressions only look at the value.
    pub written: bool,
}

/// Reads `-?digits.digits` or `-?digits` of at most 18 digits. The flag: the text is the shortest form of the value.
///
/// The value is exact: a mantissa below 2^53 divided by a power of ten that a double holds exactly is rounded once
/// (Clinger 1990). The text is the shortest form where it has at most 15 significant digits, since any two decimals
/// that short are different doubles, and stands in the range that is written without exponent.
#[inline(always)]
pub(crate) fn plain(text: &[u8]) -> Option<(f64, bool)> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    let mut mantissa = 0_u64;
    let mut point = usize::MAX;
    for (i, &byte) in digits.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            mantissa = mantissa * 10 + u64::from(digit);
        } else if byte == b'.' && point == usize::MAX {
            point = i;
        } else {
            return None;
        }
    }
    if mantissa >= 1 << 53 || point == 0 || digits.len() == 1 && point != usize::MAX {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
    let whole = mantissa as f64;
    if point == usize::MAX {
        return Some((if negative { -whole } else { whole }, false));
    }
    let places = digits.len() - point - 1;
    let value = whole / POWERS[places];
    let shortest = places > 0
        && (digits[0] != b'0' || point == 1)
        && (digits[digits.len() - 1] != b'0' || places == 1)
        && mantissa < 1_000_000_000_000_000
        && (value >= 1e-4 || mantissa == 0);
    Some((if negative { -value } else { value }, shortest))
}

/// Whether a short text is certainly no number, as `n/a` is: it has a letter or a slash that is in none, and no underscore.
#[inline(always)]
fn is_word(text: &[u8]) -> bool {
    // Letters of `infinity` and `nan`, and the one of exponents.
    const OF_NUMBERS: u32 = letters(b"infinitynane");
    let other = |&byte: &u8| byte == b'/' || byte.is_ascii_alphabetic() && OF_NUMBERS >> (byte & 31) & 1 == 0;
    text.len() <= 8 && text.iter().any(other) && !text.contains(&b'_')
}

/// A bit for each letter.
const fn letters(text: &[u8]) -> u32 {
    let (mut bits, mut at) = (0, 0);
    while at < text.len() {
        bits |= 1 << (text[at] & 31);
        at += 1;
    }
    bits
}

impl Kernel for Float {
    const TEXT: bool = false;

    #[inline(always)]
    fn check(&self, text: &str, out: &mut Vec<u8>) -> Verdict {
        let (value, shortest) = if let Some(parsed) = plain(text.as_bytes()) {
            parsed
        } else if is_word(text.as_bytes()) {
            return Verdict::Reject(ErrorCode::FloatParsing);
        } else if let Ok(value) = text.trim().parse() {
            (value, false)
        } else if text.contains('_') {
            return Verdict::Unsure;
        } else {
            return Verdict::Reject(ErrorCode::FloatParsing);
        };
        if !self.allow_inf_nan && !value.is_finite() {
            return Verdict::Reject(ErrorCode::FiniteNumber);
        }
        if self.multiple_of.is_some_and(|of| (value - (value / of).round() * of).abs() > TOLERANCE) {
            return Verdict::Reject(ErrorCode::MultipleOf);
        }
        if let Some(code) = outside(&self.bounds, &value) {
            return Verdict::Reject(code);
        }
        let bits = value.to_bits().cast_signed();
        if shortest || !self.written {
            return Verdict::Same(bits);
        }
        float::write(value, self.style, out);
        Verdict::Written(bits)
    }
}

#[cfg(test)]
mod tests {
    use super::{Float, Verdict, is_word, plain};
    use crate::check::ask;
    use crate::encode::float::Style;
    use crate::plan::{Bounds, ErrorCode};

    #[test]
    fn the_short_cut_reads_what_the_standard_library_reads() {
        let mut seed = 11_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..200_000 {
            let mut text = String::from(if random(3) == 0 { "-" } else { "" });
            for _ in 0..random(9) {
                text.push(char::from(b'0' + random(10) as u8));
            }
            if random(4) > 0 {
                text.push('.');
            }
            for _ in 0..random(9) {
                text.push(char::from(b'0' + random(10) as u8));
            }
            if let Some((value, shortest)) = plain(text.as_bytes()) {
                assert_eq!(value.to_bits(), text.parse::<f64>().expect("a float").to_bits(), "{text}");
                if shortest {
                    for style in [Style::Json, Style::Repr] {
                        let mut out = Vec::new();
                        crate::encode::float::write(value, style, &mut out);
                        assert_eq!(String::from_utf8(out).expect("ASCII"), text);
                    }
                }
            }
        }
    }

    #[test]
    fn words_are_no_numbers() {
        let pieces =
            ["n", "N", "a", "i", "F", "inf", "nan", "inity", "e", "1", ".", "-", " ", "\u{a0}", "_", "/", "x", "M"];
        let mut words = 0;
        for first in pieces {
            for second in pieces {
                for third in pieces {
                    let text = [first, second, third].concat();
                    if is_word(text.as_bytes()) {
                        assert!(text.trim().parse::<f64>().is_err() && !text.contains('_'), "{text}");
                        words += 1;
                    }
                }
            }
        }
        assert!(words > 1_000 && is_word(b"n/a") && !is_word(b"nan"));
    }

    #[test]
    fn odd_texts() {
        let kernel = |allow_inf_nan| Float {
            allow_inf_nan,
            multiple_of: None,
            bounds: Bounds::default(),
            style: Style::Repr,
            written: true,
        };
        for (text, expected) in [("1", "1.0"), (" 1e3 ", "1000.0"), ("+.5", "0.5"), ("1.50", "1.5"), ("-inf", "-inf")] {
            assert_eq!(ask(&kernel(true), text).1, expected, "{text}");
        }
        for text in ["", ".", "-", "n/a", "1,5", "0x1", "1e", "--1"] {
            assert_eq!(ask(&kernel(true), text).0, Verdict::Reject(ErrorCode::FloatParsing), "{text}");
        }
        assert_eq!(ask(&kernel(false), "nan").0, Verdict::Reject(ErrorCode::FiniteNumber));
        assert_eq!(ask(&kernel(false), "1_0").0, Verdict::Unsure);
    }
}
