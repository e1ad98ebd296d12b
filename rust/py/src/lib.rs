//! The boundary between thresher's engine and Python: a plan goes in, an outcome comes out, errors are mapped once.
//!
//! Python and Rust meet once a job, and once for each batch that Pydantic is asked about. The interpreter is released
//! for the whole run. Nothing here decides about a record.

mod files;
mod known;
mod oracle;
mod outcome;
mod source;
mod watch;

use std::os::fd::BorrowedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};
use strum::IntoEnumIterator;
use thresher_core::batch::Receiver;
use thresher_core::compiled::Compiled;
use thresher_core::error::Error;
use thresher_core::expr::function::Function;
use thresher_core::job::{Outputs, compile, run_compiled};
use thresher_core::plan::{ErrorCode, Job};

use crate::known::{Done, Known};
use crate::oracle::PythonOracle;
use crate::source::{Memory, Sink};
use crate::watch::Watch;

create_exception!(
    _engine,
    RunError,
    PyException,
    "What stopped a run: (kind, what, errno, text). kind is read, write, plan or panic."
);

/// Exceptions of Python that are on their way through the engine, which knows them by number.
#[derive(Default)]
pub(crate) struct Exceptions(Mutex<Vec<PyErr>>);

impl Exceptions {
    fn keep(&self, error: PyErr) -> Error {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(error);
        Error::Python(kept.len() as u64 - 1)
    }

    fn take(&self, number: u64) -> Option<PyErr> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = usize::try_from(number).ok()?;
        (at < kept.len()).then(|| kept.swap_remove(at))
    }
}

/// A job whose plans are ready. See `python/thresher/_engine.pyi`.
#[pyclass(frozen)]
pub(crate) struct Ready {
    job: Job,
    plans: Arc<[Compiled]>,
}

#[pymethods]
impl Ready {
    #[new]
    fn new(job: &[u8]) -> PyResult<Self> {
        let job = read(job)?;
        let plans = compile(&job).map_err(|error| map_error(error, &Exceptions::default()))?;
        Ok(Self { job, plans })
    }
}

fn read(job: &[u8]) -> PyResult<Job> {
    serde_json::from_slice(job).map_err(|e| failure("plan", "job", 0, &e.to_string()))
}

/// Runs a job. See `python/thresher/_engine.pyi`.
#[pyfunction]
#[pyo3(signature = (ready, sources, oracle, accepted, rejects, progress, receiver))]
#[expect(clippy::too_many_arguments, reason = "one call a job")]
fn run<'py>(
    py: Python<'py>,
    ready: &Ready,
    sources: &Bound<'py, PyList>,
    oracle: &Bound<'py, PyAny>,
    accepted: Option<i32>,
    rejects: Option<i32>,
    progress: Option<Py<PyAny>>,
    receiver: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let receiver = receiver.map(|receiver| receiver.clone().unbind());
    let Ready { job, plans } = ready;
    let exceptions = Exceptions::default();
    let cancelled = AtomicBool::new(false);
    let watch = Watch::new(&exceptions, &cancelled, progress);
    let sources = source::open(sources, job, &exceptions, &watch)?;
    let names: Vec<u64> = sources.blank_lines.clone();
    let oracle = oracle.clone().unbind();
    let oracle = PythonOracle::new(&oracle, job.accepted_format.is_none(), &exceptions);
    let memory = Memory::default();
    // SAFETY: Python's side keeps the descriptors open until this call returns.
    let borrow = |fd: i32| Sink::new(unsafe { BorrowedFd::borrow_raw(fd) }, &watch);
    let outputs = Outputs {
        accepted: accepted.map(|fd| Box::new(borrow(fd)) as _),
        rejects: match rejects {
            Some(fd) => Box::new(borrow(fd)),
            None => Box::new(memory.writer()),
        },
        receiver: receiver.as_ref().map(|receiver| Receiver {
            take: Box::new(|parts| {
                outcome::hand_over(receiver, &oracle, &parts).map_err(|error| exceptions.keep(error))
            }),
            rejects: rejects.is_none(),
        }),
    };
    let outcome = py.detach(|| {
        let (plans, inputs) = (Arc::clone(plans), sources.sources);
        let run = || run_compiled(job, plans, inputs, outputs, &oracle, &watch, &cancelled);
        let result = catch_unwind(AssertUnwindSafe(run));
        result.unwrap_or_else(|_| Err(Error::Panic("outside of a worker".into())))
    });
    match outcome {
        Ok(outcome) => outcome::to_python(py, &outcome, &names, &memory.take(), &oracle.into_objects()),
        Err(error) => Err(map_error(error, &exceptions)),
    }
}

fn failure(kind: &str, what: &str, errno: i32, text: &str) -> PyErr {
    RunError::new_err((kind.to_owned(), what.to_owned(), errno, text.to_owned()))
}

fn map_error(error: Error, exceptions: &Exceptions) -> PyErr {
    let io = |kind: &str, what: &str, error: &std::io::Error| {
        failure(kind, what, error.raw_os_error().unwrap_or(0), &error.to_string())
    };
    match error {
        Error::Read { source, error } => io("read", &source, &error),
        Error::Write { sink, error } => io("write", sink, &error),
        Error::Python(number) => {
            exceptions.take(number).unwrap_or_else(|| failure("panic", "engine", 0, "an exception was lost"))
        }
        Error::Plan(text) => failure("plan", "plan", 0, &text),
        Error::Panic(text) => failure("panic", "engine", 0, &text),
        Error::Cancelled => failure("panic", "engine", 0, "cancelled without a reason"),
    }
}

/// The types of every error that a kernel can give.
#[pyfunction]
fn error_types() -> Vec<&'static str> {
    ErrorCode::iter().map(Into::into).collect()
}

/// The names of the functions that expressions may call.
#[pyfunction]
fn functions() -> Vec<&'static str> {
    Function::iter().map(Into::into).collect()
}

/// Reads a job as the engine would. Raises where it cannot be carried out.
#[pyfunction]
fn check_job(job: &[u8]) -> PyResult<()> {
    Ready::new(job).map(drop)
}

/// The native engine of thresher.
#[pymodule]
fn _engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("debug", cfg!(debug_assertions))?;
    module.add("version", env!("CARGO_PKG_VERSION"))?;
    module.add("RunError", module.py().get_type::<RunError>())?;
    module.add_class::<Ready>()?;
    module.add_class::<Known>()?;
    module.add_class::<Done>()?;
    module.add_function(wrap_pyfunction!(run, module)?)?;
    module.add_function(wrap_pyfunction!(error_types, module)?)?;
    module.add_function(wrap_pyfunction!(functions, module)?)?;
    module.add_function(wrap_pyfunction!(check_job, module)?)
}

/// Python's bytes of some bytes.
pub(crate) fn bytes<'py>(py: Python<'py>, data: &[u8]) -> Bound<'py, PyBytes> {
    PyBytes::new(py, data)
}
