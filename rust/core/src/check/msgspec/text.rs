//! Text: str with constraints, and UUIDs.

use crate::check::text;
use crate::check::uuid;
use crate::check::{Kernel, Verdict};
use crate::plan::{self, ErrorCode};

/// Text and its constraints: lengths, then a pattern.
#[derive(Debug)]
pub struct Str {
    inner: text::Str,
    pattern: bool,
}

impl Str {
    /// Compiles the constraints. Fails where the pattern is none.
    pub fn new(plan: &plan::Str) -> Result<Self, regex::Error> {
        Ok(Self { inner: text::Str::new(plan)?, pattern: plan.pattern.is_some() })
    }

    /// Whether every text is accepted as it is.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.inner.is_free()
    }
}

impl Kernel for Str {
    const TEXT: bool = true;

    #[inline(always)]
    fn check(&self, text: &str, out: &mut Vec<u8>) -> Verdict {
        // The pattern is one of Python's: its classes of characters, and what `$` means before a line feed, are its own.
        if self.pattern && !text.bytes().all(|byte| byte.is_ascii() && byte != b'\n') {
            return Verdict::Unsure;
        }
        self.inner.check(text, out)
    }
}

/// A UUID: 32 hexadecimal digits, with the usual hyphens or without.
#[derive(Debug)]
pub struct Uuid;

impl Kernel for Uuid {
    const TEXT: bool = true;

    fn check(&self, text: &str, out: &mut Vec<u8>) -> Verdict {
        let bytes = text.as_bytes();
        let known = match bytes.len() {
            36 => [8, 13, 18, 23].iter().all(|at| bytes[*at] == b'-'),
            32 => true,
            _ => return Verdict::Reject(ErrorCode::UuidParsing),
        };
        if !known || bytes.iter().filter(|byte| byte.is_ascii_hexdigit()).count() != 32 {
            return Verdict::Unsure;
        }
        match (uuid::Uuid { version: None }).check(text, out) {
            Verdict::Reject(_) | Verdict::RejectWith(..) => Verdict::Unsure,
            verdict => verdict,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Str, Uuid, Verdict};
    use crate::check::ask;
    use crate::plan::{self, ErrorCode};

    #[test]
    fn patterns_are_searched_in_ascii_alone() {
        let kernel = Str::new(&plan::Str { pattern: Some("^a$".into()), ..plan::Str::default() }).expect("a pattern");
        for (text, expected) in [
            ("a", Verdict::Same(0)),
            ("b", Verdict::Reject(ErrorCode::StringPatternMismatch)),
            ("a\n", Verdict::Unsure),
            ("é", Verdict::Unsure),
        ] {
            assert_eq!(ask(&kernel, text).0, expected, "{text:?}");
        }
    }

    #[test]
    fn uuids() {
        for (text, expected) in [
            ("12345678-1234-5678-1234-567812345678", Verdict::Same(0)),
            ("ABCDEFAB123456781234567812345678", Verdict::Written(0)),
            ("{12345678-1234-5678-1234-567812345678}", Verdict::Reject(ErrorCode::UuidParsing)),
            ("12345678-1234-5678-1234-56781234567g", Verdict::Unsure),
            ("1234567-81234-5678-1234-567812345678", Verdict::Unsure),
            ("", Verdict::Reject(ErrorCode::UuidParsing)),
        ] {
            assert_eq!(ask(&Uuid, text).0, expected, "{text}");
        }
    }
}
