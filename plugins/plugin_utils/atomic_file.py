# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing a file whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from pathlib import Path


def write_atomically(path: Path, text: str, mode: int, *, exclusive: bool = False) -> None:
    """Write a file so that there is never a partial one, nor one that others can read meanwhile.

    Raises:
        FileExistsError: with `exclusive`, the file exists already.
    """
    # mkstemp makes it for its owner alone
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:50]}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        if exclusive:
            # of two processes only one can make the link
            os.link(name, path)
            Path(name).unlink()
        else:
            Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


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
