"""What a reader may lack."""

from __future__ import annotations

from tokamak.errors import DecodeError


def not_installed(library: str, failure: ImportError) -> DecodeError:
    """For an object that needs a library to become a value."""
    return DecodeError(
        f"the object needs {library}: {failure}",
        remedy=f"install {library}, or read its bytes with get_buffer",
    )
