//! Choice: Literal and Enum of text, or of integers. Other values stand in the message, as Python shows them.

use std::borrow::Cow;

use crate::check::choice;
use crate::check::{Kernel, Verdict};
use crate::plan::ErrorCode;

/// Texts, and what each is written as.
#[derive(Debug)]
pub struct Choice(pub choice::Choice);

impl Kernel for Choice {
    const TEXT: bool = true;

    #[inline(always)]
    fn check(&self, text: &str, out: &mut Vec<u8>) -> Verdict {
        match self.0.check(text, out) {
            Verdict::Constant(span, at) => Verdict::Constant(span, at),
            _ => refused(text),
        }
    }

    fn echoes(&self, constants: &[u8]) -> bool {
        self.0.echoes(constants)
    }
}

/// The error, where Python shows the text as it is between quotes.
#[cold]
fn refused(text: &str) -> Verdict {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'\'' | b'\\')) {
        return Verdict::RejectWith(ErrorCode::Enum, Cow::Owned(format!("'{text}'")));
    }
    Verdict::Unsure
}

/// Integers, and what each is written as.
#[derive(Debug)]
pub struct Integers(pub choice::Choice);

impl Kernel for Integers {
    const TEXT: bool = true;

    fn check(&self, text: &str, out: &mut Vec<u8>) -> Verdict {
        let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
        let plain = !digits.is_empty()
            && digits.len() <= 18
            && digits.iter().all(u8::is_ascii_digit)
            && (digits[0] != b'0' || text == "0");
        if !plain {
            let number = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
            let maybe = !text.is_empty() && text.bytes().all(number);
            return if maybe { Verdict::Unsure } else { Verdict::Reject(ErrorCode::IntType) };
        }
        match self.0.check(text, out) {
            Verdict::Constant(span, at) => Verdict::Constant(span, at),
            _ => Verdict::RejectWith(ErrorCode::Enum, Cow::Owned(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::{Choice, Integers, Verdict};
    use crate::cells::{Place, Span};
    use crate::check::{ask, choice};
    use crate::plan::ErrorCode;

    fn table(cells: &[&str]) -> choice::Choice {
        let option = |(at, cell): (usize, &&str)| ((*cell).into(), Span::new(Place::Constant, at, 1));
        choice::Choice::new(cells.iter().enumerate().map(option).collect(), ErrorCode::Enum)
    }

    #[test]
    fn values_stand_in_the_error() {
        let with = |text: &str| Verdict::RejectWith(ErrorCode::Enum, Cow::Owned(text.to_owned()));
        let texts = Choice(table(&["a", "b"]));
        let one = Verdict::Constant(Span::new(Place::Constant, 1, 1), 1);
        for (text, expected) in
            [("b", one.clone()), ("c d", with("'c d'")), ("c'd", Verdict::Unsure), ("é", Verdict::Unsure)]
        {
            assert_eq!(ask(&texts, text).0, expected, "{text}");
        }
        let numbers = Integers(table(&["1", "-2"]));
        for (text, expected) in [
            ("-2", one),
            ("3", with("3")),
            ("01", Verdict::Unsure),
            ("1e0", Verdict::Unsure),
            ("-0", Verdict::Unsure),
            ("x", Verdict::Reject(ErrorCode::IntType)),
            ("", Verdict::Reject(ErrorCode::IntType)),
        ] {
            assert_eq!(ask(&numbers, text).0, expected, "{text}");
        }
    }
}
