//! Leaf: scalars, by the kernels that cells go to.

use super::walk::Walk;
use super::{Exactness, Leaf};
use crate::check::msgspec::with_kernel;
use crate::check::{Kernel, Verdict};
use crate::compiled::Checker;
use crate::encode::json;
use crate::json::scalars::{Given, On, Scalars};
use crate::json::scan::{Value, unescape, value};

impl<'a> Walk<'a, '_> {
    /// Reads a scalar that goes out as it stands, whatever else it is. None: it is read in the way that takes any.
    #[inline(always)]
    pub(super) fn quick(&mut self, leaf: &Leaf, text: &[u8], at: usize) -> Option<usize> {
        if !self.usual || self.unions > 0 || at + 32 > text.len() {
            return None;
        }
        // SAFETY: 32 bytes are there.
        let (end, _) = unsafe { leaf.way.quick(text, at) }?;
        self.buffers.out.piece(text, at, end);
        Some(end)
    }

    /// Reads a scalar. `KEY`: it is a key of an object, which is text and is written as text.
    #[inline(always)]
    pub(super) fn leaf<const KEY: bool>(&mut self, leaf: &'a Leaf, text: &[u8], at: usize) -> Option<usize> {
        match &leaf.checker {
            Checker::Msgspec(checker) => {
                with_kernel!(&**checker, kernel => self.scalar::<_, KEY>(kernel, leaf, text, at))
            }
            Checker::Any(kernel) => self.scalar::<_, KEY>(kernel, leaf, text, at),
            Checker::Str(kernel) => self.scalar::<_, KEY>(kernel, leaf, text, at),
            Checker::Int(kernel) => self.scalar::<_, KEY>(kernel, leaf, text, at),
            Checker::Float(_) | Checker::Bool(_) if KEY => None,
            Checker::Float(kernel) => self.scalar::<_, KEY>(kernel, leaf, text, at),
            Checker::Bool(kernel) => self.scalar::<_, KEY>(kernel, leaf, text, at),
            Checker::Bytes(kernel) => self.scalar::<_, KEY>(kernel, leaf, text, at),
            Checker::Date(kernel) => self.scalar::<_, KEY>(kernel, leaf, text, at),
            Checker::DateTime(kernel) => self.scalar::<_, KEY>(&**kernel, leaf, text, at),
            Checker::Time(kernel) => self.scalar::<_, KEY>(kernel, leaf, text, at),
            Checker::TimeDelta(kernel) => self.scalar::<_, KEY>(kernel, leaf, text, at),
            Checker::Decimal(kernel) => self.scalar::<_, KEY>(kernel, leaf, text, at),
            Checker::Uuid(kernel) => self.scalar::<_, KEY>(kernel, leaf, text, at),
            Checker::Choice(_) | Checker::Integers(_) | Checker::Refuse(_) | Checker::Ask | Checker::Nested(_) => None,
        }
    }

    #[inline(never)]
    fn scalar<K: Kernel, const KEY: bool>(
        &mut self,
        kernel: &K,
        leaf: &'a Leaf,
        text: &[u8],
        at: usize,
    ) -> Option<usize> {
        let (found, end) = value(text, at)?;
        let (on, exactness) = match found {
            Value::Text(..) if KEY => (On::Kernel, of_key(&leaf.checker)),
            Value::Text(..) => (leaf.scalars.text, self.of_text(&leaf.checker)),
            Value::Int => (leaf.scalars.int, of_int(&leaf.checker)),
            Value::Float => (leaf.scalars.float, of_float(&leaf.checker)),
            Value::True | Value::False => (leaf.scalars.bool, of_bool(&leaf.checker)),
            Value::Nested if matches!(leaf.checker, Checker::Decimal(_)) && text[at] == b'[' => return None,
            Value::Nested | Value::Null => (On::Wrong, Exactness::Lax),
            Value::MinusZero => return None,
        };
        let rest = Scalars::rest(&leaf.checker);
        let instead = match leaf.scalars.instead(on, rest, &text[at..end]) {
            Given::Itself => None,
            Given::Instead(given) => Some(given),
            Given::Wrong(code) => return self.refuse(&leaf.problems, code, text, (at, end)),
            Given::Unsure => return None,
        };
        self.floor(exactness);
        let begin = self.buffers.undone.len();
        let escaped = matches!(found, Value::Text(_, true));
        let bytes = match (found, &instead) {
            (_, Some(instead)) => instead.as_bytes(),
            (Value::Text(quote, true), _) => {
                unescape(&text[at + 1..quote], &mut self.buffers.undone)?;
                &self.buffers.undone[begin..]
            }
            (Value::Text(quote, false), _) => &text[at + 1..quote],
            _ => &text[at..end],
        };
        // SAFETY: the text is UTF-8, strings begin and end at ASCII bytes, and undone escapes are whole characters.
        let given = unsafe { std::str::from_utf8_unchecked(bytes) };
        if (leaf.strict || self.unions > 0) && !narrow(&leaf.checker, given) {
            return None;
        }
        self.buffers.made.clear();
        let verdict = kernel.check(given, &mut self.buffers.made);
        let out = &mut self.buffers.out;
        let string = matches!(found, Value::Text(..));
        match verdict {
            Verdict::Same(bits) | Verdict::Written(bits)
                if matches!(leaf.checker, Checker::Float(_)) && infinite(bits) =>
            {
                return None;
            }
            // What goes out as it stands, quotes and all.
            Verdict::Same(_) if !escaped && instead.is_none() && (K::TEXT || KEY) == string => out.piece(text, at, end),
            Verdict::Same(_) => {
                out.flush(text);
                append::<K, KEY>(bytes, &mut out.copied);
            }
            Verdict::Part(from, len) => {
                out.flush(text);
                append::<K, KEY>(&bytes[from..from + len], &mut out.copied);
            }
            Verdict::Written(_) => {
                out.flush(text);
                append::<K, KEY>(&self.buffers.made, &mut out.copied);
            }
            Verdict::Constant(span, _) => {
                let constant = self.shapes.constants.get(span.start()..span.start() + span.len())?;
                if text[at..end] == *constant {
                    out.piece(text, at, end);
                } else {
                    out.bytes(text, constant);
                }
            }
            Verdict::Reject(code) => {
                self.refuse(&leaf.problems, code, text, (at, end))?;
            }
            // A strict type does not try to read it as the other one, and says so in other words.
            Verdict::RejectWith(..)
                if leaf.strict && matches!(leaf.checker, Checker::Date(_) | Checker::DateTime(_)) =>
            {
                return None;
            }
            Verdict::RejectWith(code, detail) => {
                self.refuse_with(&leaf.problems, code, &detail, text, (at, end))?;
            }
            Verdict::Unsure => return None,
        }
        self.buffers.undone.truncate(begin);
        Some(end)
    }

    fn of_text(&self, checker: &Checker) -> Exactness {
        match checker {
            Checker::Any(_) | Checker::Str(_) if self.cell => Exactness::Exact,
            _ if self.cell => Exactness::Lax,
            Checker::Uuid(_) => Exactness::Exact,
            Checker::Int(_) | Checker::Float(_) | Checker::Bool(_) => Exactness::Lax,
            _ => Exactness::Strict,
        }
    }
}

/// Appends what a kernel of this type writes.
#[inline(always)]
fn append<K: Kernel, const KEY: bool>(bytes: &[u8], out: &mut Vec<u8>) {
    if K::TEXT || KEY {
        json::string(bytes, out);
    } else {
        out.extend_from_slice(bytes);
    }
}

fn infinite(bits: i64) -> bool {
    !f64::from_bits(bits.cast_unsigned()).is_finite()
}

fn of_key(checker: &Checker) -> Exactness {
    match checker {
        Checker::Any(_) | Checker::Str(_) => Exactness::Strict,
        Checker::Uuid(_) => Exactness::Exact,
        _ => Exactness::Lax,
    }
}

fn of_int(checker: &Checker) -> Exactness {
    match checker {
        Checker::Int(_) => Exactness::Exact,
        Checker::Float(_) | Checker::Decimal(_) => Exactness::Strict,
        _ => Exactness::Lax,
    }
}

fn of_float(checker: &Checker) -> Exactness {
    match checker {
        Checker::Float(_) => Exactness::Exact,
        Checker::Decimal(_) => Exactness::Strict,
        _ => Exactness::Lax,
    }
}

fn of_bool(checker: &Checker) -> Exactness {
    if matches!(checker, Checker::Bool(_)) { Exactness::Exact } else { Exactness::Lax }
}

/// Whether a date or datetime is written as one, and not as the other or as a number: strict types refuse these, and
/// for a smart union they match less well.
fn narrow(checker: &Checker, text: &str) -> bool {
    let dashed = text.as_bytes().get(4) == Some(&b'-');
    match checker {
        Checker::Date(_) => dashed && text.len() == 10,
        Checker::DateTime(_) => dashed && text.len() >= 16,
        _ => true,
    }
}
