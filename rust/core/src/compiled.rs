//! The plan made ready: kernels built, errors found by code, constants laid out in the form of the sink.
//!
//! In: a [`Job`] as Python sent it. Out: what the stages look at for each block. Made once a run and never changed.

use std::str::FromStr;

use strum::EnumCount;

use crate::cells::{MAX_SPAN, Place, Span};
use crate::check::{
    Any, Refuse,
    bool::Bool,
    choice::{Choice, Integers},
    decimal::Decimal,
    float::Float,
    int::Int,
    msgspec,
    temporal::{Date, DateTime, Time, TimeDelta},
    text::{Bytes, Str},
    uuid::Uuid,
};
use crate::encode::{
    bytes::{Padded, SLACK},
    csv,
    float::Style,
    json,
};
use crate::error::{Error, Result};
use crate::json::{Extra, Lookups, Take};
use crate::plan::{
    self, Dialect, ErrorCode, ErrorTemplate, Format, HOLE, Job, Kind, Null, NullKey, Plan, Route, SourceFormat, Text,
};
use crate::shape::{Shapes, Step};
use crate::transform::Transform;

#[path = "compiled/msgspec.rs"]
mod of_msgspec;

/// No template in [`Field::by_code`].
pub const NO_TEMPLATE: u8 = u8::MAX;

/// Constant spans of records that are kept in memory: `start` says what the value is.
pub mod kept {
    /// None.
    pub const NULL: usize = 0;
    /// The default of the field.
    pub const DEFAULT: usize = 1;
    /// A value of its own.
    pub const VALUE: usize = 2;
}

/// The kernel of a field.
#[expect(missing_docs, reason = "each is the kernel of its name")]
#[expect(clippy::large_enum_variant, reason = "there is one for each field of a run")]
pub enum Checker {
    Str(Str),
    Int(Int),
    Float(Float),
    Bool(Bool),
    Bytes(Bytes),
    Date(Date),
    DateTime(Box<DateTime>),
    Time(Time),
    TimeDelta(TimeDelta),
    Decimal(Decimal),
    Uuid(Uuid),
    Choice(Choice),
    Integers(Integers),
    Any(Any),
    Refuse(Refuse),
    /// A kernel of msgspec.
    Msgspec(Box<msgspec::Checker>),
    /// Pydantic is asked about each batch of cells.
    Ask,
    /// The shape at this position decides.
    Nested(usize),
}

/// What to do with a null cell.
#[derive(Debug, Clone, Copy)]
pub enum OnNull {
    /// Write this.
    Constant(Span),
    /// The error `missing`.
    Missing,
    /// Ask Pydantic about the record.
    Ask,
}

/// A template, with the place of its count.
pub struct Template {
    /// JSON up to the input, split where the text of the parse error goes.
    pub prefix: Vec<Padded>,
    /// JSON after the input, split likewise.
    pub suffix: Vec<Padded>,
    /// For people, split likewise.
    pub text: Vec<Vec<u8>>,
    /// The loc as JSON.
    pub loc: String,
    /// Pydantic's type.
    pub kind: String,
    /// Its place among the counts of the plan.
    pub tally: usize,
}

/// A field of the output.
pub struct Field {
    /// Position of its column.
    pub column: Option<usize>,
    /// Its kernel.
    pub checker: Checker,
    /// What to do with null cells.
    pub on_null: OnNull,
    /// Its errors.
    pub templates: Vec<Template>,
    /// Position in `templates` by [`ErrorCode`].
    pub by_code: [u8; ErrorCode::COUNT],
    /// `"name":`.
    pub key: Vec<u8>,
    /// Whether expressions look at its values.
    pub valued: bool,
    /// What null in JSON Lines is written as, where it is accepted.
    pub nullable: Option<Span>,
    /// What stands before the locs of errors inside of it.
    pub loc: Vec<Step>,
    /// In JSON Lines: every key that it is looked up under, where those are several.
    pub paths: Vec<usize>,
}

/// A column of the source.
pub struct Column {
    /// `"name":`.
    pub key: Padded,
    /// What a null cell becomes in the mapping that the schema is given.
    pub null: NullKey,
}

/// A plan made ready.
pub struct Compiled {
    /// How records reach their verdict.
    pub route: Route,
    /// One ASCII byte.
    pub delimiter: u8,
    /// The columns of the source.
    pub columns: Vec<Column>,
    /// The longest that a mapping of empty cells is written as.
    pub mapping: usize,
    /// The fields of the output.
    pub fields: Vec<Field>,
    /// Columns that must be null, and the error of one that is not.
    pub forbidden: Vec<(usize, Template)>,
    /// Every constant of the plan, one after another.
    pub constants: Vec<u8>,
    /// How many different errors its templates have.
    pub tallies: usize,
    /// Length of the longest of them as JSON, without what goes into it.
    pub largest: usize,
    /// The most holes that one of them has.
    pub holes: usize,
    /// What becomes of valid records.
    pub transform: Option<Transform>,
    /// The keys of JSON Lines; None: the source is CSV.
    pub lookups: Option<Lookups>,
    /// Whether the keys of the source and of the sink are the same, in the same order, and flat values go out unchanged.
    pub echo: bool,
    /// What is inside of nested fields.
    pub shapes: Shapes,
    /// Whose rules kernels follow.
    pub dialect: Dialect,
    /// What becomes of keys of JSON Lines that have no lookup; None: they are passed over.
    pub extra: Option<Extra>,
    /// The key of what has keys of its own: nothing, with slack behind its end.
    pub blank: Vec<u8>,
}

/// The texts that make a cell null.
pub struct Nulls {
    /// Those that are not empty.
    texts: Vec<Box<[u8]>>,
    empty: bool,
    /// Length of the longest; no cell is longer than -1 where there is none.
    longest: isize,
}

impl Nulls {
    /// The texts that make a cell null.
    #[must_use]
    pub fn new(texts: &[String]) -> Self {
        let longest = texts.iter().map(|text| text.len().cast_signed()).max().unwrap_or(-1);
        let some = texts.iter().filter(|text| !text.is_empty());
        let empty = texts.iter().any(String::is_empty);
        Self { texts: some.map(|text| text.as_bytes().into()).collect(), empty, longest }
    }

    /// Whether `text` is null.
    #[inline(always)]
    #[must_use]
    pub fn contains(&self, text: &[u8]) -> bool {
        text.len().cast_signed() <= self.longest && self.listed(text)
    }

    fn listed(&self, text: &[u8]) -> bool {
        // An empty text has no memory, and `memcmp` of some processors takes long to find that it may not look there.
        if text.is_empty() { self.empty } else { self.texts.iter().any(|null| **null == *text) }
    }
}

struct Builder<'a> {
    format: Option<Format>,
    constants: Vec<u8>,
    tallies: usize,
    largest: usize,
    holes: usize,
    plan: &'a Plan,
}

impl Compiled {
    /// Makes a plan ready for records written in `format`; None: they are kept in memory.
    pub fn new(plan: &Plan, job: &Job) -> Result<Self> {
        let &[delimiter] = plan.delimiter.as_bytes() else {
            return Err(Error::Plan(format!("the delimiter {:?} is not one byte", plan.delimiter)));
        };
        let mut builder =
            Builder { format: job.accepted_format, constants: Vec::new(), tallies: 0, largest: 0, holes: 0, plan };
        let shapes = builder.shapes()?;
        let mut fields = plan.fields.iter().map(|field| builder.field(field)).collect::<Result<Vec<_>>>()?;
        let transform = plan.transform.as_ref().map(|plan| builder.transform(plan, &fields)).transpose()?;
        for at in transform.iter().flat_map(Transform::valued) {
            fields[at].valued = true;
        }
        if let Some(transform) = &transform {
            for (at, field) in fields.iter_mut().enumerate() {
                if let Checker::Float(kernel) = &mut field.checker {
                    kernel.written = transform.writes(at);
                }
            }
        }
        let forbidden = plan.forbidden.iter().map(|f| (f.column, builder.template(&f.error))).collect();
        let lookups = (plan.format != SourceFormat::Csv).then(|| lookups(plan));
        let echo = transform.is_none()
            && plan.extra.is_none()
            && job.accepted_format == Some(Format::Jsonl)
            && fields.iter().enumerate().all(|(at, field)| field.column == Some(at))
            && !plan.fields.iter().any(|field| matches!(field.kind, Kind::Nested { .. }))
            && lookups.as_ref().is_some_and(|lookups| lookups.are(fields.iter().map(|field| &field.key[..])));
        Ok(Self {
            route: plan.route,
            delimiter,
            mapping: plan.columns.iter().map(|column| json::longest(column.name.len()) + 8).sum::<usize>() + 2,
            columns: plan.columns.iter().map(|c| Column { key: Padded::new(key(&c.name)), null: c.null }).collect(),
            fields,
            forbidden,
            constants: slack(builder.constants),
            tallies: builder.tallies,
            largest: builder.largest,
            holes: builder.holes,
            transform,
            lookups,
            echo,
            shapes,
            dialect: plan.dialect,
            extra: plan.extra.as_ref().map(Extra::new),
            blank: slack(Vec::new()),
        })
    }
}

/// The keys of JSON Lines. The values of nested fields, and of those that Pydantic is asked about, are taken as they
/// stand.
fn lookups(plan: &Plan) -> Lookups {
    let mut takes = vec![Take::Scalar; plan.lookups.len()];
    for field in &plan.fields {
        let take = match field.kind {
            // Of several keys not all are read.
            Kind::Nested { .. } if field.paths.len() < 2 => Take::Unread,
            Kind::Nested { .. } | Kind::Ask {} => Take::Whole,
            _ => Take::Scalar,
        };
        for &column in field.column.iter().chain(&field.paths) {
            if let Some(before) = takes.get_mut(column) {
                *before = take;
            }
        }
    }
    // msgspec validates the value of a key that repeats each time.
    let once = plan.dialect == Dialect::Msgspec;
    Lookups::new(&plan.lookups, &takes).strictly(once, plan.known_only).with_extras(plan.extra.is_some())
}

/// `"name":`, with slack behind its end.
pub fn key(name: &str) -> Vec<u8> {
    let mut key = Vec::new();
    json::string(name.as_bytes(), &mut key);
    key.push(b':');
    slack(key)
}

/// Room behind the end, which encoding may read.
fn slack(mut text: Vec<u8>) -> Vec<u8> {
    text.reserve(SLACK);
    text
}

impl Builder<'_> {
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

    fn literal(&mut self, json: &str, csv: &str, kept: usize) -> Result<Span> {
        self.constant(&Text { json: json.into(), csv: csv.into() }, kept)
    }

    fn template(&mut self, template: &ErrorTemplate) -> Template {
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

    fn field(&mut self, field: &crate::plan::Field) -> Result<Field> {
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
    fn shapes(&self) -> Result<Shapes> {
        let mut inner = Builder {
            format: Some(Format::Jsonl),
            constants: Vec::new(),
            tallies: 0,
            largest: 0,
            holes: 0,
            plan: self.plan,
        };
        let shapes = Shapes::new(&self.plan.shapes, |kind| inner.checker_of(kind, None).map_err(Error::Plan))?;
        for field in &self.plan.fields {
            if matches!(field.kind, Kind::Nested { shape } if !shapes.has(shape)) {
                return Err(Error::Plan(format!("{} has a shape that is not there", field.name)));
            }
        }
        Ok(shapes.with(inner.constants))
    }

    fn transform(&mut self, transform: &plan::Transform, fields: &[Field]) -> Result<Transform> {
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
