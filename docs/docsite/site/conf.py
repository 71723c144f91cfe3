# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Sphinx makes the site; `make docs` gathers the pages first (tools/docs.py)."""

project = "superoffice.crm"
copyright = "2026, the superoffice.crm authors"
title = "superoffice.crm"
html_title = "superoffice.crm: users as code for SuperOffice CRM"
html_short_title = "superoffice.crm"

extensions = ["sphinx.ext.intersphinx", "sphinx_antsibull_ext", "myst_parser"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}

# headings are link targets, as git hosts make them
myst_heading_anchors = 4

pygments_style = "ansible"
highlight_language = "YAML+Jinja"

html_theme = "sphinx_ansible_theme"
html_theme_options = {
    "documentation_home_url": "index.html",
    "topbar_links": {"Issues": "https://git.example.com/superoffice/crm/issues"},
    "display_version": False,
    "titles_only": False,
    "collapse_navigation": True,
    "sticky_navigation": True,
    "navigation_depth": 3,
}
html_show_sphinx = False
# sentences of the modules are quoted letter by letter
smartquotes = False
html_use_modindex = False
html_use_index = False
html_copy_source = False

# the two labels that pages of modules link to, without asking the other site for all of them
intersphinx_mapping = {
    "ansible": ("https://docs.ansible.com/projects/ansible/latest/", "../ansible.inv"),
}

default_role = "any"
nitpicky = True
