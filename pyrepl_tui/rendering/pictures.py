"""Pictures as text: each cell shows four pixels, in two colours."""

from __future__ import annotations

import functools
import io
from pathlib import Path
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


_SHAPES = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
"""The block characters; bits of the index: upper left, upper right, lower left, lower right."""

_Colour = tuple[int, int, int]
_BLACK = (0, 0, 0)


_FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.fonts",
    "~/.local/share/fonts",
    "/Library/Fonts",
    "/System/Library/Fonts",
)
_FONTS = (
    ("DejaVuSans", "DejaVu Sans"),
    ("LiberationSans-Regular", "Liberation Sans"),
    ("NotoSans-Regular", "Noto Sans"),
    ("Ubuntu-R", "Ubuntu"),
    ("Helvetica", "Helvetica"),
    ("Arial", "Arial"),
)


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
        font = _plain_font()
        drawn = resvg_py.svg_to_bytes(
            svg_string=text, background="#ffffff", zoom=2, font_family=font, sans_serif_family=font
        )
        return bytes(drawn)
    except ValueError as error:
        raise NotAPictureError(f"it cannot be drawn: {error}") from None


@functools.cache
def _plain_font() -> str | None:
    """A font this machine has, for letters whose own font it lacks; None: it has none we know."""
    folders = [Path(place).expanduser() for place in _FONT_FOLDERS]
    files = {path.stem for folder in folders for path in folder.rglob("*.tt[fc]")}
    return next((name for stem, name in _FONTS if stem in files), None)


def cells_of(
    size: tuple[int, int], width: int, height: int, *, grow: bool = False
) -> tuple[int, int]:
    """Columns and rows that a picture takes.

    Args:
        size: its pixels, across and down.
        width: columns there are.
        height: rows there are.
        grow: whether a picture fills them, though it has few pixels.
    """
    across, down = max(1, size[0]), max(1, size[1])
    columns = across if across <= _SMALL else max(_SMALL, across // _PIXELS_PER_CELL)
    columns = max(1, min(width if grow else columns, width, 2 * height * across // down))
    return columns, max(1, min(height, round(columns * down / across / 2)))


def picture_lines(picture: Image, columns: int, rows: int) -> str:
    """A picture as lines of block characters, with escape sequences for their colours."""
    import PIL.Image
    import PIL.ImageFilter

    size = (columns * 2, rows * 2)
    small = picture.resize(size, PIL.Image.Resampling.LANCZOS, reducing_gap=3.0)
    if picture.width > 2 * size[0]:  # thin lines and letters would fade away
        small = small.filter(PIL.ImageFilter.UnsharpMask(radius=1, percent=70, threshold=0))
    data = small.tobytes()
    stride = columns * 6
    starts = range(0, rows * 2 * stride, 2 * stride)
    return "\n".join(
        _row(data[top : top + stride], data[top + stride : top + 2 * stride]) for top in starts
    )


def _row(upper: bytes, lower: bytes) -> str:
    parts = []
    before = None
    for at in range(0, len(upper), 6):
        quarters = (upper[at : at + 3], upper[at + 3 : at + 6], lower[at : at + 3],
                    lower[at + 3 : at + 6])  # fmt: skip
        shape, ink, paper = _cell(quarters)
        if (ink, paper) != before:
            parts.append(f"\x1b[38;2;{_code(ink)};48;2;{_code(paper)}m")
            before = ink, paper
        parts.append(_SHAPES[shape])
    return "".join(parts) + "\x1b[0m"


def _cell(quarters: tuple[bytes, bytes, bytes, bytes]) -> tuple[int, _Colour, _Colour]:
    """Which quarters of a cell are darker than the others, and the colours of both."""
    first = quarters[0]
    if first == quarters[1] == quarters[2] == quarters[3]:
        return 0, _BLACK, (first[0], first[1], first[2])
    lights = [3 * red + 6 * green + blue for red, green, blue in quarters]
    middle = (min(lights) + max(lights)) / 2
    dark = [quarter for quarter, light in zip(quarters, lights, strict=True) if light <= middle]
    bright = [quarter for quarter, light in zip(quarters, lights, strict=True) if light > middle]
    if not bright:
        return 0, _BLACK, _mean(dark)
    shape = sum(1 << bit for bit, light in enumerate(lights) if light <= middle)
    return shape, _mean(dark), _mean(bright)


def _code(colour: _Colour) -> str:
    return f"{colour[0]};{colour[1]};{colour[2]}"


def _mean(pixels: list[bytes]) -> _Colour:
    count = len(pixels)
    red, green, blue = (sum(channel) // count for channel in zip(*pixels, strict=True))
    return red, green, blue
