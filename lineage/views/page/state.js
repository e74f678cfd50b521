"use strict";
/* What the page knows: the data, what is selected, what is sought. Everything that comes
   from a scaffold is put on the page as text, never as markup. */

const DATA = JSON.parse(document.getElementById("data").textContent);
const ITEMS = DATA.items;
const CREDIT = new Map(DATA.edits.map((edit) => [edit.generation, edit]));
const state = { selected: null, hovered: null, matches: null, layout: "tree" };

ITEMS.forEach((item, index) => {
  item.index = index;
  item.children = [];
  if (item.parent !== null) ITEMS[item.parent].children.push(index);
  item.score = item.utility && item.utility.search ? item.utility.search.mean : null;
});

const SCORES = ITEMS.filter((item) => item.score !== null).map((item) => item.score);
const LOW = SCORES.reduce((a, b) => Math.min(a, b), Infinity);
const HIGH = SCORES.reduce((a, b) => Math.max(a, b), -Infinity);

/* An element with text or elements inside. */
function make(tag, attributes = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") element.addEventListener("click", value);
    else if (value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...inside.filter((each) => each !== null && each !== ""));
  return element;
}

const RAMP = ["#6a5acd", "#3f86d6", "#20a5a8", "#58b95c", "#c9b52d", "#f08a24"];
const RAMP_STEPS = 48;
const COLOURS = Array.from({ length: RAMP_STEPS }, (_, step) => blend(step / (RAMP_STEPS - 1)));

function blend(at) {
  const place = at * (RAMP.length - 1);
  const from = Math.min(Math.floor(place), RAMP.length - 2);
  const part = place - from;
  const channel = (colour, k) => parseInt(colour.slice(1 + 2 * k, 3 + 2 * k), 16);
  const mixed = [0, 1, 2].map((k) => Math.round(channel(RAMP[from], k) * (1 - part) + channel(RAMP[from + 1], k) * part));
  return `rgb(${mixed.join(",")})`;
}

function step(score) {
  const at = HIGH > LOW ? (score - LOW) / (HIGH - LOW) : 1;
  return Math.max(0, Math.min(RAMP_STEPS - 1, Math.round(at * (RAMP_STEPS - 1))));
}

/* A utility over part of the trials must not be compared with one over all. */
const mark = (item, split) => (item.partial && item.partial.includes(split) ? "~" : "");
const number = (value, digits = 3) => (value === null || value === undefined ? "–" : value.toFixed(digits));
const score = (item) => mark(item, "search") + number(item.score);
const signed = (value) => (value >= 0 ? "+" : "−") + Math.abs(value).toFixed(3);
/* An interval of no width is no interval: it says what was alike. */
function bounds(interval, same = "no pair differed") {
  if (interval.low === null) return "[one pair]";
  if (interval.high === interval.low) return interval.mean === 0 ? `(${same})` : "(all alike)";
  return interval.high - interval.low < 0.001 ? "[±<0.001]" : `[${signed(interval.low)}, ${signed(interval.high)}]`;
}
const short = (item) => (item.node ? item.node.slice(0, 8) : "no child");

function label(item) {
  if (!item.edits.length) return item.status;
  return item.edits.map(([operator, target]) => (target ? `${operator} · ${target}` : operator)).join(", ");
}

function fate(item) {
  if (item.known !== null) return `led back to g${item.known}`;
  return item.rung ? `${item.status} at ${item.rung}` : item.status;
}
