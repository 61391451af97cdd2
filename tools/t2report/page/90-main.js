// SPDX-License-Identifier: Apache-2.0
// The page: sections in their order, the filter that everything follows, links, keys.

const View = {
  text: "",
  tree: null,
  time: null,
  rows: [],
  selected: null,
  limited: false,
  measure: "bytes",
  linear: false,
  panel: null,
  covered: false,
  before: null
};

function choose() {
  const test = View.tree && testOf(View.tree), rows = [];
  View.selected = new Uint8Array(Data.n);
  for (let i = 0; i < Data.n; i++) {
    if (View.time && (Data.start[i] > View.time[1] || Data.start[i] + Data.flows.dur[i] / 1e6 < View.time[0]))
      continue;
    if (test && !test(i)) continue;
    View.selected[i] = 1;
    rows.push(i);
  }
  View.rows = rows;
  View.limited = Boolean(View.tree || View.time);
}

function setFilter(text, keep) {
  const field = document.getElementById("filter");
  let tree;
  try {
    tree = parseFilter(text);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    field.setAttribute("aria-invalid", "true");
    say(error.message + ". Allowed: " + WORDS + ".", true);
    return;
  }
  field.removeAttribute("aria-invalid");
  if (!keep) field.value = text;
  View.text = text;
  View.tree = tree;
  if (!keep && View.panel && window.innerWidth < 1500) closePanel();
  update();
}
function setTime(range) {
  View.time = range;
  update();
}
function say(text, bad) {
  const node = document.getElementById("said");
  node.className = bad ? "warn" : View.limited ? "said" : "dim";
  node.textContent = text;
}

function update() {
  choose();
  const n = View.rows.length, parts = [];
  if (View.tree) parts.push(sentence(View.tree));
  if (View.time)
    parts.push(
        "active between " + View.time.map((t) => clock(t, true) + " " + clock(t, false)).join(" and "));
  const all = Data.sampled ? grouped(Data.n) + " embedded" : grouped(Data.n);
  say(View.limited ?
          grouped(n) + " of " + all + " conversations: " + visible(parts.join(", ")) :
          "Everything is shown: " + grouped(Data.core.totals.pairs) + " conversations. All times are UTC.");
  document.getElementById("everything").hidden = !View.limited;
  for (const node of document.querySelectorAll("[data-shown]")) delete node.dataset.shown;
  for (const render
           of [renderFigures, renderTime, renderKinds, renderHosts, renderSessions, renderFiles, renderLogins,
               renderFlags, renderTable])
    if (document.getElementById(TARGET[render.name])) render();
  writeLink();
}
const TARGET = {
  renderFigures: "figures",
  renderTime: "time-body",
  renderKinds: "kinds",
  renderHosts: "hosts-body",
  renderSessions: "sessions-body",
  renderFiles: "files-body",
  renderLogins: "logins-body",
  renderFlags: "flags-body",
  renderTable: "flows-body"
};

// The fragment holds the view: a link opens what the sender saw.
function writeLink() {
  const p = new URLSearchParams();
  if (View.text) p.set("f", View.text);
  if (View.time) p.set("t", View.time.map((t) => t.toFixed(6)).join(","));
  if (View.panel) p.set("o", View.panel.join(":"));
  if (Marks.size) p.set("m", [...Marks].join(","));
  const text = p.toString();
  if (location.hash.slice(1) !== text)
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
}
function readLink() {
  const p = new URLSearchParams(location.hash.slice(1));
  const time = (p.get("t") || "").split(",").map(Number);
  View.time = p.get("t") && time.length === 2 && time.every(Number.isFinite) ? time : null;
  for (const m of (p.get("m") || "").split(","))
    if (/^\d+$/.test(m)) Marks.add(Number(m));
  setFilter(p.get("f") || "");
  const open = (p.get("o") || "").match(/^(host|flow):(.+)$/);
  if (open) openPanel(open[1], open[2]);
}

function goTo(id) {
  const node = document.getElementById(id);
  if (!node) return;
  node.scrollIntoView();
  node.focus({preventScroll: true});
}

function buildSections() {
  const core = Data.core, out = [];
  const part = (id, title, hint, n, ...body) =>
      out.push({id, title, n, node: fill(section(id, title, hint), {}, body)});
  const summary = el(
      "section", {id: "summary", tabindex: "-1", "aria-label": "Summary"}, renderHead(),
      el("p", {class: "story"}, storyWords()),
      Data.sampled &&
          el("p", {class: "banner"},
             "This result is large: totals, times, services, countries, flags and findings are of all ",
             grouped(core.totals.pairs), " conversations; ", grouped(Data.n),
             " of them are embedded (all of FTP and files, those of findings, the largest, and an even sample). With a filter, figures are of the embedded ones."),
      el("div", {class: "cards", id: "figures"}));
  out.push({id: "summary", title: "Summary", node: summary});
  part(
      "timeline-section", "Timeline", "Drag to choose a time; long silences are cut out.", undefined,
      el("div", {class: "box", id: "time-body"}));
  const first = core.findings.length;
  // Where little stands out, there is room for what it was.
  const kinds = el("div", {id: "kinds"}), few = new Set(core.findings.map((f) => f.cls)).size < 3;
  const two =
      el("div", {class: "two"},
         el("div", {class: "box"}, el("h2", {}, "What stands out"), renderFindings(core.findings, true),
            few && kinds),
         el("div", {class: "box"}, el("h2", {}, "Can it be trusted?"), renderTrust(), !few && kinds));
  out.push({
    id: "findings",
    title: "Findings",
    n: first,
    node: el("section", {id: "findings", tabindex: "-1", "aria-label": "Findings"}, two)
  });
  part(
      "hosts", "Hosts", "Who took part; click for everything about one.", core.totals.hosts,
      el("div", {class: "box", id: "hosts-body"}));
  part(
      "talk", "Who talks to whom",
      "Client, service, server; widths by square root, so that small ones stay visible. Click to filter.",
      undefined, el("div", {class: "box", id: "talk-body"}));
  const names =
      [...new Set(core.sessions.map((s) => s.protocol))].map((s) => visible(s).toUpperCase()).join(", ");
  if (core.sessions.length)
    part(
        "sessions", names.length < 20 && names ? names + " sessions" : "Sessions",
        "What was said on the control connections, and what moved.", core.sessions.length,
        el("div", {id: "sessions-body"}));
  if (core.files.length)
    part(
        "files", "Files",
        "Carved from " + [...new Set(core.files.map((f) => protocolWord(f.record)))].join(", ") +
            ". The files themselves are not in this page; pictures are shown, nothing else is opened.",
        core.totals.contents, el("div", {class: "box", id: "files-body"}));
  if (core.logins.length)
    part(
        "logins", "Logins", "Who gave a name, and what the server said.", core.logins.length,
        el("div", {class: "box", id: "logins-body"}));
  part(
      "flags", "Flags in words", "Every bit that is set, worst first; a bit alone proves nothing.", undefined,
      el("div", {class: "box", id: "flags-body"}));
  part(
      "flows", "Conversations", "Both directions in one row; the client is who began.", core.totals.pairs,
      el("div", {class: "box", id: "flows-body"}));
  part(
      "evidence", "Evidence", "What this page was made from, and what it cannot show.", undefined,
      el("div", {class: "box"}, evidenceNodes()));
  part("help", "Help", "", undefined, el("div", {class: "box"}, helpNodes()));
  return out;
}

function evidenceNodes() {
  const e = Data.core.evidence, m = Data.core.meta;
  const table = (titles, rows) => el(
      "table", {class: "wide"}, el("thead", {}, el("tr", {}, titles.map((t) => el("th", {scope: "col"}, t)))),
      el("tbody", {}, rows));
  const cells = (...list) => el("tr", {}, list.map((c) => el("td", {}, c)));
  const long = (title, n, body) =>
      el("details", {class: "keep"}, el("summary", {}, title + " (" + grouped(n) + ")"), body);
  const captures = e.captures.map(
      (c) => cells(
          foreign(c.file || "", 200),
          c.bytes === undefined ? "" : sizeWords(c.bytes) + " (" + grouped(c.bytes) + ")",
          c.packets === undefined ? "" : grouped(c.packets),
          c.first ? [decimalTime(c.first), el("br"), decimalTime(c.last)] : "",
          c.sha256 ? el("code", {class: "digest"}, visible(c.sha256)) : "no digest"));
  return [
    el("h3", {}, "Captures"),
    captures.length ? table(["File", "Size", "Packets", "From, to (UTC)", "SHA-256"], captures) :
                      el("p", {class: "dim"}, "Not known: there is no manifest."),
    el("h3", {}, "Tables"),
    table(
        ["File", "Rows", "SHA-256"],
        e.tables.map(
            ([name, rows, sha]) =>
                cells(foreign(name, 100), grouped(rows), el("code", {class: "digest"}, visible(sha))))),
    el("h3", {}, "Run"), pairs([
      ["Command", el("code", {class: "wrap"}, foreign(e.command, 1000))],
      [
        "Program",
        foreign(
            [m.program, m.version].filter(Boolean).join(" ") +
                (m.stamp && m.stamp !== m.program ? " (" + m.stamp + ")" : ""),
            120)
      ],
      ["Time", foreign(m.created, 100)], ["Machine", foreign(m.hw, 200)], ["Libraries", foreign(m.sw, 200)],
      ["Page", m.made_by + (m.passwords ? ", with passwords" : ", without passwords")],
      ["Carved files", m.folder ? foreign(m.folder, 200) : "none"]
    ]),
    e.plugins.length > 0 &&
        long(
            "Plugins", e.plugins.length,
            table(["Plugin", "Version", "What it does"], e.plugins.map(([n, v, d]) => cells(n, v, d)))),
    el("h3", {}, "Settings that differ from the defaults"),
    e.changed.length ? table(
                           ["Plugin", "Setting", "Here", "Default"],
                           e.changed.map((c) => cells(...c.map((x) => foreign(x, 120))))) :
                       el("p", {class: "dim"}, Object.keys(e.settings).length ? "None." : "Not known."),
    Object.keys(e.settings).length > 0 &&
        long(
            "All settings", Object.values(e.settings).reduce((n, g) => n + Object.keys(g).length, 0),
            table(
                ["Plugin", "Settings"],
                Object.entries(e.settings)
                    .map(
                        ([p, g]) => cells(
                            foreign(p, 60),
                            el("span", {class: "mono"},
                               foreign(Object.entries(g).map(([k, v]) => k + "=" + v).join("  "), 20000)))))),
    e.report.length > 0 &&
        long(
            "End report", e.report.length,
            el("pre", {tabindex: "0"}, foreign(e.report.join("\n"), 60000, true))),
    el("h3", {}, "What this page cannot show"),
    el("ul", {}, e.lacks.map((l) => el("li", {}, foreign(l, 300))),
       el("li", {}, "Contents that no decoder of this run carves, and everything that is encrypted."),
       el("li", {}, "When exactly bytes moved within a flow: they are spread evenly over its life."),
       Data.sampled && el("li", {}, "Rows beyond the sample: see the command under the table."))
  ];
}
function decimalTime(text) {
  const [s, frac] = String(text).split(".");
  return timeWords(Number(s), Number((frac || "").padEnd(9, "0").slice(0, 9)));
}

function helpNodes() {
  const keys = [
    ["/", "filter"], ["Esc", "close the panel, then show everything"],
    ["j k Enter", "next, previous, open in the table of conversations"], ["m", "mark a conversation"],
    ["← → ↑ ↓", "in the timeline: move and narrow the chosen time"], ["1 to 9", "sections"],
    ["d", "dark or light"], ["p", "print"], ["?", "this help"]
  ];
  const examples = [
    "host 10.0.0.5 and port 21", "net 10.0.0.0/8 and not port 53", "src 10.0.0.5 and dst 192.0.2.1",
    "proto udp and bytes > 1M", "packets = 1 and is unanswered", "duration >= 10min",
    "is leaving or is entering", "flag \"checksum\"", "flag ipFlags.11", "country us and class web",
    "after 2023-11-15T01:04", "flow 12"
  ];
  return [
    el("h3", {}, "Filter in words"),
    el("p", {},
       "Words: " + WORDS +
           ". “and” may be left out. Everything on the page follows, and the address of the page keeps it."),
    el("ul", {class: "examples"}, examples.map((x) => el("li", {}, filterLink(el("code", {}, x), x)))),
    el("h3", {}, "Keys"),
    el("dl", {}, keys.map(([k, what]) => [el("dt", {}, el("kbd", {}, k)), el("dd", {}, what)])),
    el("h3", {}, "Words of this page"),
    el("p", {},
       "A conversation is what two ends exchanged over one flow number, both directions. The client is who began. Payload is the bytes inside TCP, UDP and the like. Answered: both ends sent packets. A finding is a rule that matched, no verdict: each says how it can be harmless.")
  ];
}

function build() {
  const sections = buildSections();
  const nav =
      el("nav", {"aria-label": "Sections"},
         sections.map(
             (s) =>
                 el("a", {
                   href: "#" + s.id,
                   onclick: (e) => {
                     e.preventDefault();
                     goTo(s.id);
                   },
                   "data-for": s.id
                 },
                    s.title,
                    s.n !== undefined &&
                        el("span", {class: "count", title: grouped(s.n)},
                           s.n < 1e5     ? grouped(s.n) :
                               s.n < 1e6 ? Math.round(s.n / 1e3) + " k" :
                                           (s.n / 1e6).toFixed(1) + " M"))));
  const field = el("input", {
    id: "filter",
    type: "search",
    placeholder: "Filter in words:  host 10.0.0.5 and port 21   or   country us and bytes > 1M   (press /)",
    "aria-label": "Filter in words",
    autocomplete: "off",
    spellcheck: "false",
    "aria-describedby": "said"
  });
  let timer = 0;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => setFilter(field.value, true), 250);
  });
  field.addEventListener("keydown", (e) => {
    if (e.key === "Enter") {
      clearTimeout(timer);
      setFilter(field.value, true);
    }
  });
  const button = (words, action, extra) =>
      el("button", Object.assign({type: "button", onclick: action}, extra), words);
  const header =
      el("header", {}, el("div", {class: "brand"}, el("b", {}, "T2++"), " report"),
         el("div", {class: "search"}, field, el("div", {id: "said", class: "dim", role: "status"})),
         el("div", {class: "buttons"},
            button("All", everything, {id: "everything", hidden: true, title: "Show everything (Esc)"}),
            copyButton("Link", () => location.href), button("Dark", toggleDark, {id: "dark"}),
            button("Print", () => print()), button("?", () => goTo("help"), {"aria-label": "Help"})));
  const app = document.getElementById("app");
  replace(
      app, header, nav, el("main", {}, sections.map((s) => s.node)),
      el("aside", {id: "panel", hidden: true, "aria-label": "Details"}));
  document.getElementById("plain").remove();
  app.hidden = false;
  watchSections(sections);
  return sections;
}
function watchSections(sections) {
  const mark = () => {
    let current = sections[0].id;
    for (const s of sections)
      if (s.node.getBoundingClientRect().top < 140) current = s.id;
    if (window.innerHeight + window.scrollY >= document.body.scrollHeight - 4)
      current = sections[sections.length - 1].id;
    for (const a of document.querySelectorAll("nav a"))
      a.setAttribute("aria-current", String(a.dataset.for === current));
  };
  addEventListener("scroll", mark, {passive: true});
  mark();
}
function everything() {
  View.time = null;
  setFilter("");
}
function toggleDark() {
  const root = document.documentElement, dark = isDark();
  root.dataset.theme = dark ? "light" : "dark";
  document.getElementById("dark").textContent = dark ? "Dark" : "Light";
}
const isDark = () => document.documentElement.dataset.theme ?
    document.documentElement.dataset.theme === "dark" :
    matchMedia("(prefers-color-scheme: dark)").matches;

function onKey(sections, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (event.key === "Escape") {
    if (View.panel)
      closePanel();
    else if (View.limited || document.getElementById("filter").value)
      everything();
    event.target.blur();
    return;
  }
  if (typing) return;
  const actions = {
    "/": () => {
      document.getElementById("filter").focus();
      event.preventDefault();
    },
    d: toggleDark,
    p: () => print(),
    "?": () => goTo("help"),
    j: () => step(1),
    k: () => step(-1),
    m: () => {
      const flow = currentFlow();
      if (flow !== undefined) toggleMark(flow);
    },
    Enter: () => {
      if (event.target === document.body || event.target.tagName === "SECTION") {
        const flow = currentFlow();
        if (flow !== undefined) openPanel("flow", flow);
      }
    }
  };
  if (/^[1-9]$/.test(event.key) && sections[event.key - 1])
    goTo(sections[event.key - 1].id);
  else if (Object.hasOwn(actions, event.key))
    actions[event.key]();
}
function currentFlow() {
  if (View.panel && View.panel[0] === "flow") return Number(View.panel[1]);
  const rows = document.querySelectorAll("#flows-body tbody tr");
  return rows[Table.at] && Number(rows[Table.at].dataset.flow);
}
function step(by) {
  const rows = document.querySelectorAll("#flows-body tbody tr");
  if (!rows.length) return;
  Table.at = Math.min(rows.length - 1, Math.max(0, Table.at + by));
  rows.forEach((row, n) => row.classList.toggle("current", n === Table.at));
  rows[Table.at].scrollIntoView({block: "nearest"});
}

// On paper: what is folded and matters is opened, and closed again.
function preparePrint() {
  const opened = [];
  addEventListener("beforeprint", () => {
    for (const d of document.querySelectorAll("#findings details, #evidence details"))
      if (!d.open) {
        d.open = true;
        opened.push(d);
      }
  });
  addEventListener("afterprint", () => {
    for (const d of opened.splice(0)) d.open = false;
  });
}

async function start() {
  try {
    if (typeof DecompressionStream === "undefined")
      throw new Error("this browser is too old: Chromium 80, Firefox 113, Safari 16.4 or newer");
    await load();
    View.covered = Data.core.meta.cover;
    axis = Data.core.totals.pairs ? timeAxis() : [{from: 0, to: 1, x: TIME.left, w: 900, n: 1}];
    const sections = build();
    document.getElementById("dark").textContent = isDark() ? "Light" : "Dark";
    addEventListener("keydown", (event) => onKey(sections, event));
    addEventListener("hashchange", readLink);
    preparePrint();
    readLink();
    document.documentElement.dataset.ready = "1";
  } catch (error) {
    document.getElementById("plain").append(el("p", {}, "The page could not be built: " + error.message));
    document.documentElement.dataset.ready = "failed";
    throw error;
  }
}
start();
