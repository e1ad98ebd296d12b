//! Oracle: how Pydantic is asked. The boundary implements it; tests implement it without Python.

use crate::error::Result;

/// One error as Pydantic gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The whole error object as JSON.
    pub json: Vec<u8>,
    /// For people.
    pub text: String,
    /// The loc as JSON.
    pub loc: String,
    /// Pydantic's type.
    pub kind: String,
}

/// Pydantic's verdict on one cell or record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Accepted: what is written, and a handle of the value where values are kept.
    Accept {
        /// A cell: its JSON text or CSV cell before quoting. A record: its line.
        text: Vec<u8>,
        /// Under which the boundary keeps the value.
        handle: i64,
    },
    /// Rejected, with every error.
    Reject(Vec<Fault>),
    /// Of a cell: only the whole record tells.
    Unsure,
}

/// Where a record stands in its source: its number and its line.
pub type Number = (u64, u64);

/// Pydantic, asked in batches. Called from any worker; must not be called with a lock of the engine held.
pub trait Oracle: Sync {
    /// Validates cells of one field.
    fn cells(&self, plan: usize, field: usize, cells: &[&str], numbers: &[Number]) -> Result<Vec<Answer>>;

    /// Validates whole records. `texts` are the cells of all of them, one after another, `columns` a record.
    fn records(&self, plan: usize, texts: &[&str], columns: usize, numbers: &[Number]) -> Result<Vec<Answer>>;
}
