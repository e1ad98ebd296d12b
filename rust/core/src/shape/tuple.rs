//! Tuple: arrays with a shape for each place.

use super::Tuple;
use super::fault::Step;
use super::walk::Walk;
use super::worded;
use crate::json::scan::{skip, space, value};
use crate::plan::ErrorCode;

impl<'a> Walk<'a, '_> {
    pub(super) fn tuple(&mut self, tuple: &'a Tuple, text: &[u8], start: usize) -> Option<usize> {
        if text.get(start) != Some(&b'[') {
            return self.wrong(&tuple.problems, text, start);
        }
        // Places behind those of any number are counted from the end, and their errors are Pydantic's to place.
        let tail = tuple.variadic.map_or(0, |any| tuple.items.len() - 1 - any);
        let last = if tail > 0 { count(text, start)?.checked_sub(tail)? } else { usize::MAX };
        if tail > 0 && last < tuple.items.len() - 1 - tail {
            return None;
        }
        let before = self.errors();
        self.buffers.out.piece(text, start, start + 1);
        let mut at = space(text, start + 1);
        let (mut place, mut accepted) = (0, 0);
        if text.get(at) != Some(&b']') {
            loop {
                let shape = match tuple.variadic {
                    Some(any) if place >= last => tuple.items.get(any + 1 + place - last),
                    Some(any) => tuple.items.get(place.min(any)),
                    None => tuple.items.get(place),
                };
                let Some(shape) = shape else { return self.longer(tuple, before, text, start) };
                let item = self.errors();
                at = self.value(*shape, text, at)?;
                self.within(item, || Step::Index(place));
                place += 1;
                if self.errors == item.0 {
                    accepted += 1;
                    if accepted > tuple.lengths.max {
                        return self.longer(tuple, before, text, start);
                    }
                } else if tail > 0 {
                    return None;
                }
                if tuple.lengths.fail_fast && self.errors != before.0 {
                    let (_, end) = value(text, start)?;
                    return self.end(tuple, accepted, text, (start, end));
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
        for missing in place..tuple.variadic.unwrap_or(tuple.items.len()) {
            let loc = vec![Step::Index(missing)];
            self.note(worded(&tuple.problems, ErrorCode::Missing)?, "", loc, text, start)?;
            if tuple.lengths.fail_fast {
                break;
            }
        }
        self.end(tuple, accepted, text, (start, at + 1))
    }

    /// The length is looked at last, whatever the items are.
    fn end(&mut self, tuple: &'a Tuple, accepted: usize, text: &[u8], (start, end): (usize, usize)) -> Option<usize> {
        if accepted < tuple.lengths.min {
            self.refuse_with(&tuple.problems, ErrorCode::TooShort, &accepted.to_string(), text, (start, end))?;
        }
        Some(end)
    }

    /// One item too many ends it all: of the errors only this one is left.
    #[cold]
    fn longer(&mut self, tuple: &'a Tuple, before: (usize, usize), text: &[u8], start: usize) -> Option<usize> {
        self.forgive(before);
        let (_, end) = value(text, start)?;
        let all = count(text, start)?.to_string();
        self.refuse_with(&tuple.problems, ErrorCode::TooLong, &all, text, (start, end))
    }
}

/// How many items the array at `start` has.
fn count(text: &[u8], start: usize) -> Option<usize> {
    let mut at = space(text, start + 1);
    if text.get(at) == Some(&b']') {
        return Some(0);
    }
    let mut count = 0;
    loop {
        at = space(text, skip(text, at)?);
        count += 1;
        match text.get(at)? {
            b',' => at = space(text, at + 1),
            b']' => return Some(count),
            _ => return None,
        }
    }
}
