//! Known: small sources like some that were met before, run with a single visit to Python.
//!
//! All that has to be found out about a source before a run, its plan above all, hangs on its suffix, the settings and
//! its first line. Where these are known the source is opened, read, run and closed, and its outputs are made and named,
//! without the interpreter: a thread that lets go of the interpreter's lock and wants it back waits longer for it than
//! such a run takes. Whatever is not as expected leaves no trace, and is left to the usual way.

use std::collections::HashMap;
use std::io::{Cursor, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, RwLock};

use memchr::memchr;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyDict;
use thresher_core::error::Error;
use thresher_core::job::{Outcome, Outputs, run_compiled};
use thresher_core::source::Source;

use crate::files::{Fresh, Identity, read_small};
use crate::oracle::PythonOracle;
use crate::source::{Memory, dialect};
use crate::watch::Watch;
use crate::{Exceptions, Ready, outcome};

/// What a tar archive has, and where, even one that begins with a known line.
const ARCHIVE: (usize, &[u8]) = (257, b"ustar");

/// What sources are like that were met. See `python/thresher/_engine.pyi`.
#[pyclass(frozen)]
pub(crate) struct Known {
    /// Bytes of a source that is small.
    most_bytes: u64,
    /// Bytes in which a first line ends.
    longest: usize,
    /// Never waited for: in a forked process a lock may be held by a thread that did not come with it.
    met: RwLock<HashMap<Vec<u8>, Arc<Met>>>,
}

/// A source that was met.
struct Met {
    ready: Py<Ready>,
    oracle: Py<PyAny>,
    /// The job as Python knows it.
    job: Py<PyAny>,
    accepted: Vec<u8>,
    rejects: Vec<u8>,
}

/// What is read.
enum Input {
    Path(PathBuf),
    Data(PyBackedBytes),
}

/// Where the records of a source begin.
struct Start {
    offset: u64,
    line: u64,
}

/// A run that is over. See `python/thresher/_engine.pyi`.
#[pyclass(frozen)]
pub(crate) struct Done {
    /// Its own reference, of which Python's collector of garbage knows.
    job: Py<PyAny>,
    outcome: Outcome,
    rejects: Vec<u8>,
    objects: Vec<Option<Py<PyAny>>>,
    #[pyo3(get)]
    identity: Option<Identity>,
}

#[pymethods]
impl Done {
    #[getter]
    fn job(&self, py: Python<'_>) -> Py<PyAny> {
        self.job.clone_ref(py)
    }

    fn outcome<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        outcome::to_python(py, &self.outcome, &[0], &self.rejects, &self.objects)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.job)?;
        self.objects.iter().flatten().try_for_each(|object| visit.call(object))
    }
}

/// What a run came to, before Python has it.
struct Run {
    met: Arc<Met>,
    outcome: Outcome,
    rejects: Vec<u8>,
    objects: Vec<Option<Py<PyAny>>>,
    identity: Option<Identity>,
}

#[pymethods]
impl Known {
    #[new]
    fn new(most_bytes: u64, longest: usize) -> Self {
        Self { most_bytes, longest, met: RwLock::default() }
    }

    fn remember(
        &self,
        line: &[u8],
        ready: Py<Ready>,
        oracle: Py<PyAny>,
        job: Py<PyAny>,
        accepted: &[u8],
        rejects: &[u8],
    ) {
        let one = Met { ready, oracle, job, accepted: accepted.to_vec(), rejects: rejects.to_vec() };
        let Ok(mut met) = self.met.try_write() else { return };
        let old = met.insert(line.to_vec(), Arc::new(one));
        drop(met);
        // What Python does when its objects go is done without the lock.
        drop(old);
    }

    fn knows(&self, line: &[u8]) -> bool {
        self.met.try_read().is_ok_and(|met| met.contains_key(line))
    }

    #[expect(clippy::needless_pass_by_value, reason = "PyO3 makes paths that are owned")]
    fn run(
        &self,
        py: Python<'_>,
        source: &Bound<'_, PyAny>,
        name: String,
        accepted: Option<PathBuf>,
        rejects: Option<PathBuf>,
        mark: &str,
    ) -> PyResult<Option<Done>> {
        let input = match source.extract::<PyBackedBytes>() {
            Ok(data) => Input::Data(data),
            Err(_) => match source.extract() {
                Ok(path) => Input::Path(path),
                // The system has no such names.
                Err(_) => return Ok(None),
            },
        };
        let outputs = [rejects.as_deref(), accepted.as_deref()];
        let exceptions = Exceptions::default();
        let done = py.detach(|| {
            let run = |data: &[u8]| self.carry_out(data, name, outputs, mark, &exceptions);
            let read_and_run = || match &input {
                Input::Data(data) => (1..=self.most_bytes).contains(&(data.len() as u64)).then(|| run(data)),
                Input::Path(path) => read_small(path, self.most_bytes).map(|data| run(&data)),
            };
            catch_unwind(AssertUnwindSafe(read_and_run)).ok().flatten().unwrap_or(Ok(None))
        });
        match done {
            Ok(run) => Ok(run.map(|Run { met, outcome, rejects, objects, identity }| Done {
                job: met.job.clone_ref(py),
                outcome,
                rejects,
                objects,
                identity,
            })),
            Err(number) => exceptions.take(number).map_or(Ok(None), Err),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Ok(met) = self.met.try_read() else { return Ok(()) };
        // Each has one reference to its objects, that of this map, but while it is run; then nothing of it is garbage.
        met.values().try_for_each(|met| [&met.oracle, &met.job].into_iter().try_for_each(|object| visit.call(object)))
    }

    fn __clear__(&self) {
        let Ok(met) = self.met.try_write().map(|mut met| std::mem::take(&mut *met)) else { return };
        // What Python does when its objects go is done without the lock.
        drop(met);
    }
}

impl Known {
    /// What is known of a source of these bytes, and where its records begin.
    fn find(&self, data: &[u8]) -> Option<(Arc<Met>, Start)> {
        if data.get(ARCHIVE.0..).is_some_and(|data| data.starts_with(ARCHIVE.1)) {
            return None;
        }
        let met = self.met.try_read().ok()?;
        if let Some(lines) = met.get(&[][..]).filter(|_| data.starts_with(b"{")) {
            return Some((Arc::clone(lines), Start { offset: 0, line: 1 }));
        }
        let end = memchr(b'\n', &data[..data.len().min(self.longest)])? + 1;
        Some((Arc::clone(met.get(&data[..end])?), Start { offset: end as u64, line: 2 }))
    }

    /// Runs a source. None: not here; an error is the number of an exception of Python.
    fn carry_out(
        &self,
        data: &[u8],
        name: String,
        paths: [Option<&Path>; 2],
        mark: &str,
        exceptions: &Exceptions,
    ) -> Result<Option<Run>, u64> {
        let Some((met, start)) = self.find(data) else { return Ok(None) };
        let Some(files) = Fresh::create(paths, mark) else { return Ok(None) };
        let [rejects, accepted] = files.each_ref().map(|file| file.as_ref().and_then(Fresh::file));
        let Ready { job, plans } = met.ready.get();
        let Some(dialect) = dialect(job, 0) else { return Ok(None) };
        for (file, head) in [(accepted, &met.accepted), (rejects, &met.rejects)] {
            if file.is_some_and(|mut file| file.write_all(head).is_err()) {
                return Ok(None);
            }
        }
        let mut input = Cursor::new(data);
        input.set_position(start.offset);
        let source = Source { name, plan: 0, dialect, input: Box::new(input), start: start.offset, line: start.line };
        let memory = Memory::default();
        let outputs = Outputs {
            accepted: accepted.map(|file| Box::new(file) as _),
            rejects: rejects.map_or_else(|| Box::new(memory.writer()) as _, |file| Box::new(file) as _),
            receiver: None,
        };
        let cancelled = AtomicBool::new(false);
        let watch = Watch::new(exceptions, &cancelled, None);
        let oracle = PythonOracle::new(&met.oracle, job.accepted_format.is_none(), exceptions);
        let outcome = match run_compiled(job, Arc::clone(plans), vec![source], outputs, &oracle, &watch, &cancelled) {
            Ok(outcome) => outcome,
            Err(Error::Python(number)) => return Err(number),
            Err(_) => return Ok(None),
        };
        let objects = oracle.into_objects();
        let identity = files[0].as_ref().and_then(Fresh::identity);
        if !Fresh::publish(files) {
            return Ok(None);
        }
        Ok(Some(Run { met, outcome, rejects: memory.take(), objects, identity }))
    }
}
