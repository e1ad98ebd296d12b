//! Encode: from spans to the bytes of a record. In: what each field is written as. Out: lines of CSV or JSON.
//!
//! Cells that did not change are copied straight from the block.

pub mod bytes;
pub mod csv;
pub mod escape;
pub mod float;
pub mod json;
pub mod pen;
pub mod rows;
