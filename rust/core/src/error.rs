//! The one error type of the engine: what stops a run. Bad data never does; it becomes a reject.

use std::fmt;
use std::io;

/// What stopped a run.
#[derive(Debug)]
pub enum Error {
    /// The job itself cannot be carried out: the plan does not parse or contradicts itself. A defect of ours.
    Plan(String),
    /// A source could not be read.
    Read {
        /// The name of the source.
        source: String,
        /// What the system said.
        error: io::Error,
    },
    /// A sink could not be written.
    Write {
        /// Which of the two.
        sink: &'static str,
        /// What the system said.
        error: io::Error,
    },
    /// Asking Python failed; the boundary keeps the exception under this number.
    Python(u64),
    /// Another thread failed or the user interrupted; its error is the one to show.
    Cancelled,
    /// A panic, caught at the boundary. A defect of ours.
    Panic(String),
}

impl Error {
    /// The error of a write: one of ours that came through a writer, or what the system said.
    #[must_use]
    pub fn write(sink: &'static str, error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(ours) => ours,
            Err(error) => Self::Write { sink, error },
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan(message) => write!(f, "the plan cannot be carried out: {message}"),
            Self::Read { source, error } => write!(f, "{source} could not be read: {error}"),
            Self::Write { sink, error } => write!(f, "the {sink} could not be written: {error}"),
            Self::Python(_) => f.write_str("a call of Python failed"),
            Self::Cancelled => f.write_str("cancelled"),
            Self::Panic(message) => write!(f, "the engine panicked: {message}"),
        }
    }
}

impl std::error::Error for Error {}

/// What every fallible function of the engine returns.
pub type Result<T> = std::result::Result<T, Error>;
