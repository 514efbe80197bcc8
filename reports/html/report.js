// Sorting and filtering of tables, and the timeline. The page is complete without it except for the timeline.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const rowsOf = (table) => table.rows.map((row) => Object.fromEntries(table.columns.map((name, i) => [name, row[i]])));

  // ---- tables
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
    if (!table) { controls.hidden = true; controls.style.display = "none"; continue; }
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

  // ---- timeline
  const operators = rowsOf(data.timeline), conversions = rowsOf(data.timeline_conversions);
  const kernels = rowsOf(data.timeline_kernels), view = document.getElementById("timeline-view");
  if (operators.length + kernels.length === 0) { view.style.display = "none"; return; }

  const canvas = document.getElementById("canvas"), pen = canvas.getContext("2d");
  const tip = document.getElementById("tip"), details = document.getElementById("details");
  const BAR = 22, GAP = 3, LABEL = 116, AXIS = 26, PHASE = 16;
  const FORMATS = ["channels_last", "contiguous", "either", "strided", "blocked", "unknown"];
  const PHASES = ["data", "forward", "backward", "optimizer"];
  const byStart = (a, b) => a.start_ns - b.start_ns || b.dur_ns - a.dur_ns;
  const groups = (items, key) => {
    const found = new Map();
    for (const item of items.sort(byStart)) {
      const name = key(item);
      if (!found.has(name)) found.set(name, []);
      found.get(name).push(item);
    }
    return [...found].sort(([a], [b]) => String(a).localeCompare(String(b), undefined, { numeric: true }));
  };
  // Nested items go a row deeper: an item's depth is the number of earlier ones that have not ended.
  const layOut = (items) => {
    const open = [];
    let deepest = 0;
    for (const item of items) {
      while (open.length && open[open.length - 1] <= item.start_ns) open.pop();
      item.depth = Math.min(open.length, 5);
      deepest = Math.max(deepest, item.depth);
      open.push(item.start_ns + item.dur_ns);
    }
    return deepest + 1;
  };
  const lanes = [];
  const addLane = (label, kind, items, depth) => lanes.push({ label, kind, items, depth });
  const threads = groups(operators, (o) => o.thread_id ?? "unknown");
  for (const [thread, items] of threads) {
    const many = threads.length > 1 ? ` (thread ${thread})` : "";
    addLane(`operators${many}`, "operator", items, layOut(items));
    const inside = conversions.filter((c) => (c.thread_id ?? "unknown") === thread).sort(byStart);
    if (inside.length) addLane(`conversions${many}`, "conversion", inside, 1);
  }
  for (const [stream, items] of groups(kernels, (k) => `${k.device ?? "device"} ${k.stream}`))
    addLane(stream, "kernel", items, layOut(items));
  let height = AXIS + PHASE + GAP;
  for (const lane of lanes) {
    lane.top = height;
    height += lane.depth * (BAR + GAP) + 8;
  }
  const everything = [...operators, ...kernels, ...conversions];
  const first = Math.min(0, ...everything.map((e) => e.start_ns));
  const last = Math.max(data.timeline_step.dur_ns ?? 0, ...everything.map((e) => e.start_ns + e.dur_ns));
  const shown = { from: first, to: last };
  const sequence = [...conversions].sort(byStart);
  let chosen = null, colour = {}, width = 0;

  const ms = (ns) => {
    if (ns === null || ns === undefined) return "unknown";
    return ns >= 1e5 ? `${(ns / 1e6).toFixed(3)} ms` : `${(ns / 1e3).toFixed(2)} \u00b5s`;
  };
  const bytes = (n) => {
    if (n === null) return "unknown bytes";
    return n >= 1e6 ? `${(n / 1e6).toFixed(1)} MB` : `${(n / 1e3).toFixed(1)} kB`;
  };
  const describe = (item, kind) => {
    const lines = [];
    if (kind === "conversion") {
      lines.push(`Conversion ${item.from_format} \u2192 ${item.to_format}: ${ms(item.dur_ns)}, ${bytes(item.bytes)}`);
      lines.push(`cause ${item.cause}, in ${item.op_name ?? "no operator"}`);
      if (item.source_dtype !== item.dest_dtype) lines.push(`casts ${item.source_dtype} \u2192 ${item.dest_dtype}`);
    } else {
      lines.push(`${item.name}: ${ms(item.dur_ns)}`);
      const formats = `${item.input_format ?? "unknown"} \u2192 ${item.output_format ?? "unknown"}`;
      if (kind === "operator") lines.push(`${formats}, ${item.phase ?? "unknown phase"}`);
      else lines.push(`${item.role ?? "unknown role"}, in ${item.op_name ?? "no operator"}`);
    }
    if (item.module_path) lines.push(item.module_path);
    if (item.shape || item.input_shape) lines.push(item.shape ?? `${item.input_shape} \u2192 ${item.output_shape}`);
    if (item.fused) lines.push(`also does the work of ${item.fused}`);
    return lines;
  };
  const readColours = () => {
    const style = getComputedStyle(root);
    for (const name of [...FORMATS, "ink", "soft", "line", "card", "accent", "plain-soft"])
      colour[name] = style.getPropertyValue(`--${name.replace("_", "-")}`).trim();
    const tile = document.createElement("canvas");
    tile.width = tile.height = 6;
    const brush = tile.getContext("2d");
    brush.strokeStyle = colour.ink;
    brush.lineWidth = 1.3;
    for (const shift of [-6, 0, 6]) {
      brush.beginPath();
      brush.moveTo(shift, 6);
      brush.lineTo(shift + 6, 0);
      brush.stroke();
    }
    colour.hatch = pen.createPattern(tile, "repeat");
  };
  const formatOf = (item, kind) => (kind === "conversion" ? item.to_format : item.output_format);
  const fillOf = (item, kind) => colour[formatOf(item, kind)] ?? colour.unknown;
  const x = (ns) => LABEL + ((ns - shown.from) / (shown.to - shown.from)) * (width - LABEL - 8);
  const timeAt = (px) => shown.from + ((px - LABEL) / (width - LABEL - 8)) * (shown.to - shown.from);

  function drawAxis() {
    const span = shown.to - shown.from, rough = span / Math.max(2, width / 130);
    const power = 10 ** Math.floor(Math.log10(rough));
    const unit = [1, 2, 5, 10].find((n) => n * power >= rough) * power;
    const label = (t) => {
      if (unit < 1e3) return `${t.toFixed(0)} ns`;
      return unit < 1e5 ? `${(t / 1e3).toFixed(0)} \u00b5s` : `${+(t / 1e6).toFixed(2)} ms`;
    };
    pen.fillStyle = colour.soft;
    pen.strokeStyle = colour.line;
    for (let t = Math.ceil(shown.from / unit) * unit; t <= shown.to; t += unit) {
      const at = Math.round(x(t)) + 0.5;
      pen.beginPath();
      pen.moveTo(at, AXIS - 6);
      pen.lineTo(at, height);
      pen.stroke();
      pen.fillText(label(t), at + 3, 11);
    }
  }
  // The stretch of each phase, from its first to its last operator.
  function drawPhases() {
    for (const phase of PHASES) {
      const items = operators.filter((o) => o.phase === phase);
      if (!items.length) continue;
      const end = Math.max(...items.map((o) => o.start_ns + o.dur_ns));
      const from = Math.max(LABEL, x(Math.min(...items.map((o) => o.start_ns)))), to = Math.min(width - 8, x(end));
      if (to <= from) continue;
      pen.fillStyle = colour["plain-soft"];
      pen.fillRect(from, AXIS, Math.max(1, to - from - 1), PHASE - 2);
      pen.fillStyle = colour.soft;
      if (to - from > 60) pen.fillText(phase, from + 5, AXIS + 11);
    }
  }
  function drawItem(item, lane) {
    const from = Math.max(LABEL, x(item.start_ns)), to = Math.min(width - 8, x(item.start_ns + item.dur_ns));
    if (to < LABEL || from > width - 8 || to < from) return;
    const w = Math.max(1, to - from - (to - from > 3 ? 0.6 : 0));
    const top = lane.top + (item.depth ?? 0) * (BAR + GAP);
    item.box = [from, top, w];
    pen.fillStyle = fillOf(item, lane.kind);
    pen.fillRect(from, top, w, BAR);
    if (lane.kind === "conversion" || item.role === "conversion") {
      pen.fillStyle = colour.hatch;
      pen.fillRect(from, top, w, BAR);
    } else if (w > 46) {
      pen.save();
      pen.beginPath();
      pen.rect(from, top, w - 3, BAR);
      pen.clip();
      pen.fillStyle = "#10161b";
      pen.fillText(item.name.replace("aten::", ""), from + 4, top + 15);
      pen.restore();
    }
    if (item === chosen) {
      pen.strokeStyle = colour.ink;
      pen.lineWidth = 2;
      pen.strokeRect(from - 1, top - 1, w + 2, BAR + 2);
      pen.lineWidth = 1;
    }
  }
  function draw() {
    const scale = window.devicePixelRatio || 1;
    width = canvas.clientWidth;
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.font = "11.5px system-ui, sans-serif";
    pen.clearRect(0, 0, width, height);
    drawAxis();
    drawPhases();
    for (const lane of lanes) {
      pen.fillStyle = colour.soft;
      pen.fillText(lane.label.slice(0, 19), 10, lane.top + 15);
      for (const item of lane.items) {
        item.box = null;
        drawItem(item, lane);
      }
    }
  }
  const show = (from, to) => {
    const span = Math.min(Math.max(to - from, 2e3), last - first);
    shown.from = Math.min(Math.max(from, first), last - span);
    shown.to = shown.from + span;
    draw();
  };
  const zoom = (factor, at) => show(at - (at - shown.from) * factor, at + (shown.to - at) * factor);
  const middle = () => (shown.from + shown.to) / 2;
  const find = (event) => {
    const box = canvas.getBoundingClientRect(), px = event.clientX - box.left, py = event.clientY - box.top;
    for (const lane of lanes)
      for (let i = lane.items.length - 1; i >= 0; i--) {
        const b = lane.items[i].box;
        const hit = b && py >= b[1] && py <= b[1] + BAR && px >= b[0] - 1 && px <= b[0] + b[2] + 1;
        if (hit) return [lane.items[i], lane.kind];
      }
    return null;
  };
  const choose = (item, kind) => {
    chosen = item;
    details.textContent = describe(item, kind).join(" \u00b7 ");
    draw();
  };
  const nextConversion = (step) => {
    if (!sequence.length) return;
    const now = sequence.indexOf(chosen);
    const next = now < 0 ? (step > 0 ? 0 : -1) : now + step;
    const item = sequence[(next + sequence.length) % sequence.length];
    if (item.start_ns < shown.from || item.start_ns + item.dur_ns > shown.to) {
      const span = shown.to - shown.from;
      show(item.start_ns - span / 2, item.start_ns + span / 2);
    }
    choose(item, "conversion");
  };

  let drag = null;
  canvas.addEventListener("pointerdown", (event) => {
    drag = { x: event.clientX, from: shown.from, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (drag) {
      const by = ((event.clientX - drag.x) / (width - LABEL - 8)) * (shown.to - shown.from);
      drag.moved ||= Math.abs(event.clientX - drag.x) > 3;
      if (drag.moved) show(drag.from - by, drag.from - by + shown.to - shown.from);
      return;
    }
    const hit = find(event);
    tip.hidden = !hit;
    if (!hit) return;
    tip.textContent = describe(...hit).join("\n");
    const box = view.getBoundingClientRect();
    tip.style.left = `${Math.max(0, Math.min(event.clientX - box.left + 12, box.width - tip.offsetWidth - 4))}px`;
    tip.style.top = `${event.clientY - box.top + 16}px`;
  });
  canvas.addEventListener("pointerup", (event) => {
    const hit = drag && !drag.moved && find(event);
    drag = null;
    if (hit) choose(...hit);
  });
  canvas.addEventListener("pointerleave", () => { tip.hidden = true; });
  const pointedTime = (event) => timeAt(event.clientX - canvas.getBoundingClientRect().left);
  canvas.addEventListener("dblclick", (event) => zoom(0.4, pointedTime(event)));
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 0.8 : 1.25, pointedTime(event));
  }, { passive: false });
  const pan = (part) => {
    const by = part * (shown.to - shown.from);
    show(shown.from + by, shown.to + by);
  };
  const zoomIn = () => zoom(0.6, middle());
  const keys = {
    ArrowLeft: () => pan(-0.2), ArrowRight: () => pan(0.2), "+": zoomIn, "=": zoomIn, "-": () => zoom(1.6, middle()),
    0: () => show(first, last), n: () => nextConversion(1), p: () => nextConversion(-1),
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  const zooms = { in: keys["+"], out: keys["-"], all: keys[0] };
  for (const button of view.querySelectorAll("[data-zoom]"))
    button.addEventListener("click", zooms[button.dataset.zoom]);
  for (const button of view.querySelectorAll("[data-next]"))
    button.addEventListener("click", () => nextConversion(Number(button.dataset.next)));

  const legend = document.getElementById("legend");
  const present = new Set(everything.map((e) => e.to_format ?? e.output_format ?? "unknown"));
  for (const format of FORMATS.filter((f) => present.has(f))) {
    const entry = document.createElement("li"), swatch = document.createElement("i");
    swatch.style.background = `var(--${format.replace("_", "-")})`;
    entry.append(swatch, format);
    legend.append(entry);
  }
  if (conversions.length) {
    const entry = document.createElement("li"), swatch = document.createElement("i");
    swatch.className = "hatched";
    entry.append(swatch, "conversion");
    legend.append(entry);
  }
  const restart = () => { readColours(); draw(); };
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", restart);
  new ResizeObserver(draw).observe(canvas);
  restart();
})();
