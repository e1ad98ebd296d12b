//! Report: counts of what happened, per source and per error. Each worker counts for itself; sums are made at the end.

use std::collections::HashMap;
use std::sync::Arc;

use crate::compiled::{Compiled, Template};
use crate::oracle::{Fault, Number};
use crate::reject::FAULTS;
use crate::split;

/// More characters of loc and type are not counted by themselves. The twin is in `python/thresher/engine.py`.
pub const LONGEST_KIND: usize = 1000;

/// A kind of error: its loc as JSON, and its type.
pub type Kind = (String, String);

/// How often one error occurred, and where first.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    count: u64,
    first: First,
}

/// Where an error occurred first: source, record, its place among the record's errors, line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct First {
    source: usize,
    record: u64,
    place: u32,
    line: u64,
}

impl Default for First {
    fn default() -> Self {
        Self { source: usize::MAX, record: u64::MAX, place: u32::MAX, line: u64::MAX }
    }
}

impl Tally {
    /// Counts so many more, of which this was the first.
    #[inline(always)]
    pub(crate) fn add(&mut self, count: u64, first: First) {
        self.count += count;
        // A worker mostly meets them in order.
        if first < self.first {
            self.first = first;
        }
    }

    fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.first = self.first.min(other.first);
    }
}

/// What became of the records of one source.
#[derive(Debug, Clone, Copy, Default)]
pub struct Verdicts {
    /// Accepted records.
    pub accepted: u64,
    /// Rejected records.
    pub rejected: u64,
    /// Valid records that were left out.
    pub filtered: u64,
}

/// What one worker counted.
#[derive(Debug, Default)]
pub struct Counts {
    verdicts: Vec<Verdicts>,
    /// By plan, by the template's own place.
    native: Vec<Vec<Tally>>,
    split: [Tally; FAULTS.len()],
    /// Errors that were worded one by one, of one block.
    pub errors: HashMap<Kind, Tally>,
    /// Errors whose loc is too long to be counted by itself.
    further: u64,
    /// Cells that went to Pydantic.
    pub asked_cells: u64,
    /// Records that went to Pydantic.
    pub asked_records: u64,
    /// Records that were compared with Pydantic's verdict.
    pub verified_records: u64,
}

/// Where an error occurred.
#[derive(Debug, Clone, Copy)]
pub struct Spot {
    /// Position of the source.
    pub source: usize,
    /// Record and line.
    pub number: Number,
    /// Place among the errors of the record.
    pub place: u32,
}

impl Spot {
    pub(crate) fn first(self) -> First {
        First { source: self.source, record: self.number.0, place: self.place, line: self.number.1 }
    }
}

/// How often one error occurred in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The loc as JSON.
    pub loc: String,
    /// Pydantic's type, or the name of a fault of form.
    pub kind: String,
    /// How often.
    pub count: u64,
    /// Position of the source in which it occurred first.
    pub source: usize,
    /// The record.
    pub record: u64,
    /// Its line.
    pub line: u64,
}

impl Counts {
    /// Counts an error that a kernel found.
    pub fn native(&mut self, plan: usize, template: &Template, spot: Spot) {
        self.tallies(plan, template.tally + 1)[template.tally].add(1, spot.first());
    }

    /// The counts of a plan, of at least its first `most` errors.
    pub(crate) fn tallies(&mut self, plan: usize, most: usize) -> &mut [Tally] {
        if self.native.len() <= plan {
            self.native.resize_with(plan + 1, Vec::new);
        }
        let tallies = &mut self.native[plan];
        if tallies.len() < most {
            tallies.resize(most, Tally::default());
        }
        tallies
    }

    /// Counts a fault of form.
    pub fn fault(&mut self, fault: split::Fault, spot: Spot) {
        self.split[fault as usize].add(1, spot.first());
    }

    /// Counts an error that was worded by itself.
    pub fn asked(&mut self, fault: &Fault, spot: Spot) {
        if is_long(&fault.loc, &fault.kind) {
            self.further += 1;
            return;
        }
        self.errors.entry((fault.loc.clone(), fault.kind.clone())).or_default().add(1, spot.first());
    }

    /// Counts the verdicts on a block.
    pub fn block(&mut self, source: usize, verdicts: Verdicts) {
        if self.verdicts.len() <= source {
            self.verdicts.resize(source + 1, Verdicts::default());
        }
        self.verdicts[source].accepted += verdicts.accepted;
        self.verdicts[source].rejected += verdicts.rejected;
        self.verdicts[source].filtered += verdicts.filtered;
    }

    /// Adds what another worker counted.
    pub fn merge(&mut self, other: Self) {
        for (source, verdicts) in other.verdicts.into_iter().enumerate() {
            self.block(source, verdicts);
        }
        for (plan, tallies) in other.native.into_iter().enumerate() {
            if self.native.len() <= plan {
                self.native.resize_with(plan + 1, Vec::new);
            }
            if self.native[plan].len() < tallies.len() {
                self.native[plan].resize(tallies.len(), Tally::default());
            }
            for (mine, theirs) in self.native[plan].iter_mut().zip(tallies) {
                mine.merge(theirs);
            }
        }
        for (mine, theirs) in self.split.iter_mut().zip(other.split) {
            mine.merge(theirs);
        }
        self.further += other.further;
        self.asked_cells += other.asked_cells;
        self.asked_records += other.asked_records;
        self.verified_records += other.verified_records;
    }

    /// The verdicts on one source.
    #[must_use]
    pub fn verdicts(&self, source: usize) -> Verdicts {
        self.verdicts.get(source).copied().unwrap_or_default()
    }
}

/// The kinds of errors of a run: how often each occurred. Blocks come in the order of the source, so that those which
/// are counted each are the same for any number of threads.
pub struct Kinds {
    plans: Arc<[Compiled]>,
    found: HashMap<Kind, Tally>,
    /// How many more there may be.
    room: usize,
    /// Whether those that kernels may find are there, with a count of 0 where they did not occur: what Pydantic gave of
    /// them is counted to the end, since a kernel may have found one of them before.
    native: bool,
    /// Errors of others.
    further: u64,
}

impl Kinds {
    /// No errors so far. At most `most` kinds are counted each.
    #[must_use]
    pub fn new(plans: Arc<[Compiled]>, most: usize) -> Self {
        Self { plans, found: HashMap::new(), room: most, native: false, further: 0 }
    }

    /// Takes the errors of the next block.
    pub fn add(&mut self, block: &mut HashMap<Kind, Tally>) {
        if block.len() > self.room && !self.native {
            self.native = true;
            let native = self.plans.iter().flat_map(templates).map(Template::kind_of_error);
            for kind in native.chain(FAULTS.into_iter().map(form)) {
                self.found.entry(kind).or_default();
            }
        }
        let mut new = Vec::new();
        for (kind, tally) in block.drain() {
            match self.found.get_mut(&kind) {
                Some(mine) => mine.merge(tally),
                None if self.room == 0 => self.further += tally.count,
                None => new.push((kind, tally)),
            }
        }
        if new.len() > self.room {
            new.sort_by_key(|(_, tally)| tally.first);
            self.further += new.drain(self.room..).map(|(_, tally)| tally.count).sum::<u64>();
        }
        self.room -= new.len();
        self.found.extend(new);
    }

    /// The first `most` kinds of errors, ordered by where they occurred first, and how many errors there were of others.
    #[must_use]
    pub fn counts(mut self, counts: &Counts, most: usize) -> (Vec<Count>, u64) {
        for (tallies, plan) in counts.native.iter().zip(self.plans.iter()) {
            for template in templates(plan) {
                if let Some(tally) = tallies.get(template.tally) {
                    self.found.entry(template.kind_of_error()).or_default().merge(*tally);
                }
            }
        }
        for (tally, fault) in counts.split.iter().zip(FAULTS) {
            self.found.entry(form(fault)).or_default().merge(*tally);
        }
        let mut further = self.further + counts.further;
        let mut all: Vec<_> = self.found.into_iter().filter(|(_, tally)| tally.count > 0).collect();
        all.sort_by(|(kind, tally), (other_kind, other)| (tally.first, kind).cmp(&(other.first, other_kind)));
        let mut listed = Vec::new();
        for ((loc, kind), tally) in all {
            if listed.len() == most || is_long(&loc, &kind) {
                further += tally.count;
                continue;
            }
            let First { source, record, line, .. } = tally.first;
            listed.push(Count { loc, kind, count: tally.count, source, record, line });
        }
        (listed, further)
    }
}

impl Template {
    fn kind_of_error(&self) -> Kind {
        (self.loc.clone(), self.kind.clone())
    }
}

/// Every template of a plan.
fn templates(plan: &Compiled) -> impl Iterator<Item = &Template> {
    let fields = plan.fields.iter().flat_map(|field| &field.templates);
    fields.chain(plan.forbidden.iter().map(|(_, template)| template))
}

/// The kind of a fault of form.
fn form(fault: &str) -> Kind {
    ("[]".to_owned(), fault.to_owned())
}

/// Whether a kind of error is too long to be counted by itself.
fn is_long(loc: &str, kind: &str) -> bool {
    loc.len() + kind.len() > LONGEST_KIND && loc.chars().count() + kind.chars().count() > LONGEST_KIND
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use super::{Counts, Kinds, LONGEST_KIND, Spot};
    use crate::oracle::{Fault, Stage};

    fn fault(loc: &str) -> Fault {
        Fault { json: Vec::new(), text: String::new(), loc: loc.into(), kind: "t".into(), stage: Stage::Validate }
    }

    #[test]
    fn the_first_kinds_are_counted_each() {
        let mut kinds = Kinds::new(Arc::from([]), 3);
        let mut counts = Counts::default();
        let long = "x".repeat(LONGEST_KIND);
        let wide = "é".repeat(LONGEST_KIND - 1);
        for (record, locs) in
            [vec![&*wide], vec!["b", "c", "d", "b"], vec!["d", "c", "e"], vec![&*long, "b"]].iter().enumerate()
        {
            for (place, loc) in locs.iter().enumerate() {
                counts.asked(&fault(loc), Spot { source: 0, number: (record as u64, 7), place: place as u32 });
            }
            kinds.add(&mut counts.errors);
            assert!(counts.errors.is_empty());
        }
        let (listed, further) = kinds.counts(&counts, 3);
        let found: HashMap<_, _> = listed.iter().map(|count| (&*count.loc, (count.count, count.record))).collect();
        assert_eq!(found, HashMap::from([(&*wide, (1, 0)), ("b", (3, 1)), ("c", (2, 1))]));
        assert_eq!((listed.len(), further), (3, 4));
    }
}
