"""The journal: an append-only, hash-chained event log in SQLite with one writer.

Table of contents; what each part is for stands at its head.
"""

from controller.journal.connection import check_sqlite
from controller.journal.hash_chain import Anchor
from controller.journal.reader import JournalReader
from controller.journal.writer import Journal

__all__ = ["Anchor", "Journal", "JournalReader", "check_sqlite"]
