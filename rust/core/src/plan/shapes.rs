//! Shapes: what is inside of a value. Plain data, read with serde.
//!
//! The twin of `python/thresher/shapes.py`. Shapes name others by their position in [`Plan::shapes`](super::Plan).

use serde::Deserialize;

use super::{Kind, Text};

/// One possible error of a shape. Where the value decides, a [`HOLE`](super::HOLE) stands in all three texts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// Pydantic's type of the error.
    #[serde(rename = "type")]
    pub kind: String,
    /// The message as a JSON string, quotes included.
    pub msg: String,
    /// The message as it is.
    pub plain: String,
    /// What follows the input.
    pub suffix: String,
}

/// The type of a JSON value that a [`Shape::OneOf`] accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is the JSON type of its name")]
pub enum CaseType {
    Null,
    Bool,
    Int,
    Str,
}

/// One value that a [`Shape::OneOf`] accepts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its JSON type.
    #[serde(rename = "type")]
    pub kind: CaseType,
    /// Nothing, `true` or `false`, digits, or the text.
    pub text: String,
    /// What it is written as.
    pub written: Text,
}

/// How many items there may be.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Lengths {
    /// At least.
    pub min_length: Option<usize>,
    /// At most.
    pub max_length: Option<usize>,
    /// Whether the first error is the only one.
    pub fail_fast: bool,
}

/// What a member means that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnAbsent {
    /// The error `missing`.
    Missing,
    /// The default is written.
    Default,
    /// Pydantic is asked.
    Ask,
    /// It is left out.
    Omit,
}

/// A part of a loc.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum LocItem {
    /// A position.
    Index(usize),
    /// A key.
    Key(String),
}

/// One field of a [`Shape::Object`].
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The key it is written under.
    pub name: String,
    /// The loc of its errors where that is not the key which was found.
    pub loc: String,
    /// The keys under which its value is looked up, in order.
    pub paths: Vec<String>,
    /// The loc of the error `missing`.
    pub missing_loc: Vec<LocItem>,
    /// Position of its shape.
    pub shape: usize,
    /// What it means that no key is there.
    pub on_absent: OnAbsent,
    /// What is written for [`OnAbsent::Default`].
    pub default: Option<Text>,
    /// The error `missing`.
    pub missing: Option<Problem>,
}

/// What becomes of keys that no member has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExtraKeys {
    /// They are passed over.
    Ignore,
    /// Each is an error.
    Forbid,
    /// They are written after the members.
    Allow,
}

/// One choice of a [`Shape::Union`].
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labelled {
    /// Position of its shape.
    pub shape: usize,
    /// Stands in the loc of its errors.
    pub label: String,
}

/// How a choice is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnionMode {
    /// The best match.
    Smart,
    /// The first match.
    LeftToRight,
}

/// What is inside of a value.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "shape", rename_all = "snake_case")]
pub enum Shape {
    /// A scalar.
    Leaf {
        /// How it is checked.
        kind: Kind,
        /// Whether it is strict, as pydantic-core understands it for JSON.
        strict: bool,
        /// Its errors.
        problems: Vec<Problem>,
    },
    /// Exactly these JSON values.
    OneOf {
        /// The values.
        cases: Vec<Case>,
        /// Whether a match is exact.
        exact: bool,
        /// Whether the value is read as an integer first.
        integer: bool,
        /// Its errors.
        problems: Vec<Problem>,
    },
    /// Null alone.
    Null {
        /// Its errors.
        problems: Vec<Problem>,
    },
    /// No text is accepted.
    Never {
        /// Its error.
        problems: Vec<Problem>,
    },
    /// Any JSON value.
    AnyJson {},
    /// Null, or another shape.
    Nullable {
        /// The other shape.
        inner: usize,
    },
    /// An array of any length.
    List {
        /// The shape of its items.
        item: usize,
        /// How many.
        #[serde(flatten)]
        lengths: Lengths,
        /// Its errors.
        problems: Vec<Problem>,
    },
    /// An array without order.
    Set {
        /// The shape of its items.
        item: usize,
        /// How many.
        #[serde(flatten)]
        lengths: Lengths,
        /// Its errors.
        problems: Vec<Problem>,
    },
    /// An array with a shape for each place.
    Tuple {
        /// The shapes.
        items: Vec<usize>,
        /// Position of the one that stands for any number of places.
        variadic: Option<usize>,
        /// How many.
        #[serde(flatten)]
        lengths: Lengths,
        /// Its errors.
        problems: Vec<Problem>,
    },
    /// An object of any keys.
    Dict {
        /// The shape of its keys.
        key: usize,
        /// The shape of its values.
        value: usize,
        /// How many.
        #[serde(flatten)]
        lengths: Lengths,
        /// Its errors.
        problems: Vec<Problem>,
    },
    /// A model, a `TypedDict` or a dataclass.
    Object {
        /// Its fields.
        members: Vec<Member>,
        /// What becomes of keys that no member has.
        extra: ExtraKeys,
        /// Whether a loc names the key that was found.
        loc_by_alias: bool,
        /// Whether the choice of a union looks at the number of members that were given.
        counts_fields: bool,
        /// Whether an instance is made.
        instance: bool,
        /// Its errors.
        problems: Vec<Problem>,
    },
    /// An instance made of one value.
    Instance {
        /// The shape of the value.
        inner: usize,
    },
    /// One of several shapes.
    Union {
        /// The shapes.
        choices: Vec<Labelled>,
        /// How one is chosen.
        mode: UnionMode,
    },
    /// An object of one of several shapes, chosen by one of its keys.
    Tagged {
        /// The keys under which the tag is looked up.
        lookups: Vec<String>,
        /// The tags.
        tags: Vec<String>,
        /// A shape for each.
        shapes: Vec<usize>,
        /// Its errors.
        problems: Vec<Problem>,
    },
    /// A string that holds JSON text.
    Json {
        /// The shape of what it holds.
        inner: usize,
        /// Its errors.
        problems: Vec<Problem>,
    },
}

/// What becomes of the keys of a line that no field is looked up under.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extra {
    /// Never [`ExtraKeys::Ignore`].
    pub behavior: ExtraKeys,
    /// The error of [`ExtraKeys::Forbid`].
    pub forbidden: Option<Problem>,
}
