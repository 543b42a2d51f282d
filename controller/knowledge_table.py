"""Read a table of earlier results: CSV in, observations of a level out, every error with its line.

A row is a design of the campaign's space and at least one of the metrics that its objectives and
constraints name. A column is known by its full name (``positive.porosity``), by its last part where
that is unambiguous (``porosity``), or by ``columns`` in the campaign file. ``METRIC_sd`` is the
standard deviation of a value. Rows outside of the design space are left out, and counted.
"""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from experiments.campaign import Campaign, Constraint, Objective
from experiments.design import Design
from experiments.design_space import Categorical, Integer, Mixture, Parameter
from experiments.errors import Invalid
from experiments.job import new_job
from experiments.knowledge import Knowledge
from experiments.observation import Metric, Observation

MAX_ROWS: Final = 100_000
MAX_FILE_BYTES: Final = 50_000_000
SD: Final = "_sd"


@dataclass(frozen=True)
class ReadTable:
    """The results of a table."""

    name: str
    observations: tuple[Observation, ...]
    n_outside: int
    """Rows left out because their design is not one of this campaign's."""

    @property
    def words(self) -> str:
        """Say for a person what was taken in: ``line_2024: 37 results learned, …``."""
        outside = f", {self.n_outside} outside of the design space left out"
        return f"{self.name}: {len(self.observations)} results" + (
            outside if self.n_outside else ""
        )


def read_knowledge(campaign: Campaign, known: Knowledge) -> ReadTable:
    """Return the results of a campaign's table. Raises ``Invalid``."""
    path = Path(known.table)
    try:
        _refuse_large(path)
        with path.open(newline="", encoding="utf-8-sig") as file:
            return _read(campaign, known, csv.DictReader(file, strict=True))
    except OSError as error:
        raise Invalid(f"{path}: cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise Invalid(f"{path}: not a CSV file in UTF-8: {error}") from error


def table_sha256(path: Path) -> str:
    """Return the SHA-256 (hex) of a table's file, read in pieces. Raises ``Invalid``.

    A file that is too large to be read is refused before it is hashed.
    """
    try:
        _refuse_large(path)
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Invalid(f"{path}: cannot be read: {error.strerror or error}") from error


def _refuse_large(path: Path) -> None:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise Invalid(f"{path}: larger than {MAX_FILE_BYTES} bytes")


def _read(campaign: Campaign, known: Knowledge, rows: csv.DictReader[str]) -> ReadTable:
    columns = _columns(campaign, known, list(rows.fieldnames or ()))
    found: list[Observation] = []
    n_outside = 0
    for row in rows:
        if len(found) + n_outside == MAX_ROWS:
            raise Invalid(f"{known.table}: more than {MAX_ROWS} rows")
        if any((row[column] or "").strip() != value for column, value in known.where.items()):
            continue
        where = f"{known.table}, line {rows.line_num}"
        metrics = dict(_metrics(campaign, columns, row, where))
        if not metrics:
            continue
        design = _design(campaign, columns, row, where)
        if design is None:
            n_outside += 1
            continue
        job = new_job(
            campaign.name, design, known.name, campaign_seed=campaign.seed, replicate=rows.line_num
        )
        found.append(Observation(job=job, metrics=metrics))
    if not found:
        why = f"all {n_outside} rows lie outside of the design space" if n_outside else "no rows"
        raise Invalid(f"{known.table}: nothing to learn from: {why}")
    return ReadTable(known.name, tuple(found), n_outside)


def _columns(campaign: Campaign, known: Knowledge, header: list[str]) -> dict[str, str]:
    """Return our name → the table's column, of everything the table has."""
    names = [*campaign.design.names, *campaign.design.fixed]
    wanted = metric_names(campaign)
    keys = [*names, *wanted, *(name + SD for name in wanted)]
    for ours in known.columns:
        if ours not in keys:
            raise Invalid(
                f"{known.table}: columns: {ours!r} is not known; allowed: {', '.join(keys)}"
            )
    for column in (*known.columns.values(), *known.where):
        if column not in header:
            raise Invalid(f"{known.table}: no column {column!r}; it has: {', '.join(header)}")
    found: dict[str, str] = {}
    for key in keys:
        short = key.rpartition(".")[2]
        is_clear = sum(other.rpartition(".")[2] == short for other in names) == 1
        column = known.columns.get(key, key)
        if column not in header and is_clear:
            column = short
        if column in header:
            found[key] = column
    for key in campaign.design.names:
        if key not in found:
            raise Invalid(f"{known.table}: no column for {key}; it has: {', '.join(header)}")
    if not any(key in found for key in wanted):
        raise Invalid(f"{known.table}: no metric; one of these is needed: {', '.join(wanted)}")
    return found


def metric_names(campaign: Campaign) -> list[str]:
    """Return the metrics that a table may hold: those of objectives and constraints."""
    wishes: tuple[Objective | Constraint, ...] = (*campaign.objectives, *campaign.constraints)
    return list(dict.fromkeys(campaign.metric_key(wish) for wish in wishes))


def _metrics(
    campaign: Campaign, columns: Mapping[str, str], row: Mapping[str, str | None], where: str
) -> Iterator[tuple[str, Metric]]:
    for key in metric_names(campaign):
        if key in columns and (row[columns[key]] or "").strip():
            sd = None
            if key + SD in columns and (row[columns[key + SD]] or "").strip():
                sd = _number(row, columns[key + SD], where)
                if sd < 0:
                    raise Invalid(f"{where}: {columns[key + SD]} must be at least 0; found {sd:g}")
            yield key, Metric(value=_number(row, columns[key], where), noise_sd=sd)


def _design(
    campaign: Campaign, columns: Mapping[str, str], row: Mapping[str, str | None], where: str
) -> Design | None:
    """Return the row's design, or None where it is not one of the campaign's."""
    space = campaign.design
    for name, fixed in space.fixed.items():
        if name in columns:
            text = (row[columns[name]] or "").strip()
            if text != fixed and not _is_close(text, fixed):
                return None
    values: dict[str, float | int | str] = {}
    for parameter in space.parameters:
        names = parameter.names if isinstance(parameter, Mixture) else (parameter.name,)
        for name in names:
            value = _value(parameter, row, columns[name], where)
            if value is None:
                return None
            values[name] = value
    design = Design(values=values)
    return design if space.contains(design) else None


def _value(
    parameter: Parameter, row: Mapping[str, str | None], column: str, where: str
) -> float | int | str | None:
    """Return a parameter's value, or None where it is none of its choices."""
    if isinstance(parameter, Categorical):
        text = (row[column] or "").strip()
        is_it = {one: one == text or _is_close(text, one) for one in parameter.choices}
        return next((one for one in parameter.choices if is_it[one]), None)
    number = _number(row, column, where)
    if not isinstance(parameter, Integer):
        return number
    return round(number) if number == round(number) else None


def _number(row: Mapping[str, str | None], column: str, where: str) -> float:
    text = (row[column] or "").strip()
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise Invalid(f"{where}: {column} must be a number; found {text!r}")
    return value


def _is_close(text: str, value: float | str) -> bool:
    try:
        return not isinstance(value, str) and math.isclose(float(text), value, rel_tol=1e-9)
    except ValueError:
        return False
