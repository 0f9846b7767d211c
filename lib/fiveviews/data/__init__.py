"""Image sets the models train on: procedural, official files, real models."""
