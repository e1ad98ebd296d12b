//! Comparisons, truth and choice: what Python's `== < and or not in is if min max` make of two values.
//!
//! In: values. Out: values. Ints and floats are compared exactly; what raises `TypeError` in Python is unsure.

use std::cmp::Ordering;

use super::value::{NAIVE, Texts, Value};

/// The truth of a value. None where it is not known.
#[inline(always)]
#[must_use]
pub fn truth(value: Value) -> Option<bool> {
    Some(match value {
        Value::Unsure => return None,
        Value::None => false,
        Value::Bool(bool) => bool,
        Value::Int(int) => int != 0,
        Value::Float(float) => float != 0.0,
        Value::Str(span) => !span.is_empty(),
        Value::Date(_) | Value::DateTime { .. } => true,
        Value::Delta(micros) => micros != 0,
    })
}

/// What two values of types that have an order are to each other.
enum Relation {
    Known(Ordering),
    /// One of them is not a number.
    Nan,
    /// Types that have no order, or an unsure value.
    No,
}

/// An int beside a float, exactly.
#[expect(clippy::cast_precision_loss, reason = "only below 2^53")]
fn int_float(int: i64, float: f64) -> Relation {
    const EXACT: u64 = 1 << 53;
    const END: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        return Relation::Nan;
    }
    if int.unsigned_abs() <= EXACT {
        return (int as f64).partial_cmp(&float).map_or(Relation::Nan, Relation::Known);
    }
    Relation::Known(if float >= END {
        Ordering::Less
    } else if float < -END {
        Ordering::Greater
    } else {
        // A float as large as an int that is not exact has no fraction; a smaller one differs in its whole part.
        int.cmp(&(float as i64))
    })
}

/// Microseconds in UTC. The ends of the calendar are far from those of 64 bits.
fn utc(offset: i32, micros: i64) -> i64 {
    micros - i64::from(offset) * 1_000_000
}

#[inline(always)]
fn relation(a: Value, b: Value, texts: &Texts<'_>) -> Relation {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(&b).map_or(Relation::Nan, Relation::Known),
        (Value::Int(a), Value::Int(b)) => Relation::Known(a.cmp(&b)),
        (Value::Str(a), Value::Str(b)) => Relation::Known(texts.get(a).as_bytes().cmp(texts.get(b).as_bytes())),
        (Value::Date(a), Value::Date(b)) => Relation::Known(a.cmp(&b)),
        _ => rare(a, b),
    }
}

fn rare(a: Value, b: Value) -> Relation {
    let turned = |relation| match relation {
        Relation::Known(ordering) => Relation::Known(ordering.reverse()),
        other => other,
    };
    match (number(a), number(b)) {
        (Value::Int(a), Value::Int(b)) | (Value::Delta(a), Value::Delta(b)) => Relation::Known(a.cmp(&b)),
        (Value::Int(a), Value::Float(b)) => int_float(a, b),
        (Value::Float(a), Value::Int(b)) => turned(int_float(b, a)),
        (Value::DateTime { offset: a, micros }, Value::DateTime { offset: b, micros: other }) => match (a, b) {
            (NAIVE, NAIVE) => Relation::Known(micros.cmp(&other)),
            (NAIVE, _) | (_, NAIVE) => Relation::No,
            _ => Relation::Known(utc(a, micros).cmp(&utc(b, other))),
        },
        _ => Relation::No,
    }
}

/// A bool as the int that it is in arithmetic.
#[inline(always)]
#[must_use]
pub fn number(value: Value) -> Value {
    match value {
        Value::Bool(bool) => Value::Int(i64::from(bool)),
        _ => value,
    }
}

/// `a == b`. Values of different types are different, and so are a naive and an aware datetime.
#[inline(always)]
pub fn equal(a: Value, b: Value, texts: &Texts<'_>) -> Value {
    if let (Value::Str(a), Value::Str(b)) = (a, b) {
        return Value::Bool(a.len() == b.len() && texts.get(a) == texts.get(b));
    }
    match relation(a, b, texts) {
        Relation::Known(ordering) => Value::Bool(ordering == Ordering::Equal),
        Relation::Nan => Value::Bool(false),
        Relation::No if a == Value::Unsure || b == Value::Unsure => Value::Unsure,
        Relation::No => Value::Bool(a == Value::None && b == Value::None),
    }
}

/// `a < b`.
#[inline(always)]
pub fn less(a: Value, b: Value, texts: &Texts<'_>) -> Value {
    match relation(a, b, texts) {
        Relation::Known(ordering) => Value::Bool(ordering == Ordering::Less),
        Relation::Nan => Value::Bool(false),
        Relation::No => Value::Unsure,
    }
}

/// `a <= b`.
#[inline(always)]
pub fn at_most(a: Value, b: Value, texts: &Texts<'_>) -> Value {
    match relation(a, b, texts) {
        Relation::Known(ordering) => Value::Bool(ordering != Ordering::Greater),
        Relation::Nan => Value::Bool(false),
        Relation::No => Value::Unsure,
    }
}

/// `a and b`: an operand is returned, and `b` is not looked at where `a` is falsy.
#[inline(always)]
pub fn and(a: Value, b: Value, _: &Texts<'_>) -> Value {
    match truth(a) {
        Some(true) => b,
        Some(false) => a,
        None => Value::Unsure,
    }
}

/// `a or b`.
#[inline(always)]
pub fn or(a: Value, b: Value, _: &Texts<'_>) -> Value {
    match truth(a) {
        Some(true) => a,
        Some(false) => b,
        None => Value::Unsure,
    }
}

/// `not a`.
#[inline(always)]
pub fn not(a: Value, _: &Texts<'_>) -> Value {
    truth(a).map_or(Value::Unsure, |truth| Value::Bool(!truth))
}

/// `a if condition else b`.
#[must_use]
pub fn choose(condition: Value, a: Value, b: Value) -> Value {
    match truth(condition) {
        Some(true) => a,
        Some(false) => b,
        None => Value::Unsure,
    }
}

/// `a is None`, or whether it is not.
#[must_use]
pub fn is_none(a: Value, is: bool) -> Value {
    match a {
        Value::Unsure => Value::Unsure,
        Value::None => Value::Bool(is),
        _ => Value::Bool(!is),
    }
}

/// `values[0] in values[1:]`. Python looks for the same object first, so two that are not numbers may be found equal.
pub fn within(values: &[Value], texts: &Texts<'_>) -> Value {
    let Some((&value, others)) = values.split_first() else {
        return Value::Unsure;
    };
    let is_nan = |value: Value| matches!(value, Value::Float(float) if float.is_nan());
    let mut found = Value::Bool(false);
    for &other in others {
        match equal(value, other, texts) {
            Value::Bool(true) if found == Value::Bool(false) => found = Value::Bool(true),
            Value::Unsure => return Value::Unsure,
            _ if is_nan(value) && is_nan(other) => return Value::Unsure,
            _ => {}
        }
    }
    if value == Value::Unsure { Value::Unsure } else { found }
}

/// The smaller one, the first of equals.
pub fn min(a: Value, b: Value, texts: &Texts<'_>) -> Value {
    choose(less(b, a, texts), b, a)
}

/// The larger one, the first of equals.
pub fn max(a: Value, b: Value, texts: &Texts<'_>) -> Value {
    choose(less(a, b, texts), b, a)
}

/// The first that is not None. All are evaluated, so an unsure one makes it unsure.
pub fn coalesce(a: Value, b: Value, _: &Texts<'_>) -> Value {
    match (a, b) {
        (Value::Unsure, _) | (_, Value::Unsure) => Value::Unsure,
        (Value::None, b) => b,
        (a, _) => a,
    }
}

/// A function of two values over any number of them, from the left.
pub fn fold(values: &[Value], texts: &Texts<'_>, two: fn(Value, Value, &Texts<'_>) -> Value) -> Value {
    let mut rest = values.iter().copied();
    let first = rest.next().unwrap_or(Value::Unsure);
    rest.fold(first, |so_far, next| two(so_far, next, texts))
}
