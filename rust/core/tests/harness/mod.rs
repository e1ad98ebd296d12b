//! What the tests of whole jobs share: sinks in memory, an observer that never stops a run, and running a job.

use std::io::{Cursor, Write};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use thresher_core::error::Result;
use thresher_core::job::{Observer, Outcome, Outputs, run};
use thresher_core::oracle::Oracle;
use thresher_core::plan::Job;
use thresher_core::source::Source;
use thresher_core::split::Dialect;

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no panic").clone()).expect("UTF-8")
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Quiet;

impl Observer for Quiet {
    fn tick(&self, _: u64) -> Result<()> {
        Ok(())
    }
}

/// Runs a job over bytes that begin on line `line`. Returns its outcome, the accepted records and the rejects.
pub fn carry_out(
    job: &Job,
    data: &[u8],
    delimiter: u8,
    line: u64,
    oracle: &dyn Oracle,
) -> (Result<Outcome>, String, String) {
    carry_out_before(&Quiet, job, data, delimiter, line, oracle)
}

/// The same, while somebody watches.
pub fn carry_out_before(
    observer: &dyn Observer,
    job: &Job,
    data: &[u8],
    delimiter: u8,
    line: u64,
    oracle: &dyn Oracle,
) -> (Result<Outcome>, String, String) {
    let (accepted, rejects) = (Shared::default(), Shared::default());
    let source = Source {
        name: "memory".into(),
        plan: 0,
        dialect: Dialect { delimiter, max_record_bytes: job.max_record_bytes },
        input: Box::new(Cursor::new(data.to_vec())),
        start: 0,
        line,
    };
    let outputs =
        Outputs { accepted: Some(Box::new(accepted.clone())), rejects: Box::new(rejects.clone()), receiver: None };
    let outcome = run(job, vec![source], outputs, oracle, observer, &AtomicBool::new(false));
    (outcome, accepted.text(), rejects.text())
}
