//! Int: Pydantic's lax reading of text as an integer, for values of 64 bits.
//!
//! Pydantic takes surrounding white space, a plus sign, leading zeros, single underscores and a fraction of zeros.
//! Underscores and values past 64 bits are rare and left to it.

use super::{Kernel, Verdict};
use crate::plan::{Bounds, ErrorCode};

/// Longer text is left to Pydantic, which refuses more than 4,300 digits with an error of its own.
const LONG: usize = 4000;

/// An integer and its constraints.
#[derive(Debug, Default)]
pub struct Int {
    /// The value must be a multiple of this.
    pub multiple_of: Option<i64>,
    /// Bounds on the value.
    pub bounds: Bounds<i64>,
}

/// What a text says as an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parsed {
    /// A value.
    Value {
        /// The value.
        value: i64,
        /// Whether the text is how it is written.
        canonical: bool,
    },
    /// Not an integer.
    No,
    /// Pydantic has to decide.
    Unsure,
}

/// Reads 1 to 18 digits; their value has 64 bits.
#[inline(always)]
pub(super) fn digits(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.len() > 18 {
        return None;
    }
    let mut value = 0_i64;
    for &byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(value)
}

/// Reads up to 18 digits with an optional minus.
#[inline(always)]
fn plain(text: &[u8]) -> Option<Parsed> {
    let (negative, unsigned) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let value = digits(unsigned)?;
    let canonical = unsigned[0] != b'0' || unsigned.len() == 1;
    if negative && value == 0 {
        return None;
    }
    Some(Parsed::Value { value: if negative { -value } else { value }, canonical })
}

/// Reads a text as an integer, as Pydantic does.
#[inline(always)]
#[must_use]
pub fn parse(text: &str) -> Parsed {
    plain(text.as_bytes()).unwrap_or_else(|| odd(text))
}

#[cold]
fn odd(text: &str) -> Parsed {
    if text.len() > LONG {
        return Parsed::Unsure;
    }
    let trimmed = text.trim();
    let unsigned = trimmed.strip_prefix('+').unwrap_or(trimmed);
    let (negative, digits) = match unsigned.strip_prefix('-') {
        Some(_) if trimmed.starts_with('+') => return Parsed::No,
        Some(rest) => (true, rest),
        None => (false, unsigned),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || fraction.is_some_and(|part| !all_digits(part)) {
        let maybe = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '_' | '.') || c.is_whitespace();
        return if !trimmed.is_empty() && trimmed.chars().all(maybe) { Parsed::Unsure } else { Parsed::No };
    }
    if fraction.is_some_and(|part| part.bytes().any(|b| b != b'0')) {
        return Parsed::No;
    }
    match whole.parse::<i64>() {
        Ok(0) if negative => Parsed::Unsure,
        Ok(value) => Parsed::Value { value: if negative { -value } else { value }, canonical: false },
        Err(_) => Parsed::Unsure,
    }
}

impl Kernel for Int {
    const TEXT: bool = false;

    #[inline(always)]
    fn check(&self, text: &str, out: &mut Vec<u8>) -> Verdict {
        let (value, canonical) = match parse(text) {
            Parsed::Value { value, canonical } => (value, canonical),
            Parsed::No => return Verdict::Reject(ErrorCode::IntParsing),
            Parsed::Unsure => return Verdict::Unsure,
        };
        if self.multiple_of.is_some_and(|of| value % of != 0) {
            return Verdict::Reject(ErrorCode::MultipleOf);
        }
        if let Some(code) = outside(&self.bounds, &value) {
            return Verdict::Reject(code);
        }
        if canonical {
            return Verdict::Same(value);
        }
        out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
        Verdict::Written(value)
    }
}

/// The first bound, in Pydantic's order, that `value` does not keep. What cannot be compared keeps no bound.
#[inline(always)]
pub fn outside<T: PartialOrd>(bounds: &Bounds<T>, value: &T) -> Option<ErrorCode> {
    if bounds.le.as_ref().is_some_and(|le| !value.le(le)) {
        return Some(ErrorCode::LessThanEqual);
    }
    if bounds.lt.as_ref().is_some_and(|lt| !value.lt(lt)) {
        return Some(ErrorCode::LessThan);
    }
    if bounds.ge.as_ref().is_some_and(|ge| !value.ge(ge)) {
        return Some(ErrorCode::GreaterThanEqual);
    }
    if bounds.gt.as_ref().is_some_and(|gt| !value.gt(gt)) {
        return Some(ErrorCode::GreaterThan);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Int, Parsed, Verdict, parse};
    use crate::check::ask;
    use crate::plan::{Bounds, ErrorCode};

    #[test]
    fn texts_and_values() {
        let value = |value, canonical| Parsed::Value { value, canonical };
        for (text, expected) in [
            ("0", value(0, true)),
            ("17", value(17, true)),
            ("-17", value(-17, true)),
            ("007", value(7, false)),
            (" 7", value(7, false)),
            ("+7", value(7, false)),
            ("7.000", value(7, false)),
            ("9223372036854775807", value(i64::MAX, false)),
            ("9223372036854775808", Parsed::Unsure),
            ("-0", Parsed::Unsure),
            ("1_000", Parsed::Unsure),
            ("12.5", Parsed::No),
            ("+-1", Parsed::No),
            ("1e3", Parsed::No),
            ("n/a", Parsed::No),
            ("", Parsed::No),
            ("１２", Parsed::No),
        ] {
            assert_eq!(parse(text), expected, "{text:?}");
        }
    }

    #[test]
    fn constraints_are_checked_in_order() {
        let bounds = Bounds { le: Some(10), lt: None, ge: Some(20), gt: None };
        let kernel = Int { multiple_of: Some(5), bounds };
        assert_eq!(ask(&kernel, "7").0, Verdict::Reject(ErrorCode::MultipleOf));
        assert_eq!(ask(&kernel, "15").0, Verdict::Reject(ErrorCode::LessThanEqual));
        assert_eq!(ask(&kernel, "5").0, Verdict::Reject(ErrorCode::GreaterThanEqual));
        assert_eq!(ask(&Int::default(), "+0012"), (Verdict::Written(12), "12".to_owned()));
    }
}
