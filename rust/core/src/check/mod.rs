//! Check: from the text of cells to verdicts, one column after another.
//!
//! In: the rows of a block and a compiled field. Out: for each row a [`Span`] of what will be written, and errors. A
//! kernel is three-valued: what it cannot decide exactly it calls unsure, and Pydantic decides about that record.
//! Kernels see text and constants only, never another cell.

pub mod ask;
pub mod bool;
pub mod choice;
pub mod column;
pub mod decimal;
pub mod float;
pub mod int;
pub mod msgspec;
pub mod pattern;
pub mod temporal;
pub mod text;
pub mod uuid;
pub mod work;

use std::borrow::Cow;

use crate::cells::Span;
use crate::plan::ErrorCode;

/// What a kernel says about the text of one cell. `value` is the parsed value as 64 bits, where the type has such.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Accepted; the text itself is what is written.
    Same(i64),
    /// Accepted; a part of the text is what is written: its start and length.
    Part(usize, usize),
    /// Accepted; the kernel has appended what is written.
    Written(i64),
    /// Accepted; a constant is what is written.
    Constant(Span, i64),
    /// Rejected.
    Reject(ErrorCode),
    /// Rejected, with the text that the message of this error contains.
    RejectWith(ErrorCode, Cow<'static, str>),
    /// Pydantic has to decide.
    Unsure,
}

/// One type and its constraints.
pub trait Kernel {
    /// Whether what it writes is text, to be quoted and escaped, or goes out as it is.
    const TEXT: bool;

    /// The verdict on one cell. `out`: where to append, for [`Verdict::Written`].
    fn check(&self, text: &str, out: &mut Vec<u8>) -> Verdict;

    /// Whether each of its constants is the JSON of the text that it stands for: of a string, or of `true` and `false`
    /// where it does not write text.
    fn echoes(&self, _constants: &[u8]) -> bool {
        false
    }
}

/// The cell as it is.
#[derive(Debug)]
pub struct Any;

impl Kernel for Any {
    const TEXT: bool = true;

    #[inline(always)]
    fn check(&self, _text: &str, _out: &mut Vec<u8>) -> Verdict {
        Verdict::Same(0)
    }
}

/// No cell is accepted.
#[derive(Debug)]
pub struct Refuse(pub ErrorCode);

impl Kernel for Refuse {
    const TEXT: bool = true;

    fn check(&self, _text: &str, _out: &mut Vec<u8>) -> Verdict {
        Verdict::Reject(self.0)
    }
}

/// What the kernel of a field is used for, and what else becomes of fields that have none.
macro_rules! with_kernel {
    ($checker:expr, $kernel:ident => $body:expr, { $($other:tt)* }) => {
        match $checker {
            $crate::compiled::Checker::Str($kernel) => $body,
            $crate::compiled::Checker::Int($kernel) => $body,
            $crate::compiled::Checker::Float($kernel) => $body,
            $crate::compiled::Checker::Bool($kernel) => $body,
            $crate::compiled::Checker::Bytes($kernel) => $body,
            $crate::compiled::Checker::Date($kernel) => $body,
            $crate::compiled::Checker::DateTime($kernel) => {
                let $kernel = &**$kernel;
                $body
            }
            $crate::compiled::Checker::Time($kernel) => $body,
            $crate::compiled::Checker::TimeDelta($kernel) => $body,
            $crate::compiled::Checker::Decimal($kernel) => $body,
            $crate::compiled::Checker::Uuid($kernel) => $body,
            $crate::compiled::Checker::Choice($kernel) => $body,
            $crate::compiled::Checker::Integers($kernel) => $body,
            $crate::compiled::Checker::Any($kernel) => $body,
            $crate::compiled::Checker::Msgspec(checker) => {
                $crate::check::msgspec::with_kernel!(&**checker, $kernel => $body)
            }
            $($other)*
        }
    };
}
pub(crate) use with_kernel;

/// Runs a kernel outside of a block: its verdict, and what it wrote.
#[cfg(test)]
fn ask(kernel: &impl Kernel, text: &str) -> (Verdict, String) {
    let mut out = Vec::new();
    let verdict = kernel.check(text, &mut out);
    (verdict, String::from_utf8(out).expect("kernels write UTF-8"))
}
