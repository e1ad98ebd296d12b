//! The transform stage in whole jobs without Python: what is decided here, what is asked, and the accounting.

mod harness;

use std::path::Path;

use harness::carry_out;
use serde_json::{Value, json};
use thresher_core::error::Result;
use thresher_core::job::Outcome;
use thresher_core::oracle::{Answer, Fault, Number, Oracle, Stage};
use thresher_core::plan::Job;
use thresher_core::report::Verdicts;

/// Answers by the first letter of the record's first cell.
struct ByName;

impl Oracle for ByName {
    fn cells(&self, _: usize, _: usize, cells: &[&str], _: &[Number]) -> Result<Vec<Answer>> {
        Ok(cells.iter().map(|_| Answer::Unsure).collect())
    }

    fn records(&self, _: usize, texts: &[&str], columns: usize, _: &[Number]) -> Result<Vec<Answer>> {
        let fault = Fault {
            json: br#"{"type":"check_failed"}"#.to_vec(),
            text: "check".into(),
            loc: "[]".into(),
            kind: "check_failed".into(),
            stage: Stage::Check,
        };
        let answer = |cells: &[&str]| match cells[0].as_bytes() {
            [b'a', ..] => Answer::Accept { text: format!("asked {}\n", cells[0]).into_bytes(), handle: 0 },
            [b'f', ..] => Answer::Filtered,
            _ => Answer::Reject(vec![fault.clone()]),
        };
        Ok(texts.chunks(columns).map(answer).collect())
    }
}

fn load(input: u64) -> Value {
    json!({"op": "load", "input": input, "type": ""})
}

fn constant(kind: &str, value: &str) -> Value {
    json!({"op": "const", "type": kind, "value": value})
}

fn call(name: &str, args: &[Value]) -> Value {
    json!({"op": "call", "name": name, "args": args, "type": ""})
}

fn output(name: &str, expr: &Value, kind: &Value) -> Value {
    json!({"name": name, "copy": null, "expr": expr, "kind": kind, "nullable": true})
}

/// The readings with a transform: `value` must not be 13, records where it is 2 or less are left out.
fn job(outputs: &Value, format: &str) -> Job {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/jobs/readings.json");
    let mut job: Value = serde_json::from_slice(&std::fs::read(path).expect("the fixture is there")).expect("a job");
    job["plans"][0]["transform"] = json!({
        "inputs": [
            {"field": 0, "type": "str", "default": null},
            {"field": 1, "type": "float", "default": null},
            {"field": 2, "type": "bool", "default": constant("bool", "true")},
        ],
        "checks": [call("ne", &[load(1), constant("int", "13")])],
        "where": call("gt", &[load(1), constant("int", "2")]),
        "outputs": outputs,
    });
    job["accepted_format"] = json!(format);
    serde_json::from_value(job).expect("a job")
}

fn carried_out(job: &Job, text: &str) -> (Outcome, String, String) {
    let (outcome, accepted, rejects) = carry_out(job, text.as_bytes(), b',', 2, &ByName);
    (outcome.expect("a result"), accepted, rejects)
}

/// What is written: every way in which a value is made.
fn outputs() -> Value {
    let warm = call("add", &[call("mul", &[load(1), constant("float", "1.8")]), constant("int", "32")]);
    let flag = call("if", &[load(2), constant("str", "yes, \"x\""), constant("none", "")]);
    json!([
        {"name": "id", "copy": 0, "expr": null, "kind": null, "nullable": true},
        output("warm", &warm, &json!({"type": "float", "lt": 1000.0})),
        output("flag", &flag, &json!({"type": "str"})),
        output("short", &call("upper", &[load(0)]), &json!({"type": "str", "max_length": 4})),
        output("half", &call("int", &[call("floordiv", &[load(1), constant("int", "2")])]), &json!({"type": "int"})),
    ])
}

const RECORDS: &str = "r1,10,true\nr2,1.5,true\nr3,n/a,true\na13,13,true\nf13,13.0,true\nx13,13,true\nr7,\"7\",no\n\
                       a-long,3,true\na9,1e3,true\nr0,2.5,\nx12,nan,true\n";

#[test]
fn only_the_good_way_is_decided_here() {
    let (outcome, good, bad) = carried_out(&job(&outputs(), "csv"), RECORDS);
    let expected = "r1,50.0,\"yes, \"\"x\"\"\",R1,5\nasked a13\nr7,44.6,,R7,3\nasked a-long\nasked a9\n\
                    r0,36.5,\"yes, \"\"x\"\"\",R0,1\n";
    assert_eq!(good, expected);
    let stages: Vec<_> = bad.lines().map(|line| (line.contains("\"stage\":\"check\""), &line[..11])).collect();
    assert_eq!(stages, [(false, "{\"record\":3"), (true, "{\"record\":6")]);
    let Verdicts { accepted, rejected, filtered } = outcome.sources[0].2;
    // Left out: r2 and the last one here, f13 by Python.
    assert_eq!((accepted, rejected, filtered), (6, 2, 3));
    assert_eq!(outcome.asked_records, 5);
}

#[test]
fn json_has_the_keys_of_the_output() {
    let (_, good, _) = carried_out(&job(&outputs(), "jsonl"), "r7,7,no\nr1,1,true\n");
    assert_eq!(good, "{\"id\":\"r7\",\"warm\":44.6,\"flag\":null,\"short\":\"R7\",\"half\":3}\n");
}

#[test]
fn without_an_output_schema_fields_are_written_as_they_are() {
    let (_, good, _) = carried_out(&job(&Value::Null, "csv"), "r7,7.50,no\nr1,1,true\nr3,3,\n");
    assert_eq!(good, "r7,7.5,false\nr3,3.0,true\n");
}

#[test]
fn blocks_and_threads_change_nothing() {
    let mut job = job(&outputs(), "csv");
    let text = RECORDS.repeat(300);
    let (first, good, bad) = carried_out(&job, &text);
    let Verdicts { accepted, rejected, filtered } = first.sources[0].2;
    assert_eq!(accepted + rejected + filtered, 3300);
    for block_bytes in [1, 100, 5000, 1 << 18] {
        for workers in [1, 2, 5] {
            (job.block_bytes, job.workers) = (block_bytes, workers);
            let (outcome, accepted, rejects) = carried_out(&job, &text);
            assert_eq!(outcome.errors, first.errors);
            assert_eq!((accepted, rejects), (good.clone(), bad.clone()), "{block_bytes} {workers}");
        }
    }
}
