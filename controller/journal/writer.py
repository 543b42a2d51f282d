"""The one writer of the journal.

A row's hash covers the hash before it and every stored column, so a changed, missing or inserted
row is seen. Every append checks, within its own transaction, that nobody raised the epoch since:
a control that was stopped and continued after another took over can write nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from controller.clock import Clock
from controller.events import Event, Recorded, encode_event
from controller.file_identity import file_identity
from controller.journal.connection import connect, sqlite_errors, transaction
from controller.journal.hash_chain import chain_hash
from controller.journal.reader import JournalReader
from controller.journal.rows import Row
from controller.journal.schema import found_schema, make_tables
from experiments.errors import HomeInUse, Rejected


class Journal(JournalReader):
    """The one writer. Opening raises the epoch; an append returns when it is on the disk."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Open for writing, making the journal where there is none, and verify the chain."""
        self._path = path
        self._clock = clock
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        self._connection = connect(path, mode="rw")
        self._identity = file_identity(path)
        with sqlite_errors(path):
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            with transaction(self._connection):
                if not found_schema(self._connection, path):
                    make_tables(self._connection)
                self._last, self._chained = self.verify()
                self.epoch = self._raise_epoch()

    def append(
        self,
        campaign: str,
        events: Sequence[Event],
        *,
        accept: Callable[[Sequence[Recorded]], object] = lambda _: None,
    ) -> tuple[Recorded, ...]:
        """Store the events together and return them with their positions.

        ``accept`` sees them first: what it raises keeps an impossible event out of the journal,
        where it would stay for ever. Raises ``HomeInUse`` where another control took over,
        ``Transient`` where the disk refuses, ``Rejected`` where the home was moved or deleted;
        nothing is stored then.
        """
        if not events:
            return ()
        at = self._clock.now().isoformat(timespec="milliseconds")
        session_s = round(self._clock.elapsed_s(), 3)
        last, chained = self._last, self._chained
        rows: list[Row] = []
        for event in events:
            last += 1
            columns = (last, campaign, self.epoch, at, session_s, encode_event(event))
            chained = chain_hash(chained, columns)
            rows.append((*columns, chained))
        recorded = tuple(
            Recorded(row[0], campaign, self.epoch, at, session_s, event, row[6])
            for row, event in zip(rows, events, strict=True)
        )
        accept(recorded)
        self._check_place()
        with sqlite_errors(self._path), transaction(self._connection):
            self._check_holder()
            self._connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self._last, self._chained = last, chained
        return recorded

    def _check_place(self) -> None:
        """Refuse to go on writing into a file that nobody will find."""
        if self._identity is None or file_identity(self._path) != self._identity:
            raise Rejected(
                f"{self._path.parent} was moved or deleted while its campaign ran; nothing more is "
                "stored; put it back and give the same command"
            )

    def _check_holder(self) -> None:
        (epoch,) = self._connection.execute("SELECT epoch FROM holder").fetchone()
        if epoch != self.epoch:
            raise HomeInUse(
                f"another control took over {self._path.parent} (epoch {epoch}, ours was "
                f"{self.epoch}); this one writes no more",
                epoch=epoch,
            )

    def _raise_epoch(self) -> int:
        self._connection.execute("UPDATE holder SET epoch = epoch + 1")
        (epoch,) = self._connection.execute("SELECT epoch FROM holder").fetchone()
        return int(epoch)
