//! One of: the values of Literals and Enums.

use super::walk::Walk;
use super::{Case, Exactness, OneOf};
use crate::check::int::{self, Parsed};
use crate::json::scan::{Value, unescape, value};
use crate::plan::shapes::CaseType;

impl<'a> Walk<'a, '_> {
    /// Reads one of several values. `KEY`: it is a key of an object, which is written as text.
    pub(super) fn one_of<const KEY: bool>(&mut self, one: &'a OneOf, text: &[u8], at: usize) -> Option<usize> {
        let (found, end) = value(text, at)?;
        let begin = self.buffers.undone.len();
        let mut digits = itoa::Buffer::new();
        let (mut kind, mut given) = match found {
            Value::Text(quote, false) => (Some(CaseType::Str), &text[at + 1..quote]),
            Value::Text(quote, true) => {
                unescape(&text[at + 1..quote], &mut self.buffers.undone)?;
                (Some(CaseType::Str), &self.buffers.undone[begin..])
            }
            Value::Int => (Some(CaseType::Int), &text[at..end]),
            Value::True | Value::False => (Some(CaseType::Bool), &text[at..end]),
            Value::Null => (Some(CaseType::Null), &[][..]),
            Value::Float | Value::MinusZero => (None, &text[at..end]),
            // Nothing that can be expected is equal to these.
            Value::Nested => (Some(CaseType::Null), &b"["[..]),
        };
        if one.integer && kind == Some(CaseType::Str) {
            kind = Some(CaseType::Int);
            match int::parse(std::str::from_utf8(given).ok()?) {
                Parsed::Value { value, .. } => given = digits.format(value).as_bytes(),
                Parsed::No => given = &[],
                Parsed::Unsure => return None,
            }
        }
        let case = one.cases.iter().find(|case| Some(case.kind) == kind && *case.text == *given);
        self.buffers.undone.truncate(begin);
        if !one.exact {
            self.floor(Exactness::Lax);
        }
        let Some(case) = case else {
            // 1, 1.0 and True are equal in Python.
            let number = |case: &Case| matches!(case.kind, CaseType::Int | CaseType::Bool);
            let numeric = matches!(found, Value::Int | Value::True | Value::False | Value::Float | Value::MinusZero);
            if numeric && one.cases.iter().any(|case| number(case) && Some(case.kind) != kind) {
                return None;
            }
            let (code, _) = one.problems.first()?;
            return self.refuse(&one.problems, *code, text, (at, end));
        };
        let out = &mut self.buffers.out;
        if text[at..end] == *case.written {
            out.piece(text, at, end);
        } else if KEY && !case.written.starts_with(b"\"") {
            for part in [&b"\""[..], &case.written, b"\""] {
                out.bytes(text, part);
            }
        } else {
            out.bytes(text, &case.written);
        }
        Some(end)
    }
}
