# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Sphinx makes the site; `make docs` gathers the pages first (tools/docs.py)."""

from pathlib import Path

import yaml
from pygments.lexers.special import TextLexer
from sphinx.highlighting import lexers

# tools/docs.py copies it beside this file
GALAXY = yaml.safe_load((Path(__file__).parent / "galaxy.yml").read_text(encoding="utf-8"))

project = "superoffice.crm"
copyright = "2026, the superoffice.crm authors"
version = release = str(GALAXY["version"])
html_title = f"superoffice.crm {version}"

extensions = [
    "myst_parser",
    "sphinx.ext.intersphinx",
    "sphinx_antsibull_ext",
    "sphinx_copybutton",
    "sphinx_design",
]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
myst_enable_extensions = ["colon_fence"]
# headings are link targets, as git hosts make them
myst_heading_anchors = 4

highlight_language = "YAML+Jinja"
pygments_style = "default"
pygments_dark_style = "github-dark"
lexers["csv"] = TextLexer()  # Pygments has none
# commands are copied without their prompt, and without what they print
copybutton_prompt_text = "$ "

html_theme = "furo"
html_theme_options = {
    "source_view_link": f"{GALAXY['repository']}/src/branch/main/{{filename}}",
    "top_of_page_buttons": [],
    "footer_icons": [],
}
# colours of the reference that follow the theme, not the system alone: tools/docs.py writes them
antsibull_ext_color_scheme = "none"
html_static_path = ["static"]
html_css_files = ["reference-colors.css", "site.css"]
html_show_sphinx = False
# sentences of the modules are quoted letter by letter
smartquotes = False
html_use_modindex = False
html_use_index = False
html_copy_source = False

# the labels that pages of modules link to, without asking the other site for all of them
intersphinx_mapping = {
    "ansible": ("https://docs.ansible.com/projects/ansible/latest/", "../ansible.inv"),
}

default_role = "any"
nitpicky = True
