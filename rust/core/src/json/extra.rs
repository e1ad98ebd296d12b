//! Extra: the keys of a line that no field is looked up under. Each is an error, or is written after the fields.
//!
//! In: a block whose fields are checked. Out: errors, and for each row what is written after its fields.

use super::object;
use super::scan::{Value, unescape, value};
use crate::cells::{Place, Span};
use crate::check::work::{Found, Input, State, What, Work};
use crate::encode::json;
use crate::plan::Format;
use crate::plan::shapes as plan;
use crate::shape::{Pending, Step, Worded};

/// What becomes of such keys.
pub enum Extra {
    /// Each is this error, where there is one.
    Forbid(Option<Worded>),
    /// They are written after the fields.
    Allow,
}

impl Extra {
    /// What a plan says.
    #[must_use]
    pub fn new(plan: &plan::Extra) -> Self {
        match plan.behavior {
            plan::ExtraKeys::Forbid => Self::Forbid(plan.forbidden.as_ref().map(Worded::new)),
            plan::ExtraKeys::Allow | plan::ExtraKeys::Ignore => Self::Allow,
        }
    }
}

/// Looks at the other keys of every row.
pub fn check(extra: &Extra, input: &Input<'_>, work: &mut Work) {
    if matches!(extra, Extra::Allow) && work.format == Some(Format::Jsonl) {
        work.extras.resize(work.states.len(), Span::ABSENT);
    }
    let all = std::mem::take(&mut work.tokens.extras);
    for found in all.chunk_by(|one, next| one.row == next.row) {
        let row = found[0].row as usize;
        if work.states[row] < State::Unsure && keys(extra, input, work, row, found).is_none() {
            work.states[row] = State::Unsure;
        }
    }
    work.tokens.extras = all;
}

/// The other keys of one row. None where Pydantic has to decide.
fn keys(extra: &Extra, input: &Input<'_>, work: &mut Work, row: usize, found: &[super::tokens::Extra]) -> Option<()> {
    let line = &input.block.bytes()[..input.block.rows.rows[row].end as usize];
    let mut names = Vec::with_capacity(found.len());
    for each in found {
        let key = each.key as usize;
        let (Value::Text(end, _), _) = value(line, key)? else { return None };
        let mut name = Vec::new();
        unescape(&line[key + 1..end], &mut name)?;
        names.push(String::from_utf8(name).ok()?);
    }
    let mut sorted: Vec<_> = names.iter().collect();
    sorted.sort_unstable();
    // Of keys that repeat the first place and the last value count.
    if sorted.windows(2).any(|two| two[0] == two[1]) {
        return None;
    }
    match extra {
        Extra::Forbid(worded) => {
            for (each, name) in found.iter().zip(names) {
                let mut given = Vec::new();
                object::write(line, each.value as usize, &mut given)?;
                let loc = vec![Step::Key(name.into())];
                let fault = Pending { worded: worded.as_ref()?, hole: "".into(), input: given, loc }.fault(&[]);
                let what = What::Fault(work.faults.len() as u32);
                work.errors.push(Found { row: row as u32, field: input.plan.fields.len() as u32, what });
                work.faults.push(fault);
            }
            work.states[row] = State::Rejected;
        }
        // Nowhere else is there a place for keys that others do not have.
        Extra::Allow if work.format != Some(Format::Jsonl) => return None,
        Extra::Allow => {
            let begin = work.written.len();
            for (at, (each, name)) in found.iter().zip(names).enumerate() {
                if at > 0 {
                    work.written.push(b',');
                }
                json::string(name.as_bytes(), &mut work.written);
                work.written.push(b':');
                object::write(line, each.value as usize, &mut work.written)?;
            }
            work.extras[row] = Span::new(Place::FinalWritten, begin, work.written.len() - begin);
        }
    }
    Some(())
}
