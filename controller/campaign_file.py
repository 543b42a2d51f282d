"""Read a campaign file: YAML in, a validated ``Campaign`` out, every error with file and line."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final

from controller.complaint import hint, strict, unknown_key
from controller.contradictions import refuse_contradictions
from controller.design_section import baseline_design, read_design_space
from controller.knowledge_table import ReadTable, read_knowledge, table_sha256
from controller.yaml_lines import YamlDocument, parse_yaml
from experiments.baseline import ImageBaseline
from experiments.build_fidelity import LABORATORY_FORMATS, BuildFidelity
from experiments.campaign import Campaign
from experiments.cell_spec import CellSpec
from experiments.errors import Invalid
from experiments.image_hash import image_sha256
from experiments.knowledge import Knowledge, with_knowledge
from experiments.metrics import METRICS

MAX_FILE_BYTES: Final = 1_000_000
_IMAGE_KEYS: Final = ("image", "voxel_size_um", "thickness_um", "labels", "particle_d50_um")


@dataclass(frozen=True)
class LoadedCampaign:
    """A campaign and the file it came from."""

    campaign: Campaign
    source: str
    text: str
    knowledge: tuple[ReadTable, ...] = ()
    """Results of earlier campaigns and tables that the file names."""


def built_in_campaigns() -> list[str]:
    """Return the names of the campaigns that come with the program."""
    folder = resources.files("experiments") / "campaigns"
    return sorted(
        item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml")
    )


def load_campaign(path_or_name: str | Path) -> LoadedCampaign:
    """Return the campaign of a file, or a built-in one by name.

    Raises ``Invalid``: one line that names file, line, key, what was found and what is allowed.
    """
    path = Path(path_or_name)
    if _is_file(path):
        if path.stat().st_size > MAX_FILE_BYTES:
            raise Invalid(f"{path}: larger than {MAX_FILE_BYTES} bytes; is this a campaign file?")
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Invalid(f"{path}: cannot be read as text: {error}") from error
        campaign = parse_campaign(text, str(path), path.absolute().parent)
        tables = tuple(read_knowledge(campaign, known) for known in campaign.knowledge)
        return LoadedCampaign(campaign, str(path), text, tables)
    name = str(path_or_name)
    if name in built_in_campaigns():
        text = (resources.files("experiments") / "campaigns" / f"{name}.yaml").read_text("utf-8")
        source = f"{name}.yaml"
        return LoadedCampaign(parse_campaign(text, source, Path.cwd()), source, text)
    raise Invalid(
        f"{name}: no such file, and not a built-in campaign ({', '.join(built_in_campaigns())})"
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:
        shown = reprlib.repr(str(path))
        raise Invalid(f"{shown}: cannot be read: {error.strerror}") from error


def parse_campaign(text: str, source: str, folder: Path) -> Campaign:
    """Validate a campaign's text; relative image paths start at ``folder``. Raises ``Invalid``."""
    document = parse_yaml(text, source)
    top = document.value
    if not isinstance(top, dict):
        raise document.error((), "a campaign is a mapping with name, design, objectives, …")
    _refuse_unknown(document, (), top, list(Campaign.model_fields))
    for key in ("name", "design", "objectives", "fidelities", "target", "budget"):
        if key not in top:
            raise document.error((), f"the key {key!r} is missing")
    space = read_design_space(document)
    plain: dict[str, Any] = {**top, "design": space.model_dump(mode="json")}
    plain["objectives"] = [
        _objective(document, ("objectives", i), item)
        for i, item in enumerate(_list(document, "objectives"))
    ]
    for i, item in enumerate(_list(document, "fidelities")):
        if isinstance(item, dict) and "kind" in item:
            _build_level(document, ("fidelities", i), item)
    for i, item in enumerate(_list(document, "constraints")):
        if isinstance(item, dict):
            _known_metric(document, ("constraints", i, "metric"), item.get("metric"))
    for part in ("generator", "decider"):
        plain |= {part: _part(plain[part])} if part in plain else {}
    if isinstance(top.get("cell"), dict):
        plain["cell"] = _cell(document, folder)
    if "baseline" in top:
        plain["baseline"] = _baseline(document, space, folder)
    plain["knowledge"] = [
        _knowledge(document, ("knowledge", i), item, folder)
        for i, item in enumerate(_list(document, "knowledge"))
    ]
    campaign = strict(document, Campaign, plain)
    refuse_contradictions(document, campaign)
    try:
        return with_knowledge(campaign)
    except ValueError as error:
        raise document.error(("knowledge",), str(error)) from error


def _part(given: Any) -> Any:
    """Return name and options of a part; a model alone means the learned generator."""
    if isinstance(given, str):
        return {"name": given}
    if isinstance(given, dict) and "model" in given and "name" not in given:
        return {"name": "learned", "options": given}
    return given


def _list(document: YamlDocument, key: str) -> list[Any]:
    value = document.value.get(key, [])
    if not isinstance(value, list):
        raise document.error((key,), f"must be a list; found {value!r}")
    return value


def _objective(document: YamlDocument, path: tuple[str | int, ...], item: Any) -> dict[str, Any]:
    """Turn ``maximize: METRIC`` into metric and sense."""
    if not isinstance(item, dict):
        raise document.error(path, f"must be a mapping; found {item!r}")
    allowed = ["name", "maximize", "minimize", "at_power_W", "reference"]
    _refuse_unknown(document, path, item, allowed)
    senses = [sense for sense in ("maximize", "minimize") if sense in item]
    if len(senses) != 1:
        raise document.error(path, "needs exactly one of maximize and minimize, with a metric")
    metric = item[senses[0]]
    _known_metric(document, (*path, senses[0]), metric)
    if METRICS[metric].needs_power and "at_power_W" not in item:
        raise document.error(path, f"{metric} needs at_power_W (watts of the whole cell)")
    rest = {key: value for key, value in item.items() if key not in ("maximize", "minimize")}
    return {"name": metric, **rest, "metric": metric, "sense": senses[0]}


def _build_level(document: YamlDocument, path: tuple[str | int, ...], item: dict[str, Any]) -> None:
    """Refuse a level that has a kind and is not a whole build level."""
    if item["kind"] != "build":
        raise document.error((*path, "kind"), f"must be 'build'; found {item['kind']!r}")
    level = strict(document, BuildFidelity, item, at=path)
    if level.format not in LABORATORY_FORMATS:
        allowed = ", ".join(LABORATORY_FORMATS)
        raise document.error(
            (*path, "format"), f"{level.format!r} is not built; allowed: {allowed}"
        )


def _knowledge(
    document: YamlDocument, path: tuple[str | int, ...], item: Any, folder: Path
) -> dict[str, Any]:
    """Return a table of earlier results, found from ``folder`` on, and hashed."""
    if not isinstance(item, dict):
        raise document.error(path, f"must be a mapping; found {item!r}")
    allowed = [name for name in Knowledge.model_fields if name != "table_sha256"]
    _refuse_unknown(document, path, item, allowed)
    if not isinstance(item.get("table"), str):
        raise document.error((*path, "table"), f"must name a CSV file; found {item.get('table')!r}")
    file = folder / Path(item["table"]).expanduser()
    if not _is_file(file):
        raise document.error((*path, "table"), f"no such file: {file}")
    try:
        sha256 = table_sha256(file)
    except Invalid as error:
        raise document.error((*path, "table"), error.message) from error
    return {**item, "table": str(file), "table_sha256": sha256}


def _known_metric(document: YamlDocument, path: tuple[str | int, ...], metric: Any) -> None:
    if not isinstance(metric, str) or metric not in METRICS:
        near, allowed = hint(metric, METRICS), ", ".join(METRICS)
        raise document.error(path, f"{metric!r} is not a metric{near}; allowed: {allowed}")


def _cell(document: YamlDocument, folder: Path) -> dict[str, Any]:
    """Return the cell with a BPX file found, from ``folder`` on, and hashed."""
    item: dict[str, Any] = document.value["cell"]
    allowed = [name for name in CellSpec.model_fields if name != "parameter_set_sha256"]
    _refuse_unknown(document, ("cell",), item, allowed)
    name = item.get("parameter_set")
    if not isinstance(name, str) or not name.endswith(".json"):
        return item
    here, file = ("cell", "parameter_set"), folder / Path(name).expanduser()
    if not _is_file(file):
        raise document.error(here, f"no such BPX file: {file}")
    try:
        sha256 = image_sha256(file)
    except OSError as error:
        raise document.error(here, f"{file} cannot be read: {error.strerror or error}") from error
    return {**item, "parameter_set": str(file), "parameter_set_sha256": sha256}


def _baseline(document: YamlDocument, space: Any, folder: Path) -> dict[str, Any]:
    """Return today's electrode as the model wants it: an image, or a design."""
    item = document.value["baseline"]
    if not isinstance(item, dict):
        raise document.error(("baseline",), f"must be a mapping; found {item!r}")
    if "image" not in item:
        return {"design": baseline_design(document, space).model_dump(mode="json")}
    _refuse_unknown(document, ("baseline",), item, list(_IMAGE_KEYS))
    here = ("baseline", "image")
    image = str(folder / Path(str(item["image"])).expanduser())
    if not Path(image.partition(":/")[0]).exists():
        raise document.error(here, f"no such file: {image}")
    try:
        sha256 = image_sha256(image)
    except OSError as error:
        raise document.error(here, f"{image} cannot be read: {error.strerror or error}") from error
    found = {**item, "image": image, "image_sha256": sha256}
    return strict(document, ImageBaseline, found, at=("baseline",)).model_dump(mode="json")


def _refuse_unknown(
    document: YamlDocument, path: tuple[str | int, ...], item: dict[str, Any], allowed: list[str]
) -> None:
    for key in item:
        if key not in allowed:
            raise document.error((*path, key), unknown_key(key, allowed))
