// Copyright (c) 2026, the superoffice.crm authors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
"use strict";
(() => {
  const table = document.querySelector(".table");
  if (!table) return;
  const GROUP = 100;
  const head = table.querySelector(".head");
  const columns = [...head.querySelectorAll("[data-key]")];
  const search = document.querySelector("input[type=search]");
  const chips = [...document.querySelectorAll(".chip")];
  const found = document.querySelector(".found");
  const none = document.querySelector(".none");
  const bar = document.querySelector(".bar-top");
  const choice = document.querySelector(".sort select");
  const collator = new Intl.Collator(undefined, {numeric: true, sensitivity: "base"});
  const rows = [...table.querySelectorAll(".group > .row")].map((element, number) => ({
    element, number, status: element.dataset.status, values: [],
  }));
  let column = columns.find((one) => one.hasAttribute("aria-sort")) ?? columns[0];
  let direction = 1;

  // the text of a row and what it is sorted by are read when they are first asked for
  const textOf = (row) => row.text ??= [...row.element.children].map((cell) => cell.textContent).join(" ").toLowerCase();
  const valueOf = (row, index) => {
    if (row.values[index] === undefined) {
      const cell = row.element.children[index];
      row.values[index] = "sort" in cell.dataset ? Number(cell.dataset.sort) || Infinity : cell.textContent.trim();
    }
    return row.values[index];
  };

  const sort = () => {
    const index = columns.indexOf(column);
    const isNumber = "number" in column.dataset;
    const compare = (one, other) => {
      const [first, second] = [valueOf(one, index), valueOf(other, index)];
      if (first === second) return 0;
      return isNumber ? first - second : collator.compare(first, second);
    };
    rows.sort((one, other) => direction * compare(one, other) || one.number - other.number);
    for (const one of columns) one.removeAttribute("aria-sort");
    column.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
    choice.value = column.dataset.key;
    show();
  };

  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = new Set(chips.filter((chip) => chip.ariaPressed === "true").map((chip) => chip.dataset.status));
    const shown = rows.filter((row) =>
      (!chosen.size || chosen.has(row.status)) && words.every((word) => textOf(row).includes(word)));
    const groups = [];
    for (let start = 0; start < shown.length; start += GROUP) {
      const group = document.createElement("tbody");
      const part = shown.slice(start, start + GROUP);
      group.className = "group";
      group.setAttribute("role", "rowgroup");
      group.style.setProperty("--rows", part.length);
      group.append(...part.map((row) => row.element));
      groups.push(group);
    }
    table.replaceChildren(head, ...groups);
    table.setAttribute("aria-rowcount", shown.length + 1);
    table.hidden = !shown.length;
    none.hidden = Boolean(shown.length);
    const all = rows.length.toLocaleString("en");
    found.textContent = shown.length === rows.length ? `${all} listed` : `${shown.length.toLocaleString("en")} of ${all}`;
  };

  const sortBy = (other) => {
    direction = column === other ? -direction : 1;
    column = other;
    sort();
  };
  for (const one of columns) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = one.textContent;
    // browsers do not repeat buttons on the pages of a print, and show this text there
    one.dataset.label = button.textContent;
    one.replaceChildren(button);
    button.addEventListener("click", () => sortBy(one));
    choice.append(new Option(button.textContent, one.dataset.key));
  }
  choice.value = column.dataset.key;
  choice.addEventListener("change", () => sortBy(columns.find((one) => one.dataset.key === choice.value)));
  document.querySelector(".turn").addEventListener("click", () => sortBy(column));
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
    if (event.key === "/" && !["INPUT", "SELECT"].includes(event.target.tagName) && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && event.target === search) {
      search.value = "";
      show();
    }
  });
  document.querySelector(".tools").hidden = false;
  // the heads of the columns stay below the tools, however many lines those take
  new ResizeObserver(() => document.documentElement.style.setProperty("--tools", `${bar.offsetHeight}px`)).observe(bar);
  found.textContent = `${rows.length.toLocaleString("en")} listed`;
})();
