//! Scalars: what each type does with JSON values, as a table.
//!
//! A string goes to the kernel that CSV cells go to: pydantic-core reads both by the same rules. What it does with
//! numbers and literals stands here; what does not is unsure.

use std::borrow::Cow;

use super::tokens::Tag;
use crate::check::msgspec;
use crate::compiled::Checker;
use crate::plan::ErrorCode;

/// Larger doubles are not every integer.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// What to do with a value of one JSON type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Its text goes to the kernel, which reads it as pydantic-core reads the value.
    Kernel,
    /// The error of a value of another type.
    Wrong,
    /// `true` and `false` go to the kernel as 1 and 0.
    Digit,
    /// A number without a rest goes to the kernel as an integer; another is refused.
    Integral,
    /// A number goes to the kernel in the shortest digits that give it back, without an exponent.
    Digits,
    /// Pydantic decides.
    Unsure,
}

/// What becomes of a value before its kernel.
#[derive(Debug, PartialEq, Eq)]
pub enum Given {
    /// It goes to the kernel as it stands.
    Itself,
    /// This goes to the kernel.
    Instead(Cow<'static, str>),
    /// This is wrong with it.
    Wrong(ErrorCode),
    /// Pydantic decides.
    Unsure,
}

/// What a type does with strings, numbers and literals.
#[derive(Debug, Clone, Copy)]
pub struct Scalars {
    /// With strings.
    pub text: On,
    /// With numbers that have neither a fraction nor an exponent.
    pub int: On,
    /// With other numbers.
    pub float: On,
    /// With `true` and `false`.
    pub bool: On,
    /// The error of a value of another type.
    pub wrong: Option<ErrorCode>,
    /// Whether that error names the type that was found.
    pub named: bool,
}

impl Scalars {
    const fn new(int: On, float: On, bool: On, wrong: ErrorCode) -> Self {
        Self { text: On::Kernel, int, float, bool, wrong: Some(wrong), named: false }
    }

    /// Strings alone are decided here.
    const fn strings(wrong: ErrorCode) -> Self {
        Self::new(On::Unsure, On::Unsure, On::Unsure, wrong)
    }

    /// Strings alone are accepted.
    pub const fn refused(wrong: ErrorCode) -> Self {
        Self::new(On::Wrong, On::Wrong, On::Wrong, wrong)
    }

    /// What to do with a value that is there and not null. `first`: its first byte.
    #[inline(always)]
    pub fn on(self, tag: Tag, first: u8) -> On {
        match tag {
            Tag::Text | Tag::Escaped => self.text,
            Tag::Int => self.int,
            Tag::Float => self.float,
            Tag::True | Tag::False => self.bool,
            Tag::Raw if self.named => On::Unsure,
            Tag::Raw if first == b'{' => On::Wrong,
            // Three values are a decimal, too.
            Tag::Raw if first == b'[' && self.wrong != Some(ErrorCode::DecimalType) => On::Wrong,
            // Of zeros with a minus only floats keep it.
            Tag::Raw | Tag::Null | Tag::Absent => On::Unsure,
        }
    }

    /// What becomes of the value `text`, given what to do with it. `rest`: the error of a number with a fraction.
    #[inline(always)]
    pub fn instead(self, on: On, rest: ErrorCode, text: &[u8]) -> Given {
        if on == On::Kernel { Given::Itself } else { self.odd(on, rest, text) }
    }

    #[cold]
    fn odd(self, on: On, rest: ErrorCode, text: &[u8]) -> Given {
        let number = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok());
        match (on, number) {
            (On::Wrong, _) => self.wrong.map_or(Given::Unsure, Given::Wrong),
            (On::Digit, _) => Given::Instead(Cow::Borrowed(if text == b"true" { "1" } else { "0" })),
            (On::Integral, Some(number)) if number.abs() > WHOLE => Given::Unsure,
            (On::Integral, Some(number)) if number % 1.0 != 0.0 => Given::Wrong(rest),
            (On::Integral, Some(number)) => {
                Given::Instead(Cow::Owned(itoa::Buffer::new().format(number as i64).to_owned()))
            }
            (On::Digits, Some(number)) => Given::Instead(Cow::Owned(number.to_string())),
            (On::Kernel | On::Integral | On::Digits | On::Unsure, _) => Given::Unsure,
        }
    }

    /// The error of a number with a fraction where none may be.
    pub fn rest(checker: &Checker) -> ErrorCode {
        if matches!(checker, Checker::Int(_)) { ErrorCode::IntFromFloat } else { ErrorCode::BoolType }
    }

    /// What the type of `checker` does. `text`: whether it is text where its kernel accepts everything.
    pub fn of(checker: &Checker, text: bool) -> Self {
        use ErrorCode as E;
        use On::{Digit, Digits, Integral, Kernel, Unsure, Wrong};
        match checker {
            Checker::Str(_) => Self::refused(E::StringType),
            Checker::Int(_) => Self::new(Kernel, Integral, Digit, E::IntType),
            Checker::Float(_) => Self::new(Kernel, Kernel, Digit, E::FloatType),
            Checker::Bool(_) => Self::new(Kernel, Integral, Kernel, E::BoolType),
            Checker::Bytes(_) => Self::refused(E::BytesType),
            Checker::Date(_) => Self::strings(E::DateType),
            Checker::DateTime(_) => Self::strings(E::DatetimeType),
            Checker::Time(_) => Self::strings(E::TimeType),
            Checker::TimeDelta(_) => Self::strings(E::TimeDeltaType),
            Checker::Decimal(_) => Self::new(Kernel, Digits, Wrong, E::DecimalType),
            Checker::Uuid(_) => Self::refused(E::UuidType),
            Checker::Choice(kernel) => Self::refused(kernel.error),
            Checker::Integers(kernel) => Self::new(Kernel, Unsure, Unsure, kernel.0.error),
            Checker::Any(_) if text => Self::refused(E::StringType),
            Checker::Any(_) => {
                Self { text: Kernel, int: Unsure, float: Unsure, bool: Unsure, wrong: None, named: false }
            }
            Checker::Msgspec(kernel) => Self::of_msgspec(kernel),
            Checker::Refuse(_) | Checker::Ask | Checker::Nested(_) => {
                Self { text: Unsure, int: Unsure, float: Unsure, bool: Unsure, wrong: None, named: false }
            }
        }
    }

    /// Values of JSON are strict to msgspec: each type takes those of its own.
    fn of_msgspec(checker: &msgspec::Checker) -> Self {
        use ErrorCode as E;
        use On::{Kernel, Wrong};
        use msgspec::Checker as C;
        let [text, int, float, bool] = match checker {
            C::Int(_) | C::Integers(_) => [Wrong, Kernel, Wrong, Wrong],
            C::Float(_) => [Wrong, Kernel, Kernel, Wrong],
            C::Bool(_) => [Wrong, Wrong, Wrong, Kernel],
            C::Decimal(_) => [Kernel, Kernel, Kernel, Wrong],
            _ => [Kernel, Wrong, Wrong, Wrong],
        };
        let wrong = match checker {
            C::Int(_) | C::Integers(_) => E::IntType,
            C::Float(_) => E::FloatType,
            C::Bool(_) => E::BoolType,
            C::Decimal(_) => E::DecimalType,
            C::Text(_) | C::Str(_) | C::Choice(_) => E::StringType,
            C::Uuid(_) => E::UuidType,
            C::Date(_) => E::DateType,
            C::DateTime(_) => E::DatetimeType,
            C::Time(_) => E::TimeType,
            C::TimeDelta(_) => E::TimeDeltaType,
        };
        Self { text, int, float, bool, wrong: Some(wrong), named: true }
    }
}

#[cfg(test)]
mod tests {
    use super::{Given, On, Scalars};
    use crate::plan::ErrorCode;

    #[test]
    fn numbers_and_literals_in_other_words() {
        let scalars = Scalars::refused(ErrorCode::StringType);
        let instead = |on, text| scalars.instead(on, ErrorCode::IntFromFloat, str::as_bytes(text));
        for (on, text, expected) in [
            (On::Digit, "true", "1"),
            (On::Digit, "false", "0"),
            (On::Integral, "2.0", "2"),
            (On::Integral, "-3e2", "-300"),
            (On::Integral, "-0.0", "0"),
            (On::Digits, "1.50", "1.5"),
            (On::Digits, "1e-7", "0.0000001"),
        ] {
            assert_eq!(instead(on, text), Given::Instead(expected.into()), "{text}");
        }
        for (on, text, expected) in [
            (On::Kernel, "1", Given::Itself),
            (On::Integral, "2.5", Given::Wrong(ErrorCode::IntFromFloat)),
            (On::Integral, "1e16", Given::Unsure),
            (On::Integral, "1e400", Given::Unsure),
            (On::Wrong, "1", Given::Wrong(ErrorCode::StringType)),
            (On::Unsure, "1", Given::Unsure),
        ] {
            assert_eq!(instead(on, text), expected, "{text}");
        }
    }
}
