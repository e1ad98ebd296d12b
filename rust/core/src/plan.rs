//! The plan as Python sends it: the compiled schema, bound to the header of a source. Plain data, read with serde.
//!
//! The twin of `python/thresher/plan.py`. Unknown fields are refused, so the two cannot drift apart unseen.

use serde::Deserialize;

mod code;
mod kind;
pub mod shapes;
mod transform;

pub use code::ErrorCode;
pub use kind::{Bounds, Choice, Kind, Microseconds, Str, Unit, Zone};
pub use transform::{InputValue, Node, OutputValue, Transform, ValueType};

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
    /// Whether a line of JSON in which one of the lookups repeats is unsure.
    #[serde(default)]
    pub once: bool,
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
