//! Outcome: what a run gives back, as plain Python objects.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};
use thresher_core::batch::Part;
use thresher_core::job::Outcome;
use thresher_core::keep::{Chunk, Column};
use thresher_core::report::Verdicts;

use crate::bytes;
use crate::oracle::PythonOracle;

/// A dict with the keys of `thresher._engine.Outcome`.
pub(crate) fn to_python<'py>(
    py: Python<'py>,
    outcome: &Outcome,
    blank_lines: &[u64],
    rejects: &[u8],
    objects: &[Option<Py<PyAny>>],
) -> PyResult<Bound<'py, PyDict>> {
    let result = PyDict::new(py);
    let sources = outcome.sources.iter().zip(blank_lines).map(|((name, read, verdicts), before)| {
        let &Verdicts { accepted, rejected, filtered } = verdicts;
        (name, read.records, accepted, rejected, filtered, read.blank_lines + before, read.bytes)
    });
    result.set_item("sources", PyList::new(py, sources.collect::<Vec<_>>())?)?;
    let counts = outcome.errors.iter().map(|c| (&c.loc, &c.kind, c.count, c.source, c.record, c.line));
    result.set_item("counts", PyList::new(py, counts.collect::<Vec<_>>())?)?;
    result.set_item("further_errors", outcome.further_errors)?;
    let chunks = PyList::empty(py);
    for chunk in &outcome.chunks {
        chunks.append(to_chunk(py, chunk)?)?;
    }
    result.set_item("chunks", chunks)?;
    result.set_item("objects", PyList::new(py, objects)?)?;
    result.set_item("rejects", bytes(py, rejects))?;
    result.set_item("asked_cells", outcome.asked_cells)?;
    result.set_item("asked_records", outcome.asked_records)?;
    result.set_item("verified_records", outcome.verified_records)?;
    Ok(result)
}

/// Hands the parts of a block over: a list of (source, record, accepted, rejected, filtered, chunk, objects, rejects).
pub(crate) fn hand_over(receiver: &Py<PyAny>, oracle: &PythonOracle<'_>, parts: &[Part]) -> PyResult<()> {
    Python::attach(|py| {
        let list = PyList::empty(py);
        for part in parts {
            let Verdicts { accepted, rejected, filtered } = part.verdicts;
            let objects = oracle.take(py, &part.chunk)?;
            let chunk = to_chunk(py, &part.chunk)?;
            let rejects = bytes(py, &part.rejects);
            list.append((part.source, part.record, accepted, rejected, filtered, chunk, objects, rejects))?;
        }
        receiver.call1(py, (list,)).map(drop)
    })
}

/// A tuple as `thresher._engine.Outcome` has it.
pub(crate) fn to_chunk<'py>(py: Python<'py>, chunk: &Chunk) -> PyResult<Bound<'py, PyAny>> {
    let columns = PyList::empty(py);
    for column in &chunk.columns {
        columns.append(to_column(py, column)?)?;
    }
    let instances = PyDict::new(py);
    for &(row, handle) in &chunk.instances {
        instances.set_item(row, handle)?;
    }
    Ok((chunk.plan, chunk.rows, columns, instances).into_pyobject(py)?.into_any())
}

fn to_column<'py>(py: Python<'py>, column: &Column) -> PyResult<Bound<'py, PyAny>> {
    let values = if column.small.is_empty() {
        let Column { values, .. } = column;
        PyBytes::new_with(py, size_of_val(&values[..]), |out| {
            let places = out.as_chunks_mut().0.iter_mut();
            places.zip(values).for_each(|(place, value)| *place = value.to_ne_bytes());
            Ok(())
        })?
    } else {
        bytes(py, &column.small)
    };
    let ends = PyBytes::new_with(py, size_of_val(&column.ends[..]), |out| {
        let places = out.as_chunks_mut().0.iter_mut();
        places.zip(&column.ends).for_each(|(place, end)| *place = end.to_ne_bytes());
        Ok(())
    })?;
    let parts = (bytes(py, &column.marks), values, ends, bytes(py, &column.text));
    Ok(parts.into_pyobject(py)?.into_any())
}
