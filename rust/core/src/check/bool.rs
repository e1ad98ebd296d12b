//! Bool: Pydantic's table of words, in any mixture of cases.

use super::{Kernel, Verdict};
use crate::cells::Span;
use crate::plan::ErrorCode;

const FALSE: [&str; 6] = ["false", "0", "no", "n", "f", "off"];
const TRUE: [&str; 6] = ["true", "1", "yes", "y", "t", "on"];

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
        if text.len() <= 5 {
            match text {
                "true" | "True" => return Verdict::Constant(self.yes, 1),
                "false" | "False" => return Verdict::Constant(self.no, 0),
                _ => {}
            }
            if FALSE.iter().any(|word| word.eq_ignore_ascii_case(text)) {
                return Verdict::Constant(self.no, 0);
            }
            if TRUE.iter().any(|word| word.eq_ignore_ascii_case(text)) {
                return Verdict::Constant(self.yes, 1);
            }
        }
        Verdict::Reject(ErrorCode::BoolParsing)
    }

    fn echoes(&self, constants: &[u8]) -> bool {
        let is = |span: Span, text: &[u8]| constants.get(span.start()..span.start() + span.len()) == Some(text);
        is(self.yes, b"true") && is(self.no, b"false")
    }
}
