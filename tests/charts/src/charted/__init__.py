"""The charts as tests and `make charts` see them: put together, rendered by a pinned Helm, read as objects."""
