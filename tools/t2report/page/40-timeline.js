// SPDX-License-Identifier: Apache-2.0
// When: stacked bars by class over stretches of activity; long silences are cut out. Drag to choose a
// time, arrows move and narrow it.

const TIME = {
  width: 1080,
  height: 150,
  left: 62,
  top: 10,
  marks: 16,
  labels: 34,
  mostStretches: 40
};

// Stretches [from, to] in seconds since the first packet, by all conversations (or the bins of all).
function stretches() {
  const spans = [];
  if (Data.core.bins) {
    const width = Number(BigInt(Data.core.bins.width)) / 1e9;
    for (const [number] of Data.core.bins.of)
      spans.push([number * width - Data.baseSeconds, (number + 1) * width - Data.baseSeconds]);
  } else {
    for (let i = 0; i < Data.n; i++) spans.push([Data.start[i], Data.start[i] + Data.flows.dur[i] / 1e6]);
  }
  const merged = [];
  let active = 0;
  for (const [from, to] of spans) {
    const last = merged[merged.length - 1];
    if (last && from <= last[1])
      last[1] = Math.max(last[1], to);
    else
      merged.push([from, to]);
  }
  for (const [from, to] of merged) active += to - from;
  const silence = Math.max(30, active / 10);
  const gaps =
      merged.slice(1).map((m, k) => m[0] - merged[k][1]).filter((g) => g > silence).sort((a, b) => b - a);
  const least = gaps.length >= TIME.mostStretches ? gaps[TIME.mostStretches - 2] : silence;
  const out = [];
  for (const [from, to] of merged) {
    const last = out[out.length - 1];
    if (last && from - last[1] <= Math.max(silence, gaps.length >= TIME.mostStretches ? least - 1e-9 : 0))
      last[1] = Math.max(last[1], to);
    else
      out.push([from, to]);
  }
  return out;
}

// Pixels for each stretch by the logarithm of its length, and its bins.
function timeAxis() {
  const list = stretches(), gap = list.length > 1 ? Math.min(9, 500 / list.length) : 0;
  const room = TIME.width - TIME.left - 10 - gap * (list.length - 1);
  const weights = list.map(([from, to]) => 1 + Math.log10(1 + (to - from) * 1000));
  const sum = weights.reduce((a, b) => a + b, 0);
  let x = TIME.left;
  return list.map(([from, to], k) => {
    const w = list.length === 1 ? room : room * weights[k] / sum;
    const length = Math.max(to - from, 1e-6), n = Math.max(1, Math.floor(w / 3.5));
    const s = {from, to: from + length, x, w, n};
    x += w + gap;
    return s;
  });
}
let axis = null;

function stretchAt(t) {
  let low = 0, high = axis.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (axis[middle].from <= t)
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}
function xOf(t) {
  const s = axis[stretchAt(t)];
  return s.x + s.w * Math.min(1, Math.max(0, (t - s.from) / (s.to - s.from)));
}
function timeAtX(x) {
  let s = axis[0];
  for (const c of axis)
    if (c.x <= x) s = c;
  return s.from + (s.to - s.from) * Math.min(1, Math.max(0, (x - s.x) / s.w));
}

// Sums per stretch, bin and class of what is selected.
function timeSums(measure) {
  const out = spreadSums(measure);
  if (countedByPackets(measure)) toPackets(out, measure);
  return out;
}

// Whether the run counted packets by time: only for all of them, a filter chooses flows.
function countedByPackets(measure) { return Data.core.packetBins && !View.limited && measure !== "flows"; }

// The sums as the packets came; classes keep their shares.
function toPackets(out, measure) {
  const K = Data.core.classes.length, bins = Data.core.packetBins, column = measure === "packets" ? 1 : 2;
  const width = Number(BigInt(bins.width)) / 1e9, exact = axis.map((s) => new Float64Array(s.n));
  for (const bin of bins.of) {
    const from = bin[0] * width - Data.baseSeconds, to = from + width, j = stretchAt((from + to) / 2);
    const s = axis[j], step = (s.to - s.from) / s.n;
    const clip = (t) => Math.min(s.n - 1, Math.max(0, Math.floor((t - s.from) / step)));
    // A bin that is narrower than a bar belongs to one bar, a wider one to all that it covers.
    const first = clip(width < step ? (from + to) / 2 : from), last = width < step ? first : clip(to);
    const covered = [];
    for (let b = first; b <= last; b++)
      covered.push(Math.max(1e-9, Math.min(to, s.from + (b + 1) * step) - Math.max(from, s.from + b * step)));
    const all = covered.reduce((x, y) => x + y, 0);
    covered.forEach((part, k) => exact[j][first + k] += bin[column] * part / all);
  }
  exact.forEach((counts, j) => counts.forEach((n, b) => {
    const part = out[j].subarray(b * K, (b + 1) * K), sum = part.reduce((x, y) => x + y, 0);
    if (sum > 0)
      part.forEach((v, k) => part[k] = v / sum * n);
    else
      part[K - 1] = n;
  }));
}

// Spread evenly over the life of conversations.
function spreadSums(measure) {
  const K = Data.core.classes.length;
  const out = axis.map((s) => new Float64Array(s.n * K));
  const put = (from, to, k, amount, spread) => {
    if (amount === 0) return;
    const a = stretchAt(from), b = stretchAt(to);
    for (let j = a; j <= b; j++) {
      const s = axis[j], step = (s.to - s.from) / s.n;
      const first = Math.min(s.n - 1, Math.max(0, Math.floor((from - s.from) / step)));
      const last = spread ? Math.min(s.n - 1, Math.max(first, Math.floor((to - s.from) / step))) : first;
      const share =
          (b > a ? amount * Math.max(0, Math.min(to, s.to) - Math.max(from, s.from)) / (to - from) : amount) /
          (last - first + 1);
      for (let bin = first; bin <= last; bin++) out[j][bin * K + k] += share;
      if (!spread) return;
    }
  };
  if (Data.core.bins && !View.limited) {
    const width = Number(BigInt(Data.core.bins.width)) / 1e9,
          column = {flows: 1, packets: 2, bytes: 3}[measure];
    for (const [number, ...classes] of Data.core.bins.of)
      for (const c of classes)
        put(number * width - Data.baseSeconds, (number + 1) * width - Data.baseSeconds - 1e-9, c[0],
            c[column], true);
    return out;
  }
  const value = {bytes: (i) => Data.bytes[i], packets: (i) => Data.packets[i], flows: () => 1}[measure];
  for (const i of View.rows)
    put(Data.start[i], Data.start[i] + Data.flows.dur[i] / 1e6, classOf(i), value(i), measure !== "flows");
  return out;
}

function drawTimeline() {
  const K = Data.core.classes.length, sums = timeSums(View.measure);
  let most = 0;
  sums.forEach((bins) => {
    for (let b = 0; b < bins.length / K; b++) {
      let sum = 0;
      for (let k = 0; k < K; k++) sum += bins[b * K + k];
      most = Math.max(most, sum);
    }
  });
  const scale = (v) => most === 0 ? 0 : (View.linear ? v / most : Math.sqrt(v / most)) * TIME.height;
  const bottom = TIME.top + TIME.height, total = bottom + TIME.marks + TIME.labels;
  const words = (v) => View.measure === "bytes" ? sizeWords(Math.round(v)) : grouped(Math.round(v));
  const chart = svg("svg", {
    viewBox: `0 0 ${TIME.width} ${total}`,
    role: "img",
    tabindex: "0",
    class: "timeline",
    "aria-label":
        "Activity over time; the same figures stand in the table below it. Arrow keys move the chosen time."
  });
  for (const share of most > 0 ? [1, 0.5, 0.25] : []) {
    const y = bottom - scale(most * share);
    chart.append(
        svg("line", {class: "grid", x1: TIME.left, x2: TIME.width - 10, y1: y, y2: y}),
        svg("text", {class: "tick", x: TIME.left - 6, y: y + 4, "text-anchor": "end"}, words(most * share)));
  }
  axis.forEach((s, j) => {
    if (j > 0)
      chart.append(svg("text", {class: "cut", x: s.x - 5, y: bottom + 3, "text-anchor": "middle"}, "//"));
    const w = s.w / s.n;
    for (let b = 0; b < s.n; b++) {
      let sum = 0, below = 0;
      for (let k = 0; k < K; k++) sum += sums[j][b * K + k];
      if (sum === 0) continue;
      const height = Math.max(1.5, scale(sum));
      for (let k = 0; k < K; k++) {
        const part = sums[j][b * K + k] / sum * height;
        if (part === 0) continue;
        below += part;
        chart.append(svg("rect", {
          class: "k" + k,
          x: (s.x + b * w).toFixed(2),
          y: (bottom - below).toFixed(2),
          width: Math.max(1, w - 0.7).toFixed(2),
          height: part.toFixed(2)
        }));
      }
    }
  });
  chart.append(svg("line", {class: "base", x1: TIME.left, x2: TIME.width - 10, y1: bottom, y2: bottom}));
  drawMarks(chart, bottom + 9);
  drawTicks(chart, bottom + TIME.marks + 12);
  if (View.time) {
    const [x0, x1] = View.time.map(xOf);
    chart.append(
        svg("rect",
            {class: "brush", x: x0, y: TIME.top - 4, width: Math.max(2, x1 - x0), height: TIME.height + 8}));
  }
  brushable(chart);
  replace(document.getElementById("timeline"), chart);
}

// Files (squares) and logins (dots), where they happened.
function drawMarks(chart, y) {
  const seen = new Set();
  const mark = (t, kind, title) => {
    const x = xOf(t), key = kind + Math.round(x / 2);
    if (seen.has(key)) return;
    seen.add(key);
    const shape = kind.startsWith("file") ? svg("rect", {x: x - 3, y: y - 3, width: 6, height: 6}) :
                                            svg("circle", {cx: x, cy: y, r: 3.2});
    shape.setAttribute("class", "mark " + kind);
    shape.append(svg("title", {}, visible(title)));
    chart.append(shape);
  };
  Data.core.files.forEach((f) => {
    if (f.record.first && f.record.first.time && f.record.kind !== "listing")
      mark(timeOfRecord(f.record.first), f.record.complete ? "file" : "file bad", "File " + f.name);
  });
  Data.core.logins.forEach((l) => {
    if (l.t !== "0")
      mark(
          nsSeconds(l.t), l.ok === false ? "login bad" : "login",
          (l.ok               ? "Login " :
               l.ok === false ? "Refused login " :
                                "Login attempt ") +
              l.user);
  });
}
function timeOfRecord(place) {
  const [s, frac] = String(place.time).split(".");
  return Number(s) - Data.baseSeconds + Number("0." + (frac || "0"));
}

function drawTicks(chart, y) {
  let free = -100;
  const put = (x, first, second) => {
    if (x < free || x > TIME.width - 60) return;
    chart.append(
        svg("text", {class: "tick", x, y}, first), svg("text", {class: "tick", x, y: y + 13}, second));
    free = x + 84;
  };
  if (axis.length > 1) {
    const oneDay = clock(axis[0].from, true) === clock(axis[axis.length - 1].to, true);
    for (const s of axis) put(s.x, clock(s.from, !oneDay), spanWords(s.to - s.from));
    return;
  }
  const s = axis[0], short = s.to - s.from < 20;
  for (let k = 0; k < 9; k++) {
    const t = s.from + (s.to - s.from) * k / 9;
    put(s.x + s.w * k / 9, clock(t, false, short ? 3 : 0), k === 0 ? clock(t, true) : "");
  }
}
function clock(t, day, digits = 0) {
  const whole = Math.floor(t),
        text = timeWords(Data.baseSeconds + whole, Math.round((t - whole) * 1e9), digits);
  return day ? text.slice(0, 10) : text.slice(11);
}

function brushable(chart) {
  const at = (event) => {
    const box = chart.getBoundingClientRect();
    return timeAtX((event.clientX - box.left) / box.width * TIME.width);
  };
  let from = null;
  chart.addEventListener("pointerdown", (event) => {
    from = at(event);
    chart.setPointerCapture(event.pointerId);
  });
  chart.addEventListener("pointerup", (event) => {
    if (from === null) return;
    const to = at(event), clicked = Math.abs(xOf(to) - xOf(from)) < 3;
    setTime(clicked ? null : [Math.min(from, to), Math.max(from, to)]);
    from = null;
  });
  chart.addEventListener("keydown", (event) => {
    const move = {ArrowLeft: -1, ArrowRight: 1}[event.key], narrow = {ArrowUp: 0.5, ArrowDown: 2}[event.key];
    if (!move && !narrow) return;
    event.preventDefault();
    const first = axis[0].from, last = axis[axis.length - 1].to;
    const [a, b] = View.time || [first, last], middle = (a + b) / 2, half = (b - a) / 2 * (narrow || 1),
              step = move ? move * half / 2 : 0;
    setTime([Math.max(first, middle + step - half), Math.min(last, middle + step + half)]);
    document.querySelector("#timeline svg").focus();
  });
}

function timeTable() {
  const sums = timeSums("bytes"), flows = timeSums("flows");
  const rows = axis.map((s, j) => {
    const sum = (list) => list[j].reduce((a, b) => a + b, 0);
    return el(
        "tr", {}, el("td", {}, clock(s.from, true) + " " + clock(s.from, false)),
        el("td", {}, spanWords(s.to - s.from)), el("td", {class: "num"}, grouped(Math.round(sum(flows)))),
        el("td", {class: "num"}, sizeWords(Math.round(sum(sums)))));
  });
  return el(
      "table", {},
      el("thead", {},
         el("tr", {},
            ["Begins (UTC)", "Length", "Conversations", "Payload"].map((t) => el("th", {scope: "col"}, t)))),
      el("tbody", {}, rows));
}

function renderTime() {
  const node = document.getElementById("time-body");
  const button = (text, on, action) =>
      el("button", {type: "button", "aria-pressed": String(on), onclick: action}, text);
  const measures = ["bytes", "packets", "flows"].map((m) => button(m, View.measure === m, () => {
                                                       View.measure = m;
                                                       renderTime();
                                                     }));
  const legend = [];
  const sums = classSums();
  sums.map((s, k) => [s, k])
      .filter(([s]) => s.flows > 0)
      .sort((a, b) => b[0].bytes - a[0].bytes)
      .forEach(([s, k]) => {
        legend.push(
            el("span", {class: "key"}, swatch(k),
               filterLink(Data.core.classes[k], "class " + quoteWord(Data.core.classes[k])), " ",
               el("span", {"data-f": "class." + k + ".bytes", "data-v": s.bytes}, sizeWords(s.bytes))));
      });
  replace(
      node,
      el("div", {class: "bar"}, el("span", {class: "group"}, measures),
         button(
             View.linear ? "linear" : "square root", View.linear,
             () => {
               View.linear = !View.linear;
               renderTime();
             }),
         View.time && button("all times", false, () => setTime(null)),
         el("span", {class: "dim", id: "stretches"})),
      el("div", {id: "timeline"}),
      el("div", {class: "legend"}, legend,
         el("span", {class: "dim"},
            "■ file  ● login · " +
                (countedByPackets(View.measure) ?
                     "heights are counted from the packets; colours are shares of the flows that lived then" :
                     View.measure === "flows" ? "a flow counts when it begins" :
                                                "bytes and packets are spread evenly over a flow's life"))),
      el("details", {}, el("summary", {}, "The same as a table"), timeTable()));
  drawTimeline();
  document.getElementById("stretches").textContent =
      axis.length > 1 ? counted(axis.length, "stretch", "stretches") + " of activity" : "";
}
function classSums() {
  const out = Data.core.classes.map(() => ({flows: 0, packets: 0, bytes: 0}));
  const add = (k, flows, packets, bytes) => {
    out[k].flows += flows;
    out[k].packets += packets;
    out[k].bytes += bytes;
  };
  if (Data.sampled && !View.limited)
    for (const [sv, flows, packets, bytes] of Data.core.bySv)
      add(Data.core.services[sv][1], flows, packets, bytes);
  else
    for (const i of View.rows) add(classOf(i), 1, Data.packets[i], Data.bytes[i]);
  return out;
}
