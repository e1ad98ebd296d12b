//! JSON Lines without Python: one plan, at many block sizes and numbers of threads, with an oracle that shows its lines.

mod harness;

use std::fmt::Write as _;

use harness::carry_out;
use thresher_core::error::Result;
use thresher_core::oracle::{Answer, Number, Oracle};
use thresher_core::plan::Job;
use thresher_core::split::LINES;

const JOB: &str = r#"{
    "plans": [{
        "route": "native", "delimiter": ",", "columns": [{"name": "raw", "null": "omit"}], "forbidden": [],
        "format": "jsonl", "lookups": ["a", "b"],
        "fields": [
            {"name": "a", "column": 0, "kind": {"type": "int"}, "null": "missing", "default": null, "errors": [
                {"type": "int_parsing", "prefix": "<int ", "suffix": ">", "text": "int", "loc": "[\"a\"]"},
                {"type": "missing", "prefix": "<missing ", "suffix": ">", "text": "missing", "loc": "[\"a\"]"}
            ]},
            {"name": "b", "column": 1, "kind": {"type": "str"}, "null": "default",
             "default": {"json": "\"-\"", "csv": "-"}, "nullable": true, "errors": [
                {"type": "string_type", "prefix": "<str ", "suffix": ">", "text": "str", "loc": "[\"b\"]"}
            ]}
        ]
    }],
    "null_values": [], "max_record_bytes": 60, "workers": 0, "block_bytes": 0, "accepted_format": "jsonl",
    "rejects_format": "jsonl"
}"#;

/// Each good line, then what becomes of it.
const CASES: [(&str, &str); 22] = [
    (r#"{"a":1,"b":"x"}"#, r#"{"a":1,"b":"x"}"#),
    (r#" { "b" : "\u00e9\n" , "a" : "-7" } "#, r#"{"a":-7,"b":"é\n"}"#),
    (r#"{"a":"\u0031"}"#, r#"{"a":1,"b":"-"}"#),
    (r#"{"a":2,"b":null}"#, r#"{"a":2,"b":null}"#),
    (r#"{"a":2,"a":3,"z":[{"a":4}]}"#, r#"{"a":3,"b":"-"}"#),
    (r#"{"a":"x","b":1.50}"#, r#"<int "x">,<str 1.5>"#),
    (r#"{"b":true,"z":1E2,"b":false}"#, r#"<missing {"b":false,"z":100.0}>,<str false>"#),
    (r#"{"a":1,"b":[ ]}"#, "<str []>"),
    (r#"{"a":"x","b":"y"}"#, r#"<int "x">"#),
    (r#"{"a":3,"b":"y"}"#, r#"{"a":3,"b":"y"}"#),
    (r#"{"b":"y"}"#, r#"<missing {"b":"y"}>"#),
    (r#"{"b":-2.5}"#, r#"<missing {"b":-2.5}>,<str -2.5>"#),
    (r#"{"a":4}"#, r#"{"a":4,"b":"-"}"#),
    (r#"{"b":2.50}"#, r#"<missing {"b":2.5}>,<str 2.5>"#),
    (r#"{"b":"\u0041"}"#, r#"<missing {"b":"A"}>"#),
    (r#"{"a":"\u0078","b":"y"}"#, r#"<int "x">"#),
    (r#"{"a":1.5}"#, "asked"),
    (r#"{"a":1234567890123456789}"#, "asked"),
    (r#"{"a":1"#, "asked"),
    (r#"{"a":1,"b":"\ud800"}"#, "asked"),
    ("[]", "asked"),
    ("\u{feff}{\"a\":1}", "asked"),
];

struct Asked;

impl Oracle for Asked {
    fn cells(&self, _: usize, _: usize, cells: &[&str], _: &[Number]) -> Result<Vec<Answer>> {
        Ok(cells.iter().map(|_| Answer::Unsure).collect())
    }

    fn records(&self, _: usize, texts: &[&str], columns: usize, _: &[Number]) -> Result<Vec<Answer>> {
        assert_eq!(columns, 1);
        let answer = |text: &&str| Answer::Accept { text: format!("asked {text}\n").into_bytes(), handle: 0 };
        Ok(texts.iter().map(answer).collect())
    }
}

fn ran(data: &[u8], block_bytes: usize, workers: usize) -> (String, String) {
    let mut job: Job = serde_json::from_str(JOB).expect("a job");
    (job.block_bytes, job.workers) = (block_bytes, workers);
    let (outcome, accepted, rejects) = carry_out(&job, data, LINES, 1, &Asked);
    let outcome = outcome.expect("a run");
    let verdicts = outcome.sources[0].2;
    assert_eq!(outcome.sources[0].1.records, verdicts.accepted + verdicts.rejected);
    (accepted, rejects)
}

#[test]
fn every_case_at_every_size_of_block() {
    let (mut data, mut good, mut bad) = (String::new(), String::new(), String::new());
    let mut line = 0;
    for round in 0..3 {
        for (number, (text, expected)) in CASES.iter().enumerate() {
            let record = round * CASES.len() + number + 1;
            line += 1;
            let offset = data.len();
            if expected.starts_with('<') {
                let raw = serde_json::to_string(text).expect("a string");
                writeln!(
                    bad,
                    r#"{{"record":{record},"line":{line},"byte_offset":{offset},"source":"memory","stage":"validate","errors":[{expected}],"raw":{raw}}}"#
                )
                .expect("room");
            } else if *expected == "asked" {
                writeln!(good, "asked {text}").expect("room");
            } else {
                writeln!(good, "{expected}").expect("room");
            }
            data += text;
            data += if number % 3 == 0 { "\r\n \t\n" } else { "\n" };
            line += usize::from(number % 3 == 0);
        }
    }
    for block_bytes in [1, 7, 100, 1 << 18] {
        for workers in 1..4 {
            assert_eq!(ran(data.as_bytes(), block_bytes, workers), (good.clone(), bad.clone()));
        }
    }
}

#[test]
fn large_lines_cost_one_record_each() {
    let large = format!("{{\"a\":1,\"b\":\"{}\"}}", "x".repeat(100));
    let data = format!("{{\"a\":1}}\n{large}\n{}\r\n{{\"a\":2}}\n{large}", " ".repeat(61));
    for block_bytes in [1, 64, 1 << 18] {
        let (good, bad) = ran(data.as_bytes(), block_bytes, 2);
        assert_eq!(good, "{\"a\":1,\"b\":\"-\"}\n{\"a\":2,\"b\":\"-\"}\n");
        let kinds = bad.matches("\"stage\":\"split\",\"errors\":[{\"type\":\"record_too_large\"").count();
        assert_eq!((bad.lines().count(), kinds), (3, 3), "{bad}");
    }
}
