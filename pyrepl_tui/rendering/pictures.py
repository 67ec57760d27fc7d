"""Pictures as text: each cell shows two pixels, one above the other."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml")
"""MIME types that `open_picture` reads, best first."""
ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/svg+xml": ".svg",
}

_MOST_PIXELS = 64_000_000
_PIXELS_PER_CELL = 7
"""Pixels of a picture that share a cell's width, where there is room."""
_SMALL = 48
"""Pixels of width up to which a picture gets a cell for each."""


class NotAPictureError(Exception):
    """These bytes cannot be shown: the message says why."""


def open_picture(mime: str, content: str | bytes) -> Image:
    """Decode a picture; what is transparent becomes white.

    Raises:
        NotAPictureError: if it is damaged, too large, or of a type that cannot be read here.
    """
    import PIL.Image

    data = _rasterized(content) if mime == "image/svg+xml" else content
    if isinstance(data, str):
        raise NotAPictureError("the picture's bytes are text")
    try:
        picture = PIL.Image.open(io.BytesIO(data))
        if picture.width * picture.height > _MOST_PIXELS:
            raise NotAPictureError(f"it has {picture.width} × {picture.height} pixels")
        whole = picture.convert("RGBA")
    except NotAPictureError:
        raise
    except Exception as error:  # decoders raise whatever damaged bytes lead them to
        raise NotAPictureError(f"it cannot be decoded: {error}") from None
    paper = PIL.Image.new("RGBA", whole.size, "white")
    return PIL.Image.alpha_composite(paper, whole).convert("RGB")


def _rasterized(content: str | bytes) -> bytes:
    try:
        import resvg_py
    except ImportError:
        raise NotAPictureError("resvg-py, which draws SVG, is not installed") from None
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
    try:
        return bytes(resvg_py.svg_to_bytes(svg_string=text, background="#ffffff", zoom=2))
    except ValueError as error:
        raise NotAPictureError(f"it cannot be drawn: {error}") from None


def cells_of(size: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """Columns and rows that a picture takes.

    Args:
        size: its pixels, across and down.
        width: columns there are.
        height: rows there are.
    """
    across, down = max(1, size[0]), max(1, size[1])
    columns = across if across <= _SMALL else max(_SMALL, across // _PIXELS_PER_CELL)
    columns = max(1, min(columns, width, 2 * height * across // down))
    return columns, max(1, min(height, round(columns * down / across / 2)))


def picture_lines(picture: Image, columns: int, rows: int) -> str:
    """A picture as lines of half-blocks, with escape sequences for their colours."""
    import PIL.Image

    small = picture.resize((columns, rows * 2), PIL.Image.Resampling.LANCZOS, reducing_gap=3.0)
    data = small.tobytes()
    stride = columns * 3
    lines = []
    for row in range(rows):
        top = row * 2 * stride
        lines.append(_row(data[top : top + stride], data[top + stride : top + 2 * stride]))
    return "\n".join(lines)


def _row(upper: bytes, lower: bytes) -> str:
    parts = []
    before = b""
    for at in range(0, len(upper), 3):
        pair = upper[at : at + 3] + lower[at : at + 3]
        if pair != before:
            r, g, b, under_r, under_g, under_b = pair
            parts.append(f"\x1b[38;2;{r};{g};{b};48;2;{under_r};{under_g};{under_b}m")
            before = pair
        parts.append("▀")
    return "".join(parts) + "\x1b[0m"
