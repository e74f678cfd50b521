/* Where each generation is drawn. Both layouts give x and y in their own units. */

/* The lineage: x is depth, and the line that leads to the best, or furthest, goes straight
   on. Side branches are packed above and below it by their outlines (Reingold and Tilford
   1981); dead ends cluster beside their parent. Children are younger than their parents, so
   one pass from the youngest up builds outlines, one from the oldest down places. */
function treeLayout() {
  const outline = new Array(ITEMS.length); // per item: half-heights by depth, its own last
  const offset = new Float64Array(ITEMS.length); // y relative to the parent
  const size = sizes();
  for (let i = ITEMS.length - 1; i >= 0; i--) outline[i] = assemble(ITEMS[i], outline, offset, size);
  const x = new Float64Array(ITEMS.length), y = new Float64Array(ITEMS.length);
  let bottom = 0;
  for (const item of ITEMS) {
    const parent = item.parent === null ? null : item.parent;
    if (parent === null) {
      y[item.index] = bottom + extreme(outline[item.index].up);
      bottom = y[item.index] + extreme(outline[item.index].down) + 1;
    } else {
      y[item.index] = y[parent] + offset[item.index];
      x[item.index] = x[parent] + (item.twig === undefined ? 1 : item.twig);
    }
  }
  return { x, y };
}

const extreme = (values) => values.reduce((a, b) => Math.max(a, b), 0);
const isTwig = (item) => !item.kept && !item.children.length;

function sizes() {
  const size = new Int32Array(ITEMS.length).fill(1);
  for (let i = ITEMS.length - 1; i > 0; i--) if (ITEMS[i].parent !== null) size[ITEMS[i].parent] += size[i];
  return size;
}

function mainChild(branches, size) {
  const rank = (i) => (ITEMS[i].path ? 2 * ITEMS.length : 0) + size[i];
  return branches.reduce((best, i) => (best === null || rank(i) > rank(best) ? i : best), null);
}

function assemble(item, outline, offset, size) {
  const branches = item.children.filter((i) => !isTwig(ITEMS[i]));
  const main = mainChild(branches, size);
  item.main = main;
  let shape = main === null ? { up: [], down: [] } : outline[main];
  const twigs = placeTwigs(item.children.filter((i) => isTwig(ITEMS[i])), offset);
  if (twigs) shape = union(shape, { up: [twigs], down: [twigs] }, 0);
  for (const i of branches.filter((i) => i !== main)) {
    const up = clearance(shape.up, outline[i].down), down = clearance(shape.down, outline[i].up);
    offset[i] = up <= down ? -up : down;
    shape = union(shape, outline[i], offset[i]);
  }
  shape.up.push(0.5);
  shape.down.push(0.5);
  return shape;
}

/* Dead ends in a small block on both sides of the line; the height of half of it. */
function placeTwigs(twigs, offset) {
  const half = Math.ceil(twigs.length / 2);
  const columns = Math.max(1, Math.min(8, Math.ceil(half / 9)));
  twigs.forEach((i, n) => {
    const place = n >> 1, row = Math.floor(place / columns), column = place % columns;
    offset[i] = (n % 2 ? 1 : -1) * (0.52 + 0.34 * row);
    ITEMS[i].twig = columns > 1 ? 0.36 + 0.44 * (column / (columns - 1)) : 0.58;
  });
  return twigs.length ? 0.5 + 0.34 * Math.ceil(half / columns) : 0;
}

/* Outlines are aligned at their ends, which are the shallowest. */
function clearance(inner, outer) {
  let away = 0;
  for (let k = 1; k <= Math.min(inner.length, outer.length); k++) {
    away = Math.max(away, inner[inner.length - k] + outer[outer.length - k]);
  }
  return away + 0.25;
}

/* The outline of both, `other` shifted by `by`. The longer array is reused: small to large. */
function union(shape, other, by) {
  const grown = { up: [], down: [] };
  for (const [side, sign] of [["up", -1], ["down", 1]]) {
    const shifted = other[side].map((value) => value + sign * by);
    const [long, little] = shape[side].length >= shifted.length ? [shape[side], shifted] : [shifted, shape[side]];
    for (let k = 1; k <= little.length; k++) {
      long[long.length - k] = Math.max(long[long.length - k], little[little.length - k]);
    }
    grown[side] = long;
  }
  return grown;
}

/* Progress: x is the generation, y its utility; what was not scored lies in a lane below. */
function progressLayout() {
  const x = Float64Array.from(ITEMS, (item) => item.index);
  const span = HIGH > LOW ? HIGH - LOW : 1;
  const y = Float64Array.from(ITEMS, (item) => (item.score === null ? 1.1 : (HIGH - item.score) / span));
  return { x, y };
}
