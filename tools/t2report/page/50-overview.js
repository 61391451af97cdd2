// SPDX-License-Identifier: Apache-2.0
// The first screen: what was read, seven figures, what stands out, whether the capture can be trusted.

function captureWords() {
  const list = Data.core.evidence.captures;
  if (list.length > 1) return counted(list.length, "capture");
  return list.length === 1 ? foreign(baseName(list[0].file || ""), 100) : foreign(Data.core.meta.table, 100);
}
const baseName = (path) => String(path).split("/").pop();

function renderHead() {
  const t = Data.core.totals, m = Data.core.meta, span = nsSeconds(t.last) - nsSeconds(t.first);
  return [
    el("h1", {}, foreign(m.title, 200)),
    el("p", {class: "dim"}, captureWords(), " · ",
       t.pairs ? nsWords(t.first, 0) + " to " + nsWords(t.last, 0) + " UTC (" + spanWords(span) + ")" :
                 "no flows",
       m.program && [" · read by ", foreign(m.program + (m.version ? " " + m.version : ""), 60)]),
    m.note && el("p", {class: "note"}, foreign(m.note, 4000, true))
  ];
}

function storyWords() {
  const t = Data.core.totals, sums = Data.core.services.map((s) => ({name: s[0], bytes: 0}));
  if (t.pairs === 0) return "There is no flow in this table.";
  if (Data.sampled)
    for (const [sv, , , bytes] of Data.core.bySv) sums[sv].bytes += bytes;
  else
    for (let i = 0; i < Data.n; i++) sums[Data.flows.sv[i]].bytes += Data.bytes[i];
  const top =
      sums.filter((s) => s.bytes > 0).sort((a, b) => b.bytes - a.bytes).slice(0, 3).map((s) => s.name);
  const parts =
      ["In " + spanWords(nsSeconds(t.last) - nsSeconds(t.first)) + ", " + (t.hostsExact ? "" : "about ") +
       counted(t.hosts, "host") + " held " + counted(t.pairs, "conversation") +
       (top.length ? "; most bytes were " + top.join(", ") : "") + "."];
  for (const protocol of protocols()) {
    const sessions = Data.core.sessions.filter((s) => s.protocol === protocol).length;
    const logins = Data.core.logins.filter((l) => l.protocol === protocol),
          files = Data.core.files.filter((f) => f.record.protocol === protocol);
    const words = [];
    if (sessions) words.push(counted(sessions, "session"));
    if (logins.length)
      words.push(
          counted(logins.length, "login attempt") + " (" + grouped(logins.filter((l) => l.ok).length) +
          " succeeded)");
    if (files.length)
      words.push(
          counted(files.length, "file") + " kept (" + grouped(files.filter((f) => f.record.complete).length) +
          " whole)");
    if (words.length) parts.push(protocol.toUpperCase() + ": " + words.join(", ") + ".");
  }
  const first =
      [...new Set(Data.core.findings.filter((f) => f.sev === "first").map((f) => f.title.toLowerCase()))];
  if (first.length) parts.push("Look first at: " + first.join(", ") + ".");
  return parts.join(" ");
}
function protocols() {
  const list = [
    ...Data.core.sessions.map((s) => s.protocol), ...Data.core.files.map((f) => f.record.protocol || "?"),
    ...Data.core.logins.map((l) => l.protocol)
  ];
  return [...new Set(list)].sort();
}

function renderFigures() {
  const t = Data.core.totals, limited = View.limited;
  const sum = (list) => {
    let s = 0;
    for (const i of View.rows) s += list[i];
    return s;
  };
  const hosts = limited ? new Set() : null;
  let directions = 0;
  if (limited)
    for (const i of View.rows) {
      hosts.add(Data.flows.c[i]).add(Data.flows.s[i]);
      directions += (Data.flows.have[i] & 1) + (Data.flows.have[i] >> 1 & 1);
    }
  const files = shownFiles(), logins = shownLogins(), findings = Data.core.findings;
  const card = (name, value, words, label, below, target) =>
      el("a", {
        class: "card",
        href: "#" + target,
        onclick: (e) => {
          e.preventDefault();
          goTo(target);
        }
      },
         el("b", {class: String(value).length > 8 && !words ? "long" : ""}, figure(name, value, words)),
         el("span", {}, label), below && el("small", {}, below));
  const of = limited && Data.sampled ? "of " + grouped(Data.n) + " embedded · " :
      limited                        ? "of " + grouped(t.pairs) + " · " :
                                       "";
  replace(
      document.getElementById("figures"),
      card(
          "pairs", limited ? View.rows.length : t.pairs, undefined, "conversations",
          of + grouped(limited ? directions : t.rows) + " flows", "flows"),
      card(
          "hosts", limited ? hosts.size : t.hosts, undefined,
          limited || t.hostsExact ? "hosts" : "hosts, about", "", "hosts"),
      card("packets", limited ? sum(Data.packets) : t.pkts, undefined, "packets", "", "flows"),
      card(
          "bytes", limited ? sum(Data.bytes) : t.bytes, sizeWords(limited ? sum(Data.bytes) : t.bytes),
          "payload", "", "flows"),
      card(
          "files", limited ? files.length : t.contents, undefined, "files carved", fileWords(files), "files"),
      card(
          "logins", logins.length, undefined, "logins",
          logins.length ? grouped(logins.filter((k) => Data.core.logins[k].ok).length) + " succeeded" : "",
          "logins"),
      card(
          "findings", findings.length, undefined, "findings",
          findings.some((f) => f.sev === "first") ?
              grouped(findings.filter((f) => f.sev === "first").length) + " to look at first" :
              "",
          "findings"),
      el("span", {hidden: true}, figure("rows", limited ? directions : t.rows)));
}
function fileWords(files) {
  if (!files.length) return "";
  const whole = files.filter((k) => Data.core.files[k].record.complete).length,
        pictures = files.filter((k) => Data.core.files[k].pic).length;
  return grouped(whole) + " whole" + (pictures ? ", " + counted(pictures, "picture") : "");
}

function renderFindings(list, compact) {
  const groups = [];
  for (const f of list) {
    const last = groups.find((g) => g[0].cls === f.cls && g[0].sev === f.sev);
    if (last)
      last.push(f);
    else
      groups.push([f]);
  }
  const shown = compact ? groups.slice(0, 6) : groups;
  const out = shown.map((group) => findingNode(group, compact ? 3 : 50));
  if (groups.length > shown.length)
    out.push(el(
        "details", {class: "more-findings"},
        el("summary", {}, counted(groups.length - shown.length, "more kind", "more kinds") + " of findings"),
        groups.slice(6).map((g) => findingNode(g, 50))));
  if (!out.length)
    out.push(el("p", {class: "dim"}, "No rule found anything. That is no proof that nothing happened."));
  return compact ? [out, unmetRules()] : out;
}
// What was looked for, so that nobody reads more into an empty list than it says.
function unmetRules() {
  const met = new Set(Data.core.findings.map((f) => f.cls));
  const rules = Data.core.rules.filter((r) => !met.has(r.cls));
  return el(
      "details", {class: "unmet"}, el("summary", {}, counted(rules.length, "rule") + " that found nothing"),
      el("ul", {}, rules.map((r) => el("li", {}, el("b", {}, r.title + ". "), r.how))));
}
function findingNode(group, most) {
  const f = group[0], rest = group.length - most;
  const line = (x) =>
      el("p", {}, foreign(x.text, 600), group.length > 1 && x.filter && [" ", filterLink("show", x.filter)]);
  return el(
      "article", {class: "finding", "data-rule": f.cls}, level(f.sev),
      el("div", {},
         el("h3", {}, f.title, group.length > 1 && el("span", {class: "dim"}, " × " + group.length)),
         group.slice(0, most).map(line),
         el("details", {}, el("summary", {}, "What it means" + (rest > 0 ? ", and " + rest + " more" : "")),
            group.slice(most, most + 200).map(line), el("p", {}, el("b", {}, "Why look: "), f.why),
            el("p", {}, el("b", {}, "How it can be harmless: "), f.harmless),
            el("p", {class: "dim"}, "Computed from: ", f.how))),
      group.length === 1 && f.filter ? filterLink("Show flows", f.filter) : el("span", {}));
}

function renderTrust() {
  const signs = {yes: ["✓ yes", "yes"], look: ["! look", "look"], unknown: ["? unknown", "unknown"]};
  const rows = Data.core.evidence.trust.map(
      (t) =>
          el("p", {class: "trust"}, el("span", {class: "state " + signs[t.state][1]}, signs[t.state][0]),
             el("span", {}, el("b", {}, t.title + ". "), foreign(t.text, 300),
                t.filter && [" ", filterLink("show", t.filter)])));
  return [rows, selfCheck()];
}

// Figures of the embedded rows (of all, in a sample as summed while reading) against the end report.
function selfCheck() {
  const counts = Data.core.evidence.counts, t = Data.core.totals;
  const reported = (group, name) => (counts[group] || {})[name] || 0;
  let rows = 0, a = 0, packets = 0, v4 = 0, v6 = 0;
  if (Data.sampled)
    [rows, a, packets, v4, v6] = [t.rows, t.a, t.pkts, t.ipv4, t.ipv6];
  else {
    for (let i = 0; i < Data.n; i++) {
      const have = Data.flows.have[i];
      rows += (have & 1) + (have >> 1 & 1);
      a += have & 1;
      packets += Data.packets[i];
      for (const side of [Data.client, Data.server]) {
        v4 += hasBit(side.bits.flowStat, i, 14) ? 1 : 0;
        v6 += hasBit(side.bits.flowStat, i, 15) ? 1 : 0;
      }
    }
  }
  if (!counts.flows)
    return el(
        "p", {class: "dim", id: "selfcheck", "data-state": "none"},
        "There is no end report of the run as JSON to check the figures against.");
  const checks = [
    ["flows", rows, reported("flows", "processed_flows")],
    ["A flows", a, reported("flows", "processed_a_flows")],
    ["B flows", rows - a, reported("flows", "processed_b_flows")],
    ["packets", packets, reported("packets", "a_packets") + reported("packets", "b_packets")],
    ["IPv4 flows", v4, reported("flows", "processed_ipv4_flows")],
    ["IPv6 flows", v6, reported("flows", "processed_ipv6_flows")]
  ];
  const wrong = checks.filter(([, here, there]) => here !== there);
  const names = checks.map((c) => c[0]).join(", ");
  if (!wrong.length)
    return el(
        "p", {class: "dim", id: "selfcheck", "data-state": "ok"},
        "✓ 6 figures, computed here from the embedded rows, agree with the end report of the run (" + names +
            ").");
  return el(
      "p", {class: "warn", id: "selfcheck", "data-state": "bad"},
      "! Figures differ from the end report: " +
          wrong
              .map(
                  ([name, here, there]) => name + " " + grouped(here) + " here, " + grouped(there) + " there")
              .join("; ") +
          ".");
}

// Bars: [[words, filter, bytes, flows, class]].
function bars(list, most) {
  const rows = list.slice(0, most), max = Math.max(1, ...rows.map((r) => r[2] || r[3] / 1e6));
  return el(
      "div", {class: "bars"},
      rows.map(
          ([words, filter, bytes, flows, k]) =>
              [filterLink(words, filter),
               svg("svg", {viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true"},
                   svg("rect", {class: "track", width: 100, height: 8, rx: 2}), svg("rect", {
                     class: k === undefined ? "plainbar" : "k" + k,
                     width: Math.max(0.6, 100 * Math.sqrt(bytes / max)),
                     height: 8,
                     rx: 2
                   })),
               el("span", {
                 class: "num",
                 "data-f": "bar." + visible(words),
                 "data-v": bytes,
                 title: counted(flows, "conversation")
               },
                  sizeWords(bytes))]));
}
function quoteWord(s) { return /^[\w.:/-]+$/.test(s) ? s : "\"" + s.replace(/["\\]/g, "\\$&") + "\""; }

function renderKinds() {
  const services = new Map(), countries = new Map();
  const add = (map, key, bytes, flows) => {
    const e = map.get(key) || [0, 0];
    map.set(key, [e[0] + bytes, e[1] + flows]);
  };
  if (Data.sampled && !View.limited) {
    for (const [sv, flows, , bytes] of Data.core.bySv) add(services, sv, bytes, flows);
    for (const [cc, flows, , bytes] of Data.core.countries) add(countries, cc, bytes, flows);
  } else {
    for (const i of View.rows) {
      add(services, Data.flows.sv[i], Data.bytes[i], 1);
      const from = Data.hosts.cc[Data.flows.c[i]], to = Data.hosts.cc[Data.flows.s[i]];
      if (from) add(countries, from, Data.bytes[i], 1);
      if (to && to !== from) add(countries, to, Data.bytes[i], 1);
    }
  }
  const order = (map) => [...map].sort((a, b) => b[1][0] - a[1][0] || b[1][1] - a[1][1]);
  const s = order(services).map(
      ([sv, [bytes, flows]]) =>
          [Data.core.services[sv][0], "service " + quoteWord(Data.core.services[sv][0]), bytes, flows,
           Data.core.services[sv][1]]);
  const c =
      order(countries).filter(([cc]) => /^[a-z]{2}$/.test(cc)).map(([
                                                                     cc, [bytes, flows]
                                                                   ]) => [cc, "country " + cc, bytes, flows]);
  replace(
      document.getElementById("kinds"), el("h3", {}, "What it was"), bars(s, 10),
      c.length ? [el("h3", {}, "Where"), bars(c, 8)] : [],
      el("p", {class: "dim small"}, "Payload; lengths of bars by square root."));
}
