// SPDX-License-Identifier: Apache-2.0
// The data: chunks are unpacked when they are needed, columns become arrays. What comes out of here
// may hold anything the network sent; it reaches the page as text nodes only (20-dom.js).
"use strict";

const Data = {
  core: null,
  flows: null,
  n: 0
};

async function unpack(name) {
  const chunk = document.getElementById("chunk-" + name);
  if (!chunk) return null;
  const packed = atob(chunk.textContent);
  const bytes = new Uint8Array(packed.length);
  for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

const decoders = {
  int: (c) => c.v,
  num: (c) => c.v,
  plain: (c) => c.v,
  delta: (c) => {
    let last = 0;
    return c.v.map((step) => (last += step));
  },
  dict: (c) => c.v.map((code) => c.d[code]),
  sparse: (c) => {
    const out = new Array(c.N).fill(c.z);
    let at = 0;
    c.i.forEach((step, i) => {
      at += step;
      out[at] = c.v[i];
    });
    return out;
  },
};

function columns(list) {
  const out = {};
  for (const c of list) out[c.n] = decoders[c.k](c);
  return out;
}

// Bit fields of up to 64 bits: as two numbers of 32.
function bitField(list, name) {
  const column = list.find((c) => c.n === name);
  const low = column.d.map((s) => Number(BigInt(s) & 0xffffffffn));
  const high = column.d.map((s) => Number(BigInt(s) >> 32n));
  return {low: column.v.map((code) => low[code]), high: column.v.map((code) => high[code])};
}

const BIT_COLUMNS = [
  "flowStat", "ipFlags", "tcpFlags", "tcpAnomaly", "tcpStatesAFlags", "ftpStat", "tp0fStat", "tcpFStat",
  "httpAFlags"
];

function hasBit(field, i, bit) {
  return bit < 32 ? (field.low[i] >>> bit & 1) === 1 : (field.high[i] >>> (bit - 32) & 1) === 1;
}

async function load() {
  const [core, flows] = await Promise.all([unpack("core"), unpack("flows")]);
  Data.core = core;
  Data.n = flows.n;
  Data.flows = columns(flows.cols);
  for (const side of ["client", "server"]) {
    Data[side] = columns(flows[side].filter((c) => !BIT_COLUMNS.includes(c.n)));
    Data[side].bits = {};
    for (const name of BIT_COLUMNS) Data[side].bits[name] = bitField(flows[side], name);
  }
  Data.hosts = columns(core.hosts);
  Data.sampled = core.mode === "sample";
  derive();
}

// What many parts ask for, once.
function derive() {
  const f = Data.flows, n = Data.n;
  Data.bytes = new Float64Array(n);
  Data.packets = new Float64Array(n);
  Data.start = new Float64Array(n);  // seconds since the first packet, exact to the microsecond
  const first = BigInt(Data.core.totals.first);
  Data.baseSeconds = Number(first / 1000000000n);
  for (let i = 0; i < n; i++) {
    Data.bytes[i] = Data.client.b[i] + Data.server.b[i];
    Data.packets[i] = Data.client.p[i] + Data.server.p[i];
    Data.start[i] = f.ts[i] - Data.baseSeconds + f.tn[i] / 1e9;
  }
  Data.rowOf = new Map();
  for (let i = 0; i < n; i++) Data.rowOf.set(f.fi[i], i);
  Data.filesOf = new Map();
  Data.core.files.forEach((file, k) => {
    for (const key of ["data_flow", "flow", "control_flow"]) {
      const flow = file.record[key];
      if (typeof flow !== "number") continue;
      if (!Data.filesOf.has(flow)) Data.filesOf.set(flow, []);
      Data.filesOf.get(flow).push(k);
      if (key !== "control_flow") break;
    }
  });
  Data.loginsOf = new Map();
  Data.core.logins.forEach((login, k) => {
    if (!Data.loginsOf.has(login.flow)) Data.loginsOf.set(login.flow, []);
    Data.loginsOf.get(login.flow).push(k);
  });
  Data.private = Data.hosts.k.map(isPrivate);
}

const service = (i) => Data.core.services[Data.flows.sv[i]][0];
const classOf = (i) => Data.core.services[Data.flows.sv[i]][1];
const clientName = (i) => Data.hosts.k[Data.flows.c[i]];
const serverName = (i) => Data.hosts.k[Data.flows.s[i]];
const anyBit = (column, i, bit) =>
    hasBit(Data.client.bits[column], i, bit) || hasBit(Data.server.bits[column], i, bit);
const answered = (i) => (Data.flows.have[i] & 3) === 3 && Data.client.p[i] > 0 && Data.server.p[i] > 0;

// Addresses as BigInt with their family; null: no IP address.
function parseAddress(text) {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) {
    const parts = text.split(".").map(Number);
    if (parts.some((p) => p > 255)) return null;
    return {bits: 32, value: parts.reduce((v, p) => v * 256n + BigInt(p), 0n)};
  }
  if (!/^[0-9a-fA-F:]+(\d+\.\d+\.\d+\.\d+)?$/.test(text) || !text.includes(":")) return null;
  let words = text.toLowerCase();
  const v4 = words.match(/(\d+\.\d+\.\d+\.\d+)$/);
  if (v4) {
    const inner = parseAddress(v4[1]);
    if (!inner) return null;
    words = words.slice(0, -v4[1].length) + (inner.value >> 16n).toString(16) + ":" +
        (inner.value & 0xffffn).toString(16);
  }
  const halves = words.split("::");
  if (halves.length > 2) return null;
  const list = (s) => s === "" ? [] : s.split(":");
  const head = list(halves[0]), tail = halves.length === 2 ? list(halves[1]) : [];
  const gap = 8 - head.length - tail.length;
  if (halves.length === 1 ? gap !== 0 : gap < 1) return null;
  const all = [...head, ...Array(halves.length === 2 ? gap : 0).fill("0"), ...tail];
  if (all.some((w) => !/^[0-9a-f]{1,4}$/.test(w))) return null;
  return {bits: 128, value: all.reduce((v, w) => v * 65536n + BigInt("0x" + w), 0n)};
}

function parseNet(text) {
  const [address, length] = text.split("/");
  const a = parseAddress(address);
  if (!a || !/^\d+$/.test(length || "") || Number(length) > a.bits) return null;
  return {
    bits: a.bits,
    shift: BigInt(a.bits - Number(length)),
    value: a.value >> BigInt(a.bits - Number(length))
  };
}

const inNet = (a, net) => a !== null && a.bits === net.bits && a.value >> net.shift === net.value;

const PRIVATE = [
  "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "fc00::/7", "fe80::/10",
  "::1/128"
].map(parseNet);
function isPrivate(text) {
  const a = parseAddress(text);
  return a !== null && PRIVATE.some((net) => inNet(a, net));
}
