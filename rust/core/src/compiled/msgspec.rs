//! Kernels of msgspec, made from the kinds of a plan.

use super::{Builder, kept};
use crate::cells::Span;
use crate::check::msgspec::{self, Checker, OrNull};
use crate::check::{Any, choice, decimal};
use crate::encode::float::Style;
use crate::plan::{Bounds, ErrorCode, Kind, SourceFormat};

impl Builder<'_> {
    /// The kernel of values of a kind. `null`: what None is written as, where it is accepted; the text `null` of a cell
    /// stands for it. None: there is no kernel of this kind.
    pub(super) fn of_struct(&mut self, kind: &Kind, null: Option<Span>) -> Result<Option<Checker>, String> {
        let shown = |error: &dyn std::fmt::Display| error.to_string();
        let null = null.filter(|_| self.plan.format == SourceFormat::Csv);
        Ok(Some(match kind.clone() {
            Kind::Int { multiple_of, bounds: Bounds { le, lt: None, ge, gt: None } } => {
                Checker::Int(OrNull { kernel: msgspec::Int { multiple_of, ge, le }, null })
            }
            Kind::Float { allow_inf_nan: true, multiple_of: None, bounds } => {
                let style = if self.format == Some(crate::plan::Format::Jsonl) { Style::Msgspec } else { Style::Repr };
                Checker::Float(OrNull { kernel: msgspec::float(bounds, style), null })
            }
            Kind::Bool {} => {
                let yes = self.plain("true", "true", kept::VALUE)?;
                let no = self.plain("false", "false", kept::VALUE)?;
                Checker::Bool(OrNull { kernel: msgspec::Bool { yes, no }, null })
            }
            Kind::Decimal { max_digits: None, decimal_places: None, bounds } if bounds.is_free() => {
                let kernel = decimal::Decimal::new(None, None, &bounds).ok_or("a bound is no plain decimal")?;
                Checker::Decimal(OrNull { kernel: msgspec::Decimal(kernel), null })
            }
            // A text is never None.
            Kind::Any {} => Checker::Text(Any),
            Kind::Str(plan) => {
                let kernel = msgspec::Str::new(&plan).map_err(|error| shown(&error))?;
                if kernel.is_free() { Checker::Text(Any) } else { Checker::Str(kernel) }
            }
            Kind::Uuid { version: None } => Checker::Uuid(OrNull { kernel: msgspec::Uuid, null }),
            Kind::Date { bounds, .. } if bounds.is_free() => Checker::Date(OrNull { kernel: msgspec::Date, null }),
            Kind::DateTime { bounds, tz, .. } if bounds.is_free() => {
                let kernel = msgspec::DateTime::new(tz).map_err(|error| shown(&error))?;
                Checker::DateTime(Box::new(OrNull { kernel, null }))
            }
            Kind::Time { bounds, tz, .. } if bounds.is_free() => {
                let kernel = msgspec::Time::new(tz).map_err(|error| shown(&error))?;
                Checker::Time(Box::new(OrNull { kernel, null }))
            }
            Kind::TimeDelta { bounds, .. } if bounds.is_free() => {
                Checker::TimeDelta(OrNull { kernel: msgspec::TimeDelta, null })
            }
            Kind::Choice(plan) => {
                let mut options = Vec::with_capacity(plan.cells.len());
                for (cell, text) in plan.cells.into_iter().zip(&plan.texts) {
                    options.push((cell.into_boxed_str(), self.plain(&text.json, &text.csv, kept::VALUE)?));
                }
                let table = choice::Choice::new(options, ErrorCode::Enum);
                if plan.integer {
                    Checker::Integers(OrNull { kernel: msgspec::Integers(table), null })
                } else {
                    Checker::Choice(OrNull { kernel: msgspec::Choice(table), null })
                }
            }
            Kind::Ask {} | Kind::Nested { .. } => return Ok(None),
            kind => return Err(format!("msgspec has no {kind:?}")),
        }))
    }

    fn plain(&mut self, json: &str, csv: &str, kept: usize) -> Result<Span, String> {
        self.literal(json, csv, kept).map_err(|error| error.to_string())
    }
}
