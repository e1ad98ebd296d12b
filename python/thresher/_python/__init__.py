"""The Python engine: split, reject, run. The reference that the native engine must equal byte for byte."""
