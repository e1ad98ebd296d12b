//! Set: arrays without order. Python decides how more than one different item are ordered.

use super::List;
use super::fault::Step;
use super::walk::Walk;
use crate::json::scan::{space, value};
use crate::plan::ErrorCode;

impl<'a> Walk<'a, '_> {
    pub(super) fn set(&mut self, set: &'a List, text: &[u8], start: usize) -> Option<usize> {
        if text.get(start) != Some(&b'[') {
            return self.wrong(&set.problems, text, start);
        }
        let before = self.errors();
        self.buffers.out.piece(text, start, start + 1);
        let mut at = space(text, start + 1);
        // The text of the first accepted item, how many were accepted, and whether one was another.
        let (mut first, mut accepted, mut several) = (None, 0_usize, false);
        let mut place = 0;
        if text.get(at) != Some(&b']') {
            loop {
                let item = self.errors();
                let mark = self.buffers.out.mark();
                let end = self.value(set.item, text, at)?;
                self.within(item, || Step::Index(place));
                place += 1;
                if self.errors == item.0 {
                    // Lists, objects and what is made of them cannot be told to be equal, or have no hash.
                    if matches!(text[at], b'[' | b'{') {
                        return None;
                    }
                    accepted += 1;
                    match first {
                        None => first = Some((at, end)),
                        Some((from, to)) => {
                            several |= text[from..to] != text[at..end];
                            self.buffers.out.back(mark);
                        }
                    }
                    if several && accepted > set.lengths.max {
                        return None;
                    }
                    if set.lengths.max == 0 {
                        self.forgive(before);
                        let (_, end) = value(text, start)?;
                        return self.refuse(&set.problems, ErrorCode::TooLong, text, (start, end));
                    }
                } else {
                    self.buffers.out.back(mark);
                }
                if set.lengths.fail_fast && self.errors != before.0 {
                    return Some(value(text, start)?.1);
                }
                at = space(text, end);
                match text.get(at)? {
                    b',' => at = space(text, at + 1),
                    b']' => break,
                    _ => return None,
                }
            }
        }
        self.buffers.out.piece(text, at, at + 1);
        if self.errors != before.0 {
            return Some(at + 1);
        }
        if several {
            return None;
        }
        let count = usize::from(first.is_some());
        if count < set.lengths.min {
            self.refuse_with(&set.problems, ErrorCode::TooShort, &count.to_string(), text, (start, at + 1))?;
        }
        Some(at + 1)
    }
}
