"""The databases of the suite."""

from tests.databases import database, database_url, quick_folder, sqlite

__all__ = ["database", "database_url", "quick_folder", "sqlite"]
