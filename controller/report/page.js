"use strict";
(function () {
  const root = document.documentElement;
  const plots = Array.from(document.querySelectorAll("figure.card")).map((card) => ({
    target: card.querySelector(".plot"),
    figure: JSON.parse(card.querySelector('script[type="application/json"]').textContent),
    name: card.id,
    height: parseFloat(card.querySelector(".plot").style.height),
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
      const data = resolved(plot.figure.data, style);
      const layout = resolved(plot.figure.layout, style);
      layout.autosize = true;
      const isParallel = data.some((trace) => trace.type === "parcoords");
      if (isNarrow && !isParallel) {
        layout.dragmode = false;
        layout.font.size = 11;
        if (data.length > 4) plot.target.style.height = plot.height + 20 * data.length + "px";
        layout.margin = Object.assign({}, layout.margin, { l: 8, r: 8 });
      }
      const config = {
        displaylogo: false,
        responsive: true,
        modeBarButtons: [["toImage"]],
        toImageButtonOptions: { filename: plot.name, scale: 2 },
      };
      plot.target.querySelectorAll("noscript").forEach((item) => item.remove());
      window.Plotly.react(plot.target, data, layout, config);
    }
  }

  const button = document.getElementById("theme");
  button.hidden = false;
  button.addEventListener("click", () => {
    const wantsDark = window.matchMedia("(prefers-color-scheme: dark)").matches;
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : wantsDark;
    root.dataset.theme = isDark ? "light" : "dark";
    draw();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();
})();
