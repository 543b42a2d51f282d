"""PNG files from arrays with the standard library alone, small enough to lie inside a page."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PALETTE = 3
_COLOUR_TYPE = {1: 0, 3: 2, 4: 6}


def encode_rgb(image: NDArray[np.uint8]) -> bytes:
    """Return the PNG of a ``height x width x channels`` image (1, 3 or 4 channels)."""
    height, width, channels = image.shape
    rows = image.astype(np.int16).reshape(height, width * channels)
    filtered = np.empty((height, width * channels + 1), dtype=np.uint8)
    filtered[:, 0] = 2  # each row minus the one above: half the size on smooth pictures
    filtered[:, 1:] = np.diff(rows, axis=0, prepend=0).astype(np.uint8)
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPE[channels], 0, 0, 0)
    return _SIGNATURE + _chunk(b"IHDR", header) + _body(filtered.tobytes())


def encode_palette(labels: NDArray[np.uint8], palette: NDArray[np.uint8]) -> bytes:
    """Return the PNG of a ``height x width`` label image under an ``n x 3`` palette."""
    height, width = labels.shape
    rows = np.zeros((height, width + 1), dtype=np.uint8)
    rows[:, 1:] = labels
    header = struct.pack(">IIBBBBB", width, height, 8, _PALETTE, 0, 0, 0)
    colours = _chunk(b"PLTE", palette.astype(np.uint8).tobytes())
    return _SIGNATURE + _chunk(b"IHDR", header) + colours + _body(rows.tobytes())


def data_uri(png: bytes) -> str:
    """Return the PNG as a ``data:`` address."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _body(raw: bytes) -> bytes:
    return _chunk(b"IDAT", zlib.compress(raw, 6)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
