"use strict";
(function () {
  const root = document.documentElement;
  function setLanguage(language) {
    root.dataset.lang = language;
    root.lang = language === "zh" ? "zh-Hans" : "en";
    for (const button of document.querySelectorAll("[data-set-lang]")) {
      button.setAttribute("aria-pressed", String(button.dataset.setLang === language));
    }
    try { localStorage.setItem("chip-channel-language", language); } catch (e) { /* kept for this visit only */ }
    document.dispatchEvent(new CustomEvent("language", { detail: language }));
  }
  let first = null;
  try { first = localStorage.getItem("chip-channel-language"); } catch (e) { /* no store in this browser */ }
  if (first !== "en" && first !== "zh") {
    first = (navigator.language || "").toLowerCase().startsWith("zh") ? "zh" : "en";
  }
  for (const button of document.querySelectorAll("[data-set-lang]")) {
    button.addEventListener("click", () => setLanguage(button.dataset.setLang));
  }
  setLanguage(first);

  // Tables: a click on a head sorts by it, a second one the other way.
  function value(row, index) {
    const cell = row.cells[index];
    const text = cell.dataset.v !== undefined ? cell.dataset.v : cell.textContent.trim();
    const number = text === "" ? NaN : Number(text);
    return Number.isNaN(number) ? text : number;
  }
  function compare(a, b) {
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (typeof a === "number") return 1;
    if (typeof b === "number") return -1;
    return a.localeCompare(b);
  }
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = table.tHead.rows[0].cells;
    Array.from(heads).forEach((head, index) => {
      if (table.tBodies[0].rows[0] && table.tBodies[0].rows[0].cells[index].classList.contains("n")) {
        head.classList.add("n");
      }
      head.tabIndex = 0;
      function sort() {
        const up = head.getAttribute("aria-sort") === "descending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const rows = Array.from(table.tBodies[0].rows);
        rows.sort((a, b) => (up ? 1 : -1) * compare(value(a, index), value(b, index)));
        table.tBodies[0].append(...rows);
      }
      head.addEventListener("click", sort);
      head.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); sort(); }
      });
    });
  }

  // Of the statements the chosen one is shown.
  const choice = document.getElementById("statement-choice");
  function show() {
    for (const statement of document.querySelectorAll("[data-statement]")) {
      statement.hidden = statement.dataset.statement !== choice.value;
    }
  }
  if (choice) { choice.addEventListener("change", show); show(); }

  // What is folded is printed too.
  window.addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details:not([open])")) {
      details.open = true;
      details.dataset.folded = "1";
    }
  });
  window.addEventListener("afterprint", () => {
    for (const details of document.querySelectorAll("details[data-folded]")) {
      details.open = false;
      delete details.dataset.folded;
    }
  });
})();
