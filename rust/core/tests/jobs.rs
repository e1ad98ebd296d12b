//! Whole jobs without Python: plans from `tests/cases/jobs`, at many block sizes and numbers of threads.

mod harness;

use std::fmt::Write as _;
use std::path::Path;

use harness::carry_out;
use thresher_core::error::{Error, Result};
use thresher_core::job::Outcome;
use thresher_core::oracle::{Answer, Fault, Number, Oracle, Stage};
use thresher_core::plan::{Format, Job};

/// Accepts odd record numbers with a line of its own, rejects even ones.
struct Parity;

impl Oracle for Parity {
    fn cells(&self, _: usize, _: usize, cells: &[&str], _: &[Number]) -> Result<Vec<Answer>> {
        Ok(cells.iter().map(|_| Answer::Unsure).collect())
    }

    fn records(&self, _: usize, texts: &[&str], columns: usize, numbers: &[Number]) -> Result<Vec<Answer>> {
        assert_eq!(texts.len(), numbers.len() * columns);
        let answer = |number: &Number| {
            if number.0 % 2 == 1 {
                return Answer::Accept { text: format!("asked {}\n", number.0).into_bytes(), handle: 0 };
            }
            let fault = Fault {
                json: b"{\"type\":\"asked\"}".to_vec(),
                text: "asked".into(),
                loc: "[]".into(),
                kind: "asked".into(),
                stage: Stage::Validate,
            };
            Answer::Reject(vec![fault])
        };
        Ok(numbers.iter().map(answer).collect())
    }
}

struct Panics;

impl Oracle for Panics {
    fn cells(&self, _: usize, _: usize, _: &[&str], _: &[Number]) -> Result<Vec<Answer>> {
        panic!("a defect")
    }

    fn records(&self, _: usize, _: &[&str], _: usize, _: &[Number]) -> Result<Vec<Answer>> {
        panic!("a defect")
    }
}

fn job(name: &str) -> Job {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../tests/cases/jobs/{name}.json"));
    serde_json::from_slice(&std::fs::read(path).expect("the fixture is there")).expect("a job")
}

fn carried_out(job: &Job, oracle: &dyn Oracle) -> (Result<Outcome>, String, String) {
    carry_out(job, readings().as_bytes(), b',', 2, oracle)
}

/// Readings, some of them bad in each way, and some (`1_0`, `2_0`, …) that only Pydantic can decide.
fn readings() -> String {
    let mut text = String::new();
    for i in 0..500 {
        let value = match i % 9 {
            0 => "n/a".to_owned(),
            4 => format!("{i}_0"),
            6 => String::new(),
            _ => format!("{}.{}", i % 40, i),
        };
        let flag = if i % 11 == 0 { "maybe" } else { "true" };
        writeln!(text, "rec-{i},{value},{flag}").expect("a string takes all");
    }
    text
}

#[test]
fn blocks_and_threads_change_nothing() {
    let mut job = job("readings");
    for format in [Format::Csv, Format::Jsonl] {
        job.accepted_format = Some(format);
        job.rejects_format = format;
        let (first, good, bad) = carried_out(&job, &Parity);
        let first = first.expect("a result");
        let (_, progress, verdicts) = &first.sources[0];
        assert_eq!((progress.records, verdicts.accepted + verdicts.rejected), (500, 500));
        for block_bytes in [1, 10, 100, 1000, 1 << 18] {
            for workers in 1..=8 {
                job.block_bytes = block_bytes;
                job.workers = workers;
                let (outcome, accepted, rejects) = carried_out(&job, &Parity);
                assert_eq!(outcome.expect("a result").errors, first.errors);
                assert_eq!((accepted, rejects), (good.clone(), bad.clone()), "{block_bytes} {workers}");
            }
        }
    }
}

#[test]
fn a_panic_is_an_error() {
    let mut job = job("readings");
    for workers in [1, 4] {
        job.workers = workers;
        job.block_bytes = 100;
        let (outcome, _, _) = carried_out(&job, &Panics);
        match outcome {
            Err(Error::Panic(text)) => assert_eq!(text, "a defect"),
            other => panic!("{other:?}"),
        }
    }
}
