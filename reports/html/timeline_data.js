// What the timeline shows: rows of the report's data laid out in lanes, and each in words.
(() => {
  const operators = clprof.rowsOf(clprof.data.timeline), kernels = clprof.rowsOf(clprof.data.timeline_kernels);
  const conversions = clprof.rowsOf(clprof.data.timeline_conversions);
  const BAR = 22, GAP = 3, AXIS = 26, PHASE = 16;
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

  const everything = [...operators, ...kernels, ...conversions];
  clprof.timeline = {
    BAR, GAP, AXIS, PHASE, lanes, height, operators, conversions, everything, describe,
    first: everything.reduce((least, e) => Math.min(least, e.start_ns), 0),
    last: everything.reduce((most, e) => Math.max(most, e.start_ns + e.dur_ns), clprof.data.timeline_step.dur_ns ?? 0),
    sequence: [...conversions].sort(byStart),
  };
})();
