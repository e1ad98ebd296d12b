//! Judge: what is known of a field whose values are decided while a line is read.
//!
//! In: a field. Out: whether values go out as they stand, whatever else they are, for the commonest types.

use std::ops::Range;

use super::bare::scalar;
use super::check;
use super::quick;
use super::scalars::{On, Scalars};
use super::tokens::Tag;
use crate::check::msgspec::{self, OrNull};
use crate::check::{Kernel, with_kernel};
use crate::compiled::{Checker, Field};
use crate::plan::{Bounds, ErrorCode};

/// What is known of one field.
#[derive(Debug)]
pub struct Judge {
    way: Way,
    /// Whether the value is asked for, and not only its text.
    pub valued: bool,
    /// A bit for each [`Tag`] of values whose text goes to the kernel.
    taken: u32,
    pub scalars: Scalars,
    /// The error of a number with a fraction where none may be.
    pub rest: ErrorCode,
    /// Whether the constants of its kernel are the texts that they stand for.
    pub echoes: bool,
}

/// Which values go out as they stand, whatever else they are.
#[derive(Debug, Clone, Copy)]
pub enum Way {
    /// Strings without escapes.
    Text,
    /// Integers.
    Int,
    /// Integers from the one to the other.
    IntWithin(i64, i64),
    /// Numbers with a fraction in their shortest form.
    Float,
    /// Such numbers from the one to the other.
    FloatWithin(f64, f64),
    /// `true` and `false`.
    Literal,
    /// Those that the kernel says.
    Kernel,
}

impl Judge {
    /// None where nothing here decides about the field. `valued`: its value is asked for, and not only its text.
    pub fn new(field: &Field, constants: &[u8], valued: bool) -> Option<Self> {
        let is_text = check::is_text(field);
        let echoes = with_kernel!(&field.checker, kernel => kernel.echoes(constants), {
            Checker::Refuse(_) | Checker::Ask => return None,
            Checker::Nested(_) => false,
        });
        let way = Way::of(&field.checker, is_text, echoes, valued);
        let scalars = Scalars::of(&field.checker, is_text);
        let tags = [Tag::Text, Tag::Escaped, Tag::Int, Tag::Float, Tag::True, Tag::False];
        let taken = tags.into_iter().filter(|tag| scalars.on(*tag, 0) == On::Kernel);
        let taken = taken.fold(0, |taken, tag| taken | 1 << tag as u32);
        Some(Self { way, valued, taken, scalars, rest: Scalars::rest(&field.checker), echoes })
    }

    /// Whether the text of such a value goes to the kernel.
    #[inline(always)]
    pub fn takes(&self, tag: Tag) -> bool {
        self.taken >> tag as u32 & 1 == 1
    }

    /// Whether strings go out as they stand.
    #[inline(always)]
    pub fn is_text(&self) -> bool {
        matches!(self.way, Way::Text)
    }

    /// As [`Way::quick`].
    ///
    /// # Safety
    /// 32 bytes from `at` on must lie within `data`.
    #[inline(always)]
    pub unsafe fn quick(&self, data: &[u8], at: usize) -> Option<(usize, i64)> {
        // SAFETY: by this function's contract.
        unsafe { self.way.quick(data, at) }
    }
}

impl Way {
    /// How values are read that go to `checker`. `is_text`: it is text where its kernel accepts everything; `echoes`: its
    /// constants are the texts that they stand for; `valued`: bits are asked for.
    pub fn of(checker: &Checker, is_text: bool, echoes: bool, valued: bool) -> Self {
        match checker {
            Checker::Any(_) if is_text => Self::Text,
            Checker::Int(kernel) if kernel.multiple_of.is_none() => ints(&kernel.bounds, valued),
            Checker::Float(kernel) if kernel.multiple_of.is_none() => floats(&kernel.bounds, valued),
            Checker::Bool(_) if echoes => Self::Literal,
            Checker::Msgspec(checker) => match &**checker {
                msgspec::Checker::Text(_) => Self::Text,
                msgspec::Checker::Int(OrNull { kernel, .. }) if kernel.multiple_of.is_none() => {
                    ints(&Bounds { ge: kernel.ge, le: kernel.le, ..Bounds::default() }, valued)
                }
                msgspec::Checker::Float(OrNull { kernel, .. }) => floats(&kernel.0.bounds, valued),
                msgspec::Checker::Bool(_) if echoes => Self::Literal,
                _ => Self::Kernel,
            },
            _ => Self::Kernel,
        }
    }

    /// The position after a value at `at` that goes out as it stands, and its bits where those were asked for; None where
    /// that is not known.
    ///
    /// # Safety
    /// 32 bytes from `at` on must lie within `data`.
    #[inline(always)]
    pub unsafe fn quick(self, data: &[u8], at: usize) -> Option<(usize, i64)> {
        // SAFETY: by this function's contract.
        unsafe {
            match self {
                Self::Text => quick::text(data, at).map(|end| (end, 0)),
                Self::Int => quick::number(data, at, false).map(|number| (number.end, 0)),
                Self::IntWithin(least, most) => {
                    let number = quick::number(data, at, false)?;
                    let value = number.int();
                    (least <= value && value <= most).then_some((number.end, value))
                }
                Self::Float => quick::number(data, at, true).map(|number| (number.end, 0)),
                Self::FloatWithin(least, most) => {
                    let number = quick::number(data, at, true)?;
                    let value = number.float();
                    (least <= value && value <= most).then_some((number.end, value.to_bits().cast_signed()))
                }
                Self::Literal => quick::literal(data, at).map(|end| (end, i64::from(end == at + 4))),
                Self::Kernel => None,
            }
        }
    }
}

/// The string, number or literal at `at`: what it is, its text, and the position after it. The text is in `undone`, at
/// its end, where the string has escapes.
///
/// # Safety
/// 32 bytes from `at` on must lie within `data`.
#[inline(always)]
pub unsafe fn value(data: &[u8], at: usize, undone: &mut Vec<u8>) -> Option<(Tag, Range<usize>, usize)> {
    // SAFETY: by this function's contract.
    unsafe { quick::given(data, at) }.or_else(|| other(data, at, undone))
}

#[inline(never)]
fn other(data: &[u8], at: usize, undone: &mut Vec<u8>) -> Option<(Tag, Range<usize>, usize)> {
    let (token, to) = scalar(data, at, undone)?;
    Some((token.tag(), token.start()..token.start() + token.len(), to))
}

/// How integers within bounds are read.
fn ints(bounds: &Bounds<i64>, valued: bool) -> Way {
    if bounds.is_free() && !valued {
        return Way::Int;
    }
    // What is read here has few digits.
    let least = bounds.ge.into_iter().chain(bounds.gt.map(|gt| gt.saturating_add(1))).max();
    let most = bounds.le.into_iter().chain(bounds.lt.map(|lt| lt.saturating_sub(1))).min();
    Way::IntWithin(least.unwrap_or(i64::MIN), most.unwrap_or(i64::MAX))
}

/// How floats within bounds are read.
fn floats(bounds: &Bounds<f64>, valued: bool) -> Way {
    if bounds.is_free() && !valued {
        return Way::Float;
    }
    // Whatever is compared with NaN keeps no bound: `max` and `min` would pass over it.
    if [bounds.ge, bounds.gt, bounds.le, bounds.lt].iter().flatten().any(|bound| bound.is_nan()) {
        return Way::Kernel;
    }
    let least = bounds.ge.unwrap_or(f64::NEG_INFINITY).max(bounds.gt.map_or(f64::NEG_INFINITY, f64::next_up));
    let most = bounds.le.unwrap_or(f64::INFINITY).min(bounds.lt.map_or(f64::INFINITY, f64::next_down));
    Way::FloatWithin(least, most)
}

#[cfg(test)]
mod tests {
    use super::{Way, floats, ints};
    use crate::check::int::outside;
    use crate::plan::Bounds;

    #[test]
    fn bounds_from_the_one_to_the_other() {
        let ints_at = [None, Some(i64::MIN), Some(-3), Some(0), Some(4), Some(i64::MAX)];
        let floats_at = [None, Some(-0.0), Some(0.5), Some(f64::INFINITY), Some(f64::NEG_INFINITY), Some(f64::NAN)];
        for code in 0..6 * 6 * 6 * 6 {
            let at = [code % 6, code / 6 % 6, code / 36 % 6, code / 216];
            let bounds = Bounds { le: ints_at[at[0]], lt: ints_at[at[1]], ge: ints_at[at[2]], gt: ints_at[at[3]] };
            let Way::IntWithin(least, most) = ints(&bounds, true) else { unreachable!("values are asked for") };
            for value in -5..6 {
                assert_eq!(least <= value && value <= most, outside(&bounds, &value).is_none(), "{bounds:?} {value}");
            }
            let bounds =
                Bounds { le: floats_at[at[0]], lt: floats_at[at[1]], ge: floats_at[at[2]], gt: floats_at[at[3]] };
            let Way::FloatWithin(least, most) = floats(&bounds, true) else { continue };
            for value in [-1.0, -0.0, 0.0, 5e-324, 0.4999, 0.5, 0.5001, 9_999_999.0] {
                assert_eq!(least <= value && value <= most, outside(&bounds, &value).is_none(), "{bounds:?} {value}");
            }
        }
    }
}
