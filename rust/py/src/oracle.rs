//! Oracle: asking Pydantic through the Python object that knows how.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};
use thresher_core::error::Result;
use thresher_core::oracle::{Answer, Fault, Number, Oracle};

use crate::Exceptions;

/// An object with the methods of `thresher.engine.Oracle`.
pub(crate) struct PythonOracle<'a> {
    object: Py<PyAny>,
    exceptions: &'a Exceptions,
    keep: bool,
    objects: Mutex<Vec<Py<PyAny>>>,
}

impl<'a> PythonOracle<'a> {
    /// `keep`: hold on to the values of accepted cells and records.
    pub fn new(object: Py<PyAny>, keep: bool, exceptions: &'a Exceptions) -> Self {
        Self { object, exceptions, keep, objects: Mutex::default() }
    }

    /// The values that were kept; a handle is a position.
    pub fn into_objects(self) -> Vec<Py<PyAny>> {
        self.objects.into_inner().unwrap_or_else(PoisonError::into_inner)
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
        if let Ok(accepted) = answer.cast::<PyTuple>() {
            let text: &[u8] = &accepted.get_item(0)?.extract::<pyo3::pybacked::PyBackedBytes>()?;
            let mut handle = 0;
            if self.keep {
                let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
                handle = objects.len() as i64;
                objects.push(accepted.get_item(1)?.unbind());
            }
            return Ok(Answer::Accept { text: text.to_vec(), handle });
        }
        let faults = answer.cast::<PyList>()?.iter().map(|fault| {
            Ok(Fault {
                json: fault.getattr("json")?.extract::<pyo3::pybacked::PyBackedBytes>()?.to_vec(),
                text: fault.getattr("text")?.extract()?,
                loc: fault.getattr("loc")?.extract()?,
                kind: fault.getattr("type")?.extract()?,
            })
        });
        Ok(Answer::Reject(faults.collect::<PyResult<_>>()?))
    }
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
}
