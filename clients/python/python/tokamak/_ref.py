"""What a put returns. Refs are pickled as this module's."""

from tokamak._native import Ref

__all__ = ["Ref"]
