//! Whole jobs without Python: plans from `tests/cases/jobs`, at many block sizes and numbers of threads.

mod harness;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::thread::{ThreadId, current};

use harness::{carry_out, carry_out_before};
use thresher_core::error::{Error, Result};
use thresher_core::job::{Observer, Outcome};
use thresher_core::oracle::{Answer, Decided, Fault, Number, Oracle, Sample, Stage};
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

/// As [`Parity`]; keeps what it is to compare, and refuses record `wrong`.
struct Compares {
    seen: Mutex<Vec<(u64, Decided, Vec<u8>)>>,
    wrong: u64,
}

impl Oracle for Compares {
    fn cells(&self, plan: usize, field: usize, cells: &[&str], numbers: &[Number]) -> Result<Vec<Answer>> {
        Parity.cells(plan, field, cells, numbers)
    }

    fn records(&self, plan: usize, texts: &[&str], columns: usize, numbers: &[Number]) -> Result<Vec<Answer>> {
        Parity.records(plan, texts, columns, numbers)
    }

    fn compare(&self, sample: &Sample) -> Result<()> {
        assert_eq!(sample.texts.len(), sample.numbers.len() * sample.columns.expect("CSV has columns"));
        for ((number, decided), (_, raw)) in sample.numbers.iter().zip(&sample.decided).zip(&sample.raw) {
            if number.0 == self.wrong {
                return Err(Error::Python(7));
            }
            self.seen.lock().expect("no panic").push((number.0, decided.clone(), raw.clone()));
        }
        Ok(())
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

/// Which threads work on a run.
#[derive(Default)]
struct Threads(Mutex<HashSet<ThreadId>>);

impl Observer for Threads {
    fn tick(&self, _: u64) -> Result<()> {
        self.0.lock().expect("no panic").insert(current().id());
        Ok(())
    }
}

#[test]
fn one_block_is_worked_on_by_its_caller_alone() {
    let mut job = job("readings");
    job.workers = 4;
    let text = readings();
    for (data, block_bytes, alone) in [
        (text.as_str(), text.len() + 1, true),
        (text.trim_end(), 1 << 18, true),
        ("rec-1,1.5,true\n", 1 << 18, true),
        ("", 1 << 18, true),
        (text.as_str(), 1000, false),
    ] {
        job.block_bytes = block_bytes;
        let threads = Threads::default();
        let (outcome, ..) = carry_out_before(&threads, &job, data.as_bytes(), b',', 2, &Parity);
        assert_eq!(outcome.expect("a result").sources[0].1.records, data.lines().count() as u64);
        assert_eq!(threads.0.into_inner().expect("no panic").len() == 1, alone, "{block_bytes}");
    }
}

#[test]
fn runs_that_follow_each_other_are_as_if_alone() {
    let mut job = job("readings");
    let (_, good, bad) = carried_out(&job, &Parity);
    for round in 0..20 {
        if round % 3 == 0 {
            assert!(carried_out(&job, &Panics).0.is_err());
        }
        job.workers = 1 + round % 3;
        let (outcome, accepted, rejects) = carried_out(&job, &Parity);
        assert_eq!(outcome.expect("a result").sources[0].1.records, 500);
        assert_eq!((accepted, rejects), (good.clone(), bad.clone()));
        let (_, few, none) = carry_out(&job, b"rec-1,1.5,true\n", b',', 2, &Parity);
        assert_eq!((few.lines().count(), none.len()), (1, 0));
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

#[test]
fn sizes_that_cannot_work_are_refused() {
    let refused = |set: fn(&mut Job)| {
        let mut job = job("readings");
        set(&mut job);
        match carried_out(&job, &Parity) {
            (Err(Error::Plan(text)), ..) => text,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(|job| job.block_bytes = 0), "block_bytes is 0, and must be from 1 to 268435456");
    assert_eq!(refused(|job| job.max_record_bytes = 0), "max_record_bytes is 0, and must be from 1 to 268435456");
    assert!(refused(|job| job.block_bytes = (1 << 28) + 1).starts_with("block_bytes is 268435457"));
    assert!(refused(|job| job.max_record_bytes = usize::MAX).starts_with("max_record_bytes is "));
}

#[test]
fn every_nth_record_is_compared() {
    let mut job = job("readings");
    let mut first = None;
    for (block_bytes, workers) in [(1, 1), (100, 3), (1000, 2), (1 << 18, 1)] {
        (job.block_bytes, job.workers, job.verify) = (block_bytes, workers, 3);
        let oracle = Compares { seen: Mutex::default(), wrong: 0 };
        let (outcome, accepted, rejects) = carried_out(&job, &oracle);
        let mut seen = oracle.seen.into_inner().expect("no panic");
        seen.sort_by_key(|(number, ..)| *number);
        assert_eq!(outcome.expect("a result").verified_records, seen.len() as u64);
        for (number, decided, raw) in &seen {
            assert!(*number == 1 || number % 3 == 0);
            let raw = String::from_utf8_lossy(raw);
            assert_eq!(raw, readings().lines().nth(*number as usize - 1).expect("a line"));
            match decided {
                Decided::Accept(line) => assert!(accepted.contains(&*String::from_utf8_lossy(line))),
                Decided::Reject { json, .. } => assert!(rejects.contains(&*String::from_utf8_lossy(json))),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(&seen, first.get_or_insert_with(|| seen.clone()));
    }
    let unsure = (0..500).filter(|i| i % 9 == 4 && (*i == 0 || (i + 1) % 3 == 0)).count();
    assert_eq!(first.expect("a run").len(), 1 + 500 / 3 - unsure);
}

#[test]
fn a_difference_stops_the_run() {
    let mut job = job("readings");
    (job.block_bytes, job.workers, job.verify) = (100, 2, 1);
    let (outcome, _, _) = carried_out(&job, &Compares { seen: Mutex::default(), wrong: 400 });
    assert!(matches!(outcome, Err(Error::Python(7))));
}
