//! The plan as Python sends it: the compiled schema, bound to the header of a source. Plain data, read with serde.
//!
//! The twin of `python/thresher/plan.py`. Unknown fields are refused, so the two cannot drift apart unseen.

use serde::Deserialize;
use strum::{EnumCount, EnumIter, EnumString, IntoStaticStr};

pub mod shapes;

/// Where the text of a parse error goes in an [`ErrorTemplate`].
pub const HOLE: char = '\0';

/// What the engine is asked to do, apart from the sources.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// The plans that sources are bound to.
    pub plans: Vec<Plan>,
    /// Texts that make a cell null.
    pub null_values: Vec<String>,
    /// A longer record is rejected.
    pub max_record_bytes: usize,
    /// Threads that work at once, the caller's included; 0: as many as there are processors.
    pub workers: usize,
    /// Bytes of input that are split and checked together.
    pub block_bytes: usize,
    /// How accepted records are written; None: they are kept in memory.
    pub accepted_format: Option<Format>,
    /// How rejects are written.
    pub rejects_format: Format,
    /// Every so many records one that was decided here is compared with Pydantic's verdict; 0: none.
    #[serde(default)]
    pub verify: u64,
    /// Records of a batch that is handed over while the run goes on; 0: nothing is.
    #[serde(default)]
    pub batch: u64,
    /// Kinds of errors, by loc and type, that are counted each.
    #[serde(default = "most_kinds")]
    pub most_kinds: usize,
}

/// As in `python/thresher/engine.py`.
const fn most_kinds() -> usize {
    10_000
}

/// A format of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Comma-separated.
    Csv,
    /// Tab-separated.
    Tsv,
    /// One JSON object a line.
    Jsonl,
}

/// How a record reaches its verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// Column by column, here.
    Native,
    /// Every record goes to Pydantic.
    Record,
}

/// A compiled schema, bound to one header.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// How records reach their verdict.
    pub route: Route,
    /// One ASCII character.
    pub delimiter: String,
    /// The columns of the source, in order.
    pub columns: Vec<Column>,
    /// The fields of the output, in order.
    pub fields: Vec<Field>,
    /// Columns that must be null.
    pub forbidden: Vec<Forbidden>,
    /// What becomes of valid records; None: they are written as they are.
    #[serde(default)]
    pub transform: Option<Transform>,
    /// How records are split.
    #[serde(default)]
    pub format: SourceFormat,
    /// The keys under which values are looked up in JSON Lines.
    #[serde(default)]
    pub lookups: Vec<String>,
    /// What is inside of the fields of the kind [`Kind::Nested`].
    #[serde(default)]
    pub shapes: Vec<shapes::Shape>,
    /// What becomes of keys of JSON Lines that have no lookup; None: they are passed over.
    #[serde(default)]
    pub extra: Option<shapes::Extra>,
    /// Whose rules kernels follow.
    #[serde(default)]
    pub dialect: Dialect,
    /// Whether a line of JSON that has other keys than the lookups is unsure.
    #[serde(default)]
    pub known_only: bool,
}

/// Whose rules kernels follow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// Pydantic's.
    #[default]
    Pydantic,
    /// msgspec's: a record has one error at most, the first in the order of the source.
    Msgspec,
}

/// How a source is split into records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceFormat {
    /// Delimited cells.
    #[default]
    Csv,
    /// A JSON object a line, which is the only cell of its record.
    Jsonl,
    /// An array of JSON objects, each of which is the only cell of its record.
    Json,
}

/// What becomes of valid records: checks, then a filter, then the values that are written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transform {
    /// The fields that expressions look at.
    pub inputs: Vec<InputValue>,
    /// Each must be truthy.
    pub checks: Vec<Node>,
    /// Records for which it is falsy are filtered.
    #[serde(rename = "where")]
    pub filter: Option<Node>,
    /// What is written, in order; None: the fields as they are.
    pub outputs: Option<Vec<OutputValue>>,
}

/// A validated field that expressions look at.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputValue {
    /// Position of the field.
    pub field: usize,
    /// The type of its values.
    #[serde(rename = "type")]
    pub kind: ValueType,
    /// A constant: the value of `null: default`.
    pub default: Option<Node>,
}

/// What is written under one key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputValue {
    /// The key.
    pub name: String,
    /// Position of the field that passes unchanged.
    pub copy: Option<usize>,
    /// Else the expression.
    pub expr: Option<Node>,
    /// What the output schema asks of the expression's value.
    pub kind: Option<Kind>,
    /// Whether None is accepted and written as null.
    pub nullable: bool,
}

/// The type of a value of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is the Python type of its name")]
pub enum ValueType {
    None,
    Bool,
    Int,
    Float,
    Str,
    Date,
    DateTime,
    TimeDelta,
}

/// An expression, as a tree.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase", deny_unknown_fields)]
pub enum Node {
    /// A constant.
    Const {
        /// Its type.
        #[serde(rename = "type")]
        kind: ValueType,
        /// Its value as text: digits, `repr` of a float, `isoformat()`, microseconds of a timedelta.
        value: String,
    },
    /// The value of a field.
    Load {
        /// Position in [`Transform::inputs`].
        input: usize,
        /// For people.
        #[serde(rename = "type")]
        kind: String,
    },
    /// A function of values.
    Call {
        /// Which.
        name: String,
        /// Of what.
        args: Vec<Node>,
        /// For people.
        #[serde(rename = "type")]
        kind: String,
    },
}

/// One column of the source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name in the header.
    pub name: String,
    /// What a null cell becomes in the mapping that the schema is given.
    pub null: NullKey,
}

/// What a null cell becomes in the mapping that the schema is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NullKey {
    /// No key.
    Omit,
    /// The key with None.
    None,
}

/// One field of the output, and where its cells come from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The key it is written under.
    pub name: String,
    /// Position of its column, where the source has one.
    pub column: Option<usize>,
    /// How its cells are checked.
    pub kind: Kind,
    /// What a null cell means.
    pub null: Null,
    /// What is written for `null: default`.
    pub default: Option<Text>,
    /// Every error its kernel may give.
    pub errors: Vec<ErrorTemplate>,
    /// In JSON Lines: whether null is accepted, and written as null.
    #[serde(default)]
    pub nullable: bool,
    /// In JSON Lines: whether it is strict.
    #[serde(default)]
    pub strict: bool,
    /// In JSON Lines: every key that it is looked up under, where those are several.
    #[serde(default)]
    pub paths: Vec<usize>,
    /// What stands before the locs of errors inside of it.
    #[serde(default)]
    pub loc: Vec<shapes::LocItem>,
}

/// What a null cell means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Null {
    /// The value None.
    None,
    /// The default.
    Default,
    /// The error `missing`.
    Missing,
    /// Pydantic is asked about the record.
    Ask,
    /// The key is left out of the output.
    Omit,
}

/// One value as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// As JSON.
    pub json: String,
    /// As a CSV cell, before quoting.
    pub csv: String,
}

/// One possible error of one field: written as `prefix`, the JSON of the input, `suffix`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorTemplate {
    /// Pydantic's type of the error.
    #[serde(rename = "type")]
    pub kind: String,
    /// JSON up to the input.
    pub prefix: String,
    /// JSON after the input.
    pub suffix: String,
    /// For people.
    pub text: String,
    /// The loc as JSON.
    pub loc: String,
}

/// A column that `extra='forbid'` refuses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forbidden {
    /// Its position.
    pub column: usize,
    /// The error of each cell of it that is not null.
    pub error: ErrorTemplate,
}

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
    pub texts: Vec<ChoiceText>,
    /// The type of the error.
    pub error: String,
    /// The cell is read as an int first.
    #[serde(default)]
    pub integer: bool,
}

/// What a choice is written as.
#[derive(Debug, Clone, Deserialize)]
pub struct ChoiceText {
    /// As JSON.
    pub json: String,
    /// As a CSV cell, before quoting.
    pub csv: String,
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

/// Every error that a kernel can give, under Pydantic's names. A test on the Python side compares this list with
/// the error types that the installed pydantic-core knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, EnumIter, EnumCount, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[allow(missing_docs)]
pub enum ErrorCode {
    Missing,
    StringTooShort,
    StringTooLong,
    StringPatternMismatch,
    StringNotAscii,
    StringType,
    IntParsing,
    IntType,
    MultipleOf,
    LessThanEqual,
    LessThan,
    GreaterThanEqual,
    GreaterThan,
    FloatParsing,
    FloatType,
    FiniteNumber,
    BoolParsing,
    BoolType,
    BytesTooShort,
    BytesTooLong,
    BytesType,
    DateParsing,
    DateFromDatetimeParsing,
    DateFromDatetimeInexact,
    DateType,
    DatetimeParsing,
    DatetimeFromDateParsing,
    DatetimeType,
    TimezoneNaive,
    TimezoneAware,
    TimeParsing,
    TimeType,
    TimeDeltaParsing,
    TimeDeltaType,
    DecimalParsing,
    DecimalType,
    DecimalMaxDigits,
    DecimalMaxPlaces,
    DecimalWholeDigits,
    UuidParsing,
    UuidVersion,
    UuidType,
    LiteralError,
    Enum,
    IsInstanceOf,
    NoneRequired,
    IntFromFloat,
    ListType,
    TupleType,
    SetType,
    FrozenSetType,
    DictType,
    ModelType,
    ModelAttributesType,
    DataclassType,
    TooShort,
    TooLong,
    ExtraForbidden,
    UnexpectedKeywordArgument,
    UnionTagInvalid,
    UnionTagNotFound,
    JsonInvalid,
    JsonType,
}
