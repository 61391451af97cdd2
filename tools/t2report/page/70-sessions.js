// SPDX-License-Identifier: Apache-2.0
// What was said and what moved: sessions as dialogues, files, logins. Sections come from the
// protocols of the manifest; a new protocol finds its place by itself.

const endpointHost = (e) => e && typeof e === "object" ? String(e.ip || "") : "";
const recordFlow = (r) => [r.data_flow, r.flow, r.control_flow].find((v) => typeof v === "number");

// Indexes of files, logins and sessions whose flow is selected; those of flows that are not embedded
// stay unless a filter is set.
const chosen = (flow) => !View.limited || (Data.rowOf.has(flow) && View.selected[Data.rowOf.get(flow)] === 1);
function shownFiles() {
  return Data.core.files.map((f, k) => k).filter((k) => {
    const r = Data.core.files[k].record;
    return [r.data_flow, r.flow, r.control_flow].filter((v) => typeof v === "number").some(chosen) ||
        !View.limited;
  });
}
const shownLogins = () => Data.core.logins.map((l, k) => k).filter((k) => chosen(Data.core.logins[k].flow));
const shownSessions = () =>
    Data.core.sessions.map((s, k) => k).filter((k) => chosen(Data.core.sessions[k].flow));

// Sessions that said the same are folded into one.
function foldSessions(list) {
  const groups = new Map();
  for (const k of list) {
    const s = Data.core.sessions[k];
    const verbs = s.lines.map((l) => l.d + l.x.slice(0, 4)).join("|");
    const key =
        filesOfSession(s).length || !s.lines.length ? "only " + k : [s.client, s.server, verbs].join(" ");
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(k);
  }
  return [...groups.values()];
}
const filesOfSession = (s) =>
    Data.core.files.map((f, k) => k).filter((k) => Data.core.files[k].record.control_flow === s.flow);

function loginState(s) {
  const list = (Data.loginsOf.get(s.flow) || []).map((k) => Data.core.logins[k]);
  if (list.some((l) => l.ok === true)) return ["logged in", "yes"];
  if (list.some((l) => l.ok === false)) return ["refused", "bad"];
  return ["login not seen", "unknown"];
}

let openSession = null;
function renderSessions() {
  const node = document.getElementById("sessions-body");
  const groups = foldSessions(shownSessions()).sort((a, b) => weight(b[0]) - weight(a[0]));
  function weight(k) {
    const s = Data.core.sessions[k];
    return filesOfSession(s).length * 1e6 + s.all;
  }
  if (!groups.length) return replace(node, el("p", {class: "dim"}, "Nothing here, with this filter."));
  if (!groups.some((g) => g.includes(openSession))) openSession = groups[0][0];
  const entry = (g) => {
    const s = Data.core.sessions[g[0]], n = filesOfSession(s).length, [words, state] = loginState(s);
    return el(
        "button", {
          type: "button",
          class: "entry",
          "aria-pressed": String(g.includes(openSession)),
          onclick: () => {
            openSession = g[0];
            renderSessions();
          }
        },
        el("span", {class: "mono"}, foreign(s.client, 50), " → ", foreign(s.server, 50)),
        el("span", {}, el("span", {class: "state " + state}, words), " ", foreign(s.user, 30), " · ",
           n ? counted(n, "file") + " · " : "", counted(s.all, "line"),
           s.protocol !== "ftp" && " · " + visible(s.protocol).toUpperCase()),
        g.length > 1 && el("span", {class: "dim"}, grouped(g.length - 1) + " more like this"));
  };
  const list = el(
      "div", {class: "entries", role: "group", "aria-label": "Sessions", tabindex: "0"},
      groups.slice(0, 200).map(entry),
      groups.length > 200 &&
          el("p", {class: "dim"}, "The first 200 of " + grouped(groups.length) + "; a filter shows others."));
  replace(
      node,
      el("div", {class: "split"}, list,
         el("div", {class: "dialogue", id: "dialogue"},
            dialogue(Data.core.sessions[openSession], groups.find((g) => g.includes(openSession))))));
}

let oneSide = "";
function dialogue(s, group) {
  const side = (words, d) =>
      el("button", {
        type: "button",
        "aria-pressed": String(oneSide === d),
        onclick: () => {
          oneSide = oneSide === d ? "" : d;
          renderSessions();
        }
      },
         words);
  const others = group.length > 1 &&
      el("label", {class: "dim"}, "Alike: ",
         el("select", {
           onchange: (e) => {
             openSession = Number(e.target.value);
             renderSessions();
           }
         },
            group.slice(0, 300).map(
                (k) =>
                    el("option", {value: k, selected: k === openSession},
                       "flow " + Data.core.sessions[k].flow))));
  const head =
      el("div", {class: "bar"}, el("b", {}, "Flow " + s.flow),
         el("span", {class: "mono"}, foreign(s.client, 50), " → ", foreign(s.server, 50), ":" + s.port),
         el("span", {class: "dim"}, s.first !== "0" ? nsWords(s.first) + " UTC" : ""),
         el("button", {type: "button", onclick: () => openPanel("flow", s.flow)}, "Flow details"),
         side("Client only", "C"), side("Server only", "S"), others);
  const remarks = ["Left the client, right the server."];
  if (s.guess && s.lines.length)
    remarks.push(
        "Without an index of lines (FTP_LINES=1) the order of the two sides is guessed from the replies.");
  if (!s.complete) remarks.push("The beginning or the end is not in the capture.");
  if (s.all > s.lines.length)
    remarks.push(
        s.lines.length ? "The first " + s.lines.length + " of " + grouped(s.all) + " lines." :
                         "There was no room for its " + grouped(s.all) + " lines in this page.");
  const waiting =
      filesOfSession(s)
          .map(
              (k) =>
                  [k, Data.core.files[k].record.first ? Number(Data.core.files[k].record.first.packet) : 0])
          .sort((a, b) => a[1] - b[1]);
  const lines = [], placed = new Set();
  const begin = s.lines.length && s.lines[0].t ? BigInt(s.lines[0].t) : 0n;
  const place = (packet) => {
    for (const [k, first] of waiting)
      if (!placed.has(k) && first && first <= packet) {
        placed.add(k);
        lines.push(transfer(k));
      }
  };
  for (const l of wholeReplies(s.lines)) {
    if (l.p) place(l.p);
    if (oneSide && l.d !== oneSide) continue;
    lines.push(dialogueLine(l, begin));
  }
  for (const [k] of waiting)
    if (!placed.has(k)) lines.push(transfer(k));
  return [
    head, el("p", {class: "dim"}, remarks.join(" ")), el("div", {class: "lines"}, lines),
    lines.length > 60 && onPaper(60, lines.length)  // as page.css says
  ];
}
// The lines of a reply ("230-..." to "230 ...", RFC 959, section 4.2) as one.
function wholeReplies(list) {
  const out = [];
  let open = "";
  for (const l of list) {
    const last = out[out.length - 1];
    if (open && l.d === "S") {
      out[out.length - 1] = Object.assign({}, last, {x: last.x + "\n" + l.x, most: (last.most || 400) + 401});
      if (l.x.startsWith(open + " ")) open = "";
      continue;
    }
    out.push(l);
    const match = l.d === "S" && l.x.match(/^(\d{3})-/);
    open = match ? match[1] : open && l.d === "C" ? "" : open;
  }
  return out;
}
function dialogueLine(l, begin) {
  const reply = l.d === "S" && /^\d{3}/.test(l.x) ? l.x.slice(0, 3) : "";
  const text = reply ? l.x.slice(3) : l.x;
  return el(
      "div", {class: "line " + (l.d === "C" ? "client" : "server")},
      el("span", {class: "at"}, l.t ? "+" + (Number(BigInt(l.t) - begin) / 1e9).toFixed(2) + " s" : ""),
      el("span", {class: "said"}, reply && el("b", {class: "r" + reply[0]}, reply),
         foreign(text, l.most || 400, l.most !== undefined),
         l.h &&
             el("span", {class: "secret", title: "Passwords are not in this page (--passwords)"}, " ••••••"),
         l.l && el("span", {class: "dim"}, " … " + grouped(l.l) + " characters in all")));
}
function transfer(k) {
  const f = Data.core.files[k], r = f.record;
  return el(
      "div", {class: "transfer" + (r.complete ? "" : " bad")}, pictureNode(k, "thumb"),
      el("div", {}, el("p", {}, el("b", {}, wayWords(r)), " ", foreign(f.name, 120)),
         el("p", {class: "dim"}, foreign(f.is, 60), " · ", sizeWords(Number(r.size) || 0), " · ",
            r.complete ? "whole" : "not whole", " · flow ",
            typeof recordFlow(r) === "number" ? flowLink(recordFlow(r)) : "?", packetWords(r))));
}
const wayWords = (r) => r.kind === "listing" ? "≡ listing" :
    r.way === "upload"                       ? "↑ upload" :
    r.way === "download"                     ? "↓ download" :
                                               visible(String(r.kind || "content"));
const packetWords = (r) =>
    r.first && r.last ? " · packets " + Number(r.first.packet) + " to " + Number(r.last.packet) : "";

// Pictures: decoded by the browser from a blob with our type. Not loaded lazily: paper shows all.
let media = null;
const pictureUrls = new Map();
function pictureNode(k, cls) {
  const f = Data.core.files[k];
  if (!f.pic) return null;
  const img =
      el("img",
         {class: cls + (View.covered ? " covered" : ""), alt: "Picture " + visible(f.name).slice(0, 100)});
  img.addEventListener("click", () => img.classList.toggle("covered", false));
  (async () => {
    media = media || unpack("media");
    const m = (await media)[k];
    if (!m || !["image/jpeg", "image/png", "image/gif"].includes(m.t)) return;
    if (!pictureUrls.has(k)) {
      const bytes = Uint8Array.from(atob(m.b), (c) => c.charCodeAt(0));
      pictureUrls.set(k, URL.createObjectURL(new Blob([bytes], {type: m.t})));
    }
    img.width = m.w;
    img.height = m.h;
    img.src = pictureUrls.get(k);
  })();
  return img;
}

function renderFiles() {
  const node = document.getElementById("files-body"), all = shownFiles();
  const files = all.filter((k) => Data.core.files[k].record.kind !== "listing"),
        listings = all.filter((k) => Data.core.files[k].record.kind === "listing");
  const pictures = files.filter((k) => Data.core.files[k].pic);
  const cover = pictures.length > 0 &&
      el("button", {
                  type: "button",
                  "aria-pressed": String(View.covered),
                  onclick: () => {
                    View.covered = !View.covered;
                    renderFiles();
                    renderSessions();
                  }
                },
         View.covered ? "Show pictures" : "Cover pictures");
  const sums = files.length > 0 &&
      copyButton("Copy list for sha256sum -c",
                 () => files.map((k) => Data.core.files[k].record)
                           .filter((r) => r.sha256 && r.file)
                           .map((r) => r.sha256 + "  " + visible(r.file))
                           .join("\n") +
                     "\n");
  const gallery =
      el("div", {class: "gallery"}, pictures.slice(0, 60).map((k) => {
        const f = Data.core.files[k];
        return el(
            "figure", {}, pictureNode(k, "pic"),
            el("figcaption", {}, el("b", {}, foreign(baseName(f.name), 40)),
               el("span", {class: "dim"}, sizeWords(Number(f.record.size)), " · ", protocolWord(f.record))));
      }),
         pictures.length > 60 &&
             el("p", {class: "dim"}, "The first 60 of " + grouped(pictures.length) + " pictures."));
  const long = el("div", {});
  renderLong(
      long, files, 20,
      (shown) => el(
          "table", {class: "wide files"},
          el("thead", {},
             el("tr", {},
                ["File", "What it is", "Who", "Size", "Evidence"].map((t) => el("th", {scope: "col"}, t)))),
          el("tbody", {}, shown.map(fileRow))));
  const listingNode = el("div", {});
  if (listings.length)
    renderLong(
        listingNode, listings, 20,
        (shown) =>
            el("table", {class: "wide files"},
               el("thead", {},
                  el("tr", {},
                     ["Listing", "First lines", "Who", "Size", "Evidence"].map(
                         (t) => el("th", {scope: "col"}, t)))),
               el("tbody", {}, shown.map(fileRow))));
  replace(
      node, el("div", {class: "bar"}, cover, sums), pictures.length > 0 && gallery, long,
      listings.length > 0 &&
          el("details", {}, el("summary", {}, counted(listings.length, "listing") + " of folders"),
             listingNode));
}
const protocolWord = (r) => visible(String(r.protocol || "?")).toUpperCase();

function fileRow(k) {
  const f = Data.core.files[k], r = f.record, flow = recordFlow(r);
  const details = f.preview ? el("details", {}, el("summary", {}, "first lines"),
                                 el("pre", {tabindex: "0"}, foreign(f.preview, 1200, true))) :
      f.hex                 ? el("details", {}, el("summary", {}, "first bytes"),
                                 el("pre", {class: "hex", tabindex: "0"},
                                    f.hex.replace(/(..)/g, "$1 ").replace(/((?:.. ){16})/g, "$1\n"))) :
                              null;
  const web = [r.method, r.host || r.uri ? (r.host || "") + (r.uri || "") : "", r.status]
                  .filter((x) => x !== undefined && x !== "")
                  .map(String)
                  .join(" ");
  return el(
      "tr", {},
      el("td", {}, el("b", {}, foreign(baseName(f.name) || f.name || "(no name)", 80)),
         el("div", {class: "dim"}, wayWords(r) + " · " + protocolWord(r) + " · ",
            foreign(web || f.name, 120)),
         f.danger && el("span", {class: "level first"}, "▲ program or macros"),
         f.unlike && el("span", {class: "level look"}, "● unlike its name")),
      el("td", {}, foreign(f.is, 60),
         r.media_type && el("div", {class: "dim small"}, "declared ", foreign(r.media_type, 60)),
         f.nopic && el("div", {class: "dim small"}, "picture not shown: " + f.nopic), details),
      el("td", {class: "mono"}, foreign(endpointHost(r.sender), 50), " →", el("br"),
         foreign(endpointHost(r.receiver), 50),
         r.user && el("div", {class: "dim"}, "user ", foreign(r.user, 40)),
         r.user_agent && el("div", {class: "dim small"}, foreign(r.user_agent, 80))),
      el("td", {class: "num"}, sizeBar(r)),
      el("td", {},
         r.sha256 ? el("code", {class: "digest"}, visible(r.sha256)) :
                    el("span", {class: "dim"}, r.file ? "no digest" : "bytes not kept"),
         el("div", {class: "dim"}, "flow ", typeof flow === "number" ? flowLink(flow) : "?",
            packetWords(r).replace(" ·", ","),
            r.first && r.first.time ? ", " +
                    timeWords(Number(String(r.first.time).split(".")[0]),
                              Number(
                                  (String(r.first.time).split(".")[1] || "0").padEnd(9, "0").slice(0, 9))) :
                                      ""),
         r.first && Data.core.evidence.captures.length > 1 &&
             el("div", {class: "dim small"}, foreign(baseName(r.first.capture || ""), 60), " packet ",
                String(r.first.in_capture)),
         !r.complete && r.incomplete && el("div", {class: "small"}, foreign(r.incomplete, 80))));
}
// What is there and what is missing, to scale.
function sizeBar(r) {
  const size = Number(r.size) || 0, declared = Math.max(Number(r.declared) || 0, size, 1);
  const bar =
      svg("svg", {
        viewBox: "0 0 100 6",
        preserveAspectRatio: "none",
        class: "sizebar",
        role: "img",
        "aria-label": r.complete ? "whole" : "not whole"
      },
          svg("rect", {class: "have", width: 100 * size / declared, height: 6}));
  if (size < declared)
    bar.append(svg(
        "rect", {class: "lost", x: 100 * size / declared, width: 100 - 100 * size / declared, height: 6}));
  for (const range of (Array.isArray(r.missing) ? r.missing : []).slice(0, 200)) {
    const from = Number(range[0]), to = range[1] === null ? declared : Number(range[1]);
    bar.append(svg("rect", {
      class: "lost",
      x: 100 * from / declared,
      width: Math.max(0.7, 100 * (to - from) / declared),
      height: 6
    }));
  }
  return [
    sizeWords(size), bar,
    el("span", {class: "dim small"},
       r.complete          ? "whole" :
           declared > size ? "of " + sizeWords(declared) :
                             "not whole")
  ];
}

function renderLogins() {
  const list = shownLogins(), groups = new Map();
  for (const k of list) {
    const l = Data.core.logins[k], key = JSON.stringify([l.protocol, l.client, l.server, l.user, l.ok]);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(k);
  }
  const result = {true: ["let in", "yes"], false: ["refused", "bad"], null: ["not seen", "unknown"]};
  const secret = (l) => {
    if (!l.pass) return el("span", {class: "dim"}, Data.core.meta.passwords ? "none" : "not in this page");
    const button =
        el("button", {type: "button", class: "link", onclick: () => replace(button, foreign(l.pass, 100))},
           "•••••• show");
    return button;
  };
  const row = (g) => {
    const l = Data.core.logins[g[0]];
    const [words, state] = result[String(l.ok)];
    return el(
        "tr", {}, el("td", {}, visible(l.protocol).toUpperCase()),
        el("td", {class: "mono"}, hostLink(l.client)), el("td", {class: "mono"}, hostLink(l.server)),
        el("td", {}, el("b", {}, foreign(l.user, 80))), el("td", {}, secret(l)),
        el("td", {}, el("span", {class: "state " + state}, words), l.reply && " " + visible(l.reply)),
        el("td", {class: "num"}, grouped(g.length)), el("td", {}, l.t !== "0" ? nsWords(l.t) : ""),
        el("td", {}, g.slice(0, 3).map((k, n) => [n ? ", " : "", flowLink(Data.core.logins[k].flow)]),
           g.length > 3 && " …"));
  };
  renderLong(
      document.getElementById("logins-body"), [...groups.values()], 20,
      (shown) =>
          el("table", {class: "wide"},
             el("thead", {},
                el("tr", {},
                   [
                     "Protocol", "Client", "Server", "User", "Password", "Result", "Times", "First (UTC)",
                     "Flows"
                   ].map((t) => el("th", {scope: "col", class: t === "Times" ? "num" : ""}, t)))),
             el("tbody", {}, shown.map(row))));
}

function renderFlags() {
  const counts = new Map();
  if (Data.sampled && !View.limited)
    for (const [c, bit, n] of Data.core.flags) counts.set(c + "." + bit, n);
  else
    for (const c of BIT_COLUMNS) {
      const a = Data.client.bits[c], b = Data.server.bits[c], low = new Array(64).fill(0);
      for (const i of View.rows) {
        for (let w = (a.low[i] | b.low[i]) >>> 0; w; w &= w - 1) low[31 - Math.clz32(w & -w)]++;
        for (let w = (a.high[i] | b.high[i]) >>> 0; w; w &= w - 1) low[63 - Math.clz32(w & -w)]++;
      }
      low.forEach((n, bit) => {
        if (n) counts.set(c + "." + bit, n);
      });
    }
  const all = View.limited ? View.rows.length : Data.core.totals.pairs;
  const order = {E: 0, W: 1, I: 2, "": 3};
  const rows = [...counts]
                   .map(([key, n]) => {
                     const [column, bit] = key.split(".");
                     const c = Data.core.cols.find((x) => x.n === column),
                           b = c && (c.bits || []).find((x) => x[0] === Number(bit));
                     return {key, column, n, text: b ? b[1] : "bit " + bit, sev: b ? b[2] : ""};
                   })
                   .sort((a, b) => order[a.sev] - order[b.sev] || b.n - a.n || (a.key < b.key ? -1 : 1));
  const words = {E: "error", W: "warning", I: "info", "": ""};
  renderLong(
      document.getElementById("flags-body"), rows, 12,
      (shown) => el(
          "table", {class: "wide"},
          el("thead", {},
             el("tr", {},
                ["Meaning", "Severity", "Column", "Conversations", "Share"].map(
                    (t) =>
                        el("th", {scope: "col", class: t === "Conversations" || t === "Share" ? "num" : ""},
                           t)))),
          el("tbody", {},
             shown.map(
                 (r) => el(
                     "tr", {}, el("td", {}, filterLink(foreign(r.text, 120), "flag " + r.key)),
                     el("td", {}, words[r.sev] && el("span", {class: "sev " + (r.sev || "n")}, words[r.sev])),
                     el("td", {class: "mono"}, r.key), el("td", {class: "num"}, figure("flag." + r.key, r.n)),
                     el("td", {class: "num"},
                        all ? (100 * r.n / all).toFixed(r.n / all < 0.1 ? 1 : 0) + " %" : ""))))));
}
