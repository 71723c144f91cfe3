# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing a file whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import tempfile
from pathlib import Path

_CAN_BE_NAMELESS = hasattr(os, "O_TMPFILE") and Path("/proc/self/fd").is_dir()


def write_atomically(path: Path, text: str, mode: int, *, exclusive: bool = False) -> None:
    """Write a file so that there is never a partial one, nor one that others can read meanwhile.

    Where the system can, the new file has no name before it is complete: a process that is killed
    while it writes leaves nothing behind.

    Raises:
        FileExistsError: with `exclusive`, the file exists already.
    """
    handle, temporary = _open_new(path)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fchmod(handle, mode)
            os.fsync(handle)
            if exclusive:
                # of two processes only one can make the link
                _link(handle, temporary, path)
                return
            if temporary is None:
                temporary = _temporary_name(path)
                _link(handle, None, temporary)
        temporary.replace(path)
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()


def _open_new(path: Path) -> tuple[int, Path | None]:
    """Open a new file in the folder of a path, for its owner alone; return its name, if any."""
    if _CAN_BE_NAMELESS:
        # else mkstemp tells what is wrong with the folder
        with contextlib.suppress(OSError):
            return os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, 0o600), None
    handle, name = tempfile.mkstemp(prefix=_prefix(path), dir=path.parent)
    return handle, Path(name)


def _link(handle: int, name: Path | None, path: Path) -> None:
    """Give an open file a name, or another name."""
    if name is not None:
        os.link(name, path)
    else:
        # the descriptor of a folder has no meaning here, but makes Python follow the link
        os.link(f"/proc/self/fd/{handle}", path, src_dir_fd=handle)


def _temporary_name(path: Path) -> Path:
    return path.with_name(f"{_prefix(path)}{secrets.token_hex(8)}")


def _prefix(path: Path) -> str:
    return f".{path.name[:50]}."


def parse_mode(mode: object) -> int:
    """Return a file mode that is written as an octal string.

    YAML reads `0640` without quotes as the number 416, which as octal digits would be another mode.

    Raises:
        ValueError: it is not an octal string.
    """
    text = str(mode)
    if isinstance(mode, int) or not re.fullmatch(r"0?[0-7]{3}", text):
        raise ValueError(f"must be octal digits in quotes, such as '0600', not {text}")
    return int(text, 8)
