# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand in for the get-pip script that ansible-test downloads.

The pip that Python's own ensurepip carries installs the pip that ansible-test asks for, from the
package index that pip is set up for. So sanity tests need no other host than that.
"""

from __future__ import annotations

import ensurepip
import runpy
import sys
from pathlib import Path

# CPython keeps the wheel beside ensurepip, Debian in a folder of its own
BUNDLED = Path(ensurepip.__file__).with_name("_bundled")
WHEELS = [*BUNDLED.glob("pip-*.whl"), *Path("/usr/share/python-wheels").glob("pip-*.whl")]

wanted = [arg for arg in sys.argv[1:] if arg not in ("--no-setuptools", "--no-wheel")]
sys.path.insert(0, str(WHEELS[0]))
sys.argv = ["pip", "install", *wanted]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
