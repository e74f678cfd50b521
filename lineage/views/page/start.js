/* Wiring: header, legend, pointer, keys. */

function summary() {
  document.getElementById("title").textContent = DATA.title;
  const best = DATA.best === null ? null : ITEMS[DATA.best], seed = ITEMS[0];
  const add = (name, value, more = "") => document.getElementById("summary").append(
    make("div", {}, make("dt", {}, name), make("dd", {}, value, more ? make("small", {}, " " + more) : "")));
  add("generations", String(Math.max(0, ITEMS.length - 1)), `${DATA.edits.length} accepted`);
  if (!best) return;
  add("utility", `${number(seed.score)} → ${number(best.score)}`, `seed to g${best.index}`);
  if (DATA.lift) add(`${DATA.lift.split} lift, 95 % interval`, signed(DATA.lift.gain.mean), bounds(DATA.lift.gain));
}

function legend() {
  const ramp = make("i", { class: "ramp" });
  ramp.style.background = `linear-gradient(90deg, ${RAMP.join(",")})`;
  const entry = (name, text) => make("div", {}, make("i", { class: name }), text);
  const box = document.getElementById("legend");
  if (SCORES.length) box.append(make("div", {}, "utility", make("b", {}, number(LOW, 2)), ramp, make("b", {}, number(HIGH, 2))));
  if (ITEMS.some((item) => mark(item, "search"))) box.append(make("div", {}, "~ over part of the trials"));
  box.append(entry("onpath", "path to the best"), entry("dead", "dead end"), entry("unscored", "never scored"));
}

function matching(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return null;
  const fits = (item) => {
    const all = [item.node || "", fate(item), item.status, item.rung, item.reason, item.index === DATA.best ? "best" : "", ...item.edits.flat()].join("\n").toLowerCase();
    return words.every((word) => (/^g\d+$/.test(word) ? item.index === Number(word.slice(1)) : all.includes(word)));
  };
  return new Set(ITEMS.filter(fits).map((item) => item.index));
}

function search(text) {
  state.matches = matching(text);
  showList();
  if (state.matches) openTab("list");
  paint();
}

function walk(key) {
  const item = ITEMS[state.selected === null ? 0 : state.selected];
  if (key === "ArrowLeft") return item.parent;
  const fruitful = item.main === null || item.main === undefined ? item.children[0] : item.main;
  if (key === "ArrowRight") return fruitful === undefined ? null : fruitful;
  if (item.parent === null) return null;
  const siblings = [...ITEMS[item.parent].children].sort((a, b) => place.y[a] - place.y[b]);
  const next = siblings[siblings.indexOf(item.index) + (key === "ArrowDown" ? 1 : -1)];
  return next === undefined ? null : next;
}

function tip(i, x, y) {
  const box = document.getElementById("tip");
  box.hidden = i === null;
  if (i === null) return;
  const item = ITEMS[i], gain = item.gain && item.gain.search;
  box.replaceChildren(make("b", {}, `g${i}  ${score(item)}`), gain ? ` (${signed(gain.mean)} ${bounds(gain)})` : "",
    make("span", {}, fate(item) + (item.reason ? `: ${item.reason}` : "")), item.edits.length ? make("span", {}, label(item)) : "");
  box.style.left = Math.min(x + 14, view.width - box.offsetWidth - 8) + "px";
  box.style.top = Math.max(6, Math.min(y + 16, view.height - box.offsetHeight - 8)) + "px";
}

function pointer() {
  let drag = null;
  canvas.addEventListener("pointerdown", (event) => {
    drag = { x: event.offsetX, y: event.offsetY, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (drag) {
      const dx = event.offsetX - drag.x, dy = event.offsetY - drag.y;
      if (!drag.moved && Math.hypot(dx, dy) < 4) return;
      drag = { x: event.offsetX, y: event.offsetY, moved: true };
      view.x += dx;
      view.y += dy;
      tip(null);
      paint();
      return;
    }
    const found = under(event.offsetX, event.offsetY);
    canvas.classList.toggle("over", found !== null);
    tip(found, event.offsetX, event.offsetY);
    if (found !== state.hovered) {
      state.hovered = found;
      paint();
    }
  });
  canvas.addEventListener("pointerup", (event) => {
    const found = drag && !drag.moved ? under(event.offsetX, event.offsetY) : null;
    drag = null;
    if (found !== null) select(found);
  });
  canvas.addEventListener("pointerleave", () => {
    state.hovered = null;
    tip(null);
    paint();
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(-Math.max(-60, Math.min(60, event.deltaY)) * 0.005), event.offsetX, event.offsetY);
  }, { passive: false });
}

function keys() {
  canvas.addEventListener("keydown", (event) => {
    if (event.key.startsWith("Arrow")) {
      const next = walk(event.key);
      if (next !== null) select(next);
    } else if (event.key === "+" || event.key === "=") zoom(1.25);
    else if (event.key === "-") zoom(0.8);
    else if (event.key === "0") fit();
    else return;
    event.preventDefault();
  });
  document.querySelector("[role=tablist]").addEventListener("keydown", (event) => {
    const tabs = Object.keys(panels), at = tabs.findIndex((name) => !panels[name].hidden);
    const by = { ArrowRight: 1, ArrowLeft: tabs.length - 1 }[event.key];
    if (!by) return;
    const next = tabs[(at + by) % tabs.length];
    openTab(next);
    document.getElementById("tab-" + next).focus();
  });
  for (const panel of [panels.edits, panels.list]) panel.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const rows = [...panel.querySelectorAll(".row")], at = rows.indexOf(document.activeElement);
    const next = rows[event.key === "ArrowDown" ? at + 1 : at - 1];
    if (next) next.focus();
    event.preventDefault();
  });
}

function controls() {
  for (const name of Object.keys(panels)) document.getElementById("tab-" + name).addEventListener("click", () => openTab(name));
  for (const button of document.querySelectorAll("[data-layout]")) button.addEventListener("click", () => setLayout(button.dataset.layout));
  document.getElementById("fit").addEventListener("click", fit);
  const box = document.getElementById("search");
  box.addEventListener("input", () => search(box.value));
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && state.matches && state.matches.size) select(Math.min(...state.matches));
  });
  window.addEventListener("hashchange", fromHash);
  new ResizeObserver(() => {
    resize();
    fit();
  }).observe(canvas);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    readTheme();
    paint();
  });
}

/* #g12 opens a generation, #edits the ranking, #credit what was measured of it, #list the list. */
function fromHash() {
  if (panels[location.hash.slice(1)]) openTab(location.hash.slice(1));
  const found = /^#g(\d+)$/.exec(location.hash);
  if (found && ITEMS[Number(found[1])]) select(Number(found[1]));
}

function start() {
  readTheme();
  resize();
  summary();
  legend();
  showEdits();
  showCredit();
  showList();
  setLayout(new URLSearchParams(location.search).get("layout") === "progress" ? "progress" : "tree");
  const asked = location.hash || (DATA.remarks ? "#edits" : "");
  if (ITEMS.length) select(DATA.best === null ? 0 : DATA.best);
  if (asked) history.replaceState(null, "", asked);
  fromHash();
  pointer();
  keys();
  controls();
  draw();
  document.documentElement.dataset.ready = String(ITEMS.length);
}

start();
