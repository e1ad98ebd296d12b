//! Load: the values of a field, as expressions see them.
//!
//! In: spans and bits of checked rows. Out: a [`Column`] of values. Never reads a cell: kernels have done that.

use crate::cells::{Place, Span};
use crate::check::msgspec;
use crate::compiled::{Checker, Field, OnNull};
use crate::expr::value::{Texts, Value};
use crate::expr::{Column, Constants, placed, temporal};
use crate::plan::{self, Kind, Null, ValueType};

/// How the values of a field become those of expressions.
enum Load {
    /// From 64 bits, as the type says.
    Int,
    Float,
    Bool,
    Delta,
    /// The text itself, as the kernel left it.
    Text,
    /// From its ISO form.
    Date,
    DateTime,
    /// The text of a choice, by its position.
    Choice(Vec<Value>),
    /// Not here: every row is unsure.
    Unsure,
}

/// A field that expressions look at.
pub struct Source {
    /// Position of the field.
    pub field: usize,
    load: Load,
    /// What a null cell is written as, and its value.
    null: Option<(Span, Value)>,
    /// What null in JSON Lines is written as.
    none: Option<Span>,
}

/// What checking has left of a block.
pub struct Checked<'a> {
    /// For each field, for each row.
    pub spans: &'a [Vec<Span>],
    /// For each field, for each row, of fields whose values are kept.
    pub values: &'a [Vec<i64>],
    /// What spans point to.
    pub texts: &'a Texts<'a>,
    /// Where the constants begin among the texts.
    pub base: usize,
}

/// How a field is loaded whose values are texts of a choice.
fn choices(planned: &plan::Field, constants: &mut Constants) -> Result<Load, String> {
    let Kind::Choice(choice) = &planned.kind else { return Ok(Load::Unsure) };
    let texts = choice.cells.iter().map(|cell| constants.add(cell).map(Value::Str));
    Ok(Load::Choice(texts.collect::<Result<_, _>>()?))
}

/// How a field of a Struct is loaded.
fn of_struct(
    kind: ValueType,
    kernel: &msgspec::Checker,
    planned: &plan::Field,
    constants: &mut Constants,
) -> Result<Load, String> {
    use msgspec::Checker as C;
    Ok(match (kind, kernel) {
        (ValueType::Int, C::Int(_)) => Load::Int,
        (ValueType::Float, C::Float(_)) => Load::Float,
        (ValueType::Bool, C::Bool(_)) => Load::Bool,
        (ValueType::TimeDelta, C::TimeDelta(_)) => Load::Delta,
        (ValueType::Str, C::Text(_) | C::Str(_)) => Load::Text,
        (ValueType::Date, C::Date(_)) => Load::Date,
        (ValueType::DateTime, C::DateTime(_)) => Load::DateTime,
        (ValueType::Str, C::Choice(_)) => choices(planned, constants)?,
        _ => Load::Unsure,
    })
}

impl Source {
    /// Finds out how `field`, in the plan `planned`, is loaded.
    pub fn new(
        input: &plan::InputValue,
        planned: &plan::Field,
        field: &Field,
        constants: &mut Constants,
    ) -> Result<Self, String> {
        let load = match (input.kind, &field.checker) {
            (ValueType::Int, Checker::Int(_)) => Load::Int,
            (ValueType::Float, Checker::Float(_)) => Load::Float,
            (ValueType::Bool, Checker::Bool(_)) => Load::Bool,
            (ValueType::TimeDelta, Checker::TimeDelta(_)) => Load::Delta,
            (ValueType::Str, Checker::Str(_) | Checker::Any(_)) => Load::Text,
            (ValueType::Date, Checker::Date(_)) => Load::Date,
            (ValueType::DateTime, Checker::DateTime(_)) => Load::DateTime,
            (ValueType::Str, Checker::Choice(_)) => choices(planned, constants)?,
            (kind, Checker::Msgspec(kernel)) => of_struct(kind, kernel, planned, constants)?,
            _ => Load::Unsure,
        };
        let value = match (planned.null, &input.default) {
            (Null::None, _) => Value::None,
            (Null::Default, Some(plan::Node::Const { kind, value })) => constants.value(*kind, value)?,
            _ => Value::Unsure,
        };
        let null = match field.on_null {
            OnNull::Constant(span) => Some((span, value)),
            OnNull::Missing | OnNull::Ask => None,
        };
        Ok(Self { field: input.field, load, null, none: field.nullable })
    }

    /// Whether values, and not only texts, are looked at.
    pub fn valued(&self) -> bool {
        !matches!(self.load, Load::Text | Load::Date | Load::DateTime | Load::Unsure)
    }

    /// Appends the values of some rows to an empty column.
    pub fn load(&self, from: &Checked<'_>, rows: &[u32], out: &mut Column) {
        if let (Load::Float, None, None) = (&self.load, self.null, self.none) {
            let values = &from.values[self.field][..];
            out.floats.extend(rows.iter().map(|&row| f64::from_bits(values[row as usize].cast_unsigned())));
            return;
        }
        let out = &mut out.values;
        let text = |span: Span| matches!(span.place(), Place::Plain | Place::Quoted | Place::Unquoted | Place::Written);
        match &self.load {
            Load::Int => self.each(from, rows, out, |_, bits| Value::Int(bits)),
            Load::Float => self.each(from, rows, out, |_, bits| Value::Float(f64::from_bits(bits.cast_unsigned()))),
            Load::Bool => self.each(from, rows, out, |_, bits| Value::Bool(bits == 1)),
            Load::Delta => self.each(from, rows, out, |_, bits| Value::Delta(bits)),
            Load::Choice(choices) => self.each(from, rows, out, |_, bits| {
                let choice = usize::try_from(bits).ok().and_then(|at| choices.get(at));
                choice.map_or(Value::Unsure, |&choice| placed(choice, from.base))
            }),
            Load::Text => {
                self.each(from, rows, out, |span, _| if text(span) { Value::Str(span) } else { Value::Unsure });
            }
            Load::Date => self.each(from, rows, out, |span, _| temporal::read_date(from.texts.get(span))),
            Load::DateTime => self.each(from, rows, out, |span, _| temporal::read_datetime(from.texts.get(span))),
            Load::Unsure => out.extend(rows.iter().map(|_| Value::Unsure)),
        }
    }

    /// Loads a field from its spans and bits; these are there only where some expression needs them.
    #[inline(always)]
    fn each(&self, from: &Checked<'_>, rows: &[u32], out: &mut Vec<Value>, load: impl Fn(Span, i64) -> Value) {
        let spans = &from.spans[self.field][..];
        let values = &from.values[self.field][..];
        let bits = |row: u32| values.get(row as usize).copied().unwrap_or_default();
        let none = self.none;
        match self.null {
            None if none.is_none() => out.extend(rows.iter().map(|&row| load(spans[row as usize], bits(row)))),
            null => {
                let null = null.map(|(span, value)| (span, placed(value, from.base)));
                out.extend(rows.iter().map(|&row| match (spans[row as usize], null) {
                    (span, Some((null, value))) if span == null => value,
                    (span, _) if Some(span) == none => Value::None,
                    (span, _) => load(span, bits(row)),
                }));
            }
        }
    }
}
