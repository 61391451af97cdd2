// SPDX-License-Identifier: Apache-2.0
// The panel at the right: everything about one host or one conversation.

const Marks = new Set();

function openPanel(kind, key) {
  View.panel = [kind, key];
  const node = document.getElementById("panel");
  const content = kind === "host" ? hostPanel(key) : flowPanel(Number(key));
  if (node.hidden) View.before = document.activeElement;
  replace(
      node,
      el("div", {class: "panel-head"}, content[0],
         el("button", {type: "button", id: "close", onclick: closePanel}, "Close (Esc)")),
      content.slice(1));
  node.hidden = false;
  node.scrollTop = 0;
  document.getElementById("close").focus({preventScroll: true});
  writeLink();
}
function closePanel() {
  document.getElementById("panel").hidden = true;
  View.panel = null;
  if (View.before && document.contains(View.before)) View.before.focus({preventScroll: true});
  writeLink();
}
const pairs = (list) =>
    el("dl", {},
       list.filter((p) => p && p[1] !== "" && p[1] !== undefined)
           .map(([k, v]) => [el("dt", {}, k), el("dd", {}, v)]));

function hostPanel(address) {
  const h = Data.hosts.k.indexOf(address);
  if (h < 0)
    return [
      el("h2", {}, foreign(address, 60)), el("p", {}, "This host is not among the embedded conversations.")
    ];
  const f = Data.flows, mine = [];
  for (let i = 0; i < Data.n; i++)
    if (f.c[i] === h || f.s[i] === h) mine.push(i);
  let sent = 0, received = 0, silent = 0, first = Infinity, last = 0;
  const peers = new Map(), uses = new Map(), serves = new Map();
  const add = (map, key, n) => map.set(key, (map.get(key) || 0) + n);
  const peerBytes = new Map();
  for (const i of mine) {
    const client = f.c[i] === h;
    sent += client ? Data.client.b[i] : Data.server.b[i];
    received += client ? Data.server.b[i] : Data.client.b[i];
    if (!answered(i)) silent++;
    first = Math.min(first, Data.start[i]);
    last = Math.max(last, Data.start[i] + f.dur[i] / 1e6);
    const peer = client ? f.s[i] : f.c[i];
    add(peers, peer, 1);
    add(peerBytes, peer, Data.bytes[i]);
    if (client) add(uses, f.sv[i], 1);
    if (f.s[i] === h && answered(i)) add(serves, f.sv[i], 1);
  }
  const words = address.replace(/^mac /, "");
  const chips = (map, side) => map.size ?
      el("div", {class: "chips"},
         largestOf(map, 40).map(
             ([sv, n]) => filterLink(
                 Data.core.services[sv][0] + " " + grouped(n),
                 side + " " + words + " and service " + quoteWord(Data.core.services[sv][0])))) :
      el("p", {class: "dim"}, side === "dst" ? "Nothing that answered." : "Nothing.");
  const about = Data.core.findings.filter((x) => (" " + x.filter + " ").includes(" " + address + " "));
  const peerRows = [...peers]
                       .sort((a, b) => peerBytes.get(b[0]) - peerBytes.get(a[0]))
                       .slice(0, 40)
                       .map(
                           ([p, n]) =>
                               el("tr", {}, el("td", {class: "mono"}, hostLink(Data.hosts.k[p])),
                                  el("td", {}, placeWords(p)), el("td", {class: "num"}, grouped(n)),
                                  el("td", {class: "num"}, sizeWords(peerBytes.get(p)))));
  const logins = Data.core.logins.filter((l) => l.client === address || l.server === address);
  const files = Data.core.files.map((x, k) => k).filter((k) => {
    const r = Data.core.files[k].record;
    return endpointHost(r.sender) === address || endpointHost(r.receiver) === address;
  });
  const whole = Data.sampled ? " (embedded; " + grouped(Data.hosts.n[h]) + " in all)" : "";
  return [
    el("h2", {class: "mono"}, foreign(address, 60)),
    el("p", {class: "dim"},
       [
         placeWords(h), Data.hosts.org[h], Data.hosts.os[h] && "looks like " + Data.hosts.os[h],
         Data.hosts.mac[h] && "MAC " + Data.hosts.mac[h]
       ].filter(Boolean)
           .map((t, k) => [k ? " · " : "", foreign(t, 80)])),
    el("div", {class: "bar"},
       filterLink(
           "Filter: this host", (address.startsWith("mac ") ? "src " + words + " or dst " : "host ") + words),
       filterLink("as client", "src " + words), filterLink("as server", "dst " + words)),
    pairs([
      mine.length &&
          [
            "Seen",
            clock(first, true) + " " + clock(first, false) + " to " + clock(last, true) + " " +
                clock(last, false) + " UTC"
          ],
      ["Sent, received", sizeWords(sent) + ", " + sizeWords(received)],
      [
        "Conversations",
        grouped(mine.length) + (silent ? ", " + grouped(silent) + " without answer" : "") + whole
      ],
      ["Peers", grouped(peers.size)]
    ]),
    about.length > 0 && [el("h3", {}, "Findings"), renderFindings(about, false)], el("h3", {}, "Serves"),
    chips(serves, "dst"), el("h3", {}, "Uses"), chips(uses, "src"),
    files.length > 0 &&
        [
          el("h3", {}, "Files"),
          el("ul", {},
             files.slice(0, 30).map(
                 (k) =>
                     el("li", {}, wayWords(Data.core.files[k].record), " ",
                        foreign(Data.core.files[k].name, 80))))
        ],
    logins.length > 0 &&
        [
          el("h3", {}, "Logins"),
          el("ul", {},
             logins.slice(0, 20).map(
                 (l) =>
                     el("li", {}, foreign(l.user, 60), " at ", foreign(l.server, 50),
                        l.ok === true      ? ": let in" :
                            l.ok === false ? ": refused" :
                                             "")))
        ],
    el("h3", {}, "Peers"),
    el("table", {},
       el("thead", {},
          el("tr", {},
             ["Host", "Where", "Conversations", "Payload"].map(
                 (t, k) => el("th", {scope: "col", class: k > 1 ? "num" : ""}, t)))),
       el("tbody", {}, peerRows)),
    peers.size > 40 && el("p", {class: "dim"}, "The 40 largest of " + grouped(peers.size) + ".")
  ];
}

let wide = null;
function flowPanel(flow) {
  const i = Data.rowOf.get(flow);
  if (i === undefined)
    return [
      el("h2", {}, "Flow " + flow),
      el("p", {}, "This conversation is not among the embedded ones: ",
         el("code", {}, `tawk 'hdr() || $flowInd == ${flow}' ${tablePath()} | tcol`))
    ];
  const f = Data.flows, tcp = f.pr[i] === 6;
  const sides = [
    ["Packets", (s) => grouped(s.p[i])], ["Payload", (s) => sizeWords(s.b[i])],
    ["Least TTL", (s) => String(s.ipMinTTL[i])], tcp && ["MSS", (s) => String(s.tcpMSS[i])],
    tcp && ["Mean ACK time", (s) => s.tcpRTTAckTripAve[i] ? spanWords(s.tcpRTTAckTripAve[i]) : "–"],
    tcp && ["Sequence faults", (s) => grouped(s.tcpSeqFaultCnt[i])]
  ].filter(Boolean);
  const flags = [];
  for (const c of BIT_COLUMNS)
    for (let bit = 0; bit < 64; bit++) {
      const client = hasBit(Data.client.bits[c], i, bit), server = hasBit(Data.server.bits[c], i, bit);
      if (client || server)
        flags.push(
            el("tr", {}, el("td", {}, foreign(bitText(c, bit) || "bit " + bit, 120)),
               el("td", {class: "mono dim"}, c + "." + bit),
               el("td", {},
                  client && server ? "both" :
                      client       ? "client" :
                                     "server")));
    }
  const session = Data.core.sessions.findIndex((s) => s.flow === flow), files = Data.filesOf.get(flow) || [];
  const about = Data.core.findings.filter((x) => new RegExp("(^| )flow " + flow + "( |$)").test(x.filter));
  const all = el("div", {class: "allcolumns"});
  const button = document.getElementById("chunk-wide") ?
      el("button", {
        type: "button",
        onclick: async () => {
          wide = wide || unpack("wide").then((w) => ({names: w.names, A: columns(w.A), B: columns(w.B)}));
          replace(all, allColumns(await wide, i));
          button.hidden = true;
        }
      },
         "All columns of both rows") :
      el("p", {class: "dim"}, "Only the main columns are in this page (--columns all).");
  return [
    el("h2", {}, "Flow " + flow),
    el("p", {class: "mono"}, hostLink(clientName(i)), " ", port(i, f.cp[i]), " → ", hostLink(serverName(i)),
       " ", port(i, f.sp[i])),
    el("p", {}, swatch(classOf(i)), " ", service(i), " · ", stateWords(i), " · ", foreign(f.hd[i], 120),
       f.vl[i] && [" · VLAN ", foreign(f.vl[i], 40)]),
    el("div", {class: "bar"}, filterLink("Filter: this flow", "flow " + flow),
       filterLink(
           "these two hosts",
           "host " + clientName(i).replace(/^mac /, "") + " and host " + serverName(i).replace(/^mac /, "")),
       el("button", {
         type: "button",
         onclick: (e) => {
           toggleMark(flow);
           e.target.textContent = Marks.has(flow) ? "Unmark (m)" : "Mark (m)";
         }
       },
          Marks.has(flow) ? "Unmark (m)" : "Mark (m)"),
       session >= 0 &&
           el("button", {
             type: "button",
             onclick: () => {
               openSession = session;
               closePanel();
               renderSessions();
               goTo("sessions");
             }
           },
              "Read the dialogue")),
    pairs([
      ["Began", timeWords(f.ts[i], f.tn[i], 9) + " UTC"], ["Lasted", spanWords(f.dur[i] / 1e6)],
      [
        "Rows",
        [(f.have[i] & 1) && "A", (f.have[i] & 2) && "B"].filter(Boolean).join(" and ") +
            (f.have[i] & 4 ? "; the client is the source of B" : "")
      ]
    ]),
    about.length > 0 && renderFindings(about, false),
    el("table", {},
       el("thead", {},
          el("tr", {},
             ["", "Client sent", "Server sent"].map(
                 (t) => el("th", {scope: "col", class: t ? "num" : ""}, t)))),
       el("tbody", {},
          sides.map(
              ([t, get]) =>
                  el("tr", {}, el("th", {scope: "row"}, t), el("td", {class: "num"}, get(Data.client)),
                     el("td", {class: "num"}, get(Data.server)))))),
    files.length > 0 && [el("h3", {}, "Files"), files.slice(0, 20).map(transfer)],
    el("h3", {}, "Flags in words"),
    flags.length ? el("table", {},
                      el("thead", {},
                         el("tr", {}, ["Meaning", "Column", "Who"].map((t) => el("th", {scope: "col"}, t)))),
                      el("tbody", {}, flags)) :
                   el("p", {class: "dim"}, "None is set."),
    el("h3", {}, "Back to the packets"), commandLine("Its packets, into a capture", cutCommand(i, flow)),
    commandLine("Its rows", `tawk 'hdr() || $flowInd == ${flow}' ${tablePath()} | tcol`),
    el("h3", {}, "All columns"), button, all
  ];
}
function allColumns(w, i) {
  const docs = new Map(Data.core.cols.map((c) => [c.n, c]));
  return el(
      "table", {},
      el("thead", {},
         el("tr", {}, ["Column", "A", "B", "What it says"].map((t) => el("th", {scope: "col"}, t)))),
      el("tbody", {}, w.names.map((n) => {
        const c = docs.get(n) || {};
        return el(
            "tr", {}, el("th", {scope: "row", class: "mono"}, foreign(n, 60)),
            el("td", {class: "mono"}, foreign(w.A[n][i], 80)),
            el("td", {class: "mono"}, foreign(w.B[n][i], 80)),
            el("td", {class: "dim small"}, foreign((c.d || "") + (c.p ? " (" + c.p + ")" : ""), 160)));
      })));
}
function toggleMark(flow) {
  if (!Marks.delete(flow)) Marks.add(flow);
  for (const row of document.querySelectorAll(`tr[data-flow="${flow}"]`))
    row.classList.toggle("marked", Marks.has(flow));
  writeLink();
}
