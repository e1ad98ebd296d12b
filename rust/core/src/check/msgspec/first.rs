//! First: of the errors of a record the one that msgspec gives, which stops there.
//!
//! It reads the columns or keys in the order of the source, and looks for missing fields last, in their own order.

use crate::cells::Place;
use crate::check::work::{Found, Input, State, What, Work};
use crate::json::Tag;

/// Leaves one error for each row, ordered by row.
pub fn keep(input: &Input<'_>, work: &mut Work) {
    let (mut kept, mut at) = (0, 0);
    while at < work.errors.len() {
        let row = work.errors[at].row;
        let count = work.errors[at..].iter().take_while(|found| found.row == row).count();
        let group = &work.errors[at..at + count];
        let first = if let [only] = group { Some(*only) } else { first(input, work, group) };
        at += count;
        match first {
            Some(found) => {
                work.errors[kept] = found;
                kept += 1;
            }
            None => work.states[row as usize] = work.states[row as usize].max(State::Unsure),
        }
    }
    work.errors.truncate(kept);
}

/// The first of several errors; None where that is not known.
#[cold]
fn first(input: &Input<'_>, work: &Work, group: &[Found]) -> Option<Found> {
    let mut best: Option<((bool, usize), Found)> = None;
    for &found in group {
        let place = place(input, work, &found)?;
        if best.is_none_or(|(before, _)| place < before) {
            best = Some((place, found));
        }
    }
    best.map(|(_, found)| found)
}

/// Whether a field is missing, and where the value stands in the source, or the field in the schema.
fn place(input: &Input<'_>, work: &Work, found: &Found) -> Option<(bool, usize)> {
    let at = found.field as usize;
    let fields = &input.plan.fields;
    let column = match fields.get(at) {
        Some(field) => field.column,
        None => Some(input.plan.forbidden.get(at - fields.len())?.0),
    };
    if input.plan.lookups.is_none() {
        let missing = matches!(found.what, What::Template(_, cell, _) if cell.place() == Place::Absent);
        return if missing { Some((true, at)) } else { Some((false, column?)) };
    }
    let token = work.tokens.of(found.row as usize, column?);
    match token.tag() {
        Tag::Absent => Some((true, at)),
        Tag::Escaped => None,
        _ => Some((false, token.start())),
    }
}
