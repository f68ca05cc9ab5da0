"use strict";

const specifications = JSON.parse(document.getElementById("charts").textContent);
const dark = window.matchMedia("(prefers-color-scheme: dark)");
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
      labelSeparation: 6,
    },
    legend: { labelColor: ink, labelFontSize: 12, symbolOpacity: 1 },
  };
}

// How many entries of a legend fit side by side; widths in pixels, estimated.
function legendColumns(labels, width) {
  const widths = labels.map((label) => 28 + 7 * label.length);
  const total = widths.reduce((sum, one) => sum + one, 0);
  if (total <= width) return labels.length;
  return Math.max(1, Math.floor(width / Math.max(...widths)));
}

// Truncate the labels of bars so that the bars have enough space, and wrap legends.
function fitToWidth(specification, width) {
  const copy = structuredClone(specification);
  const limit = Math.min(320, Math.round(width * 0.4));
  const hasBarLabels = JSON.stringify(specification).includes("labelLimit");
  const legendWidth = width - (hasBarLabels ? limit : 60);
  JSON.stringify(copy, (key, value) => {
    if (value && value.labelLimit) value.labelLimit = limit;
    if (value && value.legend) {
      value.legend.columns = legendColumns(value.scale.domain, legendWidth);
    }
    return value;
  });
  delete copy.config;
  return copy;
}

async function draw() {
  const config = theme();
  for (const element of document.querySelectorAll("[data-chart]")) {
    const options = { actions: false, renderer: "svg", config };
    const specification = fitToWidth(specifications[element.dataset.chart], element.clientWidth);
    await vegaEmbed(element, specification, options);
  }
  document.documentElement.dataset.drawn = "yes";
}

function makeSortable(table) {
  const headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, column) => {
    header.addEventListener("click", () => {
      const numeric = !header.classList.contains("text");
      const previous = header.getAttribute("aria-sort");
      const descending = previous ? previous === "ascending" : numeric;
      headers.forEach((other) => other.removeAttribute("aria-sort"));
      header.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const value = (row) => row.cells[column].dataset.order;
      const rows = [...table.tBodies[0].rows];
      rows.sort((one, other) => {
        const [a, b] = [value(one), value(other)];
        // Rows without a value come last in both directions.
        if (a === "" || b === "") return (a === "") - (b === "");
        const order = numeric ? Number(a) - Number(b) : a.localeCompare(b);
        return descending ? -order : order;
      });
      table.tBodies[0].append(...rows);
    });
  });
}

document.querySelectorAll("table.sortable").forEach(makeSortable);
draw();
for (const query of [dark, printing]) query.addEventListener("change", draw);

let redraw;
window.addEventListener("resize", () => {
  clearTimeout(redraw);
  redraw = setTimeout(draw, 200);
});
