// The layout map: a click on the ribbon leads to the module's row in the table below it.
(() => {
  const ribbon = document.getElementById("ribbon"), table = document.getElementById("map-table");
  if (!ribbon || !table) return;
  const box = table.closest(".scroll"), rows = table.tBodies[0].rows;
  ribbon.addEventListener("click", (event) => {
    const place = ribbon.getBoundingClientRect(), part = (event.clientX - place.left) / place.width;
    const number = Math.min(rows.length - 1, Math.floor(part * rows.length));
    const row = [...rows].find((one) => Number(one.dataset.row) === number);
    for (const other of table.querySelectorAll("tr.here")) other.classList.remove("here");
    row.classList.add("here");
    box.scrollTop = row.offsetTop - box.clientHeight / 2;
    box.focus({ preventScroll: true });
  });
})();
