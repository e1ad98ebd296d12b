//! Oracle: how Pydantic is asked. The boundary implements it; tests implement it without Python.

use strum::{EnumString, IntoStaticStr};

use crate::error::Result;
use crate::keep::Chunk;

/// The stage in which Python refused a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Stage {
    /// The schema refused it.
    Validate,
    /// An expression raised.
    Transform,
    /// A check does not hold.
    Check,
    /// The output schema refused a value.
    Output,
}

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
    /// Where; the same for all errors of a record.
    pub stage: Stage,
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
    /// Of a record: it is valid and left out.
    Filtered,
    /// Of a cell: only the whole record tells.
    Unsure,
}

/// Where a record stands in its source: its number and its line.
pub type Number = (u64, u64);

/// What the engine decided about a record without Pydantic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// Accepted: its line in the sink, line end included.
    Accept(Vec<u8>),
    /// Accepted, and kept in memory: the next row of [`Sample::kept`].
    Keep,
    /// Rejected: its errors as they are written in a file of JSON Lines and in one of CSV.
    Reject {
        /// Objects, with commas between them.
        json: Vec<u8>,
        /// For people, with semicolons between them.
        text: String,
    },
    /// Valid and left out.
    Filtered,
}

/// Records of one source that were decided without Pydantic, to be compared with its own verdicts.
#[derive(Debug, Default)]
pub struct Sample {
    /// The plan that they were decided by.
    pub plan: usize,
    /// Position of their source.
    pub source: usize,
    /// The cells of all of them, one after another.
    pub texts: Vec<Vec<u8>>,
    /// Cells a record; None: a text is a line of JSON, which need not be UTF-8.
    pub columns: Option<usize>,
    /// The bytes of each, as they stand in the source, and where they begin there.
    pub raw: Vec<(u64, Vec<u8>)>,
    /// The number of each.
    pub numbers: Vec<Number>,
    /// What was decided about each.
    pub decided: Vec<Decided>,
    /// Those that are kept in memory, in order.
    pub kept: Vec<Chunk>,
}

/// Pydantic, asked in batches. Called from any worker; must not be called with a lock of the engine held.
pub trait Oracle: Sync {
    /// Validates cells of one field.
    fn cells(&self, plan: usize, field: usize, cells: &[&str], numbers: &[Number]) -> Result<Vec<Answer>>;

    /// Validates whole records. `texts` are the cells of all of them, one after another, `columns` a record.
    fn records(&self, plan: usize, texts: &[&str], columns: usize, numbers: &[Number]) -> Result<Vec<Answer>>;

    /// Compares records that were decided without Pydantic with its own verdicts. A difference is an error.
    fn compare(&self, _sample: &Sample) -> Result<()> {
        Ok(())
    }

    /// Forgets values that nobody will ask for.
    fn forget(&self, _handles: &[i64]) {}

    /// Validates lines of JSON, which need not be UTF-8.
    fn lines(&self, plan: usize, lines: &[&[u8]], numbers: &[Number]) -> Result<Vec<Answer>> {
        let texts: Vec<_> = lines.iter().map(|line| String::from_utf8_lossy(line)).collect();
        self.records(plan, &texts.iter().map(AsRef::as_ref).collect::<Vec<_>>(), 1, numbers)
    }
}
