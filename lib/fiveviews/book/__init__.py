"""The machinery that turns the notebooks into a book: execute, check, build."""
