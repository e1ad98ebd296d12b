//! What is inside of values, without Python: one plan with a field for each shape, and a table of texts.
//!
//! The problems of the plan are not Pydantic's words but `<type>`, with what the value decides behind it, so that the
//! table shows which errors there are, where, and about what.

mod harness;

use std::fmt::Write as _;

use harness::carry_out;
use serde_json::{Value, json};
use thresher_core::error::Result;
use thresher_core::oracle::{Answer, Number, Oracle};
use thresher_core::plan::Job;
use thresher_core::split::LINES;

fn problems(kinds: &[&str]) -> Value {
    let problem = |kind: &&str| json!({"type": kind, "msg": "\"\0\"", "plain": "\0", "suffix": "}"});
    kinds.iter().map(problem).collect()
}

fn leaf(kind: &Value, strict: bool, kinds: &[&str]) -> Value {
    json!({"shape": "leaf", "kind": kind, "strict": strict, "problems": problems(kinds)})
}

fn lengths(mut shape: Value, (min, max): (Option<usize>, Option<usize>), kinds: &[&str]) -> Value {
    shape["min_length"] = json!(min);
    shape["max_length"] = json!(max);
    shape["fail_fast"] = json!(false);
    shape["problems"] = problems(kinds);
    shape
}

fn member(name: &str, shape: usize, default: Option<&str>) -> Value {
    let missing = default.is_none().then(|| problems(&["missing"])[0].clone());
    json!({
        "name": name, "loc": name, "paths": [name], "missing_loc": [name], "shape": shape,
        "on_absent": if default.is_none() { "missing" } else { "default" },
        "default": default.map(|json| json!({"json": json, "csv": ""})), "missing": missing
    })
}

fn object(members: &[Value], extra: &str) -> Value {
    json!({
        "shape": "object", "members": members, "extra": extra, "loc_by_alias": true, "counts_fields": true,
        "instance": true, "problems": problems(&["model_type", "extra_forbidden"])
    })
}

/// The shapes; the table says which one a text is read by.
fn shapes() -> Value {
    let int = json!({"type": "int", "ge": 0});
    let choice = |shape: usize, label: &str| json!({"shape": shape, "label": label});
    let case = |kind: &str, text: &str, json: &str| json!({"type": kind, "text": text, "written": {"json": json, "csv": text}});
    json!([
        leaf(&int, false, &["int_type", "int_parsing", "int_from_float", "greater_than_equal"]), // 0
        leaf(&json!({"type": "str"}), false, &["string_type"]),                                  // 1
        leaf(&int, true, &["int_type"]),                                                         // 2
        lengths(json!({"shape": "list", "item": 0}), (Some(1), Some(3)), &["list_type", "too_short", "too_long"]), // 3
        object(&[member("a", 0, None), member("b", 1, Some("\"-\""))], "ignore"),                // 4
        object(&[member("a", 0, None), member("c", 1, None)], "forbid"),                         // 5
        object(&[member("a", 1, Some("null"))], "allow"),                                        // 6
        lengths(json!({"shape": "dict", "key": 0, "value": 1}), (None, Some(2)), &["dict_type", "too_long"]), // 7
        lengths(json!({"shape": "set", "item": 1}), (Some(1), None), &["set_type", "too_short"]), // 8
        lengths(
            json!({"shape": "tuple", "items": [0, 1], "variadic": null}),
            (None, None),
            &["tuple_type", "missing", "too_long"]
        ), // 9
        lengths(json!({"shape": "tuple", "items": [0, 1], "variadic": 1}), (None, None), &["tuple_type"]), // 10
        json!({"shape": "union", "choices": [choice(0, "int"), choice(1, "str")], "mode": "smart"}), // 11
        json!({"shape": "union", "choices": [choice(4, "A"), choice(5, "B")], "mode": "smart"}), // 12
        json!({"shape": "union", "choices": [choice(0, "int"), choice(1, "str")], "mode": "left_to_right"}), // 13
        json!({
            "shape": "tagged", "lookups": ["b"], "tags": ["x", "y"], "shapes": [4, 6],
            "problems": problems(&["union_tag_invalid", "union_tag_not_found", "model_attributes_type"])
        }), // 14
        json!({"shape": "json", "inner": 3, "problems": problems(&["json_type"])}),              // 15
        json!({"shape": "any_json"}),                                                            // 16
        json!({
            "shape": "one_of", "exact": true, "integer": false, "problems": problems(&["literal_error"]),
            "cases": [case("int", "1", "1"), case("str", "x", "\"x\""), case("null", "", "null")]
        }), // 17
        json!({"shape": "nullable", "inner": 19}),                                               // 18
        object(&[member("v", 0, None), member("next", 18, Some("null"))], "ignore")              // 19
    ])
}

/// A shape, a text, and what becomes of it: JSON, `asked`, or the errors, each its type, its loc and its input, and what
/// the value decides.
const CASES: [(usize, &str, &str); 95] = [
    (0, "7", "7"),
    (0, r#"" 7 ""#, "7"),
    (0, "7.0", "7"),
    (0, "true", "1"),
    (0, "7.5", "int_from_float [] 7.5"),
    (0, "-1", "greater_than_equal [] -1"),
    (0, "null", "int_type [] null"),
    (0, "[ ]", "int_type [] []"),
    (0, "123456789012345678901", "asked"),
    (0, "-0", "asked"),
    (1, r#""a\u0062\n""#, r#""ab\n""#),
    (1, "1", "string_type [] 1"),
    (1, r#""\ud800""#, "asked"),
    (2, "7", "7"),
    (2, r#""7""#, r#"int_type [] "7""#),
    (2, "7.0", "int_type [] 7.0"),
    (3, "[ 1 , 2 ]", "[1,2]"),
    (3, r#"[1,"2"]"#, "[1,2]"),
    (3, "[]", "too_short [] [] 0"),
    (3, "[1,2,3,4]", "too_long [] [1,2,3,4] 4"),
    (3, r#"["x",2,3,"\u0041"]"#, r#"too_long [] ["x",2,3,"A"] 4"#),
    (3, r#"[1,"x",null]"#, r#"int_parsing [1] "x", int_type [2] null"#),
    (3, "{}", "list_type [] {}"),
    (3, "[1,]", "asked"),
    (3, "[1 2]", "asked"),
    (3, "[1", "asked"),
    (3, "[1]]", "asked"),
    (3, r#"[1,"\x"]"#, "asked"),
    (3, r#"[1,2,3,"\x"]"#, "asked"),
    (4, r#"{"a":1,"b":"x"}"#, r#"{"a":1,"b":"x"}"#),
    (4, r#"{ "a" : 1 }"#, r#"{"a":1,"b":"-"}"#),
    (4, r#"{"b":"x","a":1}"#, r#"{"a":1,"b":"x"}"#),
    (4, r#"{"z":[{"a":2}],"\u0061":"3"}"#, r#"{"a":3,"b":"-"}"#),
    (4, r#"{"b":1}"#, r#"missing ["a"] {"b":1}, string_type ["b"] 1"#),
    (4, r#"{"b":1,"a":"x"}"#, r#"int_parsing ["a"] "x", string_type ["b"] 1"#),
    (4, r#"{"a":1,"a":2}"#, "asked"),
    (4, r#"{"a":1,"z":"\ud800"}"#, "asked"),
    (4, r#"{"a":1,"z":[1,}]}"#, "asked"),
    (4, r#"{"a":1,}"#, "asked"),
    (4, "[]", "model_type [] []"),
    (5, r#"{"c":"x","a":1}"#, r#"{"a":1,"c":"x"}"#),
    (5, r#"{"a":1,"z":{"q":1.50}}"#, r#"missing ["c"] {"a":1,"z":{"q":1.5}}, extra_forbidden ["z"] {"q":1.5}"#),
    (5, r#"{"z":1,"a":1,"z":2}"#, "asked"),
    (6, r#"{"z":[ 1 ],"y\n":1E2}"#, r#"{"a":null,"z":[1],"y\n":100.0}"#),
    (6, r#"{"z":1,"a":"q"}"#, r#"{"a":"q","z":1}"#),
    (6, r#"{"z":1e400}"#, "asked"),
    (7, "{}", "{}"),
    (7, r#"{"1":"a", "02" : "b"}"#, r#"{"1":"a","2":"b"}"#),
    (7, r#"{"1":"a","01":"b"}"#, "asked"),
    (7, r#"{"1":"a","2":"b","3":"c"}"#, r#"too_long [] {"1":"a","2":"b","3":"c"}"#),
    (7, r#"{"x":1,"1":"a"}"#, r#"int_parsing ["x","[key]"] "x", string_type ["x"] 1"#),
    (7, "[]", "dict_type [] []"),
    (8, r#"["a"]"#, r#"["a"]"#),
    (8, r#"["a","a"]"#, r#"["a"]"#),
    (8, r#"["a","b"]"#, "asked"),
    (8, r#"["a",1,"b"]"#, "string_type [1] 1"),
    (8, "[]", "too_short [] [] 0"),
    (9, r#"[1,"a"]"#, r#"[1,"a"]"#),
    (9, "[1]", "missing [1] [1]"),
    (9, "[]", "missing [0] [], missing [1] []"),
    (9, r#"["x","a",3]"#, r#"too_long [] ["x","a",3] 3"#),
    (9, r#"["x",2]"#, r#"int_parsing [0] "x", string_type [1] 2"#),
    (10, r#"[1,"a","b"]"#, r#"[1,"a","b"]"#),
    (10, "[1]", "[1]"),
    (10, r#"[1,"a",2]"#, "string_type [2] 2"),
    (11, "1", "1"),
    (11, r#""1""#, r#""1""#),
    (11, "1.0", "1"),
    (11, "1.5", r#"int_from_float ["int"] 1.5, string_type ["str"] 1.5"#),
    (11, "[]", r#"int_type ["int"] [], string_type ["str"] []"#),
    (12, r#"{"a":1}"#, r#"{"a":1,"b":"-"}"#),
    (12, r#"{"a":1,"c":"x"}"#, r#"{"a":1,"c":"x"}"#),
    (12, r#"{"a":1,"b":"x"}"#, r#"{"a":1,"b":"x"}"#),
    (12, "{}", r#"missing ["A","a"] {}, missing ["B","a"] {}, missing ["B","c"] {}"#),
    (13, r#""1""#, "1"),
    (13, r#""x""#, r#""x""#),
    (14, r#"{"a":1,"b":"x"}"#, r#"{"a":1,"b":"x"}"#),
    (14, r#"{"b":"y","z":2}"#, r#"{"a":null,"b":"y","z":2}"#),
    (14, r#"{"b":"x"}"#, r#"missing ["x","a"] {"b":"x"}"#),
    (14, r#"{"b":"q"}"#, r#"union_tag_invalid [] {"b":"q"} q"#),
    (14, r#"{"a":1}"#, r#"union_tag_not_found [] {"a":1}"#),
    (14, r#"{"b":1}"#, "asked"),
    (14, "1", "model_attributes_type [] 1"),
    (15, r#"" [1, \"2\"] ""#, "[1,2]"),
    (15, r#""[\"x\"]""#, r#"int_parsing [0] "x""#),
    (15, r#""[1""#, "asked"),
    (15, r#""[1] x""#, "asked"),
    (15, "[1]", "json_type [] [1]"),
    (16, r#"{"a" : [1.50,-0,"\u0041"],"a":2}"#, r#"{"a":2}"#),
    (17, "1", "1"),
    (17, "null", "null"),
    (17, "true", "asked"),
    (17, r#""y""#, r#"literal_error [] "y""#),
    (18, r#"{"v":1,"next":{"v":2,"next":{"v":"x"}}}"#, r#"int_parsing ["next","next","v"] "x""#),
    (18, r#"{"next":{"v":2},"v":1}"#, r#"{"v":1,"next":{"v":2,"next":null}}"#),
];

struct Asked;

impl Oracle for Asked {
    fn cells(&self, _: usize, _: usize, cells: &[&str], _: &[Number]) -> Result<Vec<Answer>> {
        Ok(cells.iter().map(|_| Answer::Unsure).collect())
    }

    fn records(&self, _: usize, texts: &[&str], _: usize, _: &[Number]) -> Result<Vec<Answer>> {
        Ok(texts.iter().map(|_| Answer::Accept { text: b"asked\n".to_vec(), handle: 0 }).collect())
    }
}

fn job(shape: usize) -> Job {
    let job = json!({
        "plans": [{
            "route": "native", "delimiter": ",", "columns": [{"name": "raw", "null": "omit"}], "forbidden": [],
            "format": "jsonl", "lookups": ["x"], "shapes": shapes(),
            "fields": [{
                "name": "x", "column": 0, "kind": {"type": "nested", "shape": shape}, "null": "missing",
                "default": null, "errors": []
            }]
        }],
        "null_values": [], "max_record_bytes": 10_000, "workers": 1, "block_bytes": 65536, "accepted_format": "jsonl",
        "rejects_format": "jsonl"
    });
    serde_json::from_value(job).expect("a job")
}

/// The outcome of a text in the words of the table.
fn read(shape: usize, text: &str) -> String {
    let data = format!("{{\"x\":{text}}}\n");
    let (outcome, accepted, rejects) = carry_out(&job(shape), data.as_bytes(), LINES, 1, &Asked);
    outcome.expect("a run");
    if let Some(written) = accepted.strip_prefix("{\"x\":") {
        return written.strip_suffix("}\n").expect("an object").to_owned();
    }
    if rejects.is_empty() {
        return accepted.trim_end().to_owned();
    }
    let reject: Value = serde_json::from_str(&rejects).expect("a reject");
    let mut shown = String::new();
    for error in reject["errors"].as_array().expect("errors") {
        let separator = if shown.is_empty() { "" } else { ", " };
        let kind = error["type"].as_str().expect("a type");
        write!(shown, "{separator}{kind} {} {}", error["loc"], error["input"]).expect("room");
        let hole = error["msg"].as_str().expect("a message");
        write!(shown, "{}{hole}", if hole.is_empty() { "" } else { " " }).expect("room");
    }
    shown
}

#[test]
fn every_case() {
    for (shape, text, expected) in CASES {
        assert_eq!(read(shape, text), expected, "{text} by shape {shape}");
    }
}

#[test]
fn deep_values_end() {
    for depth in [10, 40, 100, 5_000] {
        let text = r#"{"v":1,"next":"#.repeat(depth) + "null" + &"}".repeat(depth);
        let found = read(19, &text[..text.len().min(9_000)]);
        assert_eq!(found == "asked", depth > 60, "{depth}");
        let text = "[".repeat(depth.min(4_000)) + &"]".repeat(depth.min(4_000));
        assert_eq!(read(16, &text) == "asked", depth > 100, "{depth}");
    }
}

#[test]
fn a_plan_with_a_shape_that_is_not_there_is_refused() {
    let (outcome, ..) = carry_out(&job(99), b"{\"x\":1}\n", LINES, 1, &Asked);
    assert!(outcome.is_err());
}
