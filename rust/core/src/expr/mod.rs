//! Expr: Python expressions over columns of values, with Python's semantics.
//!
//! In: a tree from the plan, and the values of its inputs for some rows. Out: one [`Value`] a row. What is not exact
//! here, or raises in Python, is unsure: Python evaluates that record. Every operand is evaluated, for all rows at once;
//! an unsure one that Python would not have looked at is then not chosen. Nothing here reads a cell or decides about a
//! record.

pub mod compare;
pub mod format;
pub mod function;
pub mod number;
pub mod temporal;
pub mod text;
pub mod value;

use std::str::FromStr;

use regex::Regex;

use crate::cells::{MAX_SPAN, Place, Span};
use crate::plan::{Node, ValueType};
use format::Spec;
use function::{Evaluate, Function};
use value::{Texts, Value};

/// An expression made ready.
#[derive(Debug)]
pub enum Tree {
    /// A constant; the position of a text is among [`Constants`].
    Const(Value),
    /// The values of an input.
    Load(usize),
    /// A function of values.
    Call(Function, Evaluate, Vec<Tree>),
    /// Whether a pattern is found in a text.
    Matches(Box<Regex>, Box<Tree>),
    /// A value by a format spec.
    Format(Box<Spec>, Box<Tree>),
}

/// The constant texts of the expressions of a plan. They are put before the texts that are made of a block.
#[derive(Debug, Default)]
pub struct Constants(pub String);

impl Constants {
    /// Adds a text.
    pub fn add(&mut self, text: &str) -> Result<Span, String> {
        let begin = self.0.len();
        if text.len() > MAX_SPAN || begin + text.len() > MAX_SPAN {
            return Err("its constants are too large".into());
        }
        self.0.push_str(text);
        Ok(Span::new(Place::Written, begin, text.len()))
    }

    /// Reads a constant.
    pub fn value(&mut self, kind: ValueType, text: &str) -> Result<Value, String> {
        let wrong = || format!("{text:?} is no constant of type {kind:?}");
        Ok(match kind {
            ValueType::None => Value::None,
            ValueType::Bool => Value::Bool(text.parse().map_err(|_| wrong())?),
            // Python's ints know no end; what a larger one means here is for Python to say.
            ValueType::Int => text.parse().map_or(Value::Unsure, Value::Int),
            ValueType::Float => Value::Float(text.parse().map_err(|_| wrong())?),
            ValueType::Str => Value::Str(self.add(text)?),
            ValueType::Date => temporal::read_date(text),
            ValueType::DateTime => temporal::read_datetime(text),
            ValueType::TimeDelta => text.parse().map_or(Value::Unsure, Value::Delta),
        })
    }
}

/// A constant text of a plan, where it stands among the texts of a block.
#[inline(always)]
#[must_use]
pub fn placed(value: Value, base: usize) -> Value {
    match value {
        Value::Str(span) => Value::Str(Span::new(Place::Written, base + span.start(), span.len())),
        _ => value,
    }
}

impl Tree {
    /// Makes an expression over `inputs` values ready.
    pub fn new(node: &Node, inputs: usize, constants: &mut Constants) -> Result<Self, String> {
        match node {
            Node::Const { kind, value } => constants.value(*kind, value).map(Self::Const),
            Node::Load { input, .. } if *input < inputs => Ok(Self::Load(*input)),
            Node::Load { input, .. } => Err(format!("there is no input {input}")),
            Node::Call { name, args, .. } => {
                let function = Function::from_str(name).map_err(|_| format!("there is no function {name:?}"))?;
                let (least, most, evaluate) = function.row();
                if !(least..=most).contains(&args.len()) {
                    return Err(format!("{name} has {} arguments", args.len()));
                }
                match (function, &args[..]) {
                    (Function::Matches | Function::Fullmatches, [text, Node::Const { value, .. }]) => {
                        let whole = function == Function::Fullmatches;
                        let pattern = if whole { format!(r"\A(?:{value})\z") } else { value.clone() };
                        let text = Self::new(text, inputs, constants)?;
                        // What is no pattern here is for Python to judge.
                        let unsure = Self::Const(Value::Unsure);
                        Ok(Regex::new(&pattern).map_or(unsure, |p| Self::Matches(Box::new(p), Box::new(text))))
                    }
                    (Function::Format, [value, Node::Const { value: spec, .. }]) => {
                        let value = Self::new(value, inputs, constants)?;
                        let unsure = Self::Const(Value::Unsure);
                        Ok(Spec::parse(spec).map_or(unsure, |spec| Self::Format(Box::new(spec), Box::new(value))))
                    }
                    _ => {
                        let args = args.iter().map(|arg| Self::new(arg, inputs, constants));
                        Ok(Self::Call(function, evaluate, args.collect::<Result<_, _>>()?))
                    }
                }
            }
        }
    }

    /// Notes which inputs it looks at.
    pub fn note_inputs(&self, used: &mut [bool]) {
        match self {
            Self::Const(_) => {}
            Self::Load(input) => used[*input] = true,
            Self::Call(_, _, args) => args.iter().for_each(|arg| arg.note_inputs(used)),
            Self::Matches(_, arg) | Self::Format(_, arg) => arg.note_inputs(used),
        }
    }
}

/// The values of an input for some rows, in one of the two.
#[derive(Debug, Default)]
pub struct Column {
    /// Values of any type.
    pub values: Vec<Value>,
    /// Floats, where every value is one.
    pub floats: Vec<f64>,
}

impl Column {
    /// Forgets the values and keeps the memory.
    pub fn clear(&mut self) {
        self.values.clear();
        self.floats.clear();
    }
}

/// Buffers that are not in use.
#[derive(Debug, Default)]
pub struct Free {
    values: Vec<Vec<Value>>,
    floats: Vec<Vec<f64>>,
}

impl Free {
    /// Takes the buffer of an operand back.
    pub fn take(&mut self, operand: Operand<'_>) {
        match operand {
            Operand::Made(values) => self.values.push(values),
            Operand::Floats(values) => self.floats.push(values),
            Operand::One(_) | Operand::Input(_) => {}
        }
    }

    fn values(&mut self) -> Vec<Value> {
        let mut buffer = self.values.pop().unwrap_or_default();
        buffer.clear();
        buffer
    }

    fn floats(&mut self) -> Vec<f64> {
        let mut buffer = self.floats.pop().unwrap_or_default();
        buffer.clear();
        buffer
    }
}

/// The value of an expression: one for all rows, or one a row.
#[derive(Debug)]
pub enum Operand<'a> {
    /// The same for every row.
    One(Value),
    /// Made for this expression.
    Made(Vec<Value>),
    /// Made for this expression, all of them floats.
    Floats(Vec<f64>),
    /// An input as it is.
    Input(&'a Column),
}

/// One side of an operation on floats.
enum Side<'a> {
    One(f64),
    Rows(&'a [f64]),
}

impl Operand<'_> {
    /// The value for a row.
    #[inline(always)]
    #[must_use]
    pub fn at(&self, row: usize) -> Value {
        match self {
            Self::One(value) => *value,
            Self::Made(values) => values[row],
            Self::Floats(values) => Value::Float(values[row]),
            Self::Input(column) => match column.values.get(row) {
                Some(value) => *value,
                None => Value::Float(column.floats[row]),
            },
        }
    }

    fn is_one(&self) -> bool {
        matches!(self, Self::One(_))
    }

    /// Floats, or a number that is added to or multiplied with floats as one.
    fn side(&self) -> Option<Side<'_>> {
        match self {
            Self::One(Value::Float(float)) => Some(Side::One(*float)),
            Self::One(Value::Int(int)) => Some(Side::One(number::as_float(*int))),
            Self::Floats(values) => Some(Side::Rows(values)),
            Self::Input(column) if !column.floats.is_empty() => Some(Side::Rows(&column.floats)),
            Self::One(_) | Self::Made(_) | Self::Input(_) => None,
        }
    }

    /// Calls `each` with every value in turn.
    #[inline(always)]
    fn each(&self, rows: usize, mut each: impl FnMut(Value)) {
        match self {
            Self::One(value) => (0..rows).for_each(|_| each(*value)),
            Self::Made(values) => values.iter().for_each(|&value| each(value)),
            Self::Floats(values) => values.iter().for_each(|&value| each(Value::Float(value))),
            Self::Input(column) if column.floats.is_empty() => column.values.iter().for_each(|&value| each(value)),
            Self::Input(column) => column.floats.iter().for_each(|&value| each(Value::Float(value))),
        }
    }
}

/// Evaluates expressions for some rows of a block.
pub struct Evaluator<'a, 't, 'b> {
    /// The values of each input for these rows.
    pub inputs: &'a [Column],
    /// How many rows.
    pub rows: usize,
    /// Where the [`Constants`] begin among the texts that were made.
    pub base: usize,
    /// The texts.
    pub texts: &'t mut Texts<'b>,
    /// Buffers that are not in use.
    pub free: &'t mut Free,
}

impl<'a> Evaluator<'a, '_, '_> {
    /// The values of an expression.
    pub fn evaluate(&mut self, tree: &Tree) -> Operand<'a> {
        match tree {
            Tree::Const(value) => Operand::One(placed(*value, self.base)),
            Tree::Load(input) => Operand::Input(&self.inputs[*input]),
            Tree::Matches(pattern, arg) => {
                let arg = self.evaluate(arg);
                self.one(arg, |value, texts| match value {
                    Value::Str(span) => Value::Bool(pattern.is_match(texts.get(span))),
                    _ => Value::Unsure,
                })
            }
            Tree::Format(spec, arg) => {
                let arg = self.evaluate(arg);
                self.one(arg, |value, texts| format::format(value, spec, texts))
            }
            Tree::Call(function, evaluate, args) => {
                if let [a, b] = &args[..] {
                    let (a, b) = (self.evaluate(a), self.evaluate(b));
                    return self.two(*function, *evaluate, a, b);
                }
                let args: Vec<_> = args.iter().map(|arg| self.evaluate(arg)).collect();
                self.many(*evaluate, args)
            }
        }
    }

    #[inline]
    fn one(&mut self, arg: Operand<'a>, evaluate: impl Fn(Value, &mut Texts<'_>) -> Value) -> Operand<'a> {
        if let Operand::One(value) = arg {
            return Operand::One(evaluate(value, self.texts));
        }
        let mut made = self.free.values();
        arg.each(self.rows, |value| made.push(evaluate(value, self.texts)));
        self.free.take(arg);
        Operand::Made(made)
    }

    /// Loops of their own for what stands in most expressions.
    fn two(&mut self, function: Function, evaluate: Evaluate, a: Operand<'a>, b: Operand<'a>) -> Operand<'a> {
        if let Some(floats) = self.floats(function, &a, &b) {
            self.free.take(a);
            self.free.take(b);
            return Operand::Floats(floats);
        }
        match function {
            Function::Add => self.pairs(a, b, number::add),
            Function::Sub => self.pairs(a, b, |a, b, _| number::sub(a, b)),
            Function::Mul => self.pairs(a, b, |a, b, _| number::mul(a, b)),
            Function::Div => self.pairs(a, b, |a, b, _| number::div(a, b)),
            Function::Eq => self.pairs(a, b, |a, b, texts| compare::equal(a, b, texts)),
            Function::Ne => self.pairs(a, b, |a, b, texts| compare::not(compare::equal(a, b, texts), texts)),
            Function::Lt => self.pairs(a, b, |a, b, texts| compare::less(a, b, texts)),
            Function::Le => self.pairs(a, b, |a, b, texts| compare::at_most(a, b, texts)),
            Function::Gt => self.pairs(a, b, |a, b, texts| compare::less(b, a, texts)),
            Function::Ge => self.pairs(a, b, |a, b, texts| compare::at_most(b, a, texts)),
            Function::And => self.pairs(a, b, |a, b, texts| compare::and(a, b, texts)),
            Function::Or => self.pairs(a, b, |a, b, texts| compare::or(a, b, texts)),
            _ => self.many(evaluate, vec![a, b]),
        }
    }

    /// Arithmetic on columns of floats. A divisor that may be zero is looked at one by one elsewhere.
    fn floats(&mut self, function: Function, a: &Operand<'_>, b: &Operand<'_>) -> Option<Vec<f64>> {
        let (a, b) = (a.side()?, b.side()?);
        match (function, &b) {
            (Function::Add, _) => self.sides(&a, &b, |a, b| a + b),
            (Function::Sub, _) => self.sides(&a, &b, |a, b| a - b),
            (Function::Mul, _) => self.sides(&a, &b, |a, b| a * b),
            (Function::Div, Side::One(divisor)) if *divisor != 0.0 => self.sides(&a, &b, |a, b| a / b),
            _ => None,
        }
    }

    #[inline(always)]
    fn sides(&mut self, a: &Side<'_>, b: &Side<'_>, work: impl Fn(f64, f64) -> f64) -> Option<Vec<f64>> {
        if let (Side::One(_), Side::One(_)) = (a, b) {
            return None;
        }
        let mut made = self.free.floats();
        match (a, b) {
            (Side::One(a), Side::One(b)) => made.push(work(*a, *b)),
            (Side::One(a), Side::Rows(b)) => made.extend(b.iter().map(|&b| work(*a, b))),
            (Side::Rows(a), Side::One(b)) => made.extend(a.iter().map(|&a| work(a, *b))),
            (Side::Rows(a), Side::Rows(b)) => made.extend(a.iter().zip(*b).map(|(&a, &b)| work(a, b))),
        }
        Some(made)
    }

    #[inline(always)]
    fn pairs(
        &mut self,
        a: Operand<'a>,
        b: Operand<'a>,
        evaluate: impl Fn(Value, Value, &mut Texts<'_>) -> Value,
    ) -> Operand<'a> {
        if let (Operand::One(left), Operand::One(right)) = (&a, &b) {
            return Operand::One(evaluate(*left, *right, self.texts));
        }
        let texts = &mut *self.texts;
        let mut made = self.free.values();
        match (&a, &b) {
            (_, Operand::One(right)) => a.each(self.rows, |left| made.push(evaluate(left, *right, texts))),
            (Operand::One(left), _) => b.each(self.rows, |right| made.push(evaluate(*left, right, texts))),
            _ => {
                let mut row = 0;
                a.each(self.rows, |left| {
                    made.push(evaluate(left, b.at(row), texts));
                    row += 1;
                });
            }
        }
        self.free.take(a);
        self.free.take(b);
        Operand::Made(made)
    }

    fn many(&mut self, evaluate: Evaluate, args: Vec<Operand<'a>>) -> Operand<'a> {
        let mut row = self.free.values();
        if args.iter().all(Operand::is_one) {
            row.extend(args.iter().map(|arg| arg.at(0)));
            let value = evaluate(&row, self.texts);
            self.free.take(Operand::Made(row));
            return Operand::One(value);
        }
        let mut made = self.free.values();
        for at in 0..self.rows {
            row.clear();
            row.extend(args.iter().map(|arg| arg.at(at)));
            made.push(evaluate(&row, self.texts));
        }
        self.free.take(Operand::Made(row));
        for arg in args {
            self.free.take(arg);
        }
        Operand::Made(made)
    }
}
