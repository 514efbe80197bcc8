// The page's script. The page is complete without it except for the timeline, sorting and filtering.
"use strict";
const clprof = {
  root: document.documentElement,
  data: JSON.parse(document.getElementById("report-data").textContent),
  rowsOf: (table) => table.rows.map((row) => Object.fromEntries(table.columns.map((name, i) => [name, row[i]]))),
};
(() => {
  clprof.root.classList.add("scripted");

  // A link into something folded unfolds it.
  const unfold = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target) target.scrollIntoView();
  };
  window.addEventListener("hashchange", unfold);
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest('a[href^="#"]');
    if (link && link.hash === location.hash) unfold();
  });
  if (location.hash) unfold();

  // Paper is light, and what is folded is not on it: all but SQL and long lists is unfolded while it prints.
  let unfolded = [];
  window.addEventListener("beforeprint", () => {
    unfolded = [...document.querySelectorAll("details.operator:not([open]), details.trip:not([open])")].filter(
      (fold) => !fold.parentElement.closest("details:not([open])"));
    for (const fold of unfolded) fold.open = true;
    clprof.root.classList.add("printing");
    if (clprof.repaint) clprof.repaint();
  });
  window.addEventListener("afterprint", () => {
    for (const fold of unfolded) fold.open = false;
    clprof.root.classList.remove("printing");
    if (clprof.repaint) clprof.repaint();
  });
})();
