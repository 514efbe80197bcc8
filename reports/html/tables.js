// Tables: a click on a column's head sorts, the search field and the list of verdicts filter.
(() => {
  const sortValue = (row, column) => {
    const cell = row.cells[column];
    if (cell.dataset.v === undefined) return cell.textContent.trim().toLowerCase();
    return cell.dataset.v === "" ? null : Number(cell.dataset.v);
  };
  function sortBy(table, column, descending) {
    const order = (a, b) => {
      const x = sortValue(a, column), y = sortValue(b, column);
      if (x === null || y === null) return (x === null) - (y === null); // unknown last, either way
      return (x < y ? -1 : x > y ? 1 : 0) * (descending ? -1 : 1);
    };
    const body = table.tBodies[0];
    body.append(...[...body.rows].sort(order));
    [...table.tHead.rows[0].cells].forEach((cell, i) => {
      if (i === column) cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
  }
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const sorted = head.getAttribute("aria-sort");
        sortBy(table, column, sorted ? sorted === "ascending" : head.classList.contains("n"));
      });
    });
  }
  for (const controls of document.querySelectorAll(".controls[data-table]")) {
    const table = document.getElementById(controls.dataset.table);
    if (!table) { controls.remove(); continue; }
    const search = controls.querySelector("input"), verdict = controls.querySelector("select");
    const count = controls.querySelector(".count"), rows = [...table.tBodies[0].rows];
    const filter = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word)) ||
          (verdict.value !== "" && row.dataset.verdict !== verdict.value);
        shown += !row.hidden;
      }
      count.textContent = shown === rows.length ? `${rows.length} operators` : `${shown} of ${rows.length} operators`;
    };
    search.addEventListener("input", filter);
    verdict.addEventListener("change", filter);
    filter();
  }
})();
