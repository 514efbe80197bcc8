// What page.py asks of a report in the browser: run there once, then called by name.
globalThis.checks = (() => {
  const visible = (element) => {
    if (!element.checkVisibility({ checkOpacity: false, checkVisibilityCSS: true })) return false;
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1;
  };

  // Every number that the page says is a section's: [section, row, column, value or null, text].
  function figures() {
    const found = [];
    const value = (element) => (element.dataset.v === "" ? null : Number(element.dataset.v));
    for (const table of document.querySelectorAll("table[data-section]")) {
      const columns = [...table.tHead.rows[0].cells].map((head) => head.dataset.c);
      for (const row of table.tBodies[0].rows)
        [...row.cells].forEach((cell, i) => {
          if (!columns[i]) return;
          const number = cell.dataset.v !== undefined;
          found.push([table.dataset.section, Number(row.dataset.row), columns[i], number ? value(cell) : null,
            number ? null : cell.textContent]);
        });
    }
    for (const span of document.querySelectorAll("span[data-section]"))
      found.push([span.dataset.section, Number(span.dataset.row), span.dataset.c, value(span), null]);
    return found;
  }

  // Red, green, blue, alpha of a computed colour, whatever notation it has.
  const brush = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const colour = (text) => {
    if (!known.has(text)) {
      brush.clearRect(0, 0, 1, 1);
      brush.fillStyle = text;
      brush.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
      known.set(text, [r, g, b, a / 255]);
    }
    return known.get(text);
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const background = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(colour(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ratio = (a, b) => {
    const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };
  // Alike to the eye: same elements and classes up to the fourth ancestor.
  const kind = (element) => {
    let text = "";
    for (let at = element, i = 0; at && i < 4; at = at.parentElement, i++) text += ` ${at.tagName}.${at.className}`;
    return text;
  };
  // Text whose contrast is below WCAG AA: 4.5, or 3 where it is large.
  function pale() {
    const bad = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const seen = new Set();
    let count = 0;
    while (texts.nextNode()) {
      const element = texts.currentNode.parentElement;
      if (!texts.currentNode.textContent.trim() || seen.has(kind(element)) || element.closest("script, style, svg")) continue;
      if (!visible(element)) continue;
      seen.add(kind(element));
      const style = getComputedStyle(element), size = parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const below = background(element), text = over(colour(style.color), below);
      count++;
      if (ratio(text, below) < (large ? 3 : 4.5))
        bad.push(`${element.tagName}.${element.className} ${ratio(text, below).toFixed(2)}: ${element.textContent.slice(0, 40)}`);
    }
    return { count, bad: bad.slice(0, 10) };
  }

  // Elements that a mouse can operate; each must be reachable with Tab.
  const operable = () => [...document.querySelectorAll("a[href], button, input, select, summary, canvas, [tabindex]")]
    .filter((element) => visible(element) || element.classList.contains("skip"));
  const unreachable = () => operable().filter((element) => element.tabIndex < 0).map((element) => element.outerHTML.slice(0, 80));

  // Headings in order: the first is h1, none skips a level.
  function headings() {
    const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map((heading) => Number(heading.tagName[1]));
    return { ones: levels.filter((level) => level === 1).length, first: levels[0],
      skips: levels.filter((level, i) => i > 0 && level > levels[i - 1] + 1).length, count: levels.length };
  }

  // Drawings, tables and regions without a name, names that are used twice, references to nothing.
  function nameless() {
    const bad = [];
    const label = (element) => element.getAttribute("aria-label") ||
      (element.getAttribute("aria-labelledby") || "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join("");
    for (const element of document.querySelectorAll("section, nav, canvas, svg:not([aria-hidden]), [role=region]"))
      if (!label(element)) bad.push(element.outerHTML.slice(0, 80));
    for (const table of document.querySelectorAll("table"))
      if (!table.caption || [...table.querySelectorAll("th")].some((head) => !head.scope)) bad.push(`table ${table.id}`);
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    for (const id of ids.filter((one, i) => ids.indexOf(one) !== i)) bad.push(`twice: ${id}`);
    for (const link of document.querySelectorAll('a[href^="#"]'))
      if (!document.getElementById(link.hash.slice(1))) bad.push(`leads nowhere: ${link.hash}`);
    for (const element of document.querySelectorAll("[aria-controls], [aria-describedby]"))
      for (const id of [element.getAttribute("aria-controls"), element.getAttribute("aria-describedby")])
        if (id && !document.getElementById(id)) bad.push(`refers to nothing: ${id}`);
    return bad;
  }

  const box = (selector) => {
    const element = document.querySelector(selector);
    element.scrollIntoView({ block: "center", behavior: "instant" });
    const { left, top, width, height } = element.getBoundingClientRect();
    return { left, top, width, height };
  };
  const column = (id, number) => [...document.getElementById(id).tBodies[0].rows].filter((row) => !row.hidden)
    .map((row) => (row.cells[number].dataset.v === undefined ? row.cells[number].textContent : row.cells[number].dataset.v));
  const picture = () => document.getElementById("canvas").toDataURL();
  return { figures, pale, operable, unreachable, headings, nameless, box, column, picture, visible };
})();
