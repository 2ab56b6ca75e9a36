"""Bytes to `InferenceRequest` and back, one file per protocol; no I/O."""
