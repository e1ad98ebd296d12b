//! Kinds: how the cells of a field are checked. Plain data, read with serde.
//!
//! The twin of `python/thresher/kinds.py`.

use serde::Deserialize;

use super::Text;

/// Bounds on a value.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Bounds<T> {
    /// At most.
    pub le: Option<T>,
    /// Less than.
    pub lt: Option<T>,
    /// At least.
    pub ge: Option<T>,
    /// Greater than.
    pub gt: Option<T>,
}

impl<T> Bounds<T> {
    /// Whether there are none.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.le.is_none() && self.lt.is_none() && self.ge.is_none() && self.gt.is_none()
    }
}

/// What is asked of a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Zone {
    /// There must be none.
    Naive,
    /// There must be one.
    Aware,
}

/// What to do with more than six digits of a second's fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Microseconds {
    /// Drop the rest.
    Truncate,
    /// Refuse.
    Error,
}

/// The unit of a timestamp given as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Guessed from its size.
    Infer,
}

/// How the cells of a field are checked. One kernel each.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Kind {
    /// Text.
    Str(Str),
    /// A 64-bit integer.
    Int {
        /// The value must be a multiple of this.
        #[serde(default)]
        multiple_of: Option<i64>,
        /// Bounds on the value.
        #[serde(flatten)]
        bounds: Bounds<i64>,
    },
    /// A double.
    Float {
        /// Whether infinities and NaN are accepted.
        #[serde(default = "yes")]
        allow_inf_nan: bool,
        /// The value must be a multiple of this, within Pydantic's tolerance.
        #[serde(default)]
        multiple_of: Option<f64>,
        /// Bounds on the value.
        #[serde(flatten)]
        bounds: Bounds<f64>,
    },
    /// A bool, by Pydantic's table of words.
    Bool {},
    /// The UTF-8 bytes of the cell.
    Bytes {
        /// Shortest length in bytes.
        #[serde(default)]
        min_length: Option<usize>,
        /// Longest length in bytes.
        #[serde(default)]
        max_length: Option<usize>,
    },
    /// A date.
    Date {
        /// Bounds, in ISO form.
        #[serde(flatten)]
        bounds: Bounds<String>,
        /// The unit of a number.
        #[serde(default = "infer")]
        unit: Unit,
    },
    /// A date and a time.
    DateTime {
        /// Bounds, in ISO form.
        #[serde(flatten)]
        bounds: Bounds<String>,
        /// What is asked of the time zone.
        #[serde(default)]
        tz: Option<Zone>,
        /// Long fractions of a second.
        #[serde(default = "truncate")]
        microseconds: Microseconds,
        /// The unit of a number.
        #[serde(default = "infer")]
        unit: Unit,
    },
    /// A time of day.
    Time {
        /// Bounds, in ISO form.
        #[serde(flatten)]
        bounds: Bounds<String>,
        /// What is asked of the time zone.
        #[serde(default)]
        tz: Option<Zone>,
        /// Long fractions of a second.
        #[serde(default = "truncate")]
        microseconds: Microseconds,
    },
    /// A duration.
    TimeDelta {
        /// Bounds, in microseconds.
        #[serde(flatten)]
        bounds: Bounds<i64>,
        /// Long fractions of a second.
        #[serde(default = "truncate")]
        microseconds: Microseconds,
    },
    /// A decimal of plain digits.
    Decimal {
        /// Digits in all.
        #[serde(default)]
        max_digits: Option<u64>,
        /// Digits after the point.
        #[serde(default)]
        decimal_places: Option<u64>,
        /// Bounds, as plain decimal text.
        #[serde(flatten)]
        bounds: Bounds<String>,
    },
    /// A UUID.
    Uuid {
        /// The only version that is accepted.
        #[serde(default)]
        version: Option<usize>,
    },
    /// A Literal or Enum.
    Choice(Choice),
    /// The cell as it is.
    Any {},
    /// No cell is accepted.
    Refuse {
        /// The type of the error.
        error: String,
    },
    /// Pydantic is asked about each batch of cells.
    Ask {},
    /// A shape decides about its JSON text.
    Nested {
        /// Position of the shape.
        shape: usize,
    },
}

/// The constraints on text, in the order in which they are checked; the case is changed last.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a constraint of its own")]
pub struct Str {
    /// Strip white space first.
    pub strip: bool,
    /// Change to lower case.
    pub lower: bool,
    /// Change to upper case.
    pub upper: bool,
    /// Only ASCII is accepted.
    pub ascii_only: bool,
    /// Shortest length in code points.
    pub min_length: Option<usize>,
    /// Longest length in code points.
    pub max_length: Option<usize>,
    /// Must be found in the text.
    pub pattern: Option<String>,
}

/// A Literal or Enum: the cells that are accepted, and what each is written as.
#[derive(Debug, Clone, Deserialize)]
pub struct Choice {
    /// The accepted cells.
    pub cells: Vec<String>,
    /// What each is written as.
    pub texts: Vec<Text>,
    /// The type of the error.
    pub error: String,
    /// The cell is read as an int first.
    #[serde(default)]
    pub integer: bool,
}

fn yes() -> bool {
    true
}

fn infer() -> Unit {
    Unit::Infer
}

fn truncate() -> Microseconds {
    Microseconds::Truncate
}
