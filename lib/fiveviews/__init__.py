"""Five Views: renderers and models for learning 3D shape from 2D images."""
