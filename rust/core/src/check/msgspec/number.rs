//! Numbers: the grammar of JSON, and nothing around it. Int, float, bool and Decimal.

use crate::cells::Span;
use crate::check::bool;
use crate::check::decimal;
use crate::check::float;
use crate::check::int::{self, outside};
use crate::check::{Kernel, Verdict};
use crate::plan::{Bounds, ErrorCode};

/// What a text is by the grammar of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// An integer of at most 18 digits.
    Whole(i64),
    /// Another number.
    Number,
    /// A zero with a minus, which msgspec reads as an integer.
    MinusZero,
    /// None.
    No,
}

/// Reads up to 18 digits with an optional minus.
#[inline(always)]
fn whole(text: &[u8]) -> Option<i64> {
    let (negative, unsigned) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    if unsigned.first() == Some(&b'0') && (unsigned.len() > 1 || negative) {
        return None;
    }
    let value = int::digits(unsigned)?;
    Some(if negative { -value } else { value })
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

#[inline(always)]
fn form(text: &[u8]) -> Form {
    match whole(text) {
        Some(value) => Form::Whole(value),
        None => other(text),
    }
}

fn other(text: &[u8]) -> Form {
    if text == b"-0" {
        return Form::MinusZero;
    }
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits(unsigned);
    if whole == 0 || (unsigned[0] == b'0' && whole > 1) {
        return Form::No;
    }
    let mut rest = &unsigned[whole..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let places = digits(fraction);
        if places == 0 {
            return Form::No;
        }
        rest = &fraction[places..];
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = match exponent {
            [b'+' | b'-', rest @ ..] => rest,
            _ => exponent,
        };
        let places = digits(exponent);
        if places == 0 {
            return Form::No;
        }
        rest = &exponent[places..];
    }
    if rest.is_empty() { Form::Number } else { Form::No }
}

/// An integer and its constraints.
#[derive(Debug, Default)]
pub struct Int {
    /// The value must be a multiple of this.
    pub multiple_of: Option<i64>,
    /// At least.
    pub ge: Option<i64>,
    /// At most.
    pub le: Option<i64>,
}

impl Int {
    /// The first constraint, in msgspec's order, that `value` does not keep.
    #[inline(always)]
    fn broken(&self, value: i64) -> Option<ErrorCode> {
        if self.ge.is_some_and(|ge| value < ge) {
            return Some(ErrorCode::GreaterThanEqual);
        }
        if self.le.is_some_and(|le| value > le) {
            return Some(ErrorCode::LessThanEqual);
        }
        self.multiple_of.is_some_and(|of| value.checked_rem(of) != Some(0)).then_some(ErrorCode::MultipleOf)
    }
}

impl Kernel for Int {
    const TEXT: bool = false;

    #[inline(always)]
    fn check(&self, text: &str, _out: &mut Vec<u8>) -> Verdict {
        match form(text.as_bytes()) {
            Form::Whole(value) => self.broken(value).map_or(Verdict::Same(value), Verdict::Reject),
            // `1e3` and `1.0` are integers to msgspec, and so are more than 64 bits.
            Form::Number | Form::MinusZero => Verdict::Unsure,
            Form::No => Verdict::Reject(ErrorCode::IntType),
        }
    }
}

/// A double and its constraints.
#[derive(Debug)]
pub struct Float(pub float::Float);

impl Kernel for Float {
    const TEXT: bool = false;

    #[inline(always)]
    fn check(&self, text: &str, out: &mut Vec<u8>) -> Verdict {
        // The shortest form of a value, without exponent, is a number of JSON.
        if let Some((value, true)) = float::plain(text.as_bytes()) {
            let broken = outside(&self.0.bounds, &value);
            return broken.map_or(Verdict::Same(value.to_bits().cast_signed()), Verdict::Reject);
        }
        match form(text.as_bytes()) {
            Form::Whole(_) | Form::Number => {}
            Form::MinusZero => return Verdict::Unsure,
            Form::No => return no_number(text),
        }
        let verdict = self.0.check(text, out);
        match verdict {
            Verdict::Same(bits) | Verdict::Written(bits) if !f64::from_bits(bits.cast_unsigned()).is_finite() => {
                Verdict::Unsure
            }
            Verdict::Same(_) | Verdict::Written(_) => verdict,
            // Bounds of msgspec are looked at in another order, which is the same where there is one error at most.
            Verdict::Reject(code) if finite(text) => Verdict::Reject(code),
            _ => Verdict::Unsure,
        }
    }
}

fn finite(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// Infinities and NaN are words to msgspec, in any mixture of cases.
#[cold]
fn no_number(text: &str) -> Verdict {
    let word = text.strip_prefix(['-', '+']).unwrap_or(text);
    let maybe = ["nan", "inf", "infinity"].iter().any(|each| each.eq_ignore_ascii_case(word));
    if maybe { Verdict::Unsure } else { Verdict::Reject(ErrorCode::FloatType) }
}

/// `true`, `false`, `1` and `0`.
#[derive(Debug)]
pub struct Bool {
    /// What true is written as.
    pub yes: Span,
    /// What false is written as.
    pub no: Span,
}

impl Kernel for Bool {
    const TEXT: bool = false;

    #[inline(always)]
    fn check(&self, text: &str, _out: &mut Vec<u8>) -> Verdict {
        match text {
            "true" | "True" | "1" => return Verdict::Constant(self.yes, 1),
            "false" | "False" | "0" => return Verdict::Constant(self.no, 0),
            _ => {}
        }
        if text.eq_ignore_ascii_case("true") {
            return Verdict::Constant(self.yes, 1);
        }
        if text.eq_ignore_ascii_case("false") {
            return Verdict::Constant(self.no, 0);
        }
        // A number that is too large has an error of its own.
        let number = matches!(text.as_bytes().first(), Some(b'-' | b'0'..=b'9'));
        if number { Verdict::Unsure } else { Verdict::Reject(ErrorCode::BoolType) }
    }

    fn echoes(&self, constants: &[u8]) -> bool {
        bool::Bool { yes: self.yes, no: self.no }.echoes(constants)
    }
}

/// A decimal of plain ASCII digits.
#[derive(Debug)]
pub struct Decimal(pub decimal::Decimal);

impl Kernel for Decimal {
    const TEXT: bool = true;

    fn check(&self, text: &str, out: &mut Vec<u8>) -> Verdict {
        // A zero with a minus keeps it or not, depending on how it is written.
        if text.starts_with('-') && !text.bytes().any(|byte| matches!(byte, b'1'..=b'9')) {
            return Verdict::Unsure;
        }
        match self.0.check(text, out) {
            Verdict::Reject(_) | Verdict::RejectWith(..) => Verdict::Reject(ErrorCode::DecimalParsing),
            verdict => verdict,
        }
    }
}

/// Bounds of a double as the other kernel has them.
#[must_use]
pub fn plain(bounds: Bounds<f64>, style: crate::encode::float::Style) -> Float {
    Float(float::Float { allow_inf_nan: true, multiple_of: None, bounds, style, written: true })
}

#[cfg(test)]
mod tests {
    use super::{Form, Int, Verdict, form, plain};
    use crate::check::ask;
    use crate::encode::float::Style;
    use crate::plan::{Bounds, ErrorCode};

    #[test]
    fn forms() {
        for (text, expected) in [
            ("0", Form::Whole(0)),
            ("-12", Form::Whole(-12)),
            ("999999999999999999", Form::Whole(999_999_999_999_999_999)),
            ("-0", Form::MinusZero),
            ("1000000000000000000", Form::Number),
            ("1.50", Form::Number),
            ("-0.0", Form::Number),
            ("1E+3", Form::Number),
            ("1e05", Form::Number),
            ("", Form::No),
            ("-", Form::No),
            ("01", Form::No),
            ("-01", Form::No),
            ("+1", Form::No),
            ("1.", Form::No),
            (".5", Form::No),
            ("1e", Form::No),
            ("1e+", Form::No),
            ("1.5.5", Form::No),
            (" 1", Form::No),
            ("1_0", Form::No),
            ("１", Form::No),
        ] {
            assert_eq!(form(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn bounds_come_before_multiples() {
        let kernel = Int { multiple_of: Some(7), ge: Some(10), le: Some(20) };
        for (text, expected) in [
            ("3", Verdict::Reject(ErrorCode::GreaterThanEqual)),
            ("23", Verdict::Reject(ErrorCode::LessThanEqual)),
            ("15", Verdict::Reject(ErrorCode::MultipleOf)),
            ("14", Verdict::Same(14)),
            ("14.0", Verdict::Unsure),
            ("x", Verdict::Reject(ErrorCode::IntType)),
        ] {
            assert_eq!(ask(&kernel, text).0, expected, "{text}");
        }
        assert_eq!(ask(&Int { multiple_of: Some(-1), ..Int::default() }, "5").0, Verdict::Same(5));
    }

    #[test]
    fn floats_of_json() {
        let kernel = plain(Bounds::default(), Style::Msgspec);
        for (text, expected) in [("1", "1.0"), ("1e16", "1e16"), ("1.50", "1.5"), ("1e-7", "1e-7"), ("-0.0", "")] {
            assert_eq!(ask(&kernel, text).1, expected, "{text}");
        }
        for text in ["1e400", "nan", "-Infinity", "-0"] {
            assert_eq!(ask(&kernel, text).0, Verdict::Unsure, "{text}");
        }
        for text in ["n/a", "1_0", " 1", "0x1", ""] {
            assert_eq!(ask(&kernel, text).0, Verdict::Reject(ErrorCode::FloatType), "{text}");
        }
    }
}
