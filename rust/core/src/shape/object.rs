//! Object: models, typed dicts and dataclasses. Members are read in the order of the text and written in their own.
//!
//! Mostly both are the same, and what is written is the text itself. Where they are not, the members are put in order
//! at the end, and so are their errors. A key that repeats is left to Pydantic.

use super::build::needed;
use super::fault::Step;
use super::walk::Walk;
use super::{Exactness, Member, Object};
use crate::encode::json;
use crate::json::scan::{skip, space, text as string, unescape};
use crate::plan::ErrorCode;
use crate::plan::shapes::{ExtraKeys, OnAbsent};

/// What is known of a member.
#[derive(Debug, Clone, Copy, Default)]
pub struct Slot {
    /// Where it stands in what is written, key included. An empty one is not written.
    written: (usize, usize),
    /// Which errors are its own.
    errors: (usize, usize),
    /// Whether it was there.
    given: bool,
}

/// A key that no member has.
#[derive(Debug, Clone, Copy)]
pub struct Extra {
    /// Where the text of the key is, without quotes.
    key: (usize, usize),
    escaped: bool,
    /// Where its value begins.
    value: usize,
}

/// Where the reading of an object stands.
struct Progress {
    /// The slot of its first member.
    base: usize,
    /// The first member that was neither written nor passed over.
    next: usize,
    /// Whether members came in their own order so far.
    in_order: bool,
    /// Whether anything was written.
    any: bool,
    given: usize,
    /// How many of those were given that have to be.
    needed: usize,
}

impl<'a> Walk<'a, '_> {
    pub(super) fn object(&mut self, object: &'a Object, text: &[u8], start: usize) -> Option<usize> {
        if text.get(start) != Some(&b'{') {
            return self.wrong(&object.problems, text, start);
        }
        let before = self.errors();
        let begin = self.buffers.out.position();
        let extras = self.buffers.extras.len();
        let base = self.buffers.slots.len();
        self.buffers.slots.resize(base + object.members.len(), Slot::default());
        let mut progress = Progress { base, next: 0, in_order: true, any: false, given: 0, needed: 0 };
        self.buffers.out.piece(text, start, start + 1);
        let mut at = space(text, start + 1);
        if text.get(at) != Some(&b'}') {
            let mut place = 0;
            loop {
                at = self.member(object, text, at, place, &mut progress)?;
                place += 1;
                at = space(text, at);
                match text.get(at)? {
                    b',' => at = space(text, at + 1),
                    b'}' => break,
                    _ => return None,
                }
            }
        }
        if progress.in_order {
            self.defaults(object, text, &mut progress, object.members.len());
        } else {
            self.sort(object, text, begin, &mut progress);
        }
        if self.errors != before.0 || progress.needed < object.needed {
            self.absent(object, text, start, before, &progress)?;
        }
        if self.buffers.extras.len() > extras {
            self.extras(object, text, extras, &mut progress)?;
        }
        self.buffers.out.piece(text, at, at + 1);
        self.buffers.slots.truncate(base);
        self.read(object, progress.given);
        Some(at + 1)
    }

    /// As [`Self::object`], for members that stand in their own order under their own names, the first of them given. None
    /// for others.
    pub(super) fn usual(&mut self, object: &'a Object, text: &[u8], start: usize) -> Option<usize> {
        if text.get(start) != Some(&b'{') {
            return None;
        }
        self.buffers.out.piece(text, start, start + 1);
        let (mut at, mut comma, mut close, mut given) = (space(text, start + 1), start, None, 0);
        for member in &object.members {
            let found = if member.same && close.is_none() { text.get(at..) } else { None };
            let Some(len) = found.and_then(|text| object.lookups.matches(member.first, text)) else {
                match member.on_absent {
                    OnAbsent::Default if given > 0 => {
                        for bytes in [b",", &*member.key, &*member.default] {
                            self.buffers.out.bytes(text, bytes);
                        }
                    }
                    OnAbsent::Omit => {}
                    OnAbsent::Default | OnAbsent::Missing | OnAbsent::Ask => return None,
                }
                continue;
            };
            if given > 0 {
                self.buffers.out.piece(text, comma, comma + 1);
            }
            self.buffers.out.piece(text, at, at + len);
            let end = self.value(member.shape, text, space(text, at + len))?;
            given += 1;
            comma = space(text, end);
            match text.get(comma)? {
                b',' => at = space(text, comma + 1),
                b'}' => close = Some(comma),
                _ => return None,
            }
        }
        let close = close?;
        self.buffers.out.piece(text, close, close + 1);
        self.read(object, given);
        Some(close + 1)
    }

    /// Takes in how well an object matched that was read, and how many of its members were given.
    fn read(&mut self, object: &Object, given: usize) {
        if object.instance {
            self.floor(Exactness::Strict);
        }
        if object.counts_fields {
            self.fields = Some(self.fields.unwrap_or(0) + given);
        }
    }

    /// Reads the key at `at` and its value. Returns the position after it.
    #[inline(always)]
    fn member(
        &mut self,
        object: &'a Object,
        text: &[u8],
        at: usize,
        place: usize,
        progress: &mut Progress,
    ) -> Option<usize> {
        let guess = self.buffers.orders.get(object.number).and_then(|order| order.get(place)).copied();
        let guessed = guess.and_then(|guess| Some((guess, object.lookups.matches(guess, &text[at..])?)));
        let (lookup, colon) = match guessed {
            Some((guess, len)) => (guess, at + len),
            None => match self.other_key(object, text, at, place)? {
                (Some(lookup), colon) => (lookup, colon),
                (None, after) => return Some(after),
            },
        };
        let value_at = space(text, colon);
        let number = object.wanted[lookup];
        let member = &object.members[number];
        if self.buffers.slots[progress.base + number].given {
            return None;
        }
        if progress.in_order && number >= progress.next {
            self.defaults(object, text, progress, number);
            progress.next = number + 1;
        } else {
            progress.in_order = false;
        }
        self.comma(text, at, progress);
        let begin = self.buffers.out.position();
        if guessed.is_some() && member.same {
            self.buffers.out.piece(text, at, colon);
        } else {
            self.buffers.out.bytes(text, &member.key);
        }
        let before = self.errors();
        let end = self.value(member.shape, text, value_at)?;
        let after = self.errors();
        let slot = &mut self.buffers.slots[progress.base + number];
        *slot = Slot { written: (begin, self.buffers.out.position()), errors: (before.1, after.1), given: true };
        progress.given += 1;
        progress.needed += usize::from(needed(member.on_absent));
        if after != before {
            let path = member.paths.get(lookup - member.first).map_or("", |path| path);
            let step = if member.loc_by_alias { path } else { &*member.field };
            self.within(before, || Step::Key(step.into()));
        }
        Some(end)
    }

    /// A comma before what is written next, which stands at `at`.
    #[inline(always)]
    fn comma(&mut self, text: &[u8], at: usize, progress: &mut Progress) {
        if !progress.any {
            progress.any = true;
        } else if text[at - 1] == b',' {
            self.buffers.out.piece(text, at - 1, at);
        } else {
            self.buffers.out.bytes(text, b",");
        }
    }

    /// Reads a key that is not the one of the object before. Returns its place in the lookups and the position after
    /// the colon; or None and the position after the value.
    fn other_key(
        &mut self,
        object: &'a Object,
        text: &[u8],
        at: usize,
        place: usize,
    ) -> Option<(Option<usize>, usize)> {
        if text.get(at)? != &b'"' {
            return None;
        }
        let (end, escaped) = string(text, at + 1)?;
        let wanted = if escaped {
            let begin = self.buffers.undone.len();
            unescape(&text[at + 1..end], &mut self.buffers.undone)?;
            let wanted = object.lookups.find(&self.buffers.undone[begin..]);
            self.buffers.undone.truncate(begin);
            wanted
        } else {
            object.lookups.find(&text[at + 1..end])
        };
        let orders = &mut self.buffers.orders;
        if orders.len() <= object.number {
            orders.resize_with(object.number + 1, Vec::new);
        }
        let order = &mut orders[object.number];
        // Objects with ever more keys of their own must not make this grow.
        if place < 2 * object.wanted.len() + 8 {
            order.resize(order.len().max(place + 1), usize::MAX);
            order[place] = wanted.unwrap_or(usize::MAX);
        }
        let colon = space(text, end + 1);
        if text.get(colon)? != &b':' {
            return None;
        }
        if wanted.is_some() {
            return Some((wanted, colon + 1));
        }
        let value_at = space(text, colon + 1);
        let after = skip(text, value_at)?;
        if object.extra != ExtraKeys::Ignore {
            self.buffers.extras.push(Extra { key: (at + 1, end), escaped, value: value_at });
        }
        Some((None, after))
    }

    /// Writes the defaults of the members from the next one up to `number`, as if they were not there.
    #[inline(always)]
    fn defaults(&mut self, object: &'a Object, text: &[u8], progress: &mut Progress, number: usize) {
        for at in progress.next..number {
            self.default(&object.members[at], text, progress.base + at, progress);
        }
    }

    fn default(&mut self, member: &Member, text: &[u8], slot: usize, progress: &mut Progress) {
        if member.on_absent != OnAbsent::Default {
            return;
        }
        if progress.any {
            self.buffers.out.bytes(text, b",");
        }
        progress.any = true;
        let begin = self.buffers.out.position();
        self.buffers.out.bytes(text, &member.key);
        self.buffers.out.bytes(text, &member.default);
        self.buffers.slots[slot].written = (begin, self.buffers.out.position());
    }

    /// Writes all members anew, in their own order.
    #[cold]
    fn sort(&mut self, object: &'a Object, text: &[u8], begin: usize, progress: &mut Progress) {
        self.buffers.out.flush(text);
        let members = self.buffers.out.copied.split_off(begin);
        self.buffers.out.bytes(text, b"{");
        progress.any = false;
        for (number, member) in object.members.iter().enumerate() {
            let slot = self.buffers.slots[progress.base + number];
            let (from, to) = slot.written;
            if from == to {
                self.default(member, text, progress.base + number, progress);
                continue;
            }
            if progress.any {
                self.buffers.out.bytes(text, b",");
            }
            progress.any = true;
            self.buffers.out.bytes(text, &members[from - begin..to - begin]);
        }
    }

    /// What the members mean that are not there; and all errors in the order of members.
    #[cold]
    fn absent(
        &mut self,
        object: &'a Object,
        text: &[u8],
        start: usize,
        before: (usize, usize),
        progress: &Progress,
    ) -> Option<()> {
        let mut found: Vec<_> = self.pending.drain(before.1..).map(Some).collect();
        for (number, member) in object.members.iter().enumerate() {
            let slot = self.buffers.slots[progress.base + number];
            if slot.given {
                let own = found.get_mut(slot.errors.0 - before.1..slot.errors.1 - before.1)?;
                self.pending.extend(own.iter_mut().filter_map(Option::take));
                continue;
            }
            match member.on_absent {
                OnAbsent::Default | OnAbsent::Omit => {}
                OnAbsent::Ask => return None,
                OnAbsent::Missing => {
                    let (worded, loc) = member.missing.as_ref()?;
                    self.note(worded, "", loc.clone(), text, start)?;
                }
            }
        }
        Some(())
    }

    /// What the keys mean that no member has.
    #[cold]
    fn extras(&mut self, object: &'a Object, text: &[u8], first: usize, progress: &mut Progress) -> Option<()> {
        let extras = self.buffers.extras.split_off(first);
        let mut names: Vec<Vec<u8>> = Vec::with_capacity(extras.len());
        for extra in &extras {
            let (from, to) = extra.key;
            let mut name = Vec::new();
            if extra.escaped {
                unescape(&text[from..to], &mut name)?;
            } else {
                name.extend_from_slice(&text[from..to]);
            }
            names.push(name);
        }
        let mut sorted: Vec<_> = names.iter().collect();
        sorted.sort_unstable();
        if sorted.windows(2).any(|two| two[0] == two[1]) {
            return None;
        }
        for (extra, name) in extras.iter().zip(names) {
            let name = String::from_utf8(name).ok()?;
            if object.extra == ExtraKeys::Forbid {
                let codes = [ErrorCode::ExtraForbidden, ErrorCode::UnexpectedKeywordArgument];
                let (_, worded) = object.problems.iter().find(|(code, _)| codes.contains(code))?;
                self.note(worded, "", vec![Step::Key(name.into())], text, extra.value)?;
                continue;
            }
            let mut key = Vec::new();
            json::string(name.as_bytes(), &mut key);
            key.push(b':');
            // A field of this name, or another thing that is written under it: Pydantic's rules differ by type.
            if object.members.iter().any(|member| *member.field == *name || *member.key == *key) {
                return None;
            }
            if progress.any {
                self.buffers.out.bytes(text, b",");
            }
            progress.any = true;
            self.buffers.out.bytes(text, &key);
            // Such a value is not validated, so it does not make a match worse.
            let exactness = self.exactness;
            self.any(text, extra.value)?;
            self.exactness = exactness;
        }
        Some(())
    }
}
