"""One module per chapter: networks, loss, presets, evaluation."""
