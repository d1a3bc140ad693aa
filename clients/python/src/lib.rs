//! The shared-memory half of the Python client: what a co-located process does without a call to
//! the node. Formats and orderings are those of `docs/segment-format.md` and
//! `docs/memory-ordering.md`.


#[pyo3::pymodule(gil_used = true)]
mod _native {}
