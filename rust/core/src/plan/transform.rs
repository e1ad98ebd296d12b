//! Transform: what becomes of valid records, as the plan has it. Plain data, read with serde.
//!
//! The twin of `Transform` in `python/thresher/plan.py`, with everything in it.

use serde::Deserialize;

use super::Kind;

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
