//! Builder: one part of a plan after another is made ready; constants and errors are gathered on the way.

use std::str::FromStr;

use strum::EnumCount;

use super::{Checker, Field, NO_TEMPLATE, OnNull, Template, kept, key};
use crate::cells::{MAX_SPAN, Place, Span};
use crate::check::{
    Any, Refuse,
    bool::Bool,
    choice::{Choice, Integers},
    decimal::Decimal,
    float::Float,
    int::Int,
    temporal::{Date, DateTime, Time, TimeDelta},
    text::{Bytes, Str},
    uuid::Uuid,
};
use crate::encode::{bytes::Padded, csv, float::Style};
use crate::error::{Error, Result};
use crate::plan::{self, Dialect, ErrorCode, ErrorTemplate, Format, HOLE, Kind, Null, Plan, SourceFormat, Text};
use crate::shape::{Shapes, Step};
use crate::transform::Transform;

/// What was made of a plan so far.
pub(super) struct Builder<'a> {
    /// How records are written; None: they are kept in memory.
    pub(super) format: Option<Format>,
    /// Every constant so far, one after another.
    pub(super) constants: Vec<u8>,
    /// How many different errors there are so far.
    pub(super) tallies: usize,
    /// Length of the longest of them as JSON.
    pub(super) largest: usize,
    /// The most holes that one of them has.
    pub(super) holes: usize,
    /// What is made ready.
    pub(super) plan: &'a Plan,
}

impl<'a> Builder<'a> {
    /// Nothing was made yet of `plan`.
    pub(super) fn new(plan: &'a Plan, format: Option<Format>) -> Self {
        Self { format, constants: Vec::new(), tallies: 0, largest: 0, holes: 0, plan }
    }
    fn constant(&mut self, text: &Text, kept: usize) -> Result<Span> {
        let begin = self.constants.len();
        match self.format {
            None => return Ok(Span::new(Place::Constant, kept, 0)),
            Some(Format::Jsonl) => self.constants.extend_from_slice(text.json.as_bytes()),
            Some(Format::Csv) => csv::cell(text.csv.as_bytes(), b',', &mut self.constants),
            Some(Format::Tsv) => csv::cell(text.csv.as_bytes(), b'\t', &mut self.constants),
        }
        let len = self.constants.len() - begin;
        // An empty one takes a byte, so that no two constants have the same span.
        self.constants.extend((len == 0).then_some(b' '));
        if len > MAX_SPAN || u32::try_from(begin).is_err() {
            return Err(Error::Plan("its constants are too large".into()));
        }
        Ok(Span::new(Place::Constant, begin, len))
    }

    /// A constant that is written so in JSON, and so in CSV.
    pub(super) fn literal(&mut self, json: &str, csv: &str, kept: usize) -> Result<Span> {
        self.constant(&Text { json: json.into(), csv: csv.into() }, kept)
    }

    /// An error, counted.
    pub(super) fn template(&mut self, template: &ErrorTemplate) -> Template {
        let split = |text: &str| text.split(HOLE).map(|part| Padded::new(part.as_bytes().to_vec())).collect();
        let tally = self.tallies;
        self.tallies += 1;
        let whole = [&template.prefix, &template.suffix];
        // What stands around an error is counted with it.
        self.largest = self.largest.max(whole.iter().map(|part| part.len()).sum::<usize>() + 16);
        self.holes = self.holes.max(whole.iter().map(|part| part.matches(HOLE).count()).sum());
        Template {
            prefix: split(&template.prefix),
            suffix: split(&template.suffix),
            text: template.text.split(HOLE).map(|part| part.as_bytes().to_vec()).collect(),
            loc: template.loc.clone(),
            kind: template.kind.clone(),
            tally,
        }
    }

    /// A field of the output.
    pub(super) fn field(&mut self, field: &crate::plan::Field) -> Result<Field> {
        let columns = match self.plan.format {
            SourceFormat::Csv => self.plan.columns.len(),
            SourceFormat::Jsonl | SourceFormat::Json => self.plan.lookups.len(),
        };
        if field.column.iter().chain(&field.paths).any(|&column| column >= columns) {
            return Err(Error::Plan(format!("{} is fed by a column that is not there", field.name)));
        }
        let mut by_code = [NO_TEMPLATE; ErrorCode::COUNT];
        for (at, template) in field.errors.iter().enumerate() {
            if let (Ok(code), Ok(at)) = (ErrorCode::from_str(&template.kind), u8::try_from(at)) {
                by_code[code as usize] = at;
            }
        }
        let on_null = match (field.null, &field.default) {
            (Null::None, _) => OnNull::Constant(self.literal("null", "", kept::NULL)?),
            (Null::Default, Some(text)) => OnNull::Constant(self.constant(text, kept::DEFAULT)?),
            (Null::Default, None) | (Null::Ask, _) => OnNull::Ask,
            (Null::Missing, _) => OnNull::Missing,
            (Null::Omit, _) => OnNull::Constant(Span::ABSENT),
        };
        let nullable = if field.nullable { Some(self.literal("null", "", kept::NULL)?) } else { None };
        Ok(Field {
            column: field.column,
            checker: self
                .checker_of(&field.kind, nullable)
                .map_err(|why| Error::Plan(format!("{}: {why}", field.name)))?,
            on_null,
            templates: field.errors.iter().map(|template| self.template(template)).collect(),
            by_code,
            key: key(&field.name),
            valued: false,
            nullable,
            loc: Step::all(&field.loc),
            paths: if field.paths.len() > 1 { field.paths.clone() } else { Vec::new() },
        })
    }

    /// The shapes of the plan. Inside of values everything is JSON, whatever the sink is.
    pub(super) fn shapes(&self) -> Result<Shapes> {
        let mut inner = Builder::new(self.plan, Some(Format::Jsonl));
        let shapes = Shapes::new(&self.plan.shapes, |kind| inner.checker_of(kind, None).map_err(Error::Plan))?;
        for field in &self.plan.fields {
            if matches!(field.kind, Kind::Nested { shape } if !shapes.has(shape)) {
                return Err(Error::Plan(format!("{} has a shape that is not there", field.name)));
            }
        }
        Ok(shapes.with(inner.constants))
    }

    /// What becomes of valid records.
    pub(super) fn transform(&mut self, transform: &plan::Transform, fields: &[Field]) -> Result<Transform> {
        let mut kernels = Vec::new();
        for output in transform.outputs.iter().flatten() {
            let wrong = |why: String| Error::Plan(format!("the output {}: {why}", output.name));
            let checker = output.kind.as_ref().map(|kind| self.checker(kind).map_err(wrong)).transpose()?;
            let null = if output.nullable { Some(self.literal("null", "", kept::NULL)?) } else { None };
            kernels.push((key(&output.name), checker, null));
        }
        Transform::new(transform, &self.plan.fields, fields, kernels).map_err(Error::Plan)
    }

    /// The kernel of a kind, by the rules of the plan. `null`: what None is written as, where it is accepted.
    fn checker_of(&mut self, kind: &Kind, null: Option<Span>) -> std::result::Result<Checker, String> {
        if self.plan.dialect == Dialect::Msgspec
            && let Some(kernel) = self.of_struct(kind, null)?
        {
            return Ok(Checker::Msgspec(Box::new(kernel)));
        }
        self.checker(kind)
    }

    fn checker(&mut self, kind: &Kind) -> std::result::Result<Checker, String> {
        let style = if self.format == Some(Format::Jsonl) { Style::Json } else { Style::Repr };
        let code = |name: &str| ErrorCode::from_str(name).map_err(|_| format!("there is no error {name:?}"));
        let shown = |error: &dyn std::fmt::Display| error.to_string();
        Ok(match kind.clone() {
            Kind::Str(plan) => {
                let kernel = Str::new(&plan).map_err(|e| shown(&e))?;
                if kernel.is_free() { Checker::Any(Any) } else { Checker::Str(kernel) }
            }
            Kind::Int { multiple_of, bounds } => Checker::Int(Int { multiple_of, bounds }),
            Kind::Float { allow_inf_nan, multiple_of, bounds } => {
                Checker::Float(Float { allow_inf_nan, multiple_of, bounds, style, written: true })
            }
            Kind::Bool {} => Checker::Bool(Bool {
                yes: self.literal("true", "true", kept::VALUE).map_err(|e| shown(&e))?,
                no: self.literal("false", "false", kept::VALUE).map_err(|e| shown(&e))?,
            }),
            Kind::Bytes { min_length, max_length } => {
                let (min_length, max_length) = (min_length.unwrap_or(0), max_length.unwrap_or(usize::MAX));
                Checker::Bytes(Bytes { min_length, max_length })
            }
            Kind::Date { bounds, unit } => Checker::Date(Date::new(&bounds, unit).map_err(|e| shown(&e))?),
            Kind::DateTime { bounds, tz, microseconds, unit } => {
                Checker::DateTime(Box::new(DateTime::new(&bounds, tz, microseconds, unit).map_err(|e| shown(&e))?))
            }
            Kind::Time { bounds, tz, microseconds } => {
                Checker::Time(Time::new(&bounds, tz, microseconds).map_err(|e| shown(&e))?)
            }
            Kind::TimeDelta { bounds, microseconds } => Checker::TimeDelta(TimeDelta::new(bounds, microseconds)),
            Kind::Decimal { max_digits, decimal_places, bounds } => Checker::Decimal(
                Decimal::new(max_digits, decimal_places, &bounds).ok_or("a bound is no plain decimal")?,
            ),
            Kind::Uuid { version } => Checker::Uuid(Uuid { version }),
            Kind::Choice(plan) => {
                let mut options = Vec::with_capacity(plan.cells.len());
                for (cell, text) in plan.cells.into_iter().zip(&plan.texts) {
                    let span = self.literal(&text.json, &text.csv, kept::VALUE).map_err(|e| shown(&e))?;
                    options.push((cell.into_boxed_str(), span));
                }
                let choice = Choice::new(options, code(&plan.error)?);
                if plan.integer { Checker::Integers(Integers(choice)) } else { Checker::Choice(choice) }
            }
            Kind::Any {} => Checker::Any(Any),
            Kind::Refuse { error } => Checker::Refuse(Refuse(code(&error)?)),
            Kind::Ask {} => Checker::Ask,
            Kind::Nested { shape } => Checker::Nested(shape),
        })
    }
}
