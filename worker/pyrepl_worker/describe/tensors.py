"""Tensors of torch, read through its compiled parts, below all that can be overridden.

Only exactly `torch.Tensor` and `torch.nn.Parameter` are read: of other subclasses torch would ask
Python code. Function modes are switched off meanwhile; while a dispatch mode is on, which is Python
code too, values are not read. Values are seen where they lie, never copied from another device.
"""

from __future__ import annotations

from typing import Any

from .static import MISSING, loaded, mro, own_entry

_MOST_CONVERTED = 1 << 20
"""Elements of types unknown to numpy that are converted."""


def is_tensor(value: object) -> bool:
    """Whether a value is exactly one of torch's own tensors."""
    kind = type(value)
    return kind is loaded("torch._tensor", "Tensor") or kind is loaded(
        "torch.nn.parameter", "Parameter"
    )


def read(value: Any, name: str) -> Any:
    """What a compiled attribute of a tensor tells; of a method, the method's result."""
    off = loaded("torch._C", "DisableTorchFunction")
    for cls in mro(type(value)):
        entry = own_entry(cls, name)
        if entry is not MISSING:
            with off():
                return entry.__get__(value) if hasattr(type(entry), "__set__") else entry(value)
    raise AttributeError(name)


def shape_of(value: Any) -> tuple[int, ...]:
    """Lengths of the dimensions."""
    return tuple(map(int, read(value, "shape")))


def nbytes_of(value: Any) -> int:
    """Bytes of the elements, as if each had a place of its own."""
    return int(read(value, "numel") * read(value, "element_size"))


def dtype_of(value: Any) -> str:
    """The type of its elements, as torch calls it, without ``torch.``."""
    return str(read(value, "dtype")).removeprefix("torch.")


def facts_of(value: Any) -> list[list[str]]:
    """What there is to say about a tensor, apart from its values."""
    facts = [
        ["dtype", dtype_of(value)],
        ["shape", str(shape_of(value))],
        ["device", str(read(value, "device"))],
    ]
    if _is_strided(value):
        facts.append(["strides", str(tuple(read(value, "stride")))])
    else:
        facts.append(["layout", str(read(value, "layout"))])
    facts.append(["requires grad", "yes" if read(value, "requires_grad") else "no"])
    made_by = read(value, "grad_fn")
    if made_by is not None:
        facts.append(["made by", type(made_by).__name__])
    if array_in(value) is None:
        facts.append(["values", "cannot be looked at where they are; ask for its repr"])
    return facts


def summary_of(value: Any, name: str) -> str:
    """One line about it."""
    dimensions = "×".join(map(str, shape_of(value)))
    if not dimensions:
        held = shown_in(value, 0, 0)
        dimensions = "scalar" if held is None else repr(held.item())
    device = str(read(value, "device"))
    where = "" if device == "cpu" else f" {device}"
    return f"{name} {dimensions} {dtype_of(value)}{where}"


def array_in(value: Any) -> Any:
    """The numpy array over a tensor's own memory; None where there is none.

    Types that numpy does not know are seen as integers of their size.
    """
    if not _is_readable(value):
        return None
    plain = _plain(value)
    try:
        return read(plain, "numpy")
    except TypeError:
        pass  # numpy has no such type
    as_integers = _INTEGERS.get(int(read(value, "element_size")), "")
    try:
        method = own_entry(loaded("torch._C", "TensorBase"), "view")
        with loaded("torch._C", "DisableTorchFunction")():
            return read(method(plain, loaded("torch", as_integers)), "numpy")
    except (TypeError, RuntimeError):
        return None


def meant(value: Any, numbers: Any) -> Any:
    """Elements as `array_in` gives them, as the numbers that they mean in this tensor."""
    if numbers.dtype.kind != "i" or not read(value, "is_floating_point"):
        return numbers
    base = loaded("torch._C", "TensorBase")
    with loaded("torch._C", "DisableTorchFunction")():
        seen = loaded("torch", "from_numpy")(numbers.copy())
        return read(read(own_entry(base, "view")(seen, read(value, "dtype")), "float"), "numpy")


_INTEGERS = {1: "int8", 2: "int16", 4: "int32", 8: "int64"}


def shown_in(value: Any, start: int, stop: int) -> Any:
    """Rows of a tensor as a numpy array of the numbers they mean; None where there is none."""
    if not _is_readable(value):
        return None
    part = _plain(value)
    with loaded("torch._C", "DisableTorchFunction")():
        if shape_of(value):
            part = own_entry(loaded("torch._C", "TensorBase"), "__getitem__")(
                part, slice(start, stop)
            )
    try:
        return read(part, "numpy")
    except TypeError:
        if read(part, "numel") > _MOST_CONVERTED:
            return None
        return read(read(part, "float"), "numpy")


def item_at(value: Any, at: int) -> Any:
    """One row of a tensor, as a tensor over the same memory; MISSING if there is none."""
    lengths = shape_of(value)
    if not lengths or not -lengths[0] <= at < lengths[0] or not _is_readable(value):
        return MISSING
    with loaded("torch._C", "DisableTorchFunction")():
        return own_entry(loaded("torch._C", "TensorBase"), "__getitem__")(_plain(value), at)


def _plain(value: Any) -> Any:
    """The same memory without a history of gradients."""
    return read(value, "detach")


def _is_strided(value: Any) -> bool:
    return read(value, "layout") is loaded("torch", "strided")


def _is_readable(value: Any) -> bool:
    """Whether the values are in this process's memory, and seeing them asks nobody."""
    dispatching = loaded("torch._C", "_len_torch_dispatch_stack")
    return (
        _is_strided(value)
        and bool(read(value, "is_cpu"))
        and not read(value, "is_conj")
        and not read(value, "is_neg")
        and (dispatching is MISSING or dispatching() == 0)
    )
