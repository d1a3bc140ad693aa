//! Arrays that lie in the pool, made of headers that were read before: reading one takes longer than all
//! the rest of a get.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::objects::Found;

pub const MEDIA_TYPE: &[u8] = b"application/x-npy";

/// Bytes before an array's own, where it has no more than a few dimensions.
const HEAD: usize = 128;
const KNOWN_MAX: usize = 1024;

struct Known {
    /// `numpy.ndarray`
    kind: Py<PyAny>,
    dtype: Py<PyAny>,
    shape: Py<PyTuple>,
    /// `"C"` or `"F"`
    order: Py<PyAny>,
    /// Bytes of the whole object.
    size: u64,
}

static KNOWN: LazyLock<Mutex<HashMap<[u8; HEAD], Known>>> = LazyLock::new(Mutex::default);

/// Has objects of `size` bytes that begin with this header given out as such arrays.
#[pyfunction]
pub fn keep_array_head(
    head: &[u8],
    size: u64,
    kind: Py<PyAny>,
    shape: Py<PyTuple>,
    dtype: Py<PyAny>,
    order: Py<PyAny>,
) -> PyResult<()> {
    let head = head
        .try_into()
        .map_err(|_| PyValueError::new_err(format!("a header of {} bytes", head.len())))?;
    let known = Known {
        kind,
        dtype,
        shape,
        order,
        size,
    };
    let mut all = KNOWN.lock().unwrap();
    let forgotten = if all.len() < KNOWN_MAX {
        HashMap::new()
    } else {
        std::mem::take(&mut *all)
    };
    let replaced = all.insert(head, known);
    drop(all); // before what may run other code of the interpreter
    drop((forgotten, replaced));
    Ok(())
}

/// The array, read-only; or what was found again, if its header has to be read.
pub fn view<'py>(py: Python<'py>, found: Found) -> PyResult<Result<Bound<'py, PyAny>, Found>> {
    let Some(head) = found.first::<HEAD>() else {
        return Ok(Err(found));
    };
    let (kind, arguments) = {
        let all = KNOWN.lock().unwrap();
        let Some(known) = all
            .get(&head)
            .filter(|known| known.size == found.pinned.size)
        else {
            return Ok(Err(found));
        };
        let (shape, dtype) = (known.shape.clone_ref(py), known.dtype.clone_ref(py));
        (
            known.kind.clone_ref(py),
            (shape, dtype, known.order.clone_ref(py)),
        )
    };
    let (shape, dtype, order) = arguments;
    let arguments = (shape, dtype, Py::new(py, found)?, HEAD, py.None(), order);
    kind.bind(py).call1(arguments).map(Ok)
}
