//! Build: the shapes of a plan made ready. In: plain data. Out: [`Shapes`], whose positions all exist.

use std::str::FromStr;

use super::fault::{Step, Worded};
use super::{Case, Dict, Leaf, Lengths, List, Member, Object, OneOf, Problems, Shape, Shapes, Tagged, Tuple, Union};
use crate::compiled::{Checker, key};
use crate::error::{Error, Result};
use crate::json::scalars::{On, Scalars};
use crate::json::{Lookups, Way};
use crate::plan::shapes::{self as plan, ExtraKeys, OnAbsent};
use crate::plan::{ErrorCode, Kind};

impl Shapes {
    /// Makes the shapes of a plan ready. `checker` makes kernels that write JSON.
    pub fn new(plan: &[plan::Shape], mut checker: impl FnMut(&Kind) -> Result<Checker>) -> Result<Self> {
        let builder = Builder { shapes: plan.len() };
        let mut objects = 0;
        let all = plan.iter().map(|shape| builder.shape(shape, &mut objects, &mut checker)).collect::<Result<_>>()?;
        Ok(Self { all, constants: Vec::new() })
    }

    /// Adds the constants that kernels write.
    #[must_use]
    pub fn with(mut self, constants: Vec<u8>) -> Self {
        self.constants = constants;
        self
    }

    /// Whether there is a shape at this position.
    #[must_use]
    pub fn has(&self, shape: usize) -> bool {
        shape < self.all.len()
    }
}

struct Builder {
    shapes: usize,
}

impl Builder {
    fn at(&self, shape: usize) -> Result<usize> {
        if shape < self.shapes { Ok(shape) } else { Err(Error::Plan(format!("there is no shape {shape}"))) }
    }

    fn shape(
        &self,
        shape: &plan::Shape,
        objects: &mut usize,
        checker: &mut impl FnMut(&Kind) -> Result<Checker>,
    ) -> Result<Shape> {
        Ok(match shape {
            plan::Shape::Leaf { kind, strict, problems } => leaf(checker(kind)?, *strict, problems),
            plan::Shape::OneOf { cases, exact, integer, problems } => Shape::OneOf(OneOf {
                cases: cases.iter().map(case).collect(),
                exact: *exact,
                integer: *integer,
                problems: worded(problems),
            }),
            plan::Shape::Null { problems } => Shape::Null(worded(problems)),
            plan::Shape::Never { problems } => Shape::Never(worded(problems)),
            plan::Shape::AnyJson {} => Shape::AnyJson,
            plan::Shape::Nullable { inner } => Shape::Nullable(self.at(*inner)?),
            plan::Shape::List { item, lengths, problems } => Shape::List(self.list(*item, *lengths, problems)?),
            plan::Shape::Set { item, lengths, problems } => Shape::Set(self.list(*item, *lengths, problems)?),
            plan::Shape::Tuple { items, variadic, lengths, problems } => {
                if variadic.is_some_and(|place| place >= items.len()) {
                    return Err(Error::Plan("a tuple has no item at its variadic place".into()));
                }
                Shape::Tuple(Tuple {
                    items: items.iter().map(|item| self.at(*item)).collect::<Result<_>>()?,
                    variadic: *variadic,
                    lengths: bounds(*lengths),
                    problems: worded(problems),
                })
            }
            plan::Shape::Dict { key, value, lengths, problems } => Shape::Dict(Dict {
                key: self.at(*key)?,
                value: self.at(*value)?,
                lengths: bounds(*lengths),
                problems: worded(problems),
            }),
            plan::Shape::Object { members, extra, loc_by_alias, counts_fields, instance, problems } => {
                let Some(object) = self.object(members, *extra, *loc_by_alias)? else { return Ok(Shape::Ask) };
                *objects += 1;
                Shape::Object(Box::new(Object {
                    number: *objects - 1,
                    counts_fields: *counts_fields,
                    instance: *instance,
                    problems: worded(problems),
                    ..object
                }))
            }
            plan::Shape::Instance { inner } => Shape::Instance(self.at(*inner)?),
            plan::Shape::Union { choices, mode } => {
                let choice = |choice: &plan::Labelled| Ok((self.at(choice.shape)?, choice.label.as_str().into()));
                Shape::Union(Union { choices: choices.iter().map(choice).collect::<Result<_>>()?, mode: *mode })
            }
            plan::Shape::Tagged { lookups, tags, shapes, problems } => {
                let tag = |(tag, shape): (&String, &usize)| Ok((tag.as_str().into(), self.at(*shape)?));
                Shape::Tagged(Tagged {
                    lookups: Lookups::new(lookups, &[]),
                    tags: tags.iter().zip(shapes).map(tag).collect::<Result<_>>()?,
                    problems: worded(problems),
                })
            }
            plan::Shape::Json { inner, problems } => Shape::Json(self.at(*inner)?, worded(problems)),
        })
    }

    fn list(&self, item: usize, lengths: plan::Lengths, problems: &[plan::Problem]) -> Result<List> {
        Ok(List { item: self.at(item)?, lengths: bounds(lengths), problems: worded(problems) })
    }

    /// None where two members are looked up under one key.
    fn object(&self, members: &[plan::Member], extra: ExtraKeys, loc_by_alias: bool) -> Result<Option<Object>> {
        let mut object = Object {
            number: 0,
            members: Vec::with_capacity(members.len()),
            lookups: Lookups::new(&[], &[]),
            wanted: Vec::new(),
            extra,
            counts_fields: false,
            instance: false,
            needed: members.iter().filter(|member| needed(member.on_absent)).count(),
            problems: Vec::new(),
        };
        let mut names = Vec::new();
        for (at, member) in members.iter().enumerate() {
            for path in &member.paths {
                if names.contains(path) {
                    return Ok(None);
                }
                names.push(path.clone());
                object.wanted.push(at);
            }
            let default = member.default.as_ref().map_or(&[][..], |text| text.json.as_bytes());
            if member.on_absent == OnAbsent::Default && member.default.is_none() {
                return Err(Error::Plan(format!("the member {} has no default", member.name)));
            }
            object.members.push(Member {
                key: key(&member.name).into(),
                field: member.loc.as_str().into(),
                paths: member.paths.iter().map(|path| path.as_str().into()).collect(),
                loc_by_alias,
                first: names.len() - member.paths.len(),
                same: matches!(&member.paths[..], [only] if *only == member.name),
                shape: self.at(member.shape)?,
                on_absent: member.on_absent,
                default: default.into(),
                missing: member
                    .missing
                    .as_ref()
                    .map(|missing| (Worded::new(missing), member.missing_loc.iter().rev().map(Step::from).collect())),
            });
        }
        object.lookups = Lookups::new(&names, &[]);
        Ok(Some(object))
    }
}

/// Whether something is to do where such a member is not there.
pub(super) fn needed(on_absent: OnAbsent) -> bool {
    matches!(on_absent, OnAbsent::Missing | OnAbsent::Ask)
}

fn leaf(checker: Checker, strict: bool, problems: &[plan::Problem]) -> Shape {
    if matches!(checker, Checker::Ask | Checker::Nested(_) | Checker::Choice(_) | Checker::Integers(_)) {
        return Shape::Ask;
    }
    let text = problems.iter().any(|problem| problem.kind == "string_type");
    let mut scalars = Scalars::of(&checker, text);
    if strict {
        match &checker {
            Checker::Int(_) => (scalars.text, scalars.float, scalars.bool) = (On::Wrong, On::Wrong, On::Wrong),
            Checker::Float(_) => (scalars.text, scalars.bool) = (On::Wrong, On::Wrong),
            Checker::Bool(_) => (scalars.text, scalars.int, scalars.float) = (On::Wrong, On::Wrong, On::Wrong),
            Checker::Date(_) | Checker::DateTime(_) | Checker::Time(_) | Checker::TimeDelta(_) => {
                (scalars.int, scalars.float, scalars.bool) = (On::Wrong, On::Wrong, On::Wrong);
            }
            _ => {}
        }
    }
    // Inside of values constants are JSON.
    let way = Way::of(&checker, text, true, false);
    Shape::Leaf(Box::new(Leaf { checker, way, scalars, strict, problems: worded(problems) }))
}

fn case(case: &plan::Case) -> Case {
    Case { kind: case.kind, text: case.text.as_bytes().into(), written: case.written.json.as_bytes().into() }
}

fn bounds(lengths: plan::Lengths) -> Lengths {
    Lengths {
        min: lengths.min_length.unwrap_or(0),
        max: lengths.max_length.unwrap_or(usize::MAX),
        fail_fast: lengths.fail_fast,
    }
}

/// The errors that this version knows. Others are unsure where they occur.
fn worded(problems: &[plan::Problem]) -> Problems {
    let known = |problem: &plan::Problem| Some((ErrorCode::from_str(&problem.kind).ok()?, Worded::new(problem)));
    problems.iter().filter_map(known).collect()
}
