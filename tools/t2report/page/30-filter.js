// SPDX-License-Identifier: Apache-2.0
// The filter in words: text -> tree -> test, a sentence, and tawk's expression where there is one.
// Only words that are true for both directions of a conversation or for neither have a tawk form.

const UNITS = {
  "": 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12
};
const SPANS = {
  us: 1,
  ms: 1e3,
  s: 1e6,
  "": 1e6,
  min: 60e6,
  h: 3600e6,
  d: 86400e6
};  // microseconds
const COMPARE = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b
};
const KINDS =
    ["ftp", "ftp-data", "file", "login", "leaving", "entering", "inside", "answered", "unanswered", "reset"];
const PROTOCOLS = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  sctp: 132
};
const WORDS =
    "host, net, src, dst, port, dstport, proto, service, class, country, org, os, bytes, packets, duration, is, flag, after, before, flow, or any word; and, or, not, ( )";

class FilterError extends Error {}

function tokens(text) {
  const out = [];
  const pattern = /\s*("(?:[^"\\]|\\.)*"?|\(|\)|<=|>=|!=|==|<|>|=|[^\s()<>=!"]+|!)/gy;
  for (let match; (match = pattern.exec(text)) !== null;) {
    const raw = match[1];
    const quoted = raw.startsWith("\"");
    out.push({
      text: quoted     ? raw.replace(/^"|"$/g, "").replace(/\\(.)/g, "$1") :
          raw === "==" ? "=" :
                         raw,
      quoted
    });
  }
  return out;
}

function parseFilter(text) {
  const list = tokens(text);
  let at = 0;
  const peek = () => list[at];
  const isWord = (t, word) => t && !t.quoted && t.text.toLowerCase() === word;
  function next(what) {
    if (at >= list.length) throw new FilterError("Something is missing at the end: " + what);
    return list[at++];
  }
  function either() {
    let left = both();
    while (isWord(peek(), "or")) {
      at++;
      left = {or: [left, both()]};
    }
    return left;
  }
  function both() {
    let left = single();
    for (;;) {
      const t = peek();
      if (!t || isWord(t, "or") || (t.text === ")" && !t.quoted)) return left;
      if (isWord(t, "and")) at++;
      left = {and: [left, single()]};
    }
  }
  function single() {
    const t = next("a condition");
    if (isWord(t, "not") || isWord(t, "!")) return {not: single()};
    if (t.text === "(" && !t.quoted) {
      const inner = either();
      const end = next(")");
      if (end.text !== ")") throw new FilterError("A ) is missing");
      return inner;
    }
    if (isWord(t, "and") || isWord(t, "or") || (t.text === ")" && !t.quoted))
      throw new FilterError("“" + t.text + "” needs a condition before it");
    const key = t.quoted ? "" : t.text.toLowerCase();
    if (Object.hasOwn(TERMS, key)) return TERMS[key](next, t);
    return anyWord(t.text);
  }
  if (list.length === 0) return null;
  const tree = either();
  if (at < list.length) throw new FilterError("“" + list[at].text + "” stands alone: a ( is missing");
  return tree;
}

// A condition: test of conversation i, words, and tawk (for both directions alike).
const term = (test, words, tawk) => ({test, words, tawk});

// By host: computed once for all hosts.
function hostTerm(match, side, words, tawk) {
  const yes = Data.hosts.k.map((k, h) => match(k, h));
  const f = Data.flows;
  const test = side === "src" ? (i) => yes[f.c[i]] :
      side === "dst"          ? (i) => yes[f.s[i]] :
                                (i) => yes[f.c[i]] || yes[f.s[i]];
  return term(test, words, side === "" ? tawk : undefined);
}
function serviceTerm(match, words) {
  const yes = Data.core.services.map(match);
  return term((i) => yes[Data.flows.sv[i]], words);
}

function addressOrNet(value, side, role) {
  if (value.includes("/")) {
    const net = parseNet(value);
    if (!net) throw new FilterError("“" + value + "” is no network: 10.0.0.0/8 or 2001:db8::/32");
    return hostTerm((k) => inNet(parseAddress(k), net), side, role + " in " + value);
  }
  const a = parseAddress(value);
  const text = value.toLowerCase();
  const same = a ? (k) => {
    const b = parseAddress(k);
    return b !== null && b.bits === a.bits && b.value === a.value;
  } : (k) => k.toLowerCase() === text || k.toLowerCase() === "mac " + text;
  if (!a && !text.includes(":"))
    throw new FilterError("“" + value + "” is no address: 10.0.0.5, 2001:db8::1 or a MAC");
  // tawk compares texts: as t2 printed the address.
  const printed = Data.hosts.k.find(same) || value;
  return hostTerm(
      same, side, role + " is " + value, a ? `$srcIP == "${printed}" || $dstIP == "${printed}"` : undefined);
}

function range(value, most) {
  const match = value.match(/^(\d+)(?:-(\d+))?$/);
  const low = match && Number(match[1]), high = match && Number(match[2] === undefined ? match[1] : match[2]);
  if (!match || low > high || high > most)
    throw new FilterError("“" + value + "” is no number or range up to " + most);
  return [low, high];
}

function numberTerm(name, unitTable, get, tawk) {
  return (next) => {
    let op = next("a comparison, as in " + name + " > 1").text;
    if (op === "!") op = "!=";
    if (!Object.hasOwn(COMPARE, op))
      throw new FilterError(name + " wants <, <=, =, !=, >= or > and a number");
    const value = next("a number").text;
    const match = value.toLowerCase().match(/^(\d+(?:\.\d+)?)([a-z]*)$/);
    if (!match || !Object.hasOwn(unitTable, match[2]))
      throw new FilterError(
          "“" + value + "” is no number; units: " + Object.keys(unitTable).filter(Boolean).join(", "));
    const limit = Math.round(Number(match[1]) * unitTable[match[2]]), compare = COMPARE[op];
    return term(
        (i) => compare(get(i), limit), name + " " + op + " " + value,
        tawk && tawk(op === "=" ? "==" : op, limit));
  };
}

function contains(list, text) {
  const wanted = text.toLowerCase();
  return list.map((s) => s.toLowerCase().includes(wanted));
}

// "2023-11-15", "2023-11-15 01:04", "...:15.5" (quoted or with T): as [seconds, nanoseconds].
function moment(next, first) {
  let text = first.text.replace("T", " ").replace(/Z$/, "");
  const match = text.match(/^(\d{4})-(\d\d)-(\d\d)(?: (\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?$/);
  if (!match)
    throw new FilterError("“" + first.text + "” is no time: 2023-11-15 or 2023-11-15T01:04:15 (UTC)");
  const [, y, mo, d, h, mi, s, frac] = match;
  const seconds =
      Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h || 0), Number(mi || 0), Number(s || 0)) / 1000;
  return {seconds, nanos: Number((frac || "").padEnd(9, "0")), words: text};
}

function flagTerm(next) {
  const text = next("a flag, as in flag ipFlags.11 or flag \"checksum\"").text;
  const exact = text.match(/^([A-Za-z0-9]+)\.(\d+)$/);
  if (exact) {
    const column = BIT_COLUMNS.find((c) => c.toLowerCase() === exact[1].toLowerCase());
    if (!column || Number(exact[2]) > 63)
      throw new FilterError("“" + text + "” is no flag; columns: " + BIT_COLUMNS.join(", "));
    const bit = Number(exact[2]);
    return term(
        (i) => anyBit(column, i, bit),
        "flag " + column + "." + bit + (bitText(column, bit) ? " (" + bitText(column, bit) + ")" : ""));
  }
  const wanted = text.toLowerCase(), found = [];
  for (const column of Data.core.cols) {
    if (!BIT_COLUMNS.includes(column.n)) continue;
    for (const [bit, words] of column.bits || [])
      if (words.toLowerCase().includes(wanted)) found.push([column.n, bit]);
  }
  if (found.length === 0) throw new FilterError("No flag says “" + text + "”");
  return term((i) => found.some(([c, b]) => anyBit(c, i, b)), "a flag says “" + text + "”");
}
function bitText(column, bit) {
  const c = Data.core.cols.find((x) => x.n === column);
  const found = c && (c.bits || []).find((b) => b[0] === bit);
  return found ? found[1] : "";
}

function isTerm(next) {
  const kind = next("one of " + KINDS.join(", ")).text.toLowerCase();
  const f = Data.flows, out = (h) => Data.private[h], ip = (h) => !Data.hosts.k[h].startsWith("mac ");
  const tests = {
    ftp: [(i) => anyBit("ftpStat", i, 0) || anyBit("ftpStat", i, 3), "FTP control connection"],
    "ftp-data": [(i) => anyBit("ftpStat", i, 1) || anyBit("ftpStat", i, 2), "FTP data connection"],
    file: [(i) => Data.filesOf.has(f.fi[i]), "carried a file"],
    login: [(i) => Data.loginsOf.has(f.fi[i]), "has a login"],
    leaving: [(i) => ip(f.s[i]) && out(f.c[i]) && !out(f.s[i]), "from a private to a public address"],
    entering: [(i) => ip(f.c[i]) && !out(f.c[i]) && out(f.s[i]), "from a public to a private address"],
    inside: [(i) => out(f.c[i]) && out(f.s[i]), "between private addresses"],
    answered: [answered, "answered"],
    unanswered: [(i) => !answered(i), "unanswered"],
    reset: [(i) => anyBit("tcpFlags", i, 2), "reset"],
  };
  if (!Object.hasOwn(tests, kind)) throw new FilterError("is wants one of " + KINDS.join(", "));
  return term(...tests[kind]);
}

function anyWord(text) {
  const wanted = text.toLowerCase(), f = Data.flows;
  const hosts = Data.hosts.k.map(
      (k, h) => [k, Data.hosts.org[h], Data.hosts.os[h], Data.hosts.mac[h]].some(
          (s) => s.toLowerCase().includes(wanted)));
  const services = Data.core.services.map((s) => s[0].includes(wanted));
  const flows = new Set();
  for (const [flow, list] of Data.filesOf)
    if (list.some((k) => Data.core.files[k].name.toLowerCase().includes(wanted))) flows.add(flow);
  for (const l of Data.core.logins)
    if (l.user.toLowerCase().includes(wanted)) flows.add(l.flow);
  return term(
      (i) => hosts[f.c[i]] || hosts[f.s[i]] || services[f.sv[i]] || flows.has(f.fi[i]),
      "anything says “" + text + "”");
}

const TERMS = {
  host: (next) => addressOrNet(next("an address").text, "", "a host"),
  net: (next) => addressOrNet(next("a network").text, "", "a host"),
  src: (next) => addressOrNet(next("an address").text, "src", "the client"),
  dst: (next) => addressOrNet(next("an address").text, "dst", "the server"),
  port: (next) => {
    const [low, high] = range(next("a port").text, 65535), f = Data.flows;
    const tawk = low === high ?
        `$srcPort == ${low} || $dstPort == ${low}` :
        `($srcPort >= ${low} && $srcPort <= ${high}) || ($dstPort >= ${low} && $dstPort <= ${high})`;
    return term(
        (i) => (f.cp[i] >= low && f.cp[i] <= high) || (f.sp[i] >= low && f.sp[i] <= high),
        "port " + low + (high > low ? " to " + high : ""), tawk);
  },
  dstport: (next) => {
    const [low, high] = range(next("a port").text, 65535), f = Data.flows;
    return term(
        (i) => f.sp[i] >= low && f.sp[i] <= high,
        "the server's port is " + low + (high > low ? " to " + high : ""));
  },
  proto: (next) => {
    const text = next("a protocol").text.toLowerCase();
    const number = Object.hasOwn(PROTOCOLS, text) ? PROTOCOLS[text] :
        /^\d+$/.test(text) && Number(text) < 256  ? Number(text) :
                                                    undefined;
    if (number === undefined)
      throw new FilterError(
          "“" + text + "” is no protocol: a number or " + Object.keys(PROTOCOLS).join(", "));
    const ip = Data.hosts.k.map((k) => !k.startsWith("mac "));
    return term(
        (i) => Data.flows.pr[i] === number && ip[Data.flows.c[i]], "protocol " + text,
        `$l4Proto == ${number} && $srcIP != "-"`);
  },
  service: (next) => {
    const text = next("a service").text.toLowerCase();
    return serviceTerm((s) => s[0] === text || s[0].startsWith(text + " "), "service " + text);
  },
  class: (next) => {
    const text = next("a class").text.toLowerCase();
    const found = Data.core.classes.map((c) => c.toLowerCase().startsWith(text));
    if (!found.includes(true)) throw new FilterError("class wants one of " + Data.core.classes.join(", "));
    return serviceTerm((s) => found[s[1]], "class " + Data.core.classes[found.indexOf(true)]);
  },
  country: (next) => {
    const text = next("a country, as in us").text.toLowerCase();
    return hostTerm(
        (k, h) => Data.hosts.cc[h].toLowerCase() === text, "", "country " + text,
        `tolower($srcIPCC) == "${text.replace(/[^a-z0-9-]/g, "")}" || tolower($dstIPCC) == "${
            text.replace(/[^a-z0-9-]/g, "")}"`);
  },
  org: (next) => {
    const text = next("an organisation").text, yes = contains(Data.hosts.org, text);
    return hostTerm((k, h) => yes[h], "", "organisation “" + text + "”");
  },
  os: (next) => {
    const text = next("a system").text, yes = contains(Data.hosts.os, text);
    return hostTerm((k, h) => yes[h], "", "system “" + text + "”");
  },
  bytes: numberTerm("bytes", UNITS, (i) => Data.bytes[i], (op, n) => `$l7BytesSnt + $l7BytesRcvd ${op} ${n}`),
  packets: numberTerm("packets", UNITS, (i) => Data.packets[i], (op, n) => `$pktsSnt + $pktsRcvd ${op} ${n}`),
  duration: numberTerm("duration", SPANS, (i) => Data.flows.dur[i]),
  is: isTerm,
  flag: flagTerm,
  after: (next) => {
    const m = moment(next, next("a time"));
    return term(
        (i) =>
            Data.flows.ts[i] > m.seconds || (Data.flows.ts[i] === m.seconds && Data.flows.tn[i] >= m.nanos),
        "begins at " + m.words + " or later");
  },
  before: (next) => {
    const m = moment(next, next("a time"));
    return term(
        (i) => Data.flows.ts[i] < m.seconds || (Data.flows.ts[i] === m.seconds && Data.flows.tn[i] < m.nanos),
        "begins before " + m.words);
  },
  flow: (next) => {
    const [low, high] = range(next("a flow number").text, Number.MAX_SAFE_INTEGER);
    return term(
        (i) => Data.flows.fi[i] >= low && Data.flows.fi[i] <= high,
        "flow " + low + (high > low ? " to " + high : ""),
        low === high ? `$flowInd == ${low}` : `$flowInd >= ${low} && $flowInd <= ${high}`);
  },
};

function testOf(tree) {
  if (tree.test) return tree.test;
  if (tree.not) {
    const t = testOf(tree.not);
    return (i) => !t(i);
  }
  const [a, b] = (tree.and || tree.or).map(testOf);
  return tree.and ? (i) => a(i) && b(i) : (i) => a(i) || b(i);
}
function sentence(tree, inner = false) {
  if (tree.words) return tree.words;
  if (tree.not) return "not " + sentence(tree.not, true);
  const text = (tree.and || tree.or)
                   .map((t) => sentence(t, Boolean(tree.and ? t.or : t.and)))
                   .join(tree.and ? " and " : " or ");
  return inner ? "(" + text + ")" : text;
}
// undefined: no tawk form.
function tawkOf(tree) {
  if (tree.test) return tree.tawk === undefined ? undefined : "(" + tree.tawk + ")";
  if (tree.not) {
    const t = tawkOf(tree.not);
    return t === undefined ? undefined : "!" + t;
  }
  const parts = (tree.and || tree.or).map(tawkOf);
  return parts.includes(undefined) ? undefined : "(" + parts.join(tree.and ? " && " : " || ") + ")";
}
