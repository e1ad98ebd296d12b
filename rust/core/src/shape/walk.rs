//! Walk: over the text of one value, shape by shape.
//!
//! Every function reads the value that begins at `at` and returns the position after it, or None where Pydantic has to
//! decide about the whole record. Whether the value was refused tells the number of errors.

use super::fault::{Pending, Step, Worded};
use super::object::{Extra, Slot};
use super::out::Out;
use super::{Exactness, Problems, Shape, Shapes, worded};
use crate::json::object;
use crate::json::scan::{Value, value};
use crate::plan::ErrorCode;

/// Deeper shapes are left to Pydantic: with what is inside of them and not followed they stay below the depth at which
/// jiter gives up.
const DEEPEST: u32 = 95;

/// The buffers of a walk, kept from value to value.
#[derive(Default)]
pub struct Buffers {
    /// What is written.
    pub out: Out,
    /// What a kernel writes.
    pub made: Vec<u8>,
    /// Strings whose escapes were undone.
    pub undone: Vec<u8>,
    /// The members of the objects around.
    pub slots: Vec<Slot>,
    /// The keys that no member has, of the objects around.
    pub extras: Vec<Extra>,
    /// Hashes of the keys of the dicts around.
    pub hashes: Vec<u64>,
    /// For each object of the plan, the place in its lookups of each key of the one before, in order.
    pub orders: Vec<Vec<usize>>,
}

/// A walk over one value.
pub struct Walk<'a, 'b> {
    pub(super) shapes: &'a Shapes,
    pub(super) buffers: &'b mut Buffers,
    /// The errors so far. None of them is here while `quiet`.
    pub(super) pending: Vec<Pending<'a>>,
    /// How many errors there are.
    pub(super) errors: usize,
    /// Whether errors are only counted: they may turn out to be none.
    pub(super) quiet: bool,
    /// How well the value matches so far.
    pub(super) exactness: Exactness,
    /// How many members of models were given so far.
    pub(super) fields: Option<usize>,
    /// How many smart unions are around.
    pub(super) unions: u32,
    /// Whether the text is that of a cell, as a JSON string.
    pub(super) cell: bool,
    /// Whether only what is accepted and in its usual form is of interest. None is returned for anything else.
    pub(super) usual: bool,
    depth: u32,
}

impl<'a, 'b> Walk<'a, 'b> {
    /// Begins a walk.
    pub fn new(shapes: &'a Shapes, buffers: &'b mut Buffers) -> Self {
        buffers.out.clear();
        buffers.slots.clear();
        buffers.extras.clear();
        buffers.hashes.clear();
        // A walk that was given up may have left some.
        buffers.undone.clear();
        Self {
            shapes,
            buffers,
            pending: Vec::new(),
            errors: 0,
            quiet: false,
            exactness: Exactness::Exact,
            fields: None,
            unions: 0,
            cell: false,
            usual: false,
            depth: 0,
        }
    }

    /// Reads the value at `at` by a shape.
    pub(super) fn value(&mut self, shape: usize, text: &[u8], at: usize) -> Option<usize> {
        let shapes: &'a Shapes = self.shapes;
        match shapes.all.get(shape)? {
            Shape::Leaf(leaf) => match self.quick(leaf, text, at) {
                Some(end) => Some(end),
                None => self.leaf::<false>(leaf, text, at),
            },
            inner => {
                if self.depth == DEEPEST {
                    return None;
                }
                self.depth += 1;
                let end = self.inner(inner, text, at);
                self.depth -= 1;
                end
            }
        }
    }

    fn inner(&mut self, shape: &'a Shape, text: &[u8], at: usize) -> Option<usize> {
        match shape {
            Shape::Leaf(leaf) => self.leaf::<false>(leaf, text, at),
            Shape::OneOf(one) => self.one_of::<false>(one, text, at),
            Shape::Null(problems) => match value(text, at)? {
                (Value::Null, end) => {
                    self.buffers.out.piece(text, at, end);
                    Some(end)
                }
                (_, end) => self.refuse(problems, ErrorCode::NoneRequired, text, (at, end)),
            },
            Shape::Never(problems) => {
                let (code, _) = problems.first()?;
                let (_, end) = value(text, at)?;
                self.refuse(problems, *code, text, (at, end))
            }
            Shape::AnyJson => self.any(text, at),
            Shape::Nullable(_) if text.get(at..)?.starts_with(b"null") => {
                self.buffers.out.piece(text, at, at + 4);
                Some(at + 4)
            }
            Shape::Nullable(inner) => self.value(*inner, text, at),
            Shape::List(list) => self.list(list, text, at),
            Shape::Object(object) if self.usual => self.usual(object, text, at),
            Shape::Object(object) => self.object(object, text, at),
            Shape::Instance(inner) => {
                self.floor(Exactness::Strict);
                self.value(*inner, text, at)
            }
            Shape::Set(set) => self.set(set, text, at),
            Shape::Tuple(tuple) => self.tuple(tuple, text, at),
            Shape::Dict(dict) => self.dict(dict, text, at),
            Shape::Union(union) => self.union(union, text, at),
            Shape::Tagged(tagged) => self.tagged(tagged, text, at),
            Shape::Json(inner, problems) => self.json(*inner, problems, text, at),
            Shape::Ask => None,
        }
    }

    /// The shape of the JSON text that a cell holds; None where the shape may read the cell otherwise.
    pub(super) fn held(&self, mut shape: usize) -> Option<usize> {
        // A shape that names itself ends nowhere.
        for _ in 0..DEEPEST {
            match self.shapes.all.get(shape)? {
                Shape::Json(inner, _) => return Some(*inner),
                Shape::Nullable(inner) => shape = *inner,
                _ => return None,
            }
        }
        None
    }

    /// The value matches no better than that.
    #[inline(always)]
    pub(super) fn floor(&mut self, exactness: Exactness) {
        self.exactness = self.exactness.min(exactness);
    }

    /// Any JSON value, as it is written again.
    pub(super) fn any(&mut self, text: &[u8], at: usize) -> Option<usize> {
        self.floor(Exactness::Strict);
        let made = &mut self.buffers.made;
        made.clear();
        let end = object::write(text, at, made)?;
        if **made == text[at..end] {
            self.buffers.out.piece(text, at, end);
        } else {
            self.buffers.out.bytes(text, made);
        }
        Some(end)
    }

    /// Notes that the value at `at` is refused.
    #[cold]
    pub(super) fn refuse(
        &mut self,
        problems: &'a Problems,
        code: ErrorCode,
        text: &[u8],
        (at, end): (usize, usize),
    ) -> Option<usize> {
        self.refuse_with(problems, code, "", text, (at, end))
    }

    /// As [`Self::refuse`], with what fills the holes of the message.
    #[cold]
    pub(super) fn refuse_with(
        &mut self,
        problems: &'a Problems,
        code: ErrorCode,
        hole: &str,
        text: &[u8],
        (at, end): (usize, usize),
    ) -> Option<usize> {
        self.note(worded(problems, code)?, hole, Vec::new(), text, at)?;
        Some(end)
    }

    /// Notes an error about the value at `at`.
    #[cold]
    pub(super) fn note(
        &mut self,
        worded: &'a Worded,
        hole: &str,
        loc: Vec<Step>,
        text: &[u8],
        at: usize,
    ) -> Option<()> {
        self.errors += 1;
        if !self.quiet {
            let mut input = Vec::new();
            object::write(text, at, &mut input)?;
            self.pending.push(Pending { worded, hole: hole.into(), input, loc });
        }
        Some(())
    }

    /// Where the errors begin that come from here on.
    #[inline(always)]
    pub(super) fn errors(&self) -> (usize, usize) {
        (self.errors, self.pending.len())
    }

    /// Puts a step before the locs of the errors since `before`.
    #[inline(always)]
    pub(super) fn within(&mut self, before: (usize, usize), step: impl Fn() -> Step) {
        if self.errors != before.0 {
            for pending in self.pending.iter_mut().skip(before.1) {
                pending.loc.push(step());
            }
        }
    }

    /// Forgets the errors since `before`.
    pub(super) fn forgive(&mut self, before: (usize, usize)) {
        self.errors = before.0;
        self.pending.truncate(before.1);
    }
}
