//! Buffers of Python objects, held while their bytes are copied.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use crate::copier::Part;

/// Contiguous buffers in the order in which they are put.
pub struct Held {
    /// Of its final capacity from the beginning: a view may point into itself, so it does not move.
    views: Vec<ffi::Py_buffer>,
    parts: Vec<Part>,
}

impl Held {
    /// Takes a list or a tuple of objects with contiguous buffers.
    pub fn of(parts: &Bound<'_, PyAny>) -> PyResult<Held> {
        if let Ok(list) = parts.cast::<PyList>() {
            return Held::of_all(list.len(), list.iter());
        }
        let tuple = parts.cast::<PyTuple>()?;
        Held::of_all(tuple.len(), tuple.iter())
    }

    pub fn one(part: &Bound<'_, PyAny>) -> PyResult<Held> {
        Held::of_all(1, std::iter::once(part.clone()))
    }

    fn of_all<'py>(count: usize, parts: impl Iterator<Item = Bound<'py, PyAny>>) -> PyResult<Held> {
        let mut held = Held {
            views: Vec::with_capacity(count),
            parts: Vec::with_capacity(count),
        };
        // A list that another thread makes longer meanwhile is read as it was.
        parts.take(count).try_for_each(|part| held.add(&part))?;
        Ok(held)
    }

    fn add(&mut self, part: &Bound<'_, PyAny>) -> PyResult<()> {
        let at = self.views.len();
        self.views.push(ffi::Py_buffer::new());
        // SAFETY: attached to the interpreter; the view is released once, when this is dropped.
        let result = unsafe {
            ffi::PyObject_GetBuffer(part.as_ptr(), &mut self.views[at], ffi::PyBUF_SIMPLE)
        };
        if result != 0 {
            self.views.pop();
            return Err(PyErr::fetch(part.py()));
        }
        let view = &self.views[at];
        self.parts.push(Part {
            start: view.buf.cast(),
            length: view.len as usize,
        });
        Ok(())
    }

    pub fn parts(&self) -> &[Part] {
        &self.parts
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        Python::attach(|_| {
            for view in &mut self.views {
                // SAFETY: acquired in `add`, and attached to the interpreter.
                unsafe { ffi::PyBuffer_Release(view) };
            }
        });
    }
}
