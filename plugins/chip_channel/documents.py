"""YAML documents that people write: read into a model, with errors that name file and line."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader, in C where libyaml is there: ten times as fast."""


class DocumentError(ValueError):
    """A document is wrong; the message names the file, the line and what was expected."""


def read(path: Path, model: type[M]) -> M:
    """Read a YAML file into a model.

    Raises DocumentError with the file, the line and what was expected.
    """
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=LOADER)
        _no_key_twice(path, node)
        return model.model_validate(yaml.load(text, Loader=LOADER))  # noqa: S506 - the safe one
    except UnicodeDecodeError as error:
        raise DocumentError(f"{path}:1: not text in UTF-8: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise DocumentError(
            f"{path}:{mark.line + 1 if mark else 1}: no valid YAML: {error}"
        ) from error
    except ValidationError as error:
        told = [_told(path, node, found) for found in error.errors()]
        raise DocumentError("\n".join(told)) from error


def percent(value: Any) -> Any:
    """A figure as people write it: 2% is 0.02; anything else as it is."""
    if isinstance(value, str) and value.strip().endswith("%"):
        return Decimal(value.strip()[:-1].strip()) / 100
    return value


def _told(path: Path, node: Any, found: Any) -> str:
    message = found["msg"].removeprefix("Value error, ")
    named = re.match(r"([\w.]+):", message)  # a model's own check says which field it is about
    at = (*found["loc"], *(named[1].split(".") if named else ()))
    where = ".".join(str(part) for part in found["loc"]) or "document"
    got = (
        ""
        if found["type"] in ("missing", "value_error")
        else f" (got {str(found['input'])[:80]!r})"
    )
    return f"{path}:{line_of(node, at)}: {where}: {message}{got}"


def line_of(node: Any, at: tuple[Any, ...]) -> int:
    """The line of the value at a path of keys and indexes; of the last part that is there."""
    line = node.start_mark.line if node else 0
    for part in at:
        if (
            isinstance(node, yaml.SequenceNode)
            and str(part).isdigit()
            and int(part) < len(node.value)
        ):
            node = node.value[int(part)]
            line = node.start_mark.line
        elif isinstance(node, yaml.MappingNode):
            inner = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if inner is None:
                break
            line, node = inner[0].start_mark.line, inner[1]
        else:
            break
    return int(line) + 1


def _no_key_twice(path: Path, node: Any) -> None:
    """YAML lets the last of two equal keys win; here that would drop a value in silence."""
    if isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _no_key_twice(path, value)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for key, value in node.value:
        if key.value in seen:
            raise DocumentError(f"{path}:{key.start_mark.line + 1}: {key.value} is given twice")
        seen.add(key.value)
        _no_key_twice(path, value)
