// Before the first paint: which of the two themes. A file of its own, since the page's policy lets nothing inline run.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("gatewright.theme");
  } catch (blocked) {
    chosen = null;
  }
  var dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
