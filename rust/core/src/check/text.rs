//! Text: str and bytes. White space, lengths and patterns as Rust sees them, which is how pydantic-core does.

use super::{Kernel, Verdict, pattern::Pattern};
use crate::plan::{self, ErrorCode};

/// Text and its constraints, in the order in which they are checked.
#[derive(Debug)]
pub struct Str {
    strip: bool,
    case: Option<Case>,
    ascii_only: bool,
    min_length: usize,
    max_length: usize,
    pattern: Option<Pattern>,
}

#[derive(Debug, Clone, Copy)]
enum Case {
    Lower,
    Upper,
}

impl Str {
    /// Compiles the constraints. Fails where the pattern is none.
    pub fn new(plan: &plan::Str) -> Result<Self, regex::Error> {
        Ok(Self {
            strip: plan.strip,
            case: match (plan.lower, plan.upper) {
                (true, _) => Some(Case::Lower),
                (false, true) => Some(Case::Upper),
                (false, false) => None,
            },
            ascii_only: plan.ascii_only,
            min_length: plan.min_length.unwrap_or(0),
            max_length: plan.max_length.unwrap_or(usize::MAX),
            pattern: plan.pattern.as_deref().map(Pattern::new).transpose()?,
        })
    }

    /// Whether every text is accepted as it is.
    #[must_use]
    pub fn is_free(&self) -> bool {
        !self.strip
            && self.case.is_none()
            && !self.ascii_only
            && self.min_length == 0
            && self.max_length == usize::MAX
            && self.pattern.is_none()
    }

    /// The error of a text whose length in code points is out of bounds. Bytes bound code points from both sides.
    #[inline(always)]
    fn length(&self, text: &str) -> Option<ErrorCode> {
        let bytes = text.len();
        if bytes <= self.max_length && bytes / 4 >= self.min_length {
            return None;
        }
        let length = text.chars().count();
        if length < self.min_length {
            return Some(ErrorCode::StringTooShort);
        }
        (length > self.max_length).then_some(ErrorCode::StringTooLong)
    }
}

impl Kernel for Str {
    const TEXT: bool = true;

    #[inline(always)]
    fn check(&self, whole: &str, out: &mut Vec<u8>) -> Verdict {
        let text = if self.strip { whole.trim() } else { whole };
        if self.ascii_only && !text.is_ascii() {
            return Verdict::Reject(ErrorCode::StringNotAscii);
        }
        if let Some(code) = self.length(text) {
            return Verdict::Reject(code);
        }
        if self.pattern.as_ref().is_some_and(|pattern| !pattern.is_match(text)) {
            return Verdict::Reject(ErrorCode::StringPatternMismatch);
        }
        if let Some(case) = self.case {
            return recase(text, case, out);
        }
        if text.len() == whole.len() {
            return Verdict::Same(0);
        }
        Verdict::Part(text.as_ptr() as usize - whole.as_ptr() as usize, text.len())
    }
}

/// Changes the case of ASCII; beyond it, the tables of the Unicode version decide, so Pydantic is asked.
fn recase(text: &str, case: Case, out: &mut Vec<u8>) -> Verdict {
    if !text.is_ascii() {
        return Verdict::Unsure;
    }
    let begin = out.len();
    out.extend_from_slice(text.as_bytes());
    match case {
        Case::Lower => out[begin..].make_ascii_lowercase(),
        Case::Upper => out[begin..].make_ascii_uppercase(),
    }
    Verdict::Written(0)
}

/// The UTF-8 bytes of the cell; lengths in bytes.
#[derive(Debug)]
pub struct Bytes {
    /// Shortest length.
    pub min_length: usize,
    /// Longest length.
    pub max_length: usize,
}

impl Kernel for Bytes {
    const TEXT: bool = true;

    #[inline(always)]
    fn check(&self, text: &str, _out: &mut Vec<u8>) -> Verdict {
        if text.len() < self.min_length {
            return Verdict::Reject(ErrorCode::BytesTooShort);
        }
        if text.len() > self.max_length {
            return Verdict::Reject(ErrorCode::BytesTooLong);
        }
        Verdict::Same(0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Str, Verdict};
    use crate::check::ask;
    use crate::plan::{self, ErrorCode};

    #[test]
    fn lengths_are_code_points() {
        let kernel = Str::new(&plan::Str { min_length: Some(2), max_length: Some(3), ..plan::Str::default() })
            .expect("no pattern");
        for (text, expected) in [
            ("é", Verdict::Reject(ErrorCode::StringTooShort)),
            ("éé", Verdict::Same(0)),
            ("日本語", Verdict::Same(0)),
            ("日本語語", Verdict::Reject(ErrorCode::StringTooLong)),
            ("", Verdict::Reject(ErrorCode::StringTooShort)),
        ] {
            assert_eq!(ask(&kernel, text).0, expected, "{text}");
        }
    }

    #[test]
    fn strip_comes_first_and_case_last() {
        let plan = plan::Str { strip: true, lower: true, pattern: Some("^A$".into()), ..plan::Str::default() };
        let kernel = Str::new(&plan).expect("a pattern");
        assert_eq!(ask(&kernel, "\u{2003}A \n"), (Verdict::Written(0), "a".to_owned()));
        assert_eq!(ask(&kernel, "a").0, Verdict::Reject(ErrorCode::StringPatternMismatch));
        let strip = Str::new(&plan::Str { strip: true, ..plan::Str::default() }).expect("no pattern");
        assert_eq!(ask(&strip, "  x ").0, Verdict::Part(2, 1));
        assert_eq!(ask(&strip, "   ").0, Verdict::Part(0, 0));
    }
}
