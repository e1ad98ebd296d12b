//! Verify: the shadow check. Every so many records, what was decided without Pydantic is compared with its verdict.
//!
//! In: a block before it is encoded. Out: a [`Sample`] for the oracle, which compares, and an error where the two differ.
//! Looks at what would be written, byte for byte, and changes nothing.

use crate::check::ask::wholes;
use crate::check::work::{Input, Numbers, State, Work};
use crate::compiled::{Compiled, Nulls};
use crate::encode::rows;
use crate::error::Result;
use crate::keep;
use crate::oracle::{Decided, Oracle, Sample};
use crate::reject;
use crate::split::Block;

/// Records that are compared in one call: each call finds Python's code out of the caches, which costs as much as six
/// records.
const RECORDS: usize = 32;

/// Bytes of records that are held until then.
const BYTES: usize = 1 << 20;

/// What one worker has taken and not compared yet.
#[derive(Debug, Default)]
pub struct Verifier {
    held: Sample,
    bytes: usize,
    /// Records that were compared.
    pub compared: u64,
}

impl Verifier {
    /// Takes record 1 of each source, and those whose number is a multiple of `every`.
    pub fn take(&mut self, block: &mut Block, work: &mut Work, shown: &Shown<'_>, every: u64) -> Result<()> {
        let chosen = chosen(block, work, every);
        if chosen.is_empty() {
            return Ok(());
        }
        if (self.held.plan, self.held.source) != (shown.number, block.source) {
            self.compare(shown.oracle)?;
            self.held = Sample { plan: shown.number, source: block.source, ..Sample::default() };
        }
        self.add(block, work, shown, &chosen);
        // The values that handles stand for may be given away with the block.
        let fleeting = self.held.kept.last().is_some_and(|chunk| keep::handles(chunk).next().is_some());
        if fleeting || self.held.numbers.len() >= RECORDS || self.bytes >= BYTES {
            self.compare(shown.oracle)?;
        }
        Ok(())
    }

    /// Compares what was taken.
    pub fn compare(&mut self, oracle: &dyn Oracle) -> Result<()> {
        let Sample { plan, source, .. } = self.held;
        let sample = std::mem::replace(&mut self.held, Sample { plan, source, ..Sample::default() });
        self.bytes = 0;
        if sample.numbers.is_empty() {
            return Ok(());
        }
        self.compared += sample.numbers.len() as u64;
        oracle.compare(&sample)
    }

    fn add(&mut self, block: &mut Block, work: &mut Work, shown: &Shown<'_>, chosen: &[usize]) {
        let &Shown { plan, number, nulls, oracle } = shown;
        let good: Vec<_> =
            chosen.iter().copied().filter(|&row| matches!(work.states[row], State::Good | State::Echoed)).collect();
        let lines = match work.format {
            Some(format) => rows::lines(block, plan, work, format, &good),
            None => Vec::new(),
        };
        let mut unquoted = std::mem::take(&mut work.unquoted);
        let input = Input { block, plan, number, nulls, oracle };
        let spans = wholes(&input, chosen, &mut unquoted);
        work.unquoted = unquoted;
        let mut lines = lines.into_iter();
        let sample = &mut self.held;
        sample.columns = plan.lookups.is_none().then_some(plan.columns.len());
        sample.texts.extend(spans.iter().map(|&span| work.bytes(span, block.bytes(), &[]).to_vec()));
        let mut numbers = Numbers::new(block);
        for &row in chosen {
            let whole = &block.rows.rows[row];
            let raw = block.bytes()[whole.start as usize..whole.end as usize].to_vec();
            self.bytes += raw.len();
            sample.raw.push((block.offset + u64::from(whole.start), raw));
            sample.numbers.push(numbers.of(row));
            sample.decided.push(match work.states[row] {
                State::Good | State::Echoed => lines.next().map_or(Decided::Keep, Decided::Accept),
                State::Filtered => Decided::Filtered,
                _ => {
                    let (json, text) = reject::errors(&input, work, row);
                    Decided::Reject { json, text }
                }
            });
        }
        if work.format.is_none() {
            let rows: Vec<_> = good.into_iter().map(Some).collect();
            sample.kept.push(keep::copy(block, number, plan, work, &rows));
        }
    }
}

/// What a block was checked by.
pub struct Shown<'a> {
    /// Its plan.
    pub plan: &'a Compiled,
    /// Position of the plan.
    pub number: usize,
    /// The texts that make a cell null.
    pub nulls: &'a Nulls,
    /// Pydantic.
    pub oracle: &'a dyn Oracle,
}

/// The rows that are due and that Pydantic was not asked about as a whole.
fn chosen(block: &Block, work: &Work, every: u64) -> Vec<usize> {
    let asked = |row: usize| work.asked.binary_search_by_key(&row, |&(at, _)| at as usize).is_ok();
    let mut chosen = Vec::new();
    let due = |record: u64| record.checked_next_multiple_of(every).unwrap_or(u64::MAX);
    let mut record = if block.record == 1 { 1 } else { due(block.record) };
    while let Some(state) = usize::try_from(record - block.record).ok().and_then(|row| work.states.get(row)) {
        let row = (record - block.record) as usize;
        let decided = match state {
            State::Good | State::Echoed | State::Rejected => true,
            State::Filtered => !asked(row),
            State::Unsure | State::Fault | State::Asked | State::Refused => false,
        };
        chosen.extend(decided.then_some(row));
        record = due(record + 1);
    }
    chosen
}
