"""What starts: the API, the worker, the command line."""

__version__ = "0.1.0.dev0"
