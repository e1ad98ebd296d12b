//! Decimal: plain ASCII digits with an optional sign and point. Everything else that could be a decimal is unsure.

use std::cmp::Ordering;

use super::{Kernel, Verdict};
use crate::plan::{Bounds, ErrorCode};

/// More digits do not fit 128 bits with room to compare at one scale.
const MAX_DIGITS: usize = 30;

/// A decimal and its constraints.
#[derive(Debug)]
pub struct Decimal {
    max_digits: Option<u64>,
    places: Option<u64>,
    bounds: Bounds<Plain>,
}

/// `mantissa / 10^scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Plain {
    mantissa: i128,
    negative: bool,
    digits: u32,
    scale: u32,
}

impl PartialOrd for Plain {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let scale = self.scale.max(other.scale);
        let at = |plain: &Self| 10_i128.checked_pow(scale - plain.scale)?.checked_mul(plain.mantissa);
        Some(at(self)?.cmp(&at(other)?))
    }
}

enum Parsed {
    Value(Plain),
    No,
    Unsure,
}

fn parse(text: &str) -> Parsed {
    let bytes = text.as_bytes();
    let (negative, digits) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, bytes),
    };
    let mut plain = Plain { mantissa: 0, negative, digits: 0, scale: 0 };
    let mut point = false;
    let mut any = false;
    if digits.len() > MAX_DIGITS {
        return Parsed::Unsure;
    }
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                plain.mantissa = plain.mantissa * 10 + i128::from(byte - b'0');
                plain.digits += u32::from(plain.mantissa != 0);
                plain.scale += u32::from(point);
                any = true;
            }
            b'.' if !point => point = true,
            _ => return other(text),
        }
    }
    if !any {
        return other(text);
    }
    plain.digits = plain.digits.max(1);
    if negative {
        plain.mantissa = -plain.mantissa;
    }
    Parsed::Value(plain)
}

/// Text that is no plain decimal: surely none at all where it has a byte that stands in no decimal.
fn other(text: &str) -> Parsed {
    let maybe = |byte: u8| {
        byte.is_ascii_digit()
            || byte >= 0x80
            || byte <= b' '
            || matches!(byte.to_ascii_lowercase(), b'+' | b'-' | b'.' | b'_' | b'e' | b'i' | b'n' | b'f')
            || matches!(byte.to_ascii_lowercase(), b't' | b'y' | b'a' | b's' | b'q')
    };
    if text.is_empty() || !text.bytes().all(maybe) { Parsed::No } else { Parsed::Unsure }
}

impl Decimal {
    /// Compiles the constraints. None where a bound is no plain decimal.
    #[must_use]
    pub fn new(max_digits: Option<u64>, decimal_places: Option<u64>, texts: &Bounds<String>) -> Option<Self> {
        let one = |text: &Option<String>| match text.as_deref().map(parse) {
            None => Some(None),
            Some(Parsed::Value(plain)) => Some(Some(plain)),
            Some(Parsed::No | Parsed::Unsure) => None,
        };
        let bounds = Bounds { le: one(&texts.le)?, lt: one(&texts.lt)?, ge: one(&texts.ge)?, gt: one(&texts.gt)? };
        Some(Self { max_digits, places: decimal_places, bounds })
    }

    /// Pydantic counts digits twice, as given and without trailing zeros, and refuses only what fails both.
    fn digits(&self, plain: &Plain) -> Option<ErrorCode> {
        if self.max_digits.is_none() && self.places.is_none() {
            return None;
        }
        let given = count(u64::from(plain.digits), u64::from(plain.scale));
        let normal = normalized(plain, given);
        if self.max_digits.is_some_and(|max| given.1 > max && normal.1 > max) {
            return Some(ErrorCode::DecimalMaxDigits);
        }
        let places = self.places?;
        if given.0 > places && normal.0 > places {
            return Some(ErrorCode::DecimalMaxPlaces);
        }
        let whole = self.max_digits?.saturating_sub(places);
        let exceeds = |(decimals, digits): (u64, u64)| digits.saturating_sub(decimals) > whole;
        (exceeds(given) && exceeds(normal)).then_some(ErrorCode::DecimalWholeDigits)
    }
}

/// (decimal places, digits) of a number with `digits` significant digits, `scale` of them after the point.
fn count(digits: u64, scale: u64) -> (u64, u64) {
    (scale, digits.max(scale))
}

fn normalized(plain: &Plain, given: (u64, u64)) -> (u64, u64) {
    if plain.mantissa == 0 {
        return (0, 1);
    }
    if plain.scale == 0 {
        return given;
    }
    let (mut mantissa, mut zeros) = (plain.mantissa, 0_u32);
    while mantissa % 10 == 0 {
        mantissa /= 10;
        zeros += 1;
    }
    let digits = u64::from(plain.digits - zeros);
    if zeros >= plain.scale {
        return (0, digits + u64::from(zeros - plain.scale));
    }
    count(digits, u64::from(plain.scale - zeros))
}

impl Kernel for Decimal {
    const TEXT: bool = true;

    fn check(&self, text: &str, out: &mut Vec<u8>) -> Verdict {
        let plain = match parse(text) {
            Parsed::Value(plain) => plain,
            Parsed::No => return Verdict::Reject(ErrorCode::DecimalParsing),
            Parsed::Unsure => return Verdict::Unsure,
        };
        if let Some(code) = self.digits(&plain) {
            return Verdict::Reject(code);
        }
        if let Some(code) = self.outside(&plain) {
            return code;
        }
        // Python writes an exponent where the first significant digit is past the sixth place.
        if plain.scale > 0 && i64::from(plain.digits) - 1 - i64::from(plain.scale) < -6 {
            return Verdict::Unsure;
        }
        let begin = out.len();
        write(&plain, out);
        if &out[begin..] == text.as_bytes() {
            out.truncate(begin);
            return Verdict::Same(0);
        }
        Verdict::Written(0)
    }
}

impl Decimal {
    fn outside(&self, plain: &Plain) -> Option<Verdict> {
        let bounds = [
            (self.bounds.le, ErrorCode::LessThanEqual, [Ordering::Less, Ordering::Equal]),
            (self.bounds.lt, ErrorCode::LessThan, [Ordering::Less; 2]),
            (self.bounds.ge, ErrorCode::GreaterThanEqual, [Ordering::Greater, Ordering::Equal]),
            (self.bounds.gt, ErrorCode::GreaterThan, [Ordering::Greater; 2]),
        ];
        for (bound, code, wanted) in bounds {
            let Some(bound) = bound else { continue };
            match plain.partial_cmp(&bound) {
                None => return Some(Verdict::Unsure),
                Some(ordering) if !wanted.contains(&ordering) => {
                    return Some(Verdict::Reject(code));
                }
                Some(_) => {}
            }
        }
        None
    }
}

/// As Python's `str` writes it: no plus, no needless zeros in front, all zeros behind.
fn write(plain: &Plain, out: &mut Vec<u8>) {
    if plain.negative {
        out.push(b'-');
    }
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(plain.mantissa.unsigned_abs()).as_bytes();
    let scale = plain.scale as usize;
    if scale == 0 {
        out.extend_from_slice(digits);
    } else if digits.len() > scale {
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        out.extend_from_slice(whole);
        out.push(b'.');
        out.extend_from_slice(fraction);
    } else {
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', scale - digits.len()));
        out.extend_from_slice(digits);
    }
}

#[cfg(test)]
mod tests {
    use super::{Decimal, Verdict};
    use crate::check::ask;
    use crate::plan::{Bounds, ErrorCode};

    #[test]
    fn texts_as_python_writes_them() {
        let kernel = Decimal::new(None, None, &Bounds::default()).expect("no bounds");
        for (text, expected) in
            [("+1.50", "1.50"), ("007", "7"), (".5", "0.5"), ("5.", "5"), ("-00.0", "-0.0"), ("0.05", "0.05")]
        {
            let (verdict, out) = ask(&kernel, text);
            let shown = if verdict == Verdict::Same(0) { text.to_owned() } else { out };
            assert_eq!(shown, expected, "{text}");
        }
        for text in ["1e5", "NaN", " 1", "1_0", "0.00000001", "٣", "sNaN12"] {
            assert_eq!(ask(&kernel, text).0, Verdict::Unsure, "{text}");
        }
        for text in ["", "n/a", "1,5", "0x10"] {
            assert_eq!(ask(&kernel, text).0, Verdict::Reject(ErrorCode::DecimalParsing), "{text}");
        }
    }
}
