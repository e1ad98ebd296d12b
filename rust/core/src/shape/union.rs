//! Union: one of several shapes, chosen as pydantic-core chooses: by how many members were given, then by exactness.

use super::fault::Step;
use super::walk::Walk;
use super::{Exactness, Problems, Tagged, Union};
use crate::json::scan::{Value, skip, space, text as string, unescape, value};
use crate::plan::ErrorCode;
use crate::plan::shapes::UnionMode;

/// Where the tag of an object is.
enum Tag {
    /// The position of its value.
    At(usize),
    /// It has none.
    Absent,
}

impl<'a> Walk<'a, '_> {
    pub(super) fn union(&mut self, union: &'a Union, text: &[u8], at: usize) -> Option<usize> {
        match union.mode {
            UnionMode::Smart => self.smart(union, text, at),
            UnionMode::LeftToRight => self.left_to_right(union, text, at),
        }
    }

    fn smart(&mut self, union: &'a Union, text: &[u8], at: usize) -> Option<usize> {
        let (exactness, fields, quiet) = (self.exactness, self.fields, self.quiet);
        let before = self.errors();
        let begin = self.buffers.out.position();
        // How well the best choice matches, and where what it wrote ends.
        let mut best: Option<(Exactness, Option<usize>, usize)> = None;
        let mut end = at;
        self.quiet = true;
        self.unions += 1;
        for (shape, _) in &union.choices {
            (self.exactness, self.fields) = (Exactness::Exact, None);
            let mark = self.buffers.out.mark();
            end = self.value(*shape, text, at)?;
            if self.errors != before.0 {
                self.forgive(before);
                self.buffers.out.back(mark);
                continue;
            }
            let found = (self.exactness, self.fields);
            let better = best.is_none_or(|(exactness, fields, _)| match (fields, found.1) {
                (Some(fields), Some(more)) if fields != more => fields < more,
                _ => exactness < found.0,
            });
            let exact = found == (Exactness::Exact, None);
            if !better && !exact {
                self.buffers.out.back(mark);
                continue;
            }
            if let Some((_, _, written)) = best {
                self.buffers.out.remove(text, begin, written);
            }
            best = Some((found.0, found.1, self.buffers.out.position()));
            if exact {
                break;
            }
        }
        self.unions -= 1;
        (self.exactness, self.fields, self.quiet) = (exactness, fields, quiet);
        if let Some((found, count, _)) = best {
            self.floor(found);
            if let Some(count) = count {
                self.fields = Some(self.fields.unwrap_or(0) + count);
            }
            return Some(end);
        }
        self.none(union, text, at)
    }

    /// No choice matches: the errors of all of them.
    fn none(&mut self, union: &'a Union, text: &[u8], at: usize) -> Option<usize> {
        if self.quiet {
            self.errors += 1;
            return Some(value(text, at)?.1);
        }
        let mut end = at;
        for (shape, label) in &union.choices {
            let before = self.errors();
            let mark = self.buffers.out.mark();
            end = self.value(*shape, text, at)?;
            self.buffers.out.back(mark);
            self.within(before, || Step::Key(label.clone()));
        }
        Some(end)
    }

    fn left_to_right(&mut self, union: &'a Union, text: &[u8], at: usize) -> Option<usize> {
        let quiet = self.quiet;
        let before = self.errors();
        self.quiet = true;
        for (place, (shape, _)) in union.choices.iter().enumerate() {
            let mark = self.buffers.out.mark();
            let end = self.value(*shape, text, at)?;
            if self.errors == before.0 {
                self.quiet = quiet;
                // What a refused choice leaves behind of how well it matched is not followed.
                return (place == 0 || self.unions == 0).then_some(end);
            }
            self.forgive(before);
            self.buffers.out.back(mark);
        }
        self.quiet = quiet;
        self.none(union, text, at)
    }

    pub(super) fn tagged(&mut self, tagged: &'a Tagged, text: &[u8], start: usize) -> Option<usize> {
        if text.get(start) != Some(&b'{') {
            return self.wrong(&tagged.problems, text, start);
        }
        let Tag::At(at) = self.tag(tagged, text, start)? else {
            let (_, end) = value(text, start)?;
            return self.refuse(&tagged.problems, ErrorCode::UnionTagNotFound, text, (start, end));
        };
        let (Value::Text(quote, _), _) = value(text, at)? else { return None };
        let begin = self.buffers.undone.len();
        unescape(&text[at + 1..quote], &mut self.buffers.undone)?;
        let tag = String::from_utf8(self.buffers.undone.split_off(begin)).ok()?;
        let Some((tag, shape)) = tagged.tags.iter().find(|(known, _)| **known == *tag) else {
            let (_, end) = value(text, start)?;
            return self.refuse_with(&tagged.problems, ErrorCode::UnionTagInvalid, &tag, text, (start, end));
        };
        let before = self.errors();
        let end = self.value(*shape, text, start)?;
        self.within(before, || Step::Key(tag.clone()));
        Some(end)
    }

    fn tag(&mut self, tagged: &'a Tagged, text: &[u8], start: usize) -> Option<Tag> {
        let mut found: Option<(usize, usize)> = None;
        let mut at = space(text, start + 1);
        if text.get(at) == Some(&b'}') {
            return Some(Tag::Absent);
        }
        loop {
            if text.get(at) != Some(&b'"') {
                return None;
            }
            let (end, escaped) = string(text, at + 1)?;
            let lookup = if escaped {
                let begin = self.buffers.undone.len();
                unescape(&text[at + 1..end], &mut self.buffers.undone)?;
                let lookup = tagged.lookups.find(&self.buffers.undone[begin..]);
                self.buffers.undone.truncate(begin);
                lookup
            } else {
                tagged.lookups.find(&text[at + 1..end])
            };
            let colon = space(text, end + 1);
            if text.get(colon)? != &b':' {
                return None;
            }
            let value_at = space(text, colon + 1);
            // The first lookup counts that is there, and the last value of a key.
            if let Some(lookup) = lookup
                && found.is_none_or(|(best, _)| lookup <= best)
            {
                found = Some((lookup, value_at));
            }
            at = space(text, skip(text, value_at)?);
            match text.get(at)? {
                b',' => at = space(text, at + 1),
                b'}' => return Some(found.map_or(Tag::Absent, |(_, at)| Tag::At(at))),
                _ => return None,
            }
        }
    }

    /// A string that holds JSON text.
    pub(super) fn json(&mut self, inner: usize, problems: &'a Problems, text: &[u8], at: usize) -> Option<usize> {
        let (found, end) = value(text, at)?;
        let Value::Text(quote, escaped) = found else { return self.wrong(problems, text, at) };
        self.floor(if self.cell { Exactness::Lax } else { Exactness::Strict });
        let mut undone = Vec::new();
        let held = if escaped {
            unescape(&text[at + 1..quote], &mut undone)?;
            &undone[..]
        } else {
            &text[at + 1..quote]
        };
        self.buffers.out.flush(text);
        let cell = std::mem::replace(&mut self.cell, false);
        let after = self.value(inner, held, space(held, 0))?;
        self.cell = cell;
        self.buffers.out.flush(held);
        (space(held, after) == held.len()).then_some(end)
    }
}
