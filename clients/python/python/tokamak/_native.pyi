"""The shared-memory half of the client, in Rust. Private: use :mod:`tokamak`."""
