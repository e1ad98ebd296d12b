//! Bool: Pydantic's words, by their length, in any mixture of cases.

use super::{Kernel, Verdict};
use crate::cells::Span;
use crate::plan::ErrorCode;

/// A bool; holds where the constants are that it is written as.
#[derive(Debug)]
pub struct Bool {
    /// `true`.
    pub yes: Span,
    /// `false`.
    pub no: Span,
}

impl Kernel for Bool {
    const TEXT: bool = false;

    #[inline(always)]
    fn check(&self, text: &str, _out: &mut Vec<u8>) -> Verdict {
        match text {
            "true" | "True" => return Verdict::Constant(self.yes, 1),
            "false" | "False" => return Verdict::Constant(self.no, 0),
            _ => {}
        }
        let is = |word: &str| word.eq_ignore_ascii_case(text);
        let (no, yes) = match text.len() {
            1 => (is("0") || is("n") || is("f"), is("1") || is("y") || is("t")),
            2 => (is("no"), is("on")),
            3 => (is("off"), is("yes")),
            4 => (false, is("true")),
            5 => (is("false"), false),
            _ => (false, false),
        };
        if no {
            return Verdict::Constant(self.no, 0);
        }
        if yes {
            return Verdict::Constant(self.yes, 1);
        }
        Verdict::Reject(ErrorCode::BoolParsing)
    }

    fn echoes(&self, constants: &[u8]) -> bool {
        let is = |span: Span, text: &[u8]| constants.get(span.start()..span.start() + span.len()) == Some(text);
        is(self.yes, b"true") && is(self.no, b"false")
    }
}
