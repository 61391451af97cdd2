// SPDX-License-Identifier: Apache-2.0
// The conversations: both directions in one row, ten columns, sorted, as CSV, and the same selection
// at the command line.

const COLUMNS = [
  ["Start (UTC)", (i) => startWords(i), (i) => Data.start[i], "mono"],
  ["Flow", (i) => flowLink(Data.flows.fi[i]), (i) => Data.flows.fi[i], "num"],
  [
    "Client", (i) => [foreign(clientName(i), 46), " ", port(i, Data.flows.cp[i])], (i) => clientName(i),
    "mono"
  ],
  [
    "Server", (i) => [foreign(serverName(i), 46), " ", port(i, Data.flows.sp[i])], (i) => serverName(i),
    "mono"
  ],
  ["Service", (i) => [swatch(classOf(i)), " ", service(i)], (i) => service(i), ""],
  ["Packets", (i) => grouped(Data.packets[i]), (i) => Data.packets[i], "num"],
  ["Sent", (i) => sizeWords(Data.client.b[i]), (i) => Data.client.b[i], "num"],
  ["Received", (i) => sizeWords(Data.server.b[i]), (i) => Data.server.b[i], "num"],
  ["Duration", (i) => spanWords(Data.flows.dur[i] / 1e6), (i) => Data.flows.dur[i], "num"],
  ["State", (i) => stateWords(i), (i) => stateWords(i), ""],
];
const port = (i, p) => Data.flows.pr[i] === 6 || Data.flows.pr[i] === 17 || Data.flows.pr[i] === 132 ?
    el("span", {class: "dim"}, String(p)) :
    "";
function stateWords(i) {
  const tcp = Data.flows.pr[i] === 6;
  if (!Data.client.p[i]) return "only replies";
  if (!answered(i)) return "unanswered";
  if (!tcp) return "answered";
  if (anyBit("tcpFlags", i, 2)) return "reset";
  return anyBit("tcpFlags", i, 0) ? "closed" : "open";
}

// Without the year, where it is the same for all.
const oneYear = () =>
    nsWords(Data.core.totals.first).slice(0, 4) === nsWords(Data.core.totals.last).slice(0, 4);
const startWords = (i) => timeWords(Data.flows.ts[i], Data.flows.tn[i]).slice(oneYear() ? 5 : 0);
const startTitle = () =>
    oneYear() ? "Start (UTC, " + nsWords(Data.core.totals.first).slice(0, 4) + ")" : "Start (UTC)";

const Table = {
  column: 0,
  down: false,
  at: -1,
  first: 40
};
function sortedRows() {
  const key = COLUMNS[Table.column][2], sign = Table.down ? -1 : 1;
  if (Table.column === 0 && !Table.down) return View.rows;
  const keys = new Map();
  for (const i of View.rows) keys.set(i, key(i));
  return [...View.rows].sort((a, b) => {
    const x = keys.get(a), y = keys.get(b);
    return x < y ? -sign : x > y ? sign : a - b;
  });
}

function renderTable() {
  const node = document.getElementById("flows-body"), list = sortedRows();
  Table.at = -1;
  const head = COLUMNS.map(
      ([title, , , cls], c) =>
          el("th", {
            scope: "col",
            class: cls === "num" ? "num" : "",
            "aria-sort": c === Table.column ? (Table.down ? "descending" : "ascending") : null
          },
             el("button", {
               type: "button",
               class: "sort",
               onclick: () => {
                 Table.down = c === Table.column ? !Table.down : cls === "num" && c > 1;
                 Table.column = c;
                 renderTable();
               }
             },
                (c === 0 ? startTitle() : title) + (c === Table.column ? Table.down ? " ↓" : " ↑" : ""))));
  const row = (i) =>
      el("tr", {
        "data-flow": Data.flows.fi[i],
        class: Marks.has(Data.flows.fi[i]) ? "marked" : "",
        onclick: (e) => {
          if (!e.target.closest("button")) openPanel("flow", Data.flows.fi[i]);
        }
      },
         COLUMNS.map(([, show, , cls]) => el("td", {class: cls}, show(i))));
  const note = Data.sampled ? " of " + grouped(Data.n) + " embedded" :
      View.limited          ? " of " + grouped(Data.n) :
                              "";
  const tools =
      el("div", {class: "bar"}, el("span", {class: "dim"}, grouped(list.length) + note + " conversations"),
         el("button", {type: "button", onclick: () => save("conversations.csv", csv(list), "text/csv")},
            "Save rows as CSV"),
         el("button", {
           type: "button",
           "aria-expanded": "false",
           onclick: (e) => {
             const box = document.getElementById("commands");
             box.hidden = !box.hidden;
             e.target.setAttribute("aria-expanded", String(!box.hidden));
           }
         },
            "Same selection at the command line"));
  const rows = el("div", {});
  renderLong(
      rows, list, Table.first,
      (shown) =>
          el("table", {class: "wide flows"}, el("thead", {}, el("tr", {}, head)),
             el("tbody", {}, shown.map(row))));
  replace(
      node, tools, el("div", {id: "commands", class: "commands", hidden: true}, commandWords(list)), rows);
}

// A cell that a spreadsheet would take as a formula gets a quote.
function csvCell(value) {
  let s = visible(value);
  if (/^[=+\-@\t\r]/.test(s) && typeof value !== "number") s = "'" + s;
  return /[",\n;]/.test(s) ? "\"" + s.replace(/"/g, "\"\"") + "\"" : s;
}
function csv(list) {
  const titles = [
    "flow", "start_utc", "duration_us", "client", "client_port", "server", "server_port", "protocol",
    "service", "client_packets", "server_packets", "client_bytes", "server_bytes", "state"
  ];
  const f = Data.flows, lines = [titles.join(",")];
  for (const i of list)
    lines.push([
      f.fi[i], timeWords(f.ts[i], f.tn[i], 9), f.dur[i], clientName(i), f.cp[i], serverName(i), f.sp[i],
      f.pr[i], service(i), Data.client.p[i], Data.server.p[i], Data.client.b[i], Data.server.b[i],
      stateWords(i)
    ].map(csvCell).join(","));
  return lines.join("\r\n") + "\r\n";
}

// For a shell: in quotes, whatever is inside.
const shellWord = (s) => /^[\w./:-]+$/.test(s) ? s : "'" + visible(s).replace(/'/g, "'\\''") + "'";
function tablePath() { return shellWord(Data.core.meta.table); }
function captureArguments() {
  const list = Data.core.evidence.captures;
  return list.length === 1 && list[0].file ? "-r " + shellWord(list[0].file) : "-r CAPTURE";
}
function commandWords(list) {
  const tawk = View.tree && !View.time ? tawkOf(View.tree) : View.tree || View.time ? undefined : "1";
  if (tawk !== undefined) {
    const expression = "'hdr() || " + tawk + "'";
    return [
      commandLine(
          "The rows of the complete table",
          View.tree ? `tawk ${expression} ${tablePath()} | tcol` : `tcol ${tablePath()}`),
      Data.core.meta.packets ?
          commandLine(
              "Their packets, into a capture",
              `tawk -x new.pcap ${captureArguments()} -b ${expression} ${tablePath()}`) :
          el("p", {class: "dim"},
             "For the packets of a selection (tawk -x) the run needs a packet table: t2report --packets. Each conversation has a command of its own that works without.")
    ];
  }
  return [
    el("p", {},
       "This filter uses words that tawk does not have (client, server, service, duration, time). Save the flow numbers, and take these:"),
    el("button", {
      type: "button",
      onclick: () => save("flows.txt", [...list].map((i) => Data.flows.fi[i]).join("\n") + "\n", "text/plain")
    },
       "Save flow numbers"),
    commandLine(
        "The rows",
        `tawk 'BEGIN { while ((getline f < "flows.txt") > 0) want[f] } hdr() || $flowInd in want' ${
            tablePath()} | tcol`)
  ];
}
// The packets of one conversation: by tawk where there is a packet table, else by its addresses and ports.
function cutCommand(i, flow) {
  if (Data.core.meta.packets)
    return `tawk -x flow-${flow}.pcap ${captureArguments()} -b '$flowInd == ${flow}' ${tablePath()}`;
  const f = Data.flows, proto = {6: "tcp", 17: "udp", 132: "sctp"}[f.pr[i]];
  const ends = [clientName(i), serverName(i)].map(
      (k) => k.startsWith("mac ") ? "ether host " + k.slice(4) : "host " + k);
  const ports = proto ? [`${proto} port ${f.cp[i]}`, `${proto} port ${f.sp[i]}`] : [];
  const words = [f.vl[i] ? "vlan" : "", ...new Set([...ends, ...ports])].filter(Boolean).join(" and ");
  return `tcpdump ${captureArguments()} -w flow-${flow}.pcap ${shellWord(words)}`;
}
function commandLine(title, text) {
  return el(
      "div", {class: "command"}, el("span", {class: "dim"}, title), el("code", {tabindex: "0"}, text),
      copyButton("Copy", () => text));
}
