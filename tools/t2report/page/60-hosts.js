// SPDX-License-Identifier: Apache-2.0
// Hosts, and who talks to whom.

// Sums per host of what is selected.
function hostSums() {
  const f = Data.flows, H = Data.hosts.k.length;
  const sums = {
    n: new Uint32Array(H),
    sent: new Float64Array(H),
    received: new Float64Array(H),
    first: new Float64Array(H).fill(Infinity),
    last: new Float64Array(H),
    peers: new Uint32Array(H)
  };
  const pairs = new Set();
  const touch = (h, i) => {
    sums.n[h]++;
    sums.first[h] = Math.min(sums.first[h], Data.start[i]);
    sums.last[h] = Math.max(sums.last[h], Data.start[i] + f.dur[i] / 1e6);
  };
  for (const i of View.rows) {
    const c = f.c[i], s = f.s[i];
    touch(c, i);
    if (s !== c) touch(s, i);
    sums.sent[c] += Data.client.b[i];
    sums.received[c] += Data.server.b[i];
    sums.sent[s] += Data.server.b[i];
    sums.received[s] += Data.client.b[i];
    const pair = Math.min(c, s) * H + Math.max(c, s);
    if (pairs.has(pair)) continue;
    pairs.add(pair);
    sums.peers[c]++;
    if (s !== c) sums.peers[s]++;
  }
  if (Data.sampled && !View.limited)
    for (let h = 0; h < H; h++) {
      sums.n[h] = Data.hosts.n[h];
      sums.sent[h] = Data.hosts.snt[h];
      sums.received[h] = Data.hosts.rcv[h];
    }
  return sums;
}
// What these hosts serve and use: only of those that are shown, because there may be many.
function hostServices(hosts) {
  const out = new Map(hosts.map((h) => [h, {serves: new Map(), uses: new Map()}]));
  const add = (map, key) => map.set(key, (map.get(key) || 0) + 1);
  for (const i of View.rows) {
    const client = out.get(Data.flows.c[i]), server = out.get(Data.flows.s[i]);
    if (client) add(client.uses, Data.flows.sv[i]);
    if (server && answered(i)) add(server.serves, Data.flows.sv[i]);
  }
  return out;
}
// "private" and "Private network" say the same; so does nothing.
const alike = (place, org) => !org || (!!place && org.toLowerCase().startsWith(place.toLowerCase() + " "));
const largestOf = (map, n) => [...(map || [])].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, n);
function serviceList(map, n) {
  const list = largestOf(map, n);
  return [
    list.map(([sv]) => Data.core.services[sv][0]).join(", "), map && map.size > n ? " +" + (map.size - n) : ""
  ];
}
function placeWords(h) {
  if (Data.hosts.k[h].startsWith("mac ")) return "layer 2";
  if (Data.private[h]) return "private";
  const cc = Data.hosts.cc[h];
  return /^[a-z]{2}$/i.test(cc) ? cc.toUpperCase() : "";
}

let hostOrder = "bytes";
function renderHosts() {
  const sums = hostSums(), hosts = [];
  for (let h = 0; h < sums.n.length; h++)
    if (sums.n[h] > 0) hosts.push(h);
  const peers = (h) => sums.peers[h], least = Data.sampled && !View.limited ? "≥ " : "";
  const orders = {
    bytes: (h) => sums.sent[h] + sums.received[h],
    sent: (h) => sums.sent[h],
    received: (h) => sums.received[h],
    conversations: (h) => sums.n[h],
    peers
  };
  const order = orders[hostOrder];
  hosts.sort((a, b) => order(b) - order(a) || sums.n[b] - sums.n[a] || a - b);
  const head = (words, key) =>
      el("th", {scope: "col", class: key ? "num" : "", "aria-sort": key === hostOrder ? "descending" : null},
         key ? el("button", {
           class: "sort",
           type: "button",
           onclick: () => {
             hostOrder = key;
             renderHosts();
           }
         },
                  words + (key === hostOrder ? " ↓" : "")) :
               words);
  const row = (services) => (h) => el(
      "tr", {}, el("td", {class: "mono"}, hostLink(Data.hosts.k[h])),
      el("td", {}, placeWords(h),
         !alike(placeWords(h), Data.hosts.org[h]) &&
             el("div", {class: "dim small"}, foreign(Data.hosts.org[h], 40))),
      el("td", {}, foreign(Data.hosts.os[h], 30)), el("td", {}, serviceList(services.get(h).serves, 3)),
      el("td", {}, serviceList(services.get(h).uses, 3)), el("td", {class: "num"}, least + grouped(peers(h))),
      el("td", {class: "num"}, grouped(sums.n[h])), el("td", {class: "num"}, sizeWords(sums.sent[h])),
      el("td", {class: "num"}, sizeWords(sums.received[h])), el("td", {}, activity(h, sums)));
  renderLong(
      document.getElementById("hosts-body"), hosts, 15,
      (shown) =>
          el("table", {class: "wide"},
             el("thead", {},
                el("tr", {}, head("Host"), head("Place"), head("System"), head("Serves"), head("Uses"),
                   head("Peers", "peers"), head("Conversations", "conversations"), head("Sent", "sent"),
                   head("Received", "received"), head("Active"))),
             el("tbody", {}, shown.map(row(hostServices(shown))))));
  renderFlowsDiagram();
}
function activity(h, sums) {
  if (sums.first[h] === Infinity) return el("span", {class: "dim"}, "–");
  const scale = (t) => (xOf(t) - TIME.left) / (TIME.width - TIME.left - 10) * 100;
  const a = scale(sums.first[h]), b = scale(sums.last[h]);
  return svg(
      "svg", {
        class: "spark",
        viewBox: "0 0 100 10",
        preserveAspectRatio: "none",
        role: "img",
        "aria-label": "active from " + clock(sums.first[h], true) + " to " + clock(sums.last[h], true)
      },
      svg("rect", {class: "track", y: 3, width: 100, height: 4}),
      svg("rect", {class: "plainbar", x: a, y: 1, width: Math.max(1.5, b - a), height: 8}));
}

// A list that shows its first rows, and more when asked.
function renderLong(node, list, first, draw) {
  const shown = Number(node.dataset.shown) || first;
  const more = list.length > shown &&
      el("button", {
                 type: "button",
                 class: "more",
                 onclick: () => {
                   node.dataset.shown = shown + 100;
                   renderLong(node, list, first, draw);
                 }
               },
         "Show " + grouped(Math.min(100, list.length - shown)) + " more of " + grouped(list.length));
  replace(
      node,
      list.length ? draw(list.slice(0, shown)) : el("p", {class: "dim"}, "Nothing here, with this filter."),
      more, more && onPaper(shown, list.length));
}
// Paper has no buttons to show more.
function onPaper(shown, all) {
  return el("p", {class: "paper dim"}, "The first " + grouped(shown) + " of " + grouped(all) + ".");
}

// Client, service, server in three columns; the largest of each, the rest as one.
function renderFlowsDiagram() {
  const f = Data.flows, weight = (i) => Data.bytes[i] + 1;
  const sum = (get) => {
    const m = new Map();
    for (const i of View.rows) m.set(get(i), (m.get(get(i)) || 0) + weight(i));
    return m;
  };
  const sides = [
    [(i) => f.c[i], 13, "clients"], [(i) => f.sv[i], 11, "services"], [(i) => f.s[i], 13, "servers"]
  ].map(([get, most, title]) => {
    const all = [...sum(get)].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    return {
      get,
      title,
      shown: new Map(all.slice(0, most).map(([key], at) => [key, at])),
      n: Math.min(most, all.length) + (all.length > most ? 1 : 0),
      rest: all.length - most,
      keys: all.slice(0, most).map((a) => a[0])
    };
  });
  const at = (side, i) => {
    const place = side.shown.get(side.get(i));
    return place === undefined ? side.shown.size : place;
  };
  const bands = [new Map(), new Map()], triples = new Map();
  for (const i of View.rows) {
    const [a, b, c] = sides.map((s) => at(s, i)), k = b === sides[1].shown.size ? 8 : classOf(i);
    const key = a + " " + b + " " + c;
    const t = triples.get(key) || {a, b, c, bytes: 0, flows: 0};
    t.bytes += Data.bytes[i];
    t.flows++;
    triples.set(key, t);
    for (const [map, x, y] of [[bands[0], a, b], [bands[1], b, c]]) {
      const e = map.get(x + " " + y) || {x, y, k, w: 0};
      e.w += weight(i);
      map.set(x + " " + y, e);
    }
  }
  const label = (j, at2) => at2 < sides[j].keys.length ?
      (j === 1 ? Data.core.services[sides[1].keys[at2]][0] : Data.hosts.k[sides[j].keys[at2]]) :
      counted(sides[j].rest, "other", "others");
  const node = document.getElementById("talk-body");
  if (!View.rows.length) return replace(node, el("p", {class: "dim"}, "Nothing here, with this filter."));
  const rows = [...triples.values()].sort((x, y) => y.bytes - x.bytes || y.flows - x.flows);
  const table =
      el("details", {}, el("summary", {}, "The same as a table"),
         el("table", {},
            el("thead", {},
               el("tr", {},
                  ["Client", "Service", "Server", "Conversations", "Payload"].map(
                      (t, k) => el("th", {scope: "col", class: k > 2 ? "num" : ""}, t)))),
            el("tbody", {},
               rows.slice(0, 60).map(
                   (t) =>
                       el("tr", {}, el("td", {class: "mono"}, foreign(label(0, t.a), 50)),
                          el("td", {}, label(1, t.b)), el("td", {class: "mono"}, foreign(label(2, t.c), 50)),
                          el("td", {class: "num"}, grouped(t.flows)),
                          el("td", {class: "num"}, sizeWords(t.bytes)))))),
         rows.length > 60 && el("p", {class: "dim"}, "The 60 largest of " + grouped(rows.length) + "."));
  replace(node, drawBands(sides, bands, label), table);
}

function drawBands(sides, bands, label) {
  const W = 1060, pad = 8, least = 3, xs = [190, 520, 860], thick = 12;
  // Widths by square root, so that small ones stay visible.
  for (const map of bands)
    for (const e of map.values()) e.h = Math.sqrt(e.w);
  const need = sides.map((s, j) => {
    const h = new Array(s.n).fill(0);
    const left = new Array(s.n).fill(0), right = new Array(s.n).fill(0);
    if (j > 0)
      for (const e of bands[j - 1].values()) left[e.y] += e.h;
    if (j < 2)
      for (const e of bands[j].values()) right[e.x] += e.h;
    return h.map((_, k) => Math.max(left[k], right[k]));
  });
  const H = Math.min(460, 90 + 34 * Math.max(...sides.map((s) => s.n)));
  const scale = Math.min(...need.map((h) => (H - (pad + least) * h.length) / h.reduce((a, b) => a + b, 0)));
  const chart = svg("svg", {
    viewBox: `0 0 ${W} ${H + 40}`,
    class: "talk",
    role: "group",
    "aria-label": "Clients, services and servers; the same figures stand in the table below."
  });
  const tops = need.map((h) => {
    const sizes = h.map((v) => v * scale + least), used = sizes.reduce((a, b) => a + b, 0);
    const space = sizes.length > 1 ? Math.min(26, (H - used) / (sizes.length - 1)) : 0;
    let y = 34 + (H - used - space * (sizes.length - 1)) / 2;
    return sizes.map((size) => {
      const box = {y, size, l: y, r: y};
      y += size + space;
      return box;
    });
  });
  bands.forEach((map, j) => {
    const sorted = [...map.values()].sort((a, b) => a.x - b.x || a.y - b.y);
    const place = new Map();
    for (const e of sorted) {
      const box = tops[j][e.x];
      place.set(e, [box.r, 0]);
      box.r += e.h * scale;
    }
    for (const e of [...sorted].sort((a, b) => a.y - b.y || a.x - b.x)) {
      const box = tops[j + 1][e.y];
      place.get(e)[1] = box.l;
      box.l += e.h * scale;
    }
    for (const e of sorted) {
      const [y0, y1] = place.get(e), h = Math.max(0.6, e.h * scale), x0 = xs[j] + thick, x1 = xs[j + 1],
                 m = (x0 + x1) / 2;
      chart.append(svg("path", {
        class: "band k" + e.k,
        d: `M${x0},${y0}C${m},${y0} ${m},${y1} ${x1},${y1}v${h}C${m},${y1 + h} ${m},${y0 + h} ${x0},${
            y0 + h}z`
      }));
    }
  });
  sides.forEach((s, j) => {
    chart.append(svg("text", {class: "tick", x: xs[j] + thick / 2, y: 14, "text-anchor": "middle"}, s.title));
    tops[j].forEach((box, k) => {
      const isRest = k >= s.keys.length,
            cls = j === 1 && !isRest ? "k" + Data.core.services[s.keys[k]][1] : "hostbox";
      const words = visible(label(j, k)),
            filter = isRest ? "" :
          j === 1           ? "service " + quoteWord(words) :
                              (j === 0 ? "src " : "dst ") + words.replace(/^mac /, "");
      const group =
          svg("g",
              filter ? {
                class: "click",
                role: "button",
                tabindex: "0",
                "aria-label": "Filter: " + filter,
                onclick: () => setFilter(filter),
                onkeydown: (e) => {
                  if (e.key === "Enter") setFilter(filter);
                }
              } :
                       {});
      group.append(
          svg("rect", {class: cls, x: xs[j], y: box.y, width: thick, height: box.size, rx: 2}),
          svg("text", {
            x: j === 0 ? xs[j] - 6 : xs[j] + thick + 6,
            y: box.y + box.size / 2 + 4,
            "text-anchor": j === 0 ? "end" : "start"
          },
              words.length > 24 ? words.slice(0, 14) + "…" + words.slice(-9) : words),
          svg("title", {}, words));
      chart.append(group);
    });
  });
  return chart;
}
