"use strict";
(function () {
  const specs = JSON.parse(document.getElementById("chart-specs").textContent);
  const BETWEEN = "\u00a6";
  // Texts of a chart hold both languages; its data is left alone.
  function inLanguage(part, zh) {
    if (typeof part === "string") {
      return part.includes(BETWEEN) ? part.split(BETWEEN)[zh ? 1 : 0] : part;
    }
    if (Array.isArray(part)) return part.map((item) => inLanguage(item, zh));
    if (part && typeof part === "object") {
      const made = {};
      for (const key of Object.keys(part)) {
        made[key] = key === "values" || key === "datasets" ? part[key] : inLanguage(part[key], zh);
      }
      return made;
    }
    return part;
  }
  const drawn = new Map();
  async function draw(place) {
    const zh = document.documentElement.dataset.lang === "zh";
    const spec = inLanguage(specs[place.dataset.chart], zh);
    if (drawn.has(place)) drawn.get(place).finalize();
    // `ast`: expressions are interpreted, so the page needs no right to make code from text
    drawn.set(place, await vegaEmbed(place, spec, { actions: false, renderer: "svg", ast: true, mode: "vega-lite" }));
  }
  async function drawAll() {
    document.body.dataset.charts = "drawing";
    for (const place of document.querySelectorAll("[data-chart]")) await draw(place);
    document.body.dataset.charts = "drawn";
  }
  document.addEventListener("language", drawAll);
  drawAll();
})();
