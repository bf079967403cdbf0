"""A declarative language for network architectures, and its compiler."""

__version__ = "0.1.0"
