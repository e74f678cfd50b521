/* What each self-edit is worth: by experiment, by kind, by operator, by target. */

const GROUPS = { kinds: "kind of change", touches: "what it touches", operators: "operator", targets: "target" };
const interval = (each) => (each ? `${signed(each.mean)} ${bounds(each)}` : "–");
const known = (each, digits = 2) => (each.value ? `${number(each.value.mean, digits)} [${number(each.value.low, digits)}, ${number(each.value.high, digits)}]` : `not known: ${each.problem}`);

function showCredit() {
  const found = DATA.credit;
  if (!found) {
    panels.credit.replaceChildren(make("p", {}, "Too many generations for this page: godel lineage credit RUN says what each self-edit is worth."));
    return;
  }
  const measured = found.experiments.flatMap(experiment);
  const groups = Object.entries(found.groups).filter(([, rows]) => rows.length).map(([name, rows]) => group(GROUPS[name], rows));
  panels.credit.replaceChildren(
    make("p", { class: "muted" }, "What each self-edit is worth. By experiment: in place (the child over its parent), taken back (what the best descendant loses without it), alone (what the seed gains by it)."),
    ...(measured.length ? measured : [make("p", {}, "Nothing was measured of this run: godel lineage credit RUN --measure does.")]),
    ...groups);
}

function experiment(each) {
  const steps = new Map(each.recursion.steps.map((step) => [step.child, step.coefficient]));
  const line = each.recursion.line.map((index) => row(goTo(index), number(each.imp[index].mean), steps.has(index) ? known(steps.get(index)) : ""));
  const edits = each.worth.edits.map((edit) => row(goTo(edit.generation), ...[edit.in_place, edit.knock_out, edit.transplant].map(effect)));
  const pairs = each.worth.pairs.filter((pair) => pair.together).map((pair) => row(pair.edits.map((edit) => `g${edit}`).join(" and "), interval(pair.together), pair.worth ? interval(pair.worth) : pair.problem));
  return [
    make("h2", {}, `imp@${each.calls} on ${each.targets.join(", ")}`),
    tableOf(["scaffold", "imp", "times the one before"], line),
    make("p", {}, `Slope of children's gain on their proposer's imp: ${known(each.recursion.slope)}. Returns r: ${known(each.recursion.returns)}.`),
    tableOf(["edit", "in place", "taken back", "alone"], edits),
    ...(pairs.length ? [make("h3", {}, "Pairs, put into the seed"), tableOf(["edits", "together", "beyond the sum of both"], pairs)] : []),
  ];
}

const effect = (one) => (one.problem ? make("span", { class: "muted" }, one.problem) : interval(one.worth));
const row = (...cells) => make("tr", {}, ...cells.map((cell) => make("td", {}, cell)));
const tableOf = (names, rows) => make("table", {}, make("thead", {}, make("tr", {}, ...names.map((name) => make("th", {}, name)))), make("tbody", {}, ...rows));

function group(name, rows) {
  const lines = rows.map((each) => row(each.name, String(each.tries), String(each.accepted), interval(each.gain), each.per_1000 === null ? "–" : signed(each.per_1000)));
  return tableOf([name, "tries", "accepted", "mean gain", "per 1,000 evaluations"], lines);
}

/* What an accepted edit is, and what is left of it. */
function natureOf(item) {
  const edit = DATA.credit && DATA.credit.edits[item.index];
  if (!edit) return [];
  const left = edit.survival;
  const said = [
    edit.kinds.length ? `${edit.kinds.join(", ")}.` : "",
    edit.touches.length ? ` It touches ${edit.touches.join(", ")}.` : "",
    left.living ? ` Of its ${left.living} kept descendants ${left.whole} have all of it, ${left.partly} a part, ${left.gone} nothing.` : "",
  ];
  return [make("p", {}, said.join(""))];
}
