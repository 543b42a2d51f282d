"""The one writer of the journal.

A row's hash covers the hash before it and every stored column, so a changed, missing or inserted
row is seen. Every append checks, within its own transaction, that nobody raised the epoch since:
a control that was stopped and continued after another took over can write nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC
from importlib.metadata import version
from pathlib import Path

from controller.clock import Clock
from controller.events import Event, Recorded, encode_event
from controller.failpoint import pass_failpoint
from controller.file_identity import file_identity
from controller.journal.connection import connect, sqlite_errors, transaction
from controller.journal.copy import INSERT
from controller.journal.hash_chain import Anchor, Row, chain_hash
from controller.journal.head import HeadWriter, refuse_lost
from controller.journal.migrations import SCHEMA, migrate
from controller.journal.reader import JournalReader
from controller.journal.schema import found_schema
from controller.journal.upcasts import BODY_VERSION
from experiments.errors import HomeInUse, Rejected


class Journal(JournalReader):
    """The one writer. Opening raises the epoch; an append returns when it is on the disk."""

    def __init__(self, path: Path, clock: Clock, *, trusted: Anchor | None = None) -> None:
        """Open for writing and verify the chain, from ``trusted`` on where the journal holds that.

        A journal is made where there is none, and one of an older schema is migrated.
        """
        self._path = path
        self._clock = clock
        if not path.exists():
            refuse_lost(path)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        self._connection = connect(path, mode="rw")
        self._identity = file_identity(path)
        try:
            with sqlite_errors(path):
                found = found_schema(self._connection, path)
                if not found:
                    refuse_lost(path)
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = FULL")
                with transaction(self._connection):
                    self._schema = found
                    self._tip = self.verify(trusted) if found else Anchor()
                    migrate(
                        self._connection,
                        found,
                        tip=self._tip,
                        at=self._now(),
                        program=version("cellwright"),
                    )
                    self._schema = SCHEMA
                    self.epoch = self._raise_epoch()
        except BaseException:
            self._connection.close()
            raise
        self._head = HeadWriter(path)
        self._head.write(self._tip)

    @property
    def tip(self) -> Anchor:
        """Return the end of the chain."""
        return self._tip

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
        ``DiskFull`` and ``Transient`` where the disk refuses, ``Rejected`` where the home was moved
        or deleted; nothing is stored then.
        """
        if not events:
            return ()
        at, session_s = self._now(), round(self._clock.elapsed_s(), 3)
        tip = self._tip
        rows: list[Row] = []
        for event in events:
            row = Row(
                tip.position + 1,
                campaign,
                self.epoch,
                at,
                session_s,
                BODY_VERSION,
                encode_event(event),
                "",
            )
            row = row._replace(hash=chain_hash(tip.hash, row))
            tip = Anchor(row.position, row.hash)
            rows.append(row)
        recorded = tuple(
            Recorded(row.position, campaign, self.epoch, at, session_s, event, row.hash)
            for row, event in zip(rows, events, strict=True)
        )
        accept(recorded)
        self._store(rows, tip)
        return recorded

    def adopt(self, rows: Sequence[Row], imported: Event) -> None:
        """Store rows of another journal's campaign, and an event of ours behind them, together.

        Their epochs, times and bodies stay; positions and hashes are of this journal. The epoch
        rises above theirs, so that theirs and ours cannot be taken for one session.
        """
        tip = self._tip
        placed: list[Row] = []
        epoch = max(self.epoch, *(row.epoch + 1 for row in rows))
        at, session_s = self._now(), round(self._clock.elapsed_s(), 3)
        body = encode_event(imported)
        last = Row(0, rows[0].campaign, epoch, at, session_s, BODY_VERSION, body, "")
        for row in (*rows, last):
            moved = row._replace(position=tip.position + 1)
            moved = moved._replace(hash=chain_hash(tip.hash, moved))
            tip = Anchor(moved.position, moved.hash)
            placed.append(moved)
        with sqlite_errors(self._path), transaction(self._connection):
            self._check_holder()
            self._connection.execute("UPDATE holder SET epoch = ?", (epoch,))
        self.epoch = epoch
        self._store(placed, tip)

    def close(self) -> None:
        """Close the connection and the head."""
        super().close()
        self._head.close()

    def _store(self, rows: Sequence[Row], tip: Anchor) -> None:
        """Commit rows that follow the tip, and only then say so in the head."""
        self._check_place()
        pass_failpoint("journal before commit")
        with sqlite_errors(self._path), transaction(self._connection):
            self._check_holder()
            self._connection.executemany(INSERT, rows)
        pass_failpoint("journal after commit")
        self._tip = tip
        self._head.write(tip)

    def _now(self) -> str:
        return self._clock.now().astimezone(UTC).isoformat(timespec="milliseconds")

    def _check_place(self) -> None:
        """Refuse to go on writing into a file that nobody will find."""
        if self._identity is None or file_identity(self._path) != self._identity:
            raise Rejected(
                f"{self._path.parent} was moved or deleted while its campaign ran; nothing more is "
                "stored; put it back and give the same command"
            )

    def _check_holder(self) -> None:
        epoch = self.latest_epoch()
        if epoch != self.epoch:
            raise HomeInUse(
                f"another control took over {self._path.parent} (epoch {epoch}, ours was "
                f"{self.epoch}); this one writes no more",
                epoch=epoch,
            )

    def _raise_epoch(self) -> int:
        self._connection.execute("UPDATE holder SET epoch = epoch + 1")
        return self.latest_epoch()
