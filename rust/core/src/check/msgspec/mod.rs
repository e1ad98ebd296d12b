//! msgspec: kernels for Structs, where msgspec reads text in another way than Pydantic.
//!
//! Text of a cell is what `convert(…, strict=False)` reads: numbers as JSON has them, few words for bool, RFC 3339.
//! Strings of JSON go to the kernels of types that take strings, and numbers and literals to those that take them. What
//! is rare is unsure, and left to msgspec. The names of errors are Pydantic's.

mod choice;
mod first;
mod number;
mod temporal;
mod text;

pub use choice::{Choice, Integers};
pub use first::keep as keep_first;
pub use number::{Bool, Decimal, Float, Int, plain as float};
pub use temporal::{Date, DateTime, Time, TimeDelta};
pub use text::{Str, Uuid};

use super::{Any, Kernel, Verdict};
use crate::cells::Span;

/// The kernel of a field of a Struct.
#[expect(missing_docs, reason = "each is the kernel of its name")]
#[expect(clippy::large_enum_variant, reason = "there is one for each field of a run")]
pub enum Checker {
    Int(OrNull<Int>),
    Float(OrNull<Float>),
    Bool(OrNull<Bool>),
    Decimal(OrNull<Decimal>),
    /// Text without constraints.
    Text(Any),
    Str(Str),
    Uuid(OrNull<Uuid>),
    Date(OrNull<Date>),
    DateTime(Box<OrNull<DateTime>>),
    Time(Box<OrNull<Time>>),
    TimeDelta(OrNull<TimeDelta>),
    Choice(OrNull<Choice>),
    Integers(OrNull<Integers>),
}

/// Evaluates an expression with the kernel of a [`Checker`], whatever its type is.
macro_rules! with_kernel {
    ($checker:expr, $kernel:ident => $body:expr) => {
        match $checker {
            $crate::check::msgspec::Checker::Int($kernel) => $body,
            $crate::check::msgspec::Checker::Float($kernel) => $body,
            $crate::check::msgspec::Checker::Bool($kernel) => $body,
            $crate::check::msgspec::Checker::Decimal($kernel) => $body,
            $crate::check::msgspec::Checker::Text($kernel) => $body,
            $crate::check::msgspec::Checker::Str($kernel) => $body,
            $crate::check::msgspec::Checker::Uuid($kernel) => $body,
            $crate::check::msgspec::Checker::Date($kernel) => $body,
            $crate::check::msgspec::Checker::DateTime($kernel) => {
                let $kernel = &**$kernel;
                $body
            }
            $crate::check::msgspec::Checker::Time($kernel) => {
                let $kernel = &**$kernel;
                $body
            }
            $crate::check::msgspec::Checker::TimeDelta($kernel) => $body,
            $crate::check::msgspec::Checker::Choice($kernel) => $body,
            $crate::check::msgspec::Checker::Integers($kernel) => $body,
        }
    };
}
pub(crate) use with_kernel;

impl Checker {
    /// Whether its values are kept as text, and not as 64 bits.
    #[must_use]
    pub fn is_text(&self) -> bool {
        !matches!(
            self,
            Self::Int(_) | Self::Float(_) | Self::Bool(_) | Self::TimeDelta(_) | Self::Choice(_) | Self::Integers(_)
        )
    }
}

/// A kernel of which the text `null`, in any mixture of cases, may be None.
#[derive(Debug)]
pub struct OrNull<K> {
    /// Decides first.
    pub kernel: K,
    /// What None is written as, where the type allows it and the text is that of a cell.
    pub null: Option<Span>,
}

impl<K: Kernel> Kernel for OrNull<K> {
    const TEXT: bool = K::TEXT;

    #[inline(always)]
    fn check(&self, text: &str, out: &mut Vec<u8>) -> Verdict {
        let verdict = self.kernel.check(text, out);
        match verdict {
            Verdict::Reject(_) | Verdict::RejectWith(..) | Verdict::Unsure => self.otherwise(text, verdict),
            _ => verdict,
        }
    }

    /// In JSON no text is None.
    fn echoes(&self, constants: &[u8]) -> bool {
        self.null.is_none() && self.kernel.echoes(constants)
    }
}

impl<K> OrNull<K> {
    #[cold]
    fn otherwise(&self, text: &str, verdict: Verdict) -> Verdict {
        match self.null {
            Some(null) if text.eq_ignore_ascii_case("null") => Verdict::Constant(null, 0),
            _ => verdict,
        }
    }
}
