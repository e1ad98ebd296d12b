//! Shape: what is inside of a value: lists, objects, unions, JSON text in strings.
//!
//! In: the JSON text of a value, and the shape that the plan has for it. Out: a verdict on all of it, what is written,
//! and every error in Pydantic's order. One function a shape, which reads its part of the text once and calls the
//! shapes inside of it; scalars go to the kernels that cells go to. What is not known exactly is unsure.

mod build;
pub mod check;
mod dict;
mod fault;
mod leaf;
mod list;
mod object;
mod one_of;
mod out;
mod set;
mod tuple;
mod union;
mod walk;

use crate::compiled::Checker;
use crate::json::scalars::Scalars;
use crate::json::{Lookups, Way};
use crate::plan::ErrorCode;
use crate::plan::shapes::{ExtraKeys, OnAbsent, UnionMode};

pub use check::Scratch;
pub use fault::{Pending, Step, Worded};

/// The shapes of a plan, made ready.
#[derive(Default)]
pub struct Shapes {
    all: Vec<Shape>,
    /// What kernels write that is the same for every value, as JSON.
    constants: Vec<u8>,
}

/// How well a value matches: what the choice of a smart union looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Exactness {
    Lax,
    Strict,
    Exact,
}

/// The errors that a shape may give.
type Problems = Vec<(ErrorCode, Worded)>;

/// How many items there may be.
#[derive(Debug, Clone, Copy)]
struct Lengths {
    min: usize,
    max: usize,
    fail_fast: bool,
}

/// A shape, made ready.
enum Shape {
    Leaf(Box<Leaf>),
    OneOf(OneOf),
    Null(Problems),
    Never(Problems),
    AnyJson,
    Nullable(usize),
    List(List),
    Set(List),
    Tuple(Tuple),
    Dict(Dict),
    Object(Box<Object>),
    Instance(usize),
    Union(Union),
    Tagged(Tagged),
    Json(usize, Problems),
    /// Of a kind that is not read here: always unsure.
    Ask,
}

struct Leaf {
    checker: Checker,
    /// Which values go out as they stand.
    way: Way,
    scalars: Scalars,
    /// Whether strings are read by rules of their own, which are narrower.
    strict: bool,
    problems: Problems,
}

struct OneOf {
    cases: Vec<Case>,
    exact: bool,
    /// Whether the value is read as an integer first.
    integer: bool,
    problems: Problems,
}

struct Case {
    kind: crate::plan::shapes::CaseType,
    text: Box<[u8]>,
    written: Box<[u8]>,
}

struct List {
    item: usize,
    lengths: Lengths,
    problems: Problems,
}

struct Tuple {
    items: Vec<usize>,
    variadic: Option<usize>,
    lengths: Lengths,
    problems: Problems,
}

struct Dict {
    key: usize,
    value: usize,
    lengths: Lengths,
    problems: Problems,
}

struct Object {
    /// Its place among the objects of the plan.
    number: usize,
    members: Vec<Member>,
    /// Every key under which a member is looked up.
    lookups: Lookups,
    /// For each key the member.
    wanted: Vec<usize>,
    extra: ExtraKeys,
    counts_fields: bool,
    instance: bool,
    /// How many members are an error, or Pydantic's to decide, where they are not there.
    needed: usize,
    problems: Problems,
}

struct Member {
    /// `"name":`
    key: Box<[u8]>,
    /// The name of the field.
    field: Box<str>,
    /// The keys under which it is looked up.
    paths: Vec<Box<str>>,
    /// Whether a loc names the key that was found.
    loc_by_alias: bool,
    /// The first of these among all keys of the object.
    first: usize,
    /// Whether it is written under the key that it is looked up under.
    same: bool,
    shape: usize,
    on_absent: OnAbsent,
    /// What is written where it is not there.
    default: Box<[u8]>,
    /// The error `missing`, and its loc from the inside out.
    missing: Option<(Worded, Vec<fault::Step>)>,
}

struct Union {
    choices: Vec<(usize, Box<str>)>,
    mode: UnionMode,
}

struct Tagged {
    lookups: Lookups,
    tags: Vec<(Box<str>, usize)>,
    problems: Problems,
}

/// The word for `code` among the errors of a shape.
fn worded(problems: &Problems, code: ErrorCode) -> Option<&Worded> {
    problems.iter().find(|(of, _)| *of == code).map(|(_, worded)| worded)
}
