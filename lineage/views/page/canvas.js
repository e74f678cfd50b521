/* The picture: a canvas, redrawn whole. Paths are batched by style, so that ten thousand
   generations take about 20 ms. */

const canvas = document.getElementById("canvas");
const pen = canvas.getContext("2d");
const view = { x: 0, y: 0, sx: 1, sy: 1, width: 0, height: 0 }; // screen = world * s + offset
const LAYOUTS = {};
let place = null;
let theme = {};

function readTheme() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["bg", "text", "muted", "line", "accent", "edge", "dead", "halo", "panel"]) {
    theme[name] = style.getPropertyValue("--" + name).trim();
  }
}

function setLayout(name) {
  state.layout = name;
  LAYOUTS[name] = LAYOUTS[name] || (name === "tree" ? treeLayout() : progressLayout());
  place = LAYOUTS[name];
  for (const button of document.querySelectorAll("[data-layout]")) {
    button.setAttribute("aria-checked", String(button.dataset.layout === name));
  }
  fit();
}

function resize() {
  const box = canvas.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
  view.width = box.width;
  view.height = box.height;
  canvas.width = Math.round(box.width * ratio);
  canvas.height = Math.round(box.height * ratio);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
}

function fit() {
  const range = (values) => values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  const [left, right] = ITEMS.length ? range(place.x) : [0, 1], [top, bottom] = ITEMS.length ? range(place.y) : [0, 1];
  const progress = state.layout === "progress";
  const margin = { left: progress ? 62 : 56, right: 70, top: 44, bottom: progress ? 84 : 72 };
  const across = view.width - margin.left - margin.right, down = view.height - margin.top - margin.bottom;
  view.sx = Math.min(across / Math.max(right - left, 1e-9), progress ? Infinity : 150);
  view.sy = Math.min(down / Math.max(bottom - top, 1e-9), progress ? Infinity : 46);
  if (right === left) view.sx = 100;
  if (bottom === top) view.sy = 40;
  [view.fitX, view.fitY] = [view.sx, view.sy];
  view.x = margin.left - left * view.sx + Math.max(0, across - (right - left) * view.sx) / 2;
  view.y = margin.top - top * view.sy + Math.max(0, down - (bottom - top) * view.sy) / 2;
  paint();
}

/* Never out beyond the fit. A squeezed axis opens first, so that zooming in ends in natural proportions. */
function zoom(factor, atX = view.width / 2, atY = view.height / 2) {
  const squeezed = view.sx / view.sy / (state.layout === "tree" ? 2.6 : 0.1);
  const limited = (scale, least, by) => Math.min(Math.max(scale * by, least), Math.max(400, least) * (state.layout === "tree" ? 1 : 40));
  const sx = limited(view.sx, view.fitX, factor > 1 && squeezed > 2 ? 1 : factor);
  const sy = limited(view.sy, view.fitY, factor > 1 && squeezed < 0.5 ? 1 : factor);
  view.x = atX - ((atX - view.x) * sx) / view.sx;
  view.y = atY - ((atY - view.y) * sy) / view.sy;
  [view.sx, view.sy] = [sx, sy];
  paint();
}

const px = (i) => place.x[i] * view.sx + view.x;
const py = (i) => place.y[i] * view.sy + view.y;
const unit = () => Math.max(0.3, Math.min(1.5, Math.min(view.sx / 48, view.sy / (state.layout === "tree" ? 22 : 260))));

function radius(item) {
  const base = item.path ? 6.5 : item.kept ? 5 : 2.9;
  return Math.max(item.kept ? 1.6 : 0.9, base * (state.layout === "tree" ? unit() : Math.max(0.45, Math.min(1, view.sx / 9))));
}

const visible = (x, y) => x > -40 && y > -40 && x < view.width + 40 && y < view.height + 40;
const faint = (item) => state.matches && !state.matches.has(item.index);

let asked = false;
function paint() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    draw();
  });
}

function draw() {
  pen.clearRect(0, 0, view.width, view.height);
  if (state.layout === "progress") axes();
  const path = ITEMS.filter((item) => item.path);
  const ends = ITEMS.filter((item) => !item.kept && !item.path);
  const lane = state.layout === "progress"; // what was never scored lies there, unconnected
  edges(ends.filter((item) => !(lane && item.score === null)), theme.dead, 0.8, 0.55);
  nodes(ends);
  edges(ITEMS.filter((item) => item.kept && !item.path), theme.edge, 1.4, 0.9);
  matings(ITEMS.filter((item) => item.kept || item.path || item.index === state.selected), theme.edge, 1.2, 0.9);
  edges(path, theme.halo, 7 * Math.min(1, unit() + 0.2), 0.35);
  edges(path, theme.accent, 2.6, 1);
  if (state.selected !== null) edges(ancestry(state.selected).filter((item) => !item.path), theme.text, 1.6, 0.9);
  nodes(ITEMS.filter((item) => item.kept || item.path));
  if (state.layout === "tree") names(path);
  for (const i of [state.hovered, state.selected]) if (i !== null) ring(ITEMS[i], i === state.selected);
}

function ancestry(i) {
  const found = [];
  for (let at = i; at !== null; at = ITEMS[at].parent) found.push(ITEMS[at]);
  return found;
}

function edges(items, colour, width, alpha) {
  pen.beginPath();
  for (const item of items) if (item.parent !== null) edge(item.parent, item.index);
  stroke(colour, width, alpha);
}

/* From a mate to the child: dashed, as the line goes on from the first parent. */
function matings(items, colour, width, alpha) {
  pen.beginPath();
  for (const item of items) for (const mate of item.mates) edge(mate, item.index);
  pen.setLineDash([3, 4]);
  stroke(colour, width, alpha);
  pen.setLineDash([]);
}

function edge(from, to) {
  const x1 = px(from), y1 = py(from), x2 = px(to), y2 = py(to);
  if (Math.max(x1, x2) < 0 || Math.min(x1, x2) > view.width || Math.max(y1, y2) < 0 || Math.min(y1, y2) > view.height) return;
  pen.moveTo(x1, y1);
  if (y1 === y2) pen.lineTo(x2, y2);
  else pen.bezierCurveTo(x1 + (x2 - x1) * 0.55, y1, x1 + (x2 - x1) * 0.45, y2, x2, y2);
}

function stroke(colour, width, alpha) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.globalAlpha = state.matches ? alpha * 0.35 : alpha;
  pen.lineCap = "round";
  pen.stroke();
  pen.globalAlpha = 1;
}

/* One path per look. */
function nodes(items) {
  const looks = new Map();
  for (const item of items) {
    const x = px(item.index), y = py(item.index);
    if (!visible(x, y)) continue;
    const look = `${faint(item) ? 0 : 1}${item.score === null ? "u" : item.kept ? "k" : "d"}${item.score === null ? "" : step(item.score)}`;
    if (!looks.has(look)) looks.set(look, []);
    looks.get(look).push(item);
  }
  for (const [look, alike] of looks) discs(look, alike);
}

function discs(look, items) {
  const scored = look[1] !== "u", kept = look[1] === "k";
  pen.beginPath();
  for (const item of items) {
    const x = px(item.index), y = py(item.index), r = radius(item);
    pen.moveTo(x + r, y);
    pen.arc(x, y, r, 0, 2 * Math.PI);
  }
  pen.globalAlpha = (look[0] === "0" ? 0.12 : 1) * (scored && !kept ? 0.5 : 1);
  pen.fillStyle = scored ? COLOURS[Number(look.slice(2))] : radius(items[0]) > 2 ? theme.bg : theme.dead;
  pen.fill();
  if (radius(items[0]) > 2) {
    pen.lineWidth = kept ? 1.5 : 1;
    pen.strokeStyle = scored ? theme.bg : theme.dead;
    pen.stroke();
  }
  pen.globalAlpha = 1;
}

function names(path) {
  if (view.sx < 46) return;
  pen.font = "11px " + getComputedStyle(document.body).fontFamily;
  pen.textAlign = "center";
  pen.fillStyle = theme.text;
  for (const item of path) {
    const x = px(item.index), y = py(item.index);
    if (!visible(x, y)) continue;
    const text = `g${item.index}`;
    pen.lineWidth = 3;
    pen.strokeStyle = theme.bg;
    pen.strokeText(text, x, y + radius(item) + 13);
    pen.fillText(text, x, y + radius(item) + 13);
  }
}

function ring(item, selected) {
  pen.beginPath();
  pen.arc(px(item.index), py(item.index), radius(item) + 4, 0, 2 * Math.PI);
  pen.strokeStyle = theme.text;
  pen.lineWidth = selected ? 2.2 : 1.2;
  pen.stroke();
}

/* Utility at round values, generations below, and the lane of what was not scored. */
function axes() {
  pen.font = "11px " + getComputedStyle(document.body).fontFamily;
  pen.fillStyle = theme.muted;
  pen.strokeStyle = theme.line;
  pen.lineWidth = 1;
  pen.textAlign = "right";
  for (const value of ticks(LOW, HIGH, 6)) {
    const y = ((HIGH - value) / (HIGH > LOW ? HIGH - LOW : 1)) * view.sy + view.y;
    level(y, number(value, 2));
  }
  if (ITEMS.some((item) => item.score === null)) level(1.1 * view.sy + view.y, "no score");
  pen.textAlign = "center";
  for (const value of ticks(0, Math.max(1, ITEMS.length - 1), 10)) {
    const x = value * view.sx + view.x;
    if (x > 40 && x < view.width - 10 && Number.isInteger(value)) pen.fillText(`g${value}`, x, 24);
  }
}

function level(y, text) {
  if (y < 30 || y > view.height) return;
  pen.fillText(text, 52, y + 4);
  pen.beginPath();
  pen.moveTo(58, y);
  pen.lineTo(view.width, y);
  pen.stroke();
}

function ticks(low, high, most) {
  if (!(high > low)) return Number.isFinite(low) ? [low] : [];
  const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
  const pitch = [1, 2, 5, 10].map((k) => k * power).find((each) => each >= rough);
  const found = [];
  for (let k = Math.ceil(low / pitch); k * pitch <= high + 1e-9; k++) found.push(k * pitch);
  return found;
}

/* The generation whose disc, or else whose edge, is under the pointer; null if none is. */
function under(x, y) {
  let best = null, least = Infinity;
  for (const item of ITEMS) {
    const far = Math.hypot(px(item.index) - x, py(item.index) - y) - radius(item);
    if (far < 6 && far < least) [best, least] = [item.index, far];
  }
  return best === null ? edgeUnder(x, y) : best;
}

function edgeUnder(x, y) {
  let best = null, least = 5;
  for (const item of ITEMS) {
    if (item.parent === null) continue;
    const x1 = px(item.parent), y1 = py(item.parent), x2 = px(item.index), y2 = py(item.index);
    if (x < x1 - 5 || x > x2 + 5 || y < Math.min(y1, y2) - 5 || y > Math.max(y1, y2) + 5) continue;
    for (let k = 1; k < 24; k++) {
      const t = k / 24, s = 1 - t;
      const bx = s * s * s * x1 + 3 * s * s * t * (x1 + (x2 - x1) * 0.55) + 3 * s * t * t * (x1 + (x2 - x1) * 0.45) + t * t * t * x2;
      const by = (s * s * s + 3 * s * s * t) * y1 + (3 * s * t * t + t * t * t) * y2;
      const far = Math.hypot(bx - x, by - y);
      if (far < least) [best, least] = [item.index, far];
    }
  }
  return best;
}
