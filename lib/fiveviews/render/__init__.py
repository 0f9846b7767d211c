"""Renderers: functions of tensors, shape and camera in, image out."""
