//! Runs one job from a file of JSON over one file of CSV or JSON Lines, on one thread and without Python: for instruction counts and
//! profiles.
//!
//! ```console
//! $ cargo run --release --example job -- tests/cases/jobs/readings.json readings.csv accepted.csv rejects.jsonl
//! ```

use std::error::Error;
use std::fs::{File, read};
use std::io::{BufRead, BufReader};
use std::sync::atomic::AtomicBool;

use thresher_core::job::{Observer, Outputs, run};
use thresher_core::oracle::{Answer, Number, Oracle};
use thresher_core::plan::{Job, SourceFormat};
use thresher_core::source::Source;
use thresher_core::split::{Dialect, LINES};

/// Nobody to ask: what the kernels do not decide is rejected without a reason.
struct Nobody;

impl Oracle for Nobody {
    fn cells(&self, _: usize, _: usize, cells: &[&str], _: &[Number]) -> thresher_core::error::Result<Vec<Answer>> {
        Ok(cells.iter().map(|_| Answer::Reject(Vec::new())).collect())
    }

    fn records(&self, _: usize, _: &[&str], _: usize, numbers: &[Number]) -> thresher_core::error::Result<Vec<Answer>> {
        Ok(numbers.iter().map(|_| Answer::Reject(Vec::new())).collect())
    }
}

impl Observer for Nobody {
    fn tick(&self, _: u64) -> thresher_core::error::Result<()> {
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, job, source, accepted, rejects] = &arguments[..] else {
        return Err("give a job, a source, and files for accepted records and rejects".into());
    };
    let mut job: Job = serde_json::from_slice(&read(job)?)?;
    job.workers = 1;
    let mut input = BufReader::with_capacity(1 << 12, File::open(source)?);
    let mut header = Vec::new();
    let plan = &job.plans[0];
    let delimiter = if plan.format == SourceFormat::Jsonl {
        LINES
    } else {
        input.read_until(b'\n', &mut header)?;
        *plan.delimiter.as_bytes().first().ok_or("no delimiter")?
    };
    let source = Source {
        name: source.clone(),
        plan: 0,
        dialect: Dialect { delimiter, max_record_bytes: job.max_record_bytes },
        input: Box::new(input),
        start: header.len() as u64,
        line: 1 + u64::from(delimiter != LINES),
    };
    let outputs = Outputs {
        accepted: Some(Box::new(File::create(accepted)?)),
        rejects: Box::new(File::create(rejects)?),
        receiver: None,
    };
    let cancelled = AtomicBool::new(false);
    let outcome = run(&job, vec![source], outputs, &Nobody, &Nobody, &cancelled)?;
    for (name, progress, verdicts) in outcome.sources {
        println!("{name}: {} records, {verdicts:?}", progress.records);
    }
    Ok(())
}
