"""The shapes that user code may have, one small file each."""
