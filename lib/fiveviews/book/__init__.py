"""The machinery that turns the notebooks into a book: execute, check, build."""

from fiveviews.book.record import record

__all__ = ["record"]
