"""Files that are not on a disk."""

from .file_client import ObjectStore, PetrelBackend, is_url

__all__ = ["ObjectStore", "PetrelBackend", "is_url"]
