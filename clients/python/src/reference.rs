//! What a put returns: an object's id, with its name and size as far as they are known.

use pyo3::basic::CompareOp;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyString, PyTuple, PyType};

use crate::index;
use crate::metadata::Name;
use crate::pool::Id;
use crate::python;

static NAME_TYPE: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// An object's id, and its name and size as far as they are known.
///
/// Equal and hashed by id. Works in any process and inside of values: unpickling needs no client.
/// Immutable.
///
/// `id` is 32 hex digits or 16 bytes, `name` a pair of namespace and key, `size` bytes. Raises
/// `ValueError` for another id.
#[pyclass(frozen, subclass, module = "tokamak._ref")]
pub struct Ref {
    id: Id,
    name: Option<Py<PyTuple>>,
    size: Option<u64>,
}

impl Ref {
    /// Of an object without a name.
    pub fn anonymous(id: Id, size: u64) -> Ref {
        Ref {
            id,
            name: None,
            size: Some(size),
        }
    }

    /// What it is got by: its name, where it has one.
    pub fn target(&self, py: Python<'_>) -> PyResult<(Id, Option<Name>)> {
        match &self.name {
            Some(pair) => python::target(pair.bind(py)),
            None => Ok((self.id, None)),
        }
    }
}

#[pymethods]
impl Ref {
    #[new]
    #[pyo3(signature = (id, name = None, size = None))]
    fn new(
        id: &Bound<'_, PyAny>,
        name: Option<&Bound<'_, PyAny>>,
        size: Option<u64>,
    ) -> PyResult<Ref> {
        let py = id.py();
        let bytes = match id.cast_exact::<PyBytes>() {
            Ok(bytes) => bytes.clone(),
            Err(_) => py
                .get_type::<PyBytes>()
                .call_method1("fromhex", (id,))?
                .cast_into()?,
        };
        let Ok(bytes) = bytes.as_bytes().try_into() else {
            return Err(PyValueError::new_err(format!(
                "an id has 16 bytes, 32 hex digits, not {}",
                id.repr()?
            )));
        };
        let name = name
            .map(|pair| {
                let pair = py.get_type::<PyTuple>().call1((pair,))?.cast_into()?;
                let name = NAME_TYPE
                    .import(py, "tokamak._backend", "Name")?
                    .call1(pair)?;
                Ok::<_, PyErr>(name.cast_into::<PyTuple>()?.unbind())
            })
            .transpose()?;
        Ok(Ref {
            id: Id::of(bytes),
            name,
            size,
        })
    }

    /// 32 lower-case hex digits.
    #[getter]
    fn id(&self) -> String {
        let digits = |byte: u8| [byte >> 4, byte & 15];
        self.id
            .bytes()
            .into_iter()
            .flat_map(digits)
            .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
            .collect()
    }

    /// `namespace/key`; None: it has none.
    #[getter]
    fn name(&self, py: Python<'_>) -> PyResult<Option<String>> {
        self.name
            .as_ref()
            .map(|name| {
                let (namespace, key): (String, String) = name.extract(py)?;
                Ok(format!("{namespace}/{key}"))
            })
            .transpose()
    }

    /// Bytes of the object as it is stored; None: not known.
    #[getter]
    fn size(&self) -> Option<u64> {
        self.size
    }

    /// What it is got by: its name, where it has one.
    #[getter]
    pub fn _target<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        match &self.name {
            Some(name) => name.bind(py).clone().into_any(),
            None => self._bytes(py).into_any(),
        }
    }

    #[getter]
    fn _bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.id.bytes())
    }

    fn __richcmp__(&self, other: &Bound<'_, PyAny>, how: CompareOp) -> PyResult<Py<PyAny>> {
        let py = other.py();
        let Ok(other) = other.cast::<Ref>() else {
            return Ok(py.NotImplemented());
        };
        let is_so = how.matches(self.id.bytes().cmp(&other.get().id.bytes()));
        Ok(is_so.into_pyobject(py)?.to_owned().into_any().unbind())
    }

    fn __hash__(&self) -> u64 {
        index::hash(self.id.first, self.id.second, 0)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let py = slf.py();
        let this = slf.get();
        let name = match &this.name {
            Some(name) => Some(name.bind(py).as_sequence().to_tuple()?),
            None => None,
        };
        let kind = py.get_type::<Ref>();
        (kind, (this._bytes(py), name, this.size)).into_pyobject(py)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let name = match self.name(py)? {
            Some(name) => format!(", name={}", PyString::new(py, &name).repr()?),
            None => String::new(),
        };
        let size = self.size.map_or("None".into(), |size| size.to_string());
        Ok(format!("Ref('{}'{name}, size={size})", self.id()))
    }
}
