// SPDX-License-Identifier: Apache-2.0
// Nodes and words. Text from the network becomes text nodes, with controls made visible; there is no
// other way to the page.

const SVG = "http://www.w3.org/2000/svg";

// el("td", {class: "num"}, "text", node...): on* are functions, data-f and data-v name a figure.
function el(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}
function svg(name, attributes, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}
function fill(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on"))
      node.addEventListener(key.slice(2), value);
    else
      node.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children.flat(3)) {
    if (child === undefined || child === null || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}
const replace = (node, ...children) => node.replaceChildren(...children.flat(3).filter((c) => c || c === 0));

// Controls, direction marks, zero-width and other invisible characters.
const INVISIBLE =
    /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|\udb40[\udc00-\udfff]|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
function escaped(c) {
  const code = c.codePointAt(0);
  return code < 0x100 ? "\\x" + code.toString(16).padStart(2, "0") :
                        "\\u" + code.toString(16).padStart(4, "0");
}
// As plain text, for attributes, files and the clipboard.
function visible(text) { return String(text).replace(INVISIBLE, escaped); }
// As a node: what was made visible looks different from what was sent.
function foreign(text, most = 300, keepLines = false) {
  let s = String(text);
  const more = s.length - most;
  if (more > 0) s = s.slice(0, most);
  const node = el("bdi", {});
  let at = 0;
  for (const match of s.matchAll(INVISIBLE)) {
    if (keepLines && (match[0] === "\n" || match[0] === "\t" || match[0] === "\r")) {
      if (match[0] === "\r") {
        node.append(s.slice(at, match.index));
        at = match.index + 1;
      }
      continue;
    }
    node.append(s.slice(at, match.index), el("span", {class: "esc"}, escaped(match[0])));
    at = match.index + match[0].length;
  }
  node.append(s.slice(at));
  if (more > 0) node.append(el("span", {class: "dim"}, " … +" + grouped(more) + " characters"));
  return node;
}

// A figure that tests read back.
const figure = (name, value, words) =>
    el("span", {"data-f": name, "data-v": value}, words === undefined ? grouped(value) : words);

function grouped(n) { return String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ","); }
function sizeWords(bytes) {
  if (bytes < 1000) return bytes + " B";
  const units = ["kB", "MB", "GB", "TB", "PB", "EB"];
  let v = bytes / 1000, unit = 0;
  for (; v >= 999.95 && unit + 1 < units.length; unit++) v /= 1000;
  return v.toFixed(1) + " " + units[unit];
}
function spanWords(s) {
  if (s < 0.001) return Math.round(s * 1e6) + " µs";
  if (s < 1) return (s * 1e3).toFixed(1) + " ms";
  if (s < 60) return Number(s.toPrecision(3)) + " s";
  const whole = Math.floor(s);
  if (s < 3600) return Math.floor(whole / 60) + " min" + (whole % 60 ? " " + whole % 60 + " s" : "");
  const minutes = Math.floor(whole / 60);
  if (s < 86400) return Math.floor(minutes / 60) + " h" + (minutes % 60 ? " " + minutes % 60 + " min" : "");
  if (s < 2 * 365.25 * 86400) return counted(Math.floor(s / 86400), "day");
  return (s / (365.25 * 86400)).toFixed(1) + " years";
}
const counted = (n, one, many = one + "s") => grouped(n) + " " + (n === 1 ? one : many);

// Times: whole seconds since 1970 and nanoseconds, apart, because together they are no exact number.
function timeWords(seconds, nanos, digits = 3) {
  const date = new Date(seconds * 1000);
  if (isNaN(date.getTime())) return seconds + " s";
  const text = date.toISOString().slice(0, 19).replace("T", " ");
  return digits > 0 ? text + "." + String(nanos).padStart(9, "0").slice(0, digits) : text;
}
function nsWords(ns, digits = 3) {
  let t = BigInt(ns), s = t / 1000000000n, rest = t % 1000000000n;
  if (rest < 0n) {
    rest += 1000000000n;
    s -= 1n;
  }
  return timeWords(Number(s), Number(rest), digits);
}
const nsSeconds = (ns) => Number(BigInt(ns) - BigInt(Data.baseSeconds) * 1000000000n) / 1e9;

// A button that looks like a link: sets the filter.
function filterLink(words, filter, title) {
  return el(
      "button", {
        class: "link",
        type: "button",
        title: title || "Filter: " + visible(filter),
        onclick: () => setFilter(filter)
      },
      words);
}
function openLink(words, kind, key) {
  return el("button", {class: "link", type: "button", onclick: () => openPanel(kind, key)}, words);
}
const flowLink = (flow) => openLink(String(flow), "flow", flow);
const hostLink = (address) => openLink(foreign(address, 60), "host", address);

function copyButton(words, text) {
  const button =
      el("button", {
        type: "button",
        onclick: async () => {
          try {
            await navigator.clipboard.writeText(text());
          } catch {
            copyByHand(text());
          }
          button.textContent = "Copied";
          setTimeout(() => {
            button.textContent = words;
          }, 1500);
        }
      },
         words);
  return button;
}
function copyByHand(text) {
  const area = el("textarea", {class: "offscreen", "aria-hidden": "true"});
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
function save(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], {type}));
  const a = el("a", {download: name});
  a.href = url;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

const swatch = (k) => el("span", {class: "swatch k" + k, "aria-hidden": "true"});
const level = (sev) =>
    el("span", {class: "level " + sev}, {first: "▲ look first", look: "● look", note: "○ note"}[sev]);
function section(id, title, hint) {
  return el(
      "section", {id, tabindex: "-1", "aria-label": title},
      el("h2", {}, title, hint && el("span", {class: "hint"}, hint)));
}
