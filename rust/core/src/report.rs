//! Report: counts of what happened, per source and per error. Each worker counts for itself; sums are made at the end.

use std::collections::HashMap;

use crate::compiled::{Compiled, Template};
use crate::oracle::{Fault, Number};
use crate::reject::FAULTS;
use crate::split;

/// How often one error occurred, and where first.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
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
    /// Counts one more.
    #[inline(always)]
    pub fn add(&mut self, first: First) {
        self.count += 1;
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
    asked: HashMap<(String, String), Tally>,
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
        self.tallies(plan, template.tally + 1)[template.tally].add(spot.first());
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
        self.split[fault as usize].add(spot.first());
    }

    /// Counts an error that Pydantic gave.
    pub fn asked(&mut self, fault: &Fault, spot: Spot) {
        self.asked.entry((fault.loc.clone(), fault.kind.clone())).or_default().add(spot.first());
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
        for (key, theirs) in other.asked {
            self.asked.entry(key).or_default().merge(theirs);
        }
        self.asked_cells += other.asked_cells;
        self.asked_records += other.asked_records;
        self.verified_records += other.verified_records;
    }

    /// The verdicts on one source.
    #[must_use]
    pub fn verdicts(&self, source: usize) -> Verdicts {
        self.verdicts.get(source).copied().unwrap_or_default()
    }

    /// Every error that occurred, ordered by where it occurred first.
    #[must_use]
    pub fn errors(mut self, plans: &[Compiled]) -> Vec<Count> {
        for (tallies, plan) in self.native.iter().zip(plans) {
            let templates = plan.fields.iter().flat_map(|field| &field.templates);
            for template in templates.chain(plan.forbidden.iter().map(|(_, template)| template)) {
                if let Some(tally) = tallies.get(template.tally) {
                    let key = (template.loc.clone(), template.kind.clone());
                    self.asked.entry(key).or_default().merge(*tally);
                }
            }
        }
        for (tally, fault) in self.split.iter().zip(FAULTS) {
            self.asked.entry(("[]".to_owned(), fault.to_owned())).or_default().merge(*tally);
        }
        let mut all: Vec<_> = self.asked.into_iter().filter(|(_, tally)| tally.count > 0).collect();
        all.sort_by(|(key, tally), (other_key, other)| (tally.first, key).cmp(&(other.first, other_key)));
        let count = |((loc, kind), tally): ((String, String), Tally)| Count {
            loc,
            kind,
            count: tally.count,
            source: tally.first.source,
            record: tally.first.record,
            line: tally.first.line,
        };
        all.into_iter().map(count).collect()
    }
}
