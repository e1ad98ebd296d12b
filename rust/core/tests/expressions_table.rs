//! The table of expressions, made by Python's own `eval`: the native evaluator gives the same values and types, and is
//! unsure only where Python raises, where 64 bits do not hold a number, or where the table allows it.

use std::path::Path;
use std::str::FromStr;

use serde::Deserialize;
use strum::IntoEnumIterator;
use thresher_core::expr::function::Function;
use thresher_core::expr::temporal::{Form, write};
use thresher_core::expr::value::{Texts, Value};
use thresher_core::expr::{Column, Constants, Evaluator, Free, Tree, placed};
use thresher_core::plan::{Node, ValueType};

#[derive(Deserialize)]
struct Table {
    expression: Vec<Expression>,
}

#[derive(Deserialize)]
struct Expression {
    python: String,
    node: String,
    rows: Vec<Vec<String>>,
}

/// What stands before a value that may be left to Python.
const LEFT: &str = "unsure?";

fn read(text: &str, constants: &mut Constants) -> Value {
    let (kind, text) = text.split_once(':').expect("a type and a text");
    let kind = match kind {
        "none" => ValueType::None,
        "bool" => ValueType::Bool,
        "int" => ValueType::Int,
        "float" => ValueType::Float,
        "str" => ValueType::Str,
        "date" => ValueType::Date,
        "datetime" => ValueType::DateTime,
        "timedelta" => ValueType::TimeDelta,
        other => panic!("no type {other}"),
    };
    constants.value(kind, text).expect("a constant")
}

fn show(value: Value, texts: &Texts<'_>) -> String {
    let mut out = String::new();
    match value {
        Value::Unsure => out.push_str("unsure"),
        Value::None => out.push_str("none:"),
        Value::Bool(bool) => out = format!("bool:{bool}"),
        Value::Int(int) => out = format!("int:{int}"),
        Value::Float(float) => {
            let mut bytes = b"float:".to_vec();
            thresher_core::encode::float::write(float, thresher_core::encode::float::Style::Repr, &mut bytes);
            out = String::from_utf8(bytes).expect("ASCII");
        }
        Value::Str(span) => out = format!("str:{}", texts.get(span)),
        Value::Date(_) => {
            out.push_str("date:");
            write(value, Form::Iso, &mut out).expect("a date");
        }
        Value::DateTime { .. } => {
            out.push_str("datetime:");
            write(value, Form::Iso, &mut out).expect("a datetime");
        }
        Value::Delta(micros) => out = format!("timedelta:{micros}"),
    }
    out
}

/// Evaluates an expression over some of its rows at once.
fn evaluate(expression: &Expression, rows: &[Vec<String>]) -> Vec<String> {
    let node: Node = serde_json::from_str(&expression.node).expect("a node");
    let width = rows[0].len() - 1;
    let mut constants = Constants::default();
    let tree = Tree::new(&node, width, &mut constants).expect("a tree");
    // The block's own texts come first.
    let base = 7;
    let column = |at: usize, constants: &mut Constants| {
        let values: Vec<_> = rows.iter().map(|row| placed(read(&row[at], constants), base)).collect();
        let float = |value: &Value| if let Value::Float(float) = value { Some(*float) } else { None };
        match values.iter().map(float).collect() {
            Some(floats) => Column { values: Vec::new(), floats },
            None => Column { values, floats: Vec::new() },
        }
    };
    let inputs: Vec<Column> = (0..width).map(|at| column(at, &mut constants)).collect();
    let mut written = vec![b'.'; base];
    written.extend_from_slice(constants.0.as_bytes());
    // SAFETY: every span was made from `str`.
    let mut texts = unsafe { Texts::new(&[], &[], written, Vec::new()) };
    let mut free = Free::default();
    let mut evaluator = Evaluator { inputs: &inputs, rows: rows.len(), base, texts: &mut texts, free: &mut free };
    let values = evaluator.evaluate(&tree);
    (0..rows.len()).map(|row| show(values.at(row), &texts)).collect()
}

#[test]
fn every_expression_over_columns_and_over_single_rows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/expressions.toml");
    let table: Table = toml::from_str(&std::fs::read_to_string(path).expect("the table is there")).expect("TOML");
    let mut rows = 0;
    let mut wrong = Vec::new();
    for expression in &table.expression {
        let together = evaluate(expression, &expression.rows);
        for (row, found) in expression.rows.iter().zip(together) {
            rows += 1;
            let expected = &row[row.len() - 1];
            let (left, expected) = match expected.strip_prefix(LEFT) {
                Some(expected) => (true, expected),
                None => (false, &expected[..]),
            };
            if found != expected && !(left && found == "unsure") {
                wrong.push(format!("{} {:?}: {found}, not {expected}", expression.python, &row[..row.len() - 1]));
            }
            let alone = evaluate(expression, std::slice::from_ref(row));
            assert_eq!(alone[0], found, "{} {row:?}, alone and with others", expression.python);
        }
    }
    assert!(rows > 5_000, "the table has lost rows");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_function_stands_in_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/expressions.toml");
    let text = std::fs::read_to_string(path).expect("the table is there");
    for function in Function::iter() {
        let name: &str = function.into();
        assert_eq!(Function::from_str(name), Ok(function));
        assert!(text.contains(&format!(r#"\"name\": \"{name}\""#)), "{name}");
    }
}
