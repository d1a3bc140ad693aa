"""Tokamak: immutable objects in shared memory."""
