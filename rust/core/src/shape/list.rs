//! List: arrays whose items have one shape.

use super::fault::Step;
use super::walk::Walk;
use super::{List, Problems};
use crate::json::scan::{skip, space, value};
use crate::plan::ErrorCode;

/// The errors of a value that is of another type altogether.
const TYPES: [ErrorCode; 9] = [
    ErrorCode::ListType,
    ErrorCode::TupleType,
    ErrorCode::SetType,
    ErrorCode::FrozenSetType,
    ErrorCode::DictType,
    ErrorCode::ModelType,
    ErrorCode::ModelAttributesType,
    ErrorCode::DataclassType,
    ErrorCode::JsonType,
];

impl<'a> Walk<'a, '_> {
    /// A value that is not of the type that this shape reads.
    #[cold]
    pub(super) fn wrong(&mut self, problems: &'a Problems, text: &[u8], at: usize) -> Option<usize> {
        let (_, end) = value(text, at)?;
        let (code, _) = problems.iter().find(|(code, _)| TYPES.contains(code))?;
        self.refuse(problems, *code, text, (at, end))
    }

    pub(super) fn list(&mut self, list: &'a List, text: &[u8], start: usize) -> Option<usize> {
        if text.get(start) != Some(&b'[') {
            return self.wrong(&list.problems, text, start);
        }
        let before = self.errors();
        self.buffers.out.piece(text, start, start + 1);
        let mut at = space(text, start + 1);
        let mut count = 0;
        if text.get(at) != Some(&b']') {
            loop {
                if count == list.lengths.max {
                    return self.too_long(list, before, count, text, (start, at));
                }
                let item = self.errors();
                at = self.value(list.item, text, at)?;
                self.within(item, || Step::Index(count));
                count += 1;
                if list.lengths.fail_fast && self.errors != before.0 {
                    let (_, end) = value(text, start)?;
                    return Some(end);
                }
                at = space(text, at);
                match text.get(at)? {
                    b',' => {
                        self.buffers.out.piece(text, at, at + 1);
                        at = space(text, at + 1);
                    }
                    b']' => break,
                    _ => return None,
                }
            }
        }
        self.buffers.out.piece(text, at, at + 1);
        if count < list.lengths.min && self.errors == before.0 {
            self.refuse_with(&list.problems, ErrorCode::TooShort, &count.to_string(), text, (start, at + 1))?;
        }
        Some(at + 1)
    }

    /// One item too many, at `at`, ends it all: of the errors only this one is left.
    #[cold]
    fn too_long(
        &mut self,
        list: &'a List,
        before: (usize, usize),
        count: usize,
        text: &[u8],
        (start, mut at): (usize, usize),
    ) -> Option<usize> {
        let mut all = count;
        loop {
            at = space(text, skip(text, at)?);
            all += 1;
            match text.get(at)? {
                b',' => at = space(text, at + 1),
                b']' => break,
                _ => return None,
            }
        }
        self.forgive(before);
        self.refuse_with(&list.problems, ErrorCode::TooLong, &all.to_string(), text, (start, at + 1))
    }
}
