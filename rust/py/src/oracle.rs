//! Oracle: asking Pydantic through the Python object that knows how.

use std::collections::VecDeque;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBool, PyBytes, PyDict, PyList, PyString, PyTuple};
use thresher_core::error::Result;
use thresher_core::keep::{Chunk, handles};
use thresher_core::oracle::{Answer, Decided, Fault, Number, Oracle, Sample, Stage};

use crate::Exceptions;
use crate::outcome::to_chunk;

/// An object with the methods of `thresher.engine.Oracle`.
pub(crate) struct PythonOracle<'a> {
    object: &'a Py<PyAny>,
    exceptions: &'a Exceptions,
    keep: bool,
    objects: Mutex<Objects>,
}

/// Values under their handles, which are numbers that rise.
#[derive(Default)]
struct Objects {
    /// The handle of the first of `kept`.
    first: i64,
    /// None: it was taken.
    kept: VecDeque<Option<Py<PyAny>>>,
}

impl Objects {
    fn put(&mut self, object: Py<PyAny>) -> i64 {
        self.kept.push_back(Some(object));
        self.first + self.kept.len().cast_signed() as i64 - 1
    }

    fn take(&mut self, handle: i64) -> Option<Py<PyAny>> {
        let object = self.kept.get_mut(usize::try_from(handle - self.first).ok()?)?.take();
        while matches!(self.kept.front(), Some(None)) {
            self.kept.pop_front();
            self.first += 1;
        }
        object
    }
}

impl<'a> PythonOracle<'a> {
    /// `keep`: hold on to the values of accepted cells and records.
    pub fn new(object: &'a Py<PyAny>, keep: bool, exceptions: &'a Exceptions) -> Self {
        Self { object, exceptions, keep, objects: Mutex::default() }
    }

    /// The values that were kept; a handle is a position, and nothing stands where it is free.
    pub fn into_objects(self) -> Vec<Option<Py<PyAny>>> {
        let Objects { first, kept } = self.objects.into_inner().unwrap_or_else(PoisonError::into_inner);
        (0..first).map(|_| None).chain(kept).collect()
    }

    /// The value of a handle. The lock is let go of before Python runs again.
    fn object(&self, py: Python<'_>, handle: i64) -> Option<Py<PyAny>> {
        let objects = self.objects();
        Some(objects.kept.get(usize::try_from(handle - objects.first).ok()?)?.as_ref()?.clone_ref(py))
    }

    fn objects(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The values of a chunk by their handles, which are not known afterwards.
    pub fn take<'py>(&self, py: Python<'py>, chunk: &Chunk) -> PyResult<Bound<'py, PyDict>> {
        let taken = PyDict::new(py);
        let whole = chunk.instances.iter().map(|&(_, handle)| handle);
        for handle in whole.chain(handles(chunk)) {
            let object = self.objects().take(handle);
            if let Some(object) = object {
                taken.set_item(handle, object)?;
            }
        }
        Ok(taken)
    }

    fn ask<'py>(
        &self,
        py: Python<'py>,
        method: &str,
        arguments: impl pyo3::call::PyCallArgs<'py>,
        expected: usize,
    ) -> PyResult<Vec<Answer>> {
        let given = self.object.bind(py).call_method1(method, arguments)?;
        let answers = given.cast::<PyList>()?;
        if answers.len() != expected {
            let text = format!("{} answers to {expected} questions", answers.len());
            return Err(crate::failure("panic", "oracle", 0, &text));
        }
        answers.iter().map(|answer| self.answer(&answer)).collect()
    }

    fn answer(&self, answer: &Bound<'_, PyAny>) -> PyResult<Answer> {
        if answer.is_none() {
            return Ok(Answer::Unsure);
        }
        if answer.cast::<PyBool>().is_ok_and(|kept| !kept.is_true()) {
            return Ok(Answer::Filtered);
        }
        if let Ok(accepted) = answer.cast::<PyTuple>() {
            let text: &[u8] = &accepted.get_item(0)?.extract::<PyBackedBytes>()?;
            let mut handle = 0;
            if self.keep {
                let value = accepted.get_item(1)?.unbind();
                handle = self.objects().put(value);
            }
            return Ok(Answer::Accept { text: text.to_vec(), handle });
        }
        let faults = answer.cast::<PyList>()?.iter().map(|fault| {
            Ok(Fault {
                json: fault.getattr("json")?.extract::<PyBackedBytes>()?.to_vec(),
                text: fault.getattr("text")?.extract()?,
                loc: fault.getattr("loc")?.extract()?,
                kind: fault.getattr("type")?.extract()?,
                stage: stage(&fault.getattr("stage")?)?,
            })
        });
        Ok(Answer::Reject(faults.collect::<PyResult<_>>()?))
    }
}

/// What the engine decided about a record: a line, None for one that is kept, False, or errors in both forms.
fn decided<'py>(py: Python<'py>, decided: &Decided) -> PyResult<Bound<'py, PyAny>> {
    Ok(match decided {
        Decided::Accept(line) => PyBytes::new(py, line).into_any(),
        Decided::Keep => py.None().into_bound(py),
        Decided::Filtered => PyBool::new(py, false).to_owned().into_any(),
        Decided::Reject { json, text } => (PyBytes::new(py, json), text).into_pyobject(py)?.into_any(),
    })
}

fn stage(name: &Bound<'_, PyAny>) -> PyResult<Stage> {
    let name: PyBackedStr = name.extract()?;
    Stage::from_str(&name).map_err(|_| crate::failure("panic", "oracle", 0, &format!("there is no stage {name:?}")))
}

/// A line as text; bytes that are not UTF-8 as lone surrogates, from which Python has them again.
fn line<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyString>> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(PyString::new(py, text));
    }
    PyString::from_encoded_object(&PyBytes::new(py, bytes), Some(c"utf-8"), Some(c"surrogateescape"))
}

/// Records as Python is given them: the cells of each, or its line alone.
fn records<'py>(py: Python<'py>, sample: &Sample) -> PyResult<Bound<'py, PyList>> {
    let records = PyList::empty(py);
    let Some(columns) = sample.columns else {
        for bytes in &sample.texts {
            records.append((line(py, bytes)?,))?;
        }
        return Ok(records);
    };
    for at in 0..sample.numbers.len() {
        let cells = sample.texts[at * columns..(at + 1) * columns].iter().map(|cell| line(py, cell));
        records.append(PyList::new(py, cells.collect::<PyResult<Vec<_>>>()?)?)?;
    }
    Ok(records)
}

fn strings<'py>(py: Python<'py>, texts: &[&str]) -> PyResult<Bound<'py, PyList>> {
    PyList::new(py, texts.iter().map(|text| PyString::new(py, text)))
}

impl Oracle for PythonOracle<'_> {
    fn cells(&self, plan: usize, field: usize, cells: &[&str], numbers: &[Number]) -> Result<Vec<Answer>> {
        let asked = Python::attach(|py| {
            let texts = strings(py, cells)?;
            self.ask(py, "cells", (plan, field, texts, PyList::new(py, numbers)?), cells.len())
        });
        asked.map_err(|error| self.exceptions.keep(error))
    }

    fn records(&self, plan: usize, texts: &[&str], columns: usize, numbers: &[Number]) -> Result<Vec<Answer>> {
        let asked = Python::attach(|py| {
            let records = PyList::empty(py);
            for at in 0..numbers.len() {
                records.append(strings(py, &texts[at * columns..(at + 1) * columns])?)?;
            }
            self.ask(py, "records", (plan, records, PyList::new(py, numbers)?), numbers.len())
        });
        asked.map_err(|error| self.exceptions.keep(error))
    }

    fn forget(&self, handles: &[i64]) {
        for &handle in handles {
            let object = self.objects().take(handle);
            // Without the interpreter, PyO3 lets go of it later.
            drop(object);
        }
    }

    fn compare(&self, sample: &Sample) -> Result<()> {
        let compared = Python::attach(|py| {
            let raw = sample.raw.iter().map(|(offset, raw)| (offset, PyBytes::new(py, raw)));
            let verdicts = sample.decided.iter().map(|one| decided(py, one)).collect::<PyResult<Vec<_>>>()?;
            let kept = sample.kept.iter().map(|chunk| to_chunk(py, chunk)).collect::<PyResult<Vec<_>>>()?;
            let objects = PyDict::new(py);
            for handle in sample.kept.iter().flat_map(handles) {
                if let Some(object) = self.object(py, handle) {
                    objects.set_item(handle, object)?;
                }
            }
            let arguments = (
                sample.plan,
                sample.source,
                records(py, sample)?,
                PyList::new(py, &sample.numbers)?,
                PyList::new(py, raw.collect::<Vec<_>>())?,
                PyList::new(py, verdicts)?,
                kept,
                objects,
            );
            self.object.bind(py).call_method1("compare", arguments).map(drop)
        });
        compared.map_err(|error| self.exceptions.keep(error))
    }

    fn lines(&self, plan: usize, lines: &[&[u8]], numbers: &[Number]) -> Result<Vec<Answer>> {
        let asked = Python::attach(|py| {
            let records = PyList::empty(py);
            for bytes in lines {
                records.append((line(py, bytes)?,))?;
            }
            self.ask(py, "records", (plan, records, PyList::new(py, numbers)?), numbers.len())
        });
        asked.map_err(|error| self.exceptions.keep(error))
    }
}
