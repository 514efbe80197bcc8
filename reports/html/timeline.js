// The timeline of one step on a canvas: drawn when something moves; pointer, wheel, keys and buttons move it.
(() => {
  const view = document.getElementById("timeline-view"), root = clprof.root;
  const { BAR, GAP, AXIS, PHASE, lanes, height, operators, conversions, everything, describe, first, last, sequence } =
    clprof.timeline;
  if (everything.length === 0) { view.remove(); return; }

  const canvas = document.getElementById("canvas"), pen = canvas.getContext("2d");
  const tip = document.getElementById("tip"), details = document.getElementById("details");
  const LABEL = 116;
  const FORMATS = ["channels_last", "contiguous", "either", "strided", "blocked", "unknown"];
  const PHASES = ["data", "forward", "backward", "optimizer"];
  const shown = { from: first, to: last };
  let chosen = null, colour = {}, width = 0;

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
    const entry = document.createElement("li"), name = document.createElement("span");
    name.className = `format ${format}`;
    name.append(format);
    entry.append(name);
    legend.append(entry);
  }
  if (conversions.length) {
    const entry = document.createElement("li"), name = document.createElement("span");
    name.className = "format converts";
    name.append("conversion");
    entry.append(name);
    legend.append(entry);
  }
  const restart = clprof.repaint = () => { readColours(); draw(); };
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", restart);
  new ResizeObserver(draw).observe(canvas);
  restart();
})();
