//! Judge: what is known of a field whose values are decided while a line is read.
//!
//! In: a field. Out: whether values go out as they stand, whatever else they are, for the commonest types.

use std::ops::Range;

use super::bare::scalar;
use super::check;
use super::quick;
use super::scalars::{On, Scalars};
use super::tokens::Tag;
use crate::check::{Kernel, with_kernel};
use crate::compiled::{Checker, Field};
use crate::plan::{Bounds, ErrorCode};

/// What is known of one field.
#[derive(Debug)]
pub struct Judge {
    way: Way,
    /// A bit for each [`Tag`] of values whose text goes to the kernel.
    taken: u32,
    pub scalars: Scalars,
    /// The error of a number with a fraction where none may be.
    pub rest: ErrorCode,
    /// Whether the constants of its kernel are the texts that they stand for.
    pub echoes: bool,
}

/// Which values go out as they stand, whatever else they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Strings without escapes.
    Text,
    /// Integers.
    Int,
    /// Numbers with a fraction in their shortest form.
    Float,
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
        let way = match &field.checker {
            Checker::Any(_) if is_text => Way::Text,
            Checker::Int(kernel) if !valued && kernel.multiple_of.is_none() && free(&kernel.bounds) => Way::Int,
            Checker::Float(kernel) if !valued && kernel.multiple_of.is_none() && free(&kernel.bounds) => Way::Float,
            Checker::Bool(_) if !valued && echoes => Way::Literal,
            _ => Way::Kernel,
        };
        let scalars = Scalars::of(&field.checker, is_text);
        let tags = [Tag::Text, Tag::Escaped, Tag::Int, Tag::Float, Tag::True, Tag::False];
        let taken = tags.into_iter().filter(|tag| scalars.on(*tag, 0) == On::Kernel);
        let taken = taken.fold(0, |taken, tag| taken | 1 << tag as u32);
        Some(Self { way, taken, scalars, rest: Scalars::rest(&field.checker), echoes })
    }

    /// Whether the text of such a value goes to the kernel.
    #[inline(always)]
    pub fn takes(&self, tag: Tag) -> bool {
        self.taken >> tag as u32 & 1 == 1
    }

    /// Whether strings go out as they stand.
    #[inline(always)]
    pub fn is_text(&self) -> bool {
        self.way == Way::Text
    }

    /// The position after a value at `at` that goes out as it stands; None where that is not known.
    ///
    /// # Safety
    /// 32 bytes from `at` on must lie within `data`.
    #[inline(always)]
    pub unsafe fn quick(&self, data: &[u8], at: usize) -> Option<usize> {
        // SAFETY: by this function's contract.
        unsafe {
            match self.way {
                Way::Text => quick::text(data, at),
                Way::Int => quick::number(data, at, false),
                Way::Float => quick::number(data, at, true),
                Way::Literal => quick::literal(data, at),
                Way::Kernel => None,
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

/// Whether every value keeps the bounds.
fn free<T>(bounds: &Bounds<T>) -> bool {
    bounds.le.is_none() && bounds.lt.is_none() && bounds.ge.is_none() && bounds.gt.is_none()
}
