//! The plan made ready: kernels built, errors found by code, constants laid out in the form of the sink.
//!
//! In: a [`Job`] as Python sent it. Out: what the stages look at for each block. Made once a run and never changed.

use strum::EnumCount;

use crate::cells::Span;
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
    json,
};
use crate::error::{Error, Result};
use crate::json::{Along, Echo, Extra, Lookups, Take};
use crate::plan::{Dialect, ErrorCode, Format, Job, Kind, NullKey, Plan, Route, SourceFormat};
use crate::shape::{Shapes, Step};
use crate::transform::Transform;

mod builder;
mod nulls;
#[path = "compiled/msgspec.rs"]
mod of_msgspec;

use builder::Builder;
pub use nulls::Nulls;

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
    /// For each field, and behind them for each forbidden column, the place of its first error among the counts.
    pub first_tallies: Vec<usize>,
    /// Length of the longest of them as JSON, without what goes into it.
    pub largest: usize,
    /// The most holes that one of them has.
    pub holes: usize,
    /// What becomes of valid records.
    pub transform: Option<Transform>,
    /// The keys of JSON Lines; None: the source is CSV.
    pub lookups: Option<Lookups>,
    /// What checks and writes lines while they are read, where the keys of the source and of the sink are the same, in the
    /// same order.
    pub echo: Option<Echo>,
    /// What checks lines while they are read.
    pub along: Option<Along>,
    /// What is inside of nested fields.
    pub shapes: Shapes,
    /// Whose rules kernels follow.
    pub dialect: Dialect,
    /// What becomes of keys of JSON Lines that have no lookup; None: they are passed over.
    pub extra: Option<Extra>,
    /// The key of what has keys of its own: nothing, with slack behind its end.
    pub blank: Vec<u8>,
}

impl Compiled {
    /// Makes a plan ready for records written in `format`; None: they are kept in memory.
    pub fn new(plan: &Plan, job: &Job) -> Result<Self> {
        let &[delimiter] = plan.delimiter.as_bytes() else {
            return Err(Error::Plan(format!("the delimiter {:?} is not one byte", plan.delimiter)));
        };
        let mut builder = Builder::new(plan, job.accepted_format);
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
        let forbidden: Vec<_> = plan.forbidden.iter().map(|f| (f.column, builder.template(&f.error))).collect();
        let first = fields.iter().map(|field| field.templates.first());
        let first = first.chain(forbidden.iter().map(|(_, template)| Some(template)));
        let first_tallies = first.map(|template| template.map_or(0, |template| template.tally)).collect();
        let lookups = (plan.format != SourceFormat::Csv).then(|| lookups(plan));
        let unchanged = transform.is_none()
            && plan.extra.is_none()
            && job.accepted_format == Some(Format::Jsonl)
            && fields.iter().enumerate().all(|(at, field)| field.column == Some(at))
            && lookups.as_ref().is_some_and(|lookups| lookups.are(fields.iter().map(|field| &field.key[..])));
        let echo = unchanged.then(|| Echo::new(&fields, &builder.constants)).flatten();
        let along = lookups.as_ref().and_then(|lookups| {
            let (extras, transformed) = (plan.extra.is_some(), transform.is_some());
            Along::new(&fields, &builder.constants, lookups, extras, transformed, job.accepted_format)
        });
        Ok(Self {
            route: plan.route,
            delimiter,
            mapping: plan.columns.iter().map(|column| json::longest(column.name.len()) + 8).sum::<usize>() + 2,
            columns: plan.columns.iter().map(|c| Column { key: Padded::new(key(&c.name)), null: c.null }).collect(),
            fields,
            forbidden,
            constants: slack(builder.constants),
            tallies: builder.tallies,
            first_tallies,
            largest: builder.largest,
            holes: builder.holes,
            transform,
            lookups,
            echo,
            along,
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
    Lookups::new(&plan.lookups, &takes).strictly(plan.once, plan.known_only).with_extras(plan.extra.is_some())
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
