//! Scalars: what each type does with JSON values, as a table.
//!
//! A string goes to the kernel that CSV cells go to: pydantic-core reads both by the same rules. What it does with
//! numbers and literals stands here; what does not is unsure.

use crate::check::msgspec;
use crate::compiled::Checker;
use crate::plan::ErrorCode;

/// What to do with a value of one JSON type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Its text goes to the kernel, which reads it as pydantic-core reads the value.
    Kernel,
    /// The error of a value of another type.
    Wrong,
    /// `true` and `false` go to the kernel as 1 and 0. Inside of shapes only; elsewhere Pydantic decides.
    Digit,
    /// A number without a rest goes to the kernel as an integer; another is refused. As above.
    Integral,
    /// A number goes to the kernel in the shortest digits that give it back, without an exponent. As above.
    Digits,
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
