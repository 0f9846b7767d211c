"""Figures: one function per kind of figure."""
