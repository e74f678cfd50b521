/* The side panel: one generation, the ranking of self-edits, the list. */

const SVG = "http://www.w3.org/2000/svg";
const panels = Object.fromEntries(["node", "edits", "credit", "list"].map((name) => [name, document.getElementById("panel-" + name)]));
const MOST_ROWS = 400;

function openTab(name) {
  for (const [key, panel] of Object.entries(panels)) {
    const tab = document.getElementById("tab-" + key);
    panel.hidden = key !== name;
    tab.setAttribute("aria-selected", String(key === name));
    tab.tabIndex = key === name ? 0 : -1;
  }
}

function select(i, tab = "node") {
  state.selected = i;
  const item = ITEMS[i];
  showNode(item);
  if (tab) openTab(tab);
  for (const row of document.querySelectorAll(".row")) row.setAttribute("aria-current", String(Number(row.dataset.item) === i));
  document.getElementById("live").textContent = `generation ${i}, ${fate(item)}, utility ${score(item)}`;
  if (location.hash !== `#g${i}`) history.replaceState(null, "", `#g${i}`);
  paint();
}

const goTo = (i, text = `g${i}`) => make("button", { type: "button", class: "link", onclick: () => select(i) }, text);

function showNode(item) {
  const best = item.index === DATA.best;
  panels.node.replaceChildren(
    make("h2", {}, `Generation ${item.index}`, make("code", { title: item.node || "" }, short(item)),
      make("span", { class: `pill ${item.status}` }, fate(item)), best ? make("span", { class: "pill best" }, "best") : ""),
    item.reason ? make("p", {}, item.reason) : "",
    crumbs(item),
    ...scores(item),
    ...productivity(item),
    ...fruits(item),
    ...ruledOn(item),
    ...selfEdit(item),
    ...spent(item),
  );
  panels.node.scrollTop = 0;
}

function crumbs(item) {
  const line = ancestry(item.index).reverse();
  if (line.length === 1) return make("p", { class: "muted" }, "where the run started");
  const shown = line.length > 9 ? [...line.slice(0, 2), null, ...line.slice(-6)] : line;
  const parts = shown.flatMap((each, k) => [k ? make("span", {}, "›") : "", each === null ? make("span", {}, "…") : each === item ? make("span", {}, `g${item.index}`) : goTo(each.index)]);
  return make("p", { class: "crumbs muted", "aria-label": "Path from the seed" }, ...parts);
}

function scores(item) {
  if (!item.utility) return [];
  return Object.keys(item.utility).flatMap((split) => {
    const gain = item.gain && item.gain[split];
    const rows = item.tasks.filter((task) => task.split === split);
    const reach = widest([gain, ...rows.map((row) => row.gain)]);
    const line = (name, utility, change, total, notes) => make("tr", { class: total ? "total" : null },
      make("td", {}, name, notes ? make("div", { class: "down" }, notes) : ""), make("td", { class: "num", title: bounds(utility, "all alike") }, (total ? mark(item, split) : "") + number(utility.mean)),
      make("td", { class: `num ${change ? (change.mean >= 0 ? "up" : "down") : ""}`, title: change ? bounds(change) : "" }, change ? signed(change.mean) : ""),
      make("td", { style: "width:34%" }, change ? bar(change, reach) : ""));
    return [make("h3", {}, `${split} split`), make("table", {},
      make("thead", {}, make("tr", {}, make("th", {}, "task"), make("th", { class: "num" }, "score"),
        make("th", { class: "num" }, item.parent === null ? "" : "over parent"), make("th", {}, item.parent === null ? "" : "95 % interval"))),
      make("tbody", {}, line("all tasks", item.utility[split], gain, true, ""),
        ...rows.map((row) => line(row.task, row.score, row.gain, false,
          [...Object.entries(row.failures).map(([why, count]) => `${count} × ${why}`), ...row.flags].join(", ")))))];
  });
}

/* The scale on which all of these intervals and zero can be drawn. */
function widest(intervals) {
  const ends = [0, ...intervals.filter(Boolean).flatMap((each) => [each.mean, each.low || 0, each.high || 0])];
  return { low: Math.min(...ends), high: Math.max(...ends, 1e-6) };
}

function bar(interval, reach) {
  const svg = document.createElementNS(SVG, "svg");
  const at = (value) => 3 + (94 * (value - reach.low)) / (reach.high - reach.low);
  const add = (tag, attributes) => {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    svg.append(element);
  };
  svg.setAttribute("class", `bar ${interval.low > 0 ? "up" : interval.high !== null && interval.high < 0 ? "down" : "muted"}`);
  svg.setAttribute("viewBox", "0 0 100 14");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${signed(interval.mean)} ${bounds(interval)}`);
  add("line", { class: "zero", x1: at(0), x2: at(0), y1: 0, y2: 14, "vector-effect": "non-scaling-stroke" });
  if (interval.low !== null) add("line", { class: "range", x1: at(interval.low), x2: at(interval.high), y1: 7, y2: 7 });
  add("rect", { class: "point", x: at(interval.mean) - 1.6, y: 3.5, width: 3.2, height: 7, rx: 1 });
  return svg;
}

/* How good it is at improving: what its children gained, what became of its clade. */
function productivity(item) {
  const made = item.productivity;
  if (!item.kept) return [];
  if (!made) return [make("h3", {}, "Productivity"), make("p", {}, "Never a parent.")];
  const said = [
    made.children ? `Its ${made.children.pairs} scored children gained ${signed(made.children.mean)} ${bounds(made.children, "no child differed")} on average.` : "None of its children was scored.",
    ` Parent of ${made.tries}, ${made.accepted} accepted.`,
    made.cmp !== null ? ` Clade metaproductivity ${number(made.cmp)} of ${made.clade} nodes.` : "",
  ];
  return [make("h3", {}, "Productivity"), make("p", {}, said.join(""))];
}

/* What was built on an accepted edit. */
function fruits(item) {
  const credit = CREDIT.get(item.index);
  if (!credit) return [];
  const clade = credit.clade;
  const said = [
    credit.survives ? "Part of the best scaffold." : "Not part of the best scaffold.",
    clade.best !== null && clade.size > 1 ? ` Best of its ${clade.size - 1} descendants and itself: ${number(clade.best)}.` : "",
    credit.q < 0.001 ? " q < 0.001." : ` p = ${number(credit.p)}, q = ${number(credit.q)}.`,
  ];
  return [make("h3", {}, "What came of it"), make("p", {}, said.join("")), ...natureOf(item)];
}

/* One ruling needs no list: the status and the reason say it. */
function ruledOn(item) {
  if (item.rulings.length < 2) return [];
  const lines = item.rulings.map(([verdict, by, reason]) => make("li", {}, `${verdict} by ${by}`, reason ? `: ${reason}` : ""));
  return [make("h3", {}, "Rulings, in order"), make("ul", {}, ...lines)];
}

function selfEdit(item) {
  if (item.parent === null) return [];
  const edits = item.edits.map(([operator, target, before, after]) => make("li", { class: "edit" },
    make("b", {}, operator), target ? ` in ${target}` : "", make("div", {}, make("code", { class: "before" }, before), " → ", make("code", { class: "after" }, after))));
  return [make("h3", {}, item.mates.length ? "The crossover, against " : "The self-edit, against ", goTo(item.parent), ...item.mates.flatMap((i) => [" × ", goTo(i)])), make("ul", {}, ...edits), diffOf(item)];
}

function diffOf(item) {
  if (item.diff === "") return make("p", { class: "muted" }, "No file was changed.");
  if (!item.diff) return make("p", { class: "muted" }, item.node ? `Too much for this page: godel lineage diff g${item.parent} g${item.index}` : "It gave no child.");
  const look = (line) => (/^(---|\+\+\+) /.test(line) ? "file" : line[0] === "@" ? "hunk" : line[0] === "+" ? "add" : line[0] === "-" ? "del" : null);
  const lines = item.diff.replace(/\n$/, "").split("\n");
  return make("pre", { class: "diff", tabindex: "0", "aria-label": "Diff" }, ...lines.map((line) => make("span", { class: look(line) }, line || " ")));
}

function spent(item) {
  const units = { evaluations: "evaluations", model_calls: "model calls", tokens: "tokens", dollars: "$", cpu_s: "CPU s", gpu_s: "GPU s", wall_s: "s" };
  const parts = Object.entries(item.spend).map(([name, value]) => `${Number.isInteger(value) ? value : value.toFixed(2)} ${units[name]}`);
  return parts.length ? [make("h3", {}, "Spent"), make("p", { class: "muted" }, parts.join(", "))] : [];
}

function fruit(edit) {
  const said = [edit.survives ? "in the best" : "side branch", edit.tries ? `${edit.accepted} of ${edit.tries} children kept` : "no children", edit.q < 0.001 ? "q < 0.001" : `q ${number(edit.q)}`];
  if (edit.offspring) said.push(`its children ${signed(edit.offspring.mean)} ${bounds(edit.offspring, "no child differed")}`);
  if (edit.held_out) said.push(`held out ${signed(edit.held_out.mean)} ${bounds(edit.held_out)}`);
  return said.join(" · ");
}

/* Why no self-edit was accepted, and what would change that. */
function explanation() {
  if (!DATA.remarks) return [make("p", { class: "muted" }, "No self-edit was accepted yet.")];
  const words = (command) => command.split(" ").flatMap((word, k) => [k ? " " : "", make("span", {}, word)]);
  const advice = DATA.remarks.advice.flatMap(([why, command]) => [make("p", {}, `${why}:`), make("pre", { class: "command", tabindex: "0" }, ...words(command))]);
  return [make("h2", {}, "No self-edit was accepted"),
    make("div", { class: "told" }, ...DATA.remarks.lines.map((line) => make("p", { style: `padding-left: ${line.search(/\S/)}ch` }, line.trim()))),
    ...(advice.length ? [make("h3", {}, "What would change that"), ...advice] : [])];
}

function showEdits() {
  if (!DATA.edits.length) {
    panels.edits.replaceChildren(...explanation());
    return;
  }
  const reach = widest(DATA.edits.map((edit) => edit.gain));
  const rows = DATA.edits.map((edit) => make("li", {}, make("button", { type: "button", class: "row credit", "data-item": edit.generation, onclick: () => select(edit.generation) },
    make("span", {}, `g${edit.generation}`),
    make("span", {}, label(ITEMS[edit.generation])),
    make("span", { class: "num" }, edit.gain ? signed(edit.gain.mean) : "–"), edit.gain ? bar(edit.gain, reach) : make("span"),
    make("small", {}, fruit(edit)))));
  panels.edits.replaceChildren(make("p", { class: "muted" }, "Accepted self-edits by what they gave: the paired gain over the parent on the search split, with its 95 % interval."), make("ol", {}, ...rows));
}

function listRow(item) {
  const dot = make("i", { "aria-hidden": "true" });
  dot.style.background = item.score === null ? "transparent" : COLOURS[step(item.score)];
  dot.style.boxShadow = item.score === null ? "inset 0 0 0 1.5px var(--dead)" : "none";
  return make("li", {}, make("button", { type: "button", class: "row", "data-item": item.index, onclick: () => select(item.index) },
    dot, make("span", {}, `g${item.index}`), make("span", {}, item.kept ? label(item) : `${fate(item)} · ${label(item)}`), make("span", { class: "num" }, score(item))));
}

function showList() {
  const found = ITEMS.filter((item) => !faint(item));
  const rows = found.slice(0, MOST_ROWS).map(listRow);
  const count = `${found.length} of ${ITEMS.length} generations` + (found.length > MOST_ROWS ? `, the first ${MOST_ROWS} shown` : "");
  panels.list.replaceChildren(make("p", { class: "muted", role: "status" }, count), make("ol", {}, ...rows));
}
