// Copyright (c) 2026, the superoffice.crm authors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
"use strict";
(() => {
  const table = document.querySelector(".table");
  if (!table) return;
  const GROUP = 100;
  const head = table.querySelector(".head");
  const search = document.querySelector("input[type=search]");
  const chips = [...document.querySelectorAll(".chip")];
  const found = document.querySelector(".found");
  const none = document.querySelector(".none");
  const collator = new Intl.Collator(undefined, {numeric: true, sensitivity: "base"});
  const cell = (row, name) => row.querySelector(name)?.textContent.trim() ?? "";
  const rows = [...table.querySelectorAll(".group > .row")].map((element) => ({
    element,
    text: [...element.querySelectorAll(".installation, .name, .tag, .change, .why, .id")]
      .map((part) => part.textContent).join(" ").toLowerCase(),
    status: element.dataset.status,
    rank: Number(element.dataset.rank),
    number: Number(element.dataset.number),
    name: cell(element, ".name"),
    installation: cell(element, ".installation"),
    changes: cell(element, ".changes"),
    id: Number(cell(element, ".id")) || Infinity,
  }));
  let key = "status";
  let direction = 1;

  const compare = (one, other) => {
    const difference = key === "status" ? one.rank - other.rank
      : key === "id" ? (one.id === other.id ? 0 : one.id - other.id)
      : collator.compare(one[key], other[key]);
    return direction * difference || one.number - other.number;
  };

  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = new Set(chips.filter((chip) => chip.ariaPressed === "true").map((chip) => chip.dataset.status));
    const shown = rows.filter((row) =>
      (!chosen.size || chosen.has(row.status)) && words.every((word) => row.text.includes(word)));
    shown.sort(compare);
    const groups = [];
    for (let start = 0; start < shown.length; start += GROUP) {
      const group = document.createElement("div");
      group.className = "group";
      group.setAttribute("role", "rowgroup");
      group.append(...shown.slice(start, start + GROUP).map((row) => row.element));
      groups.push(group);
    }
    table.replaceChildren(head, ...groups);
    table.hidden = !shown.length;
    none.hidden = Boolean(shown.length);
    const all = rows.length.toLocaleString("en");
    found.textContent = shown.length === rows.length ? `${all} listed` : `${shown.length.toLocaleString("en")} of ${all}`;
  };

  for (const column of head.querySelectorAll("[data-key]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = column.textContent;
    column.replaceChildren(button);
    button.addEventListener("click", () => {
      direction = key === column.dataset.key ? -direction : 1;
      key = column.dataset.key;
      for (const other of head.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
      column.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      show();
    });
  }
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.ariaPressed = chip.ariaPressed === "true" ? "false" : "true";
      show();
    });
  }
  let timer;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, rows.length > 2000 ? 120 : 0);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && event.target.tagName !== "INPUT" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && event.target === search) {
      search.value = "";
      show();
    }
  });
  document.querySelector(".tools").hidden = false;
  show();
})();
