//! Arithmetic as Python does it: floor division, the sign of the divisor in modulo, true division of ints rounded once.
//!
//! In: values. Out: values. What passes 64 bits or raises in Python is unsure. Bools are ints here. Sums of dates and
//! texts are passed on to `temporal` and `text`.

use super::compare::number;
use super::value::{Texts, Value};
use super::{temporal, text};

/// Ints up to this are exact as floats.
const EXACT: u64 = 1 << 53;

/// An int as a float, rounded half to even, as Python does for mixed arithmetic.
#[expect(clippy::cast_precision_loss, reason = "the rounding is Python's")]
#[must_use]
pub fn as_float(int: i64) -> f64 {
    int as f64
}

fn ints(value: Option<i64>) -> Value {
    value.map_or(Value::Unsure, Value::Int)
}

/// Two numbers of one type, or neither.
enum Pair {
    Ints(i64, i64),
    Floats(f64, f64),
    No,
}

fn pair(a: Value, b: Value) -> Pair {
    match (number(a), number(b)) {
        (Value::Int(a), Value::Int(b)) => Pair::Ints(a, b),
        (Value::Float(a), Value::Float(b)) => Pair::Floats(a, b),
        (Value::Int(a), Value::Float(b)) => Pair::Floats(as_float(a), b),
        (Value::Float(a), Value::Int(b)) => Pair::Floats(a, as_float(b)),
        _ => Pair::No,
    }
}

/// `a + b`.
#[inline(always)]
pub fn add(a: Value, b: Value, texts: &mut Texts<'_>) -> Value {
    if let (Value::Float(a), Value::Float(b)) = (a, b) {
        return Value::Float(a + b);
    }
    match pair(a, b) {
        Pair::Ints(a, b) => ints(a.checked_add(b)),
        Pair::Floats(a, b) => Value::Float(a + b),
        Pair::No if matches!((a, b), (Value::Str(_), Value::Str(_))) => text::concat(&[a, b], texts),
        Pair::No => temporal::add(a, b),
    }
}

/// `a - b`.
#[inline(always)]
#[must_use]
pub fn sub(a: Value, b: Value) -> Value {
    if let (Value::Float(a), Value::Float(b)) = (a, b) {
        return Value::Float(a - b);
    }
    match pair(a, b) {
        Pair::Ints(a, b) => ints(a.checked_sub(b)),
        Pair::Floats(a, b) => Value::Float(a - b),
        Pair::No => temporal::sub(a, b),
    }
}

/// `a * b`. Repeated texts are left to Python.
#[inline(always)]
#[must_use]
pub fn mul(a: Value, b: Value) -> Value {
    if let (Value::Float(a), Value::Float(b)) = (a, b) {
        return Value::Float(a * b);
    }
    match pair(a, b) {
        Pair::Ints(a, b) => ints(a.checked_mul(b)),
        Pair::Floats(a, b) => Value::Float(a * b),
        Pair::No => match (number(a), number(b)) {
            (Value::Delta(micros), Value::Int(times)) | (Value::Int(times), Value::Delta(micros)) => {
                temporal::delta(micros.checked_mul(times))
            }
            _ => Value::Unsure,
        },
    }
}

/// `a / b` of ints, rounded once: the quotient of the floats where both are exact, else long division.
#[must_use]
pub fn divide(a: i64, b: i64) -> Option<f64> {
    if b == 0 {
        return None;
    }
    let (dividend, divisor) = (a.unsigned_abs(), b.unsigned_abs());
    if dividend <= EXACT && divisor <= EXACT {
        return Some(as_float(a) / as_float(b));
    }
    // At least 63 bits of the quotient, the last one set where something remains: rounding these is rounding it.
    let shift = u128::from(dividend | 1).leading_zeros() - 1;
    let (dividend, divisor) = (u128::from(dividend) << shift, u128::from(divisor));
    let quotient = (dividend / divisor) | u128::from(!dividend.is_multiple_of(divisor));
    #[expect(clippy::cast_precision_loss, reason = "the one rounding")]
    let size = quotient as f64 * 2_f64.powi(-shift.cast_signed());
    Some(if (a < 0) == (b < 0) { size } else { -size })
}

/// `a / b`.
#[inline(always)]
#[must_use]
pub fn div(a: Value, b: Value) -> Value {
    match pair(a, b) {
        Pair::Floats(_, 0.0) => Value::Unsure,
        Pair::Floats(a, b) => Value::Float(a / b),
        Pair::Ints(a, b) => divide(a, b).map_or(Value::Unsure, Value::Float),
        Pair::No => temporal::div(a, number(b)),
    }
}

/// The floor of a quotient.
#[must_use]
pub fn floor(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    Some(if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
}

/// What remains, with the sign of the divisor.
#[must_use]
pub fn remain(a: i64, b: i64) -> Option<i64> {
    if b == 0 {
        return None;
    }
    let rest = a.wrapping_rem(b);
    Some(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
}

/// Quotient and rest of floats, by the steps of `CPython`'s `float_divmod`.
fn divmod(a: f64, b: f64) -> (f64, f64) {
    let mut rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest == 0.0 {
        rest = 0_f64.copysign(b);
    } else if (b < 0.0) != (rest < 0.0) {
        rest += b;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (0_f64.copysign(a / b), rest);
    }
    let floor = quotient.floor();
    (if quotient - floor > 0.5 { floor + 1.0 } else { floor }, rest)
}

/// `a // b`.
#[must_use]
pub fn floordiv(a: Value, b: Value) -> Value {
    match pair(a, b) {
        Pair::Floats(_, 0.0) => Value::Unsure,
        Pair::Floats(a, b) => Value::Float(divmod(a, b).0),
        Pair::Ints(a, b) => ints(floor(a, b)),
        Pair::No => temporal::floordiv(a, number(b)),
    }
}

/// `a % b`.
#[must_use]
pub fn modulo(a: Value, b: Value) -> Value {
    match pair(a, b) {
        Pair::Floats(_, 0.0) => Value::Unsure,
        Pair::Floats(a, b) => Value::Float(divmod(a, b).1),
        Pair::Ints(a, b) => ints(remain(a, b)),
        Pair::No => match (a, b) {
            (Value::Delta(a), Value::Delta(b)) => temporal::delta(remain(a, b)),
            _ => Value::Unsure,
        },
    }
}

/// `-a`.
#[must_use]
pub fn neg(a: Value) -> Value {
    match number(a) {
        Value::Int(a) => ints(a.checked_neg()),
        Value::Float(a) => Value::Float(-a),
        Value::Delta(a) => temporal::delta(a.checked_neg()),
        _ => Value::Unsure,
    }
}

/// `+a`.
#[must_use]
pub fn pos(a: Value) -> Value {
    match number(a) {
        a @ (Value::Int(_) | Value::Float(_) | Value::Delta(_)) => a,
        _ => Value::Unsure,
    }
}

/// `abs(a)`.
#[must_use]
pub fn abs(a: Value) -> Value {
    match number(a) {
        Value::Int(a) => ints(a.checked_abs()),
        Value::Float(a) => Value::Float(a.abs()),
        Value::Delta(a) => temporal::delta(a.checked_abs()),
        _ => Value::Unsure,
    }
}

/// A float without a fraction as an int.
fn whole(float: f64) -> Value {
    const END: f64 = 9_223_372_036_854_775_808.0;
    if (-END..END).contains(&float) { Value::Int(float as i64) } else { Value::Unsure }
}

/// `round(a)` and `round(a, digits)`, half to even.
#[must_use]
pub fn round(arguments: &[Value]) -> Value {
    let digits = match arguments.get(1).copied().map_or(Value::None, number) {
        Value::None => None,
        Value::Int(digits) => Some(digits),
        _ => return Value::Unsure,
    };
    match (number(arguments[0]), digits) {
        (Value::Int(int), None) => Value::Int(int),
        (Value::Int(int), Some(digits)) => ints(round_int(int, digits, false)),
        (Value::Float(float), None) => whole(float.round_ties_even()),
        (Value::Float(float), Some(digits)) => round_float(float, digits).map_or(Value::Unsure, Value::Float),
        _ => Value::Unsure,
    }
}

/// An int to the nearest multiple of `10^-digits`. `more`: a fraction follows, so that a half is more than half.
fn round_int(int: i64, digits: i64, more: bool) -> Option<i64> {
    if digits >= 0 {
        return Some(int);
    }
    let Some(unit) = u32::try_from(-digits).ok().and_then(|n| 10_i128.checked_pow(n)) else {
        return Some(0);
    };
    let size = i128::from(int.unsigned_abs());
    let (quotient, twice) = (size / unit, size % unit * 2);
    let up = twice > unit || twice == unit && (more || quotient % 2 == 1);
    let rounded = (quotient + i128::from(up)) * unit;
    i64::try_from(if int < 0 { -rounded } else { rounded }).ok()
}

/// A float to a number of decimals: the float nearest to its exact value rounded half to even.
fn round_float(float: f64, digits: i64) -> Option<f64> {
    /// Beyond this many decimals a float has none.
    const MOST: i64 = 323;
    if !float.is_finite() || digits > MOST {
        return Some(float);
    }
    if digits < 0 {
        let size = float.abs();
        #[expect(clippy::cast_precision_loss, reason = "the one rounding")]
        return match whole(size.trunc()) {
            Value::Int(int) => {
                let rounded = round_int(int, digits, size.fract() > 0.0)?;
                Some((rounded as f64).copysign(float))
            }
            _ => None,
        };
    }
    let digits = usize::try_from(digits).ok()?;
    if let Some(rounded) = round_short(float, digits) {
        return Some(rounded);
    }
    format!("{float:.digits$}").parse().ok()
}

/// The short cut: an int below 2^40 divided by a power of ten, both exact, is rounded once. Near a half the product is
/// too coarse to tell on which side the float is.
fn round_short(float: f64, digits: usize) -> Option<f64> {
    const POWERS: [f64; 10] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
    const LARGE: f64 = 1_099_511_627_776.0;
    const NEAR: f64 = 1e-3;
    let power = *POWERS.get(digits)?;
    let scaled = float * power;
    let rounded = scaled.round_ties_even();
    let far = scaled.abs() < LARGE && (scaled - rounded).abs() < 0.5 - NEAR;
    far.then(|| (rounded / power).copysign(float))
}

/// White space that `int` and `float` skip around ASCII text.
fn skip(text: &str) -> &str {
    text.trim_matches(|c| matches!(c, '\t'..='\r' | ' '))
}

/// `int(a)`. Of texts only digits with an optional sign; Python also takes underscores and other scripts.
pub fn int(a: Value, texts: &Texts<'_>) -> Value {
    match number(a) {
        Value::Int(int) => Value::Int(int),
        Value::Float(float) => whole(float.trunc()),
        Value::Str(span) => {
            let text = skip(texts.get(span));
            // Rust reads what Python does, less underscores and other scripts. Python refuses 4,300 digits, also zeros.
            ints(text.parse().ok().filter(|_| text.len() < 4000))
        }
        _ => Value::Unsure,
    }
}

/// `float(a)`. Texts as for `int`.
pub fn float(a: Value, texts: &Texts<'_>) -> Value {
    match number(a) {
        Value::Int(int) => Value::Float(as_float(int)),
        Value::Float(float) => Value::Float(float),
        Value::Str(span) => skip(texts.get(span)).parse().map_or(Value::Unsure, Value::Float),
        _ => Value::Unsure,
    }
}
