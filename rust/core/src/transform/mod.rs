//! Transform: what becomes of the valid rows of a block: checks, then the filter, then the values that are written.
//!
//! In: a checked block. Out: rows that are filtered, and the spans of each output of the rows that stay. Only the good
//! way is decided here: a row for which a check does not hold, an expression is not sure, or an output breaks its
//! schema, becomes unsure, and Python words its errors. Never asks Python itself.

mod load;
mod write;

use crate::cells::Span;
use crate::check::work::{Input, State, Work};
use crate::compiled::{Checker, Field};
use crate::encode::rows;
use crate::expr::value::Texts;
use crate::expr::{Column, Constants, Evaluator, Free, Operand, Tree, compare};
use crate::plan;
use load::Source;
use write::{floats, write};

/// Rows that are evaluated together: their values stay in the nearest cache.
const ROWS: usize = 1024;

/// Where an output comes from.
enum From {
    /// The field passes unchanged.
    Copy(usize),
    /// An expression, its kernel, and what None is written as, where it is accepted.
    Tree(Box<Tree>, Box<Checker>, Option<Span>),
}

/// What is written under one key.
struct Written {
    key: Vec<u8>,
    from: From,
}

/// A transform made ready.
pub struct Transform {
    sources: Vec<Source>,
    checks: Vec<Tree>,
    filter: Option<Tree>,
    outputs: Vec<Written>,
    constants: Constants,
    /// For each source, whether checks or filter look at it, and whether outputs do.
    early: Vec<bool>,
    late: Vec<bool>,
    /// Whether the fields are written as they are.
    same: bool,
}

/// The buffers of the stage. Kept and used again.
#[derive(Debug, Default)]
pub struct Scratch {
    /// For each output that is an expression, for each row.
    spans: Vec<Vec<Span>>,
    inputs: Vec<Column>,
    free: Free,
    rows: Vec<u32>,
    text: Vec<u8>,
}

impl Scratch {
    /// About how many bytes the buffers have; those of single rows are small.
    #[must_use]
    pub fn bytes_held(&self) -> usize {
        let spans = self.spans.iter().map(|spans| spans.capacity() * size_of::<Span>());
        spans.sum::<usize>() + self.text.capacity()
    }
}

/// What a checked output needs: its key, its kernel, and what None is written as.
pub type OutputKernel = (Vec<u8>, Option<Checker>, Option<Span>);

impl Transform {
    /// Makes a transform ready. `kernels` are those of its outputs; `fields` those of the plan, of `planned`.
    pub fn new(
        plan: &plan::Transform,
        planned: &[plan::Field],
        fields: &[Field],
        kernels: Vec<OutputKernel>,
    ) -> Result<Self, String> {
        let mut constants = Constants::default();
        let inputs = plan.inputs.len();
        let source = |input: &plan::InputValue, constants: &mut Constants| {
            let (Some(planned), Some(field)) = (planned.get(input.field), fields.get(input.field)) else {
                return Err(format!("there is no field {}", input.field));
            };
            Source::new(input, planned, field, constants)
        };
        let sources = plan.inputs.iter().map(|input| source(input, &mut constants)).collect::<Result<_, _>>()?;
        let checks = plan.checks.iter().map(|node| Tree::new(node, inputs, &mut constants));
        let checks = checks.collect::<Result<Vec<_>, _>>()?;
        let filter = plan.filter.as_ref().map(|node| Tree::new(node, inputs, &mut constants)).transpose()?;
        let mut outputs = Vec::with_capacity(kernels.len());
        for (output, (key, checker, null)) in plan.outputs.iter().flatten().zip(kernels) {
            let from = match (output.copy, &output.expr, checker) {
                (Some(field), _, _) if field < fields.len() => From::Copy(field),
                (None, Some(node), Some(checker)) => {
                    let tree = Tree::new(node, inputs, &mut constants)?;
                    From::Tree(Box::new(tree), Box::new(checker), null)
                }
                _ => return Err(format!("the output {} comes from nowhere", output.name)),
            };
            outputs.push(Written { key, from });
        }
        let (mut early, mut late) = (vec![false; inputs], vec![false; inputs]);
        checks.iter().chain(&filter).for_each(|tree| tree.note_inputs(&mut early));
        for output in &outputs {
            if let From::Tree(tree, ..) = &output.from {
                tree.note_inputs(&mut late);
            }
        }
        Ok(Self { sources, checks, filter, outputs, constants, early, late, same: plan.outputs.is_none() })
    }

    /// The fields whose values, and not only texts, are looked at.
    pub fn valued(&self) -> impl Iterator<Item = usize> {
        self.sources.iter().filter(|source| source.valued()).map(|source| source.field)
    }

    /// Whether the text of a field is written as it is.
    #[must_use]
    pub fn writes(&self, field: usize) -> bool {
        self.same || self.outputs.iter().any(|output| matches!(output.from, From::Copy(copied) if copied == field))
    }

    /// Keys and spans of what is written of a block; None: the fields as they are.
    #[must_use]
    pub fn columns<'a>(&'a self, work: &'a Work) -> Option<Vec<rows::Column<'a>>> {
        if self.same {
            return None;
        }
        let spans = self.outputs.iter().enumerate().map(|(at, output)| match output.from {
            From::Copy(field) => &work.spans[field][..],
            From::Tree(..) => &work.transform.spans[at][..],
        });
        Some(self.outputs.iter().zip(spans).map(|(output, spans)| rows::Column { key: &output.key, spans }).collect())
    }
}

/// Carries out the transform of a plan on the good rows of a block.
pub fn transform(input: &Input<'_>, work: &mut Work) {
    let Some(plan) = &input.plan.transform else {
        return;
    };
    if work.keep && !plan.same {
        // Kept records are instances of the output model, which Python builds.
        for state in work.states.iter_mut().filter(|state| **state == State::Good) {
            *state = State::Unsure;
        }
        return;
    }
    let mut scratch = std::mem::take(&mut work.transform);
    let mut written = std::mem::take(&mut work.written);
    let base = written.len();
    written.extend_from_slice(plan.constants.0.as_bytes());
    // SAFETY: spans of good rows hold UTF-8: rows that are not UTF-8 have the state `Fault`, cells begin and end at
    // ASCII bytes, and kernels cut and write `str`.
    let mut texts =
        unsafe { Texts::new(input.block.bytes(), &work.unquoted, written, std::mem::take(&mut scratch.text)) };
    scratch.inputs.resize_with(plan.sources.len(), Column::default);
    scratch.spans.resize_with(plan.outputs.len(), Vec::new);
    for (spans, output) in scratch.spans.iter_mut().zip(&plan.outputs) {
        spans.clear();
        if let From::Tree(..) = output.from {
            spans.resize(work.states.len(), Span::ABSENT);
        }
    }
    let mut stage = Stage { plan, spans: &work.spans, values: &work.values, base, texts: &mut texts };
    for begin in (0..work.states.len()).step_by(ROWS) {
        let end = work.states.len().min(begin + ROWS);
        stage.rows(begin..end, &mut work.states, &mut scratch);
    }
    (work.written, scratch.text) = texts.into_buffers();
    work.transform = scratch;
}

/// What the stage looks at for all rows of a block.
struct Stage<'a, 'b> {
    plan: &'a Transform,
    spans: &'a [Vec<Span>],
    values: &'a [Vec<i64>],
    base: usize,
    texts: &'a mut Texts<'b>,
}

impl Stage<'_, '_> {
    /// A few rows, from checks to outputs.
    fn rows(&mut self, range: std::ops::Range<usize>, states: &mut [State], scratch: &mut Scratch) {
        let Scratch { spans, inputs, free, rows, .. } = scratch;
        rows.clear();
        rows.extend(range.filter(|&row| states[row] == State::Good).map(|row| row as u32));
        let plan = self.plan;
        if rows.is_empty() {
            return;
        }
        let known: &[bool] = if plan.checks.is_empty() && plan.filter.is_none() {
            &[]
        } else {
            self.load(rows, &plan.early, &[], inputs);
            self.decide(rows, states, inputs, free);
            let before = rows.len();
            rows.retain(|&row| states[row as usize] == State::Good);
            if rows.is_empty() {
                return;
            }
            if rows.len() == before { &plan.early } else { &[] }
        };
        self.load(rows, &plan.late, known, inputs);
        for (output, spans) in plan.outputs.iter().zip(spans) {
            let From::Tree(tree, checker, null) = &output.from else {
                continue;
            };
            let mut evaluator =
                Evaluator { inputs, rows: rows.len(), base: self.base, texts: &mut *self.texts, free: &mut *free };
            let values = evaluator.evaluate(tree);
            match (&values, &**checker) {
                // A loop of its own for what arithmetic gives.
                (Operand::Floats(values), Checker::Float(kernel)) => {
                    let mut rows = rows.iter();
                    floats(values, kernel, self.texts, |span| {
                        if let Some(&row) = rows.next() {
                            put(span, row, spans, states);
                        }
                    });
                }
                _ => {
                    for (at, &row) in rows.iter().enumerate() {
                        put(write(values.at(at), checker, *null, self.texts), row, spans, states);
                    }
                }
            }
            free.take(values);
        }
    }

    /// Loads the wanted inputs that are not known already.
    fn load(&self, rows: &[u32], wanted: &[bool], known: &[bool], inputs: &mut [Column]) {
        let from = load::Checked { spans: self.spans, values: self.values, texts: self.texts, base: self.base };
        for (at, (source, column)) in self.plan.sources.iter().zip(inputs).enumerate() {
            if wanted[at] && !known.get(at).copied().unwrap_or(false) {
                column.clear();
                source.load(&from, rows, column);
            }
        }
    }

    /// Checks and filter.
    fn decide(&mut self, rows: &[u32], states: &mut [State], inputs: &[Column], free: &mut Free) {
        let base = self.base;
        let trees = self.plan.checks.iter().map(|tree| (tree, State::Unsure));
        for (tree, falsy) in trees.chain(self.plan.filter.as_ref().map(|tree| (tree, State::Filtered))) {
            let mut evaluator = Evaluator { inputs, rows: rows.len(), base, texts: &mut *self.texts, free: &mut *free };
            let values = evaluator.evaluate(tree);
            for (at, &row) in rows.iter().enumerate() {
                let state = &mut states[row as usize];
                if *state == State::Good {
                    match compare::truth(values.at(at)) {
                        Some(true) => {}
                        Some(false) => *state = falsy,
                        None => *state = State::Unsure,
                    }
                }
            }
            free.take(values);
        }
    }
}

/// Notes what is written of a row; without that, Python has to decide about it.
#[inline(always)]
fn put(span: Option<Span>, row: u32, spans: &mut [Span], states: &mut [State]) {
    match span {
        Some(span) => spans[row as usize] = span,
        None => states[row as usize] = State::Unsure,
    }
}
