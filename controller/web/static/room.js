"use strict";
(function () {
  const root = document.documentElement;

  /* Themes: the system's, unless one was chosen here. */
  const kept = window.localStorage.getItem("theme");
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  const button = document.getElementById("theme");
  button.hidden = false;
  button.addEventListener("click", () => {
    const wantsDark = window.matchMedia("(prefers-color-scheme: dark)").matches;
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : wantsDark;
    root.dataset.theme = isDark ? "light" : "dark";
    window.localStorage.setItem("theme", root.dataset.theme);
    draw();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw());

  /* Buttons that end something ask once more. */
  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-confirm]");
    if (target && !window.confirm(target.dataset.confirm)) event.preventDefault();
  });

  /* Plots: colours are names of tokens, resolved for the theme. */
  const plots = Array.from(document.querySelectorAll("figure.plot-card")).map((card) => ({
    target: card.querySelector(".plot"),
    figure: JSON.parse(card.querySelector('script[type="application/json"]').textContent),
  }));

  function resolved(value, style) {
    if (typeof value === "string") {
      return value.startsWith("token:") ? style.getPropertyValue("--" + value.slice(6)).trim() : value;
    }
    if (Array.isArray(value)) {
      return value.length && typeof value[0] === "number" ? value : value.map((item) => resolved(item, style));
    }
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolved(item, style)]));
    }
    return value;
  }

  function draw() {
    if (!window.Plotly) return;
    const style = getComputedStyle(root);
    const isNarrow = window.innerWidth < 600;
    for (const plot of plots) {
      plot.target.style.height = plot.target.dataset.height + "px";
      plot.target.querySelectorAll("noscript").forEach((item) => item.remove());
      const layout = resolved(plot.figure.layout, style);
      layout.autosize = true;
      if (isNarrow) {
        layout.dragmode = false;
        layout.font.size = 11;
        layout.margin = Object.assign({}, layout.margin, { l: 8, r: 8 });
      }
      window.Plotly.react(plot.target, resolved(plot.figure.data, style), layout, {
        displayModeBar: false, displaylogo: false, responsive: true,
      });
    }
    root.dataset.drawn = String(plots.length);
  }

  /* News of the campaign: the page asks for what changed, and says when its plots are old. */
  const source = document.querySelector("[data-stream]");
  if (source && window.EventSource) {
    const stream = new EventSource(source.dataset.stream);
    let first = null;
    stream.addEventListener("moment", (event) => {
      const position = JSON.parse(event.data).position;
      if (first === null) first = position;
      const shown = document.getElementById("moment");
      if (window.htmx && shown && String(position) !== shown.dataset.position) {
        window.htmx.trigger(document.body, "moment");
      }
      const stale = document.getElementById("stale");
      if (stale && position !== first) stale.hidden = false;
    });
    stream.addEventListener("over", () => { stream.close(); window.location.reload(); });
    window.addEventListener("pagehide", () => stream.close());
  }

  /* A journal that is read for the first time: this page knows more in a moment. */
  if (document.querySelector("[data-reading]")) window.setTimeout(() => window.location.reload(), 2000);

  draw();
})();
