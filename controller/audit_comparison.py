"""What a word from outside says of the journal: how far it agrees, and what it leaves open."""

from __future__ import annotations

from pathlib import Path

from controller.audit import audit_lines
from controller.audit_anchor import VARIABLE, AnchorFile, read_anchors
from controller.audit_trail import SILENT
from controller.journal import Anchor, JournalReader
from controller.journal.rows import kind_of_row, recorded
from experiments.errors import Rejected
from experiments.frozen import Frozen


class Comparison(Frozen):
    """One word from outside beside the journal, which agrees with all of it."""

    where: str
    n_anchors: int
    position: int
    """Of the last anchor; 0: there is none, and nothing agrees with anything."""
    n_uncovered: int
    """Decisions behind it: they could be changed, and this would not tell."""
    torn: tuple[int, ...] = ()
    """Lines of which a part was written."""
    doubt: str | None = None
    """Why it proves less than it seems to."""

    @property
    def words(self) -> str:
        """Return it for a person."""
        left = f"{self.n_uncovered} decision{'' if self.n_uncovered == 1 else 's'}"
        if self.n_anchors:
            said = f"agrees with {self.n_anchors} anchor{'' if self.n_anchors == 1 else 's'} in "
            said += f"{self.where}; the last anchor is at position {self.position}; {left} after it"
        else:
            said = (
                f"no anchor in {self.where}: nothing was decided since it was named, or it was "
                f"emptied or taken away; {left}"
            )
        said += f" {'is' if self.n_uncovered == 1 else 'are'} covered by none"
        if self.torn:
            said += f"; torn, and passed over: line {', '.join(map(str, self.torn))}"
        return f"{said}; {self.doubt}" if self.doubt else said


def compared_with_file(journal: JournalReader, file: AnchorFile, home: Path) -> Comparison:
    """Compare every anchor of a file. Raises ``Rejected`` for the first that is not held."""
    found = read_anchors(file.path) if file.path.exists() else None
    last = Anchor()
    for number, anchor in found.anchors if found else ():
        check_anchor(journal, anchor, f"{file.path}, line {number}")
        last = max(last, anchor, key=lambda one: one.position)
    doubt = None
    if file.path.resolve().is_relative_to(home.resolve()):
        doubt = "this file lies in the home, and proves nothing"
    elif file.is_of_home:
        doubt = (
            "that it is this file is the home's own word, and whoever can write the home can name "
            f"another: {VARIABLE} or --anchors names it from outside"
        )
    return Comparison(
        where=str(file.path),
        n_anchors=len(found.anchors) if found else 0,
        position=last.position,
        n_uncovered=n_decisions(journal, last),
        torn=found.torn if found else (),
        doubt=doubt,
    )


def compared_with_run(
    journal: JournalReader, anchor: Anchor | None, campaign: str, *, lies_in_home: bool
) -> Comparison:
    """Compare the anchor of a campaign's MLflow run. Raises ``Rejected`` where it is not held."""
    if anchor is not None:
        check_anchor(journal, anchor, "the MLflow run")
    return Comparison(
        where="the MLflow run",
        n_anchors=int(anchor is not None),
        position=0 if anchor is None else anchor.position,
        n_uncovered=n_decisions(journal, anchor or Anchor(), campaign),
        doubt="this store lies in the home, and proves nothing"
        if lies_in_home
        else "whoever may write that store can change a run's tags",
    )


def check_anchor(journal: JournalReader, anchor: Anchor, where: str) -> None:
    """Raise ``Rejected`` where the journal is not the one that an anchor was taken of."""
    if not journal.holds(anchor):
        raise Rejected(
            f"the journal was changed at or before position {anchor.position}: {where} says that "
            f"the chain stood at {anchor.hash} there",
            position=anchor.position,
        )


def n_decisions(journal: JournalReader, after: Anchor, campaign: str | None = None) -> int:
    """Return how many decisions, of a campaign or of all, stand behind a place of the journal."""
    return sum(
        sum(1 for _ in audit_lines([recorded(row)]))
        for row in journal.checked_rows(after)
        if kind_of_row(row) not in SILENT and campaign in (None, row.campaign)
    )
