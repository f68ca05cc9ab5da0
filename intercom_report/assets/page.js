"use strict";

const specifications = JSON.parse(document.getElementById("charts").textContent);
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const narrow = window.matchMedia("(max-width: 520px)");
const printing = window.matchMedia("print");

function theme() {
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--ink").trim();
  const soft = style.getPropertyValue("--soft").trim();
  const line = style.getPropertyValue("--line").trim();
  const font = getComputedStyle(document.body).fontFamily;
  return {
    background: "transparent",
    font,
    view: { stroke: null },
    axis: {
      domainColor: line,
      gridColor: line,
      tickColor: line,
      labelColor: ink,
      titleColor: soft,
      titleFontWeight: "normal",
      labelFontSize: 12,
      titleFontSize: 12,
    },
    legend: { columns: narrow.matches ? 2 : 6, labelColor: ink, labelFontSize: 12 },
  };
}

// the labels of bars take too much of a narrow place
function fitted(specification, width) {
  const copy = structuredClone(specification);
  const limit = Math.min(320, Math.round(width / 3));
  JSON.stringify(copy, (key, value) => {
    if (value && value.labelLimit) value.labelLimit = limit;
    return value;
  });
  delete copy.config;
  return copy;
}

async function draw() {
  const config = theme();
  for (const place of document.querySelectorAll("[data-chart]")) {
    const options = { actions: false, renderer: "svg", config };
    const specification = fitted(specifications[place.dataset.chart], place.clientWidth);
    await vegaEmbed(place, specification, options);
  }
  document.documentElement.dataset.drawn = "yes";
}

function sortable(table) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, place) => {
    head.addEventListener("click", () => {
      const numeric = !head.classList.contains("text");
      const before = head.getAttribute("aria-sort");
      const descending = before ? before === "ascending" : numeric;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const value = (row) => row.cells[place].dataset.order;
      const rows = [...table.tBodies[0].rows];
      rows.sort((one, other) => {
        const [a, b] = [value(one), value(other)];
        // what has no value comes last, whichever way
        if (a === "" || b === "") return (a === "") - (b === "");
        const order = numeric ? Number(a) - Number(b) : a.localeCompare(b);
        return descending ? -order : order;
      });
      table.tBodies[0].append(...rows);
    });
  });
}

document.querySelectorAll("table.sortable").forEach(sortable);
draw();
for (const query of [dark, narrow, printing]) query.addEventListener("change", draw);
