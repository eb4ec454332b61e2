// The page of `saring label`. The server knows the truth; a tab shows it and asks for changes.

import { acceptAbove, canUndo, give, sameShape, undo } from "./actions.js";
import { pageFrame } from "./frame.js";
import { describe, keyOf, listen } from "./keys.js";
import { blockList } from "./list.js";
import { server } from "./server.js";
import { listenToTraining, showTraining } from "./training.js";

// How often others' changes are asked for, in milliseconds.
const LOOK = 1500;

const find = (id) => document.getElementById(id);

let state;
let page; // with its blocks
let current = -1;
let order = []; // pages, those there is most to learn from first
let loading; // the page that is being opened
let broken = false; // whether the file or the server was, when last looked at

function say(text) {
  find("said").textContent = text;
  find("said").classList.add("fresh");
  clearTimeout(say.timer);
  say.timer = setTimeout(() => find("said").classList.remove("fresh"), 4000);
}

function trouble(error) {
  const box = find("trouble");
  box.hidden = !error;
  box.textContent = error ? (error.message ?? error) : "";
}

// ---- pages

function sortPages() {
  const rank = (p) => (p.error ? -1 : p.labelled < p.blocks ? 1 + p.uncertainty : 0);
  order = [...state.pages].sort((a, b) => rank(b) - rank(a) || a.page - b.page).map((p) => p.page);
}

function nameOf(p) {
  const open = p.error ? "cannot be read" : `${p.labelled}/${p.blocks}`;
  return `${p.labelled && p.labelled === p.blocks ? "✓ " : ""}${p.title || p.name} · ${open}`;
}

function showPages() {
  const options = order.map((n) => {
    const option = new Option(nameOf(state.pages[n]), n);
    option.title = state.pages[n].name;
    return option;
  });
  find("pages").replaceChildren(...options);
  find("pages").value = page ? page.page : order[0];
  count();
}

function count() {
  const done = state.pages.filter((p) => p.labelled > 0).length;
  find("counter").textContent = `${state.labelled} labelled, ${done} of ${state.pages.length} pages`;
  find("undo").disabled = !canUndo();
  const option = page && [...find("pages").options].find((o) => Number(o.value) === page.page);
  if (option) option.textContent = nameOf(state.pages[page.page]);
}

async function open(n, block) {
  loading = n;
  const [answer] = await Promise.all([server.page(n), pageFrame.show(n)]);
  if (loading !== n) return;
  page = answer;
  current = -1;
  location.replace(`#${n}`);
  const nothing = page.error ? `This page cannot be read: ${page.error}` : page.blocks.length ? "" : "This page has no text.";
  find("no-page").hidden = !nothing;
  find("no-page").textContent = nothing;
  find("sheet").hidden = Boolean(nothing);
  find("blocks-title").textContent = `${page.blocks.length} blocks`;
  find("page").scrollTop = 0;
  blockList.show(page.blocks);
  pageFrame.dressAll(page.blocks);
  find("pages").value = n;
  if (page.truncated) say("This page is very large: only its start is shown");
  select(block ?? Math.max(leastSure(), 0));
  count();
}

function turn(step) {
  const at = order.indexOf(page?.page ?? order[0]);
  const next = order[(at + step + order.length) % order.length];
  return next === page?.page ? null : open(next);
}

// ---- blocks

// The block that there is most to learn from; -1 if all have labels.
function leastSure() {
  let best = -1;
  page.blocks.forEach((block, n) => {
    if (!block.label && (best < 0 || block.uncertainty > page.blocks[best].uncertainty)) best = n;
  });
  return best;
}

function select(n) {
  if (!page || !page.blocks.length) {
    find("current").textContent = "";
    find("reasons").replaceChildren();
    return;
  }
  const before = current;
  current = Math.min(Math.max(n, 0), page.blocks.length - 1);
  blockList.select(current, before);
  pageFrame.select(current, before);
  scope("block");
  describeCurrent();
  explain();
}

function describeCurrent() {
  const block = page.blocks[current];
  const label = block.label ?? block.predicted;
  find("current").className = `l-${label}`;
  find("current").dir = "auto";
  find("current").textContent = block.text;
  for (const button of find("labels").children) {
    const name = button.dataset.label;
    button.setAttribute("aria-pressed", String(block.label === name));
    button.classList.toggle("predicted", !block.label && block.predicted === name);
  }
  find("shape-count").textContent = sameShape(page.blocks, current).length;
  find("site-count").textContent = block.twins;
}

// Asked for a moment after the last movement.
function explain() {
  clearTimeout(explain.timer);
  const [n, block] = [page.page, current];
  explain.timer = setTimeout(async () => {
    const answer = await server.reasons(n, block).catch(() => null);
    if (answer && page.page === n && current === block) showReasons(answer);
  }, 150);
}

function showReasons(answer) {
  const element = (name, text, className) => {
    const made = document.createElement(name);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const signed = (x) => (x < 0 ? "−" : "+") + Math.abs(x).toFixed(2);
  const [first, second] = answer.shares;
  const parts = [element("p", `${answer.label} ${answer.probability.toFixed(2)}${answer.kept ? ", kept" : ""}`, "verdict")];
  if (first && second) {
    const share = ([name, value]) => `${name} ${Math.round(100 * value)} %`;
    parts.push(element("p", `On its side: ${share(first)}, then ${share(second)}`));
  }
  const stage = answer.stages.at(-1);
  const table = document.createElement("table");
  const row = (effect, words) => {
    const tr = table.insertRow();
    tr.append(element("td", signed(effect), effect < 0 ? "down" : "up"), element("td", words));
  };
  stage.reasons.forEach(({ effect, words }) => row(effect, words));
  row(stage.rest, "everything else");
  row(stage.average, "an average block");
  table.append(element("caption", `Log-odds of content ${signed(stage.logit)}: what moved them`));
  find("reasons").replaceChildren(...parts, table);
}

function scope(value) {
  const chosen = document.querySelector(`#scope input[value=${value}]`);
  chosen.checked = true;
}

// Takes what the server has done into what is shown.
async function applied(answer, goOn) {
  if (!answer) return;
  trouble(null);
  const missed = state.version !== answer.before;
  state.version = answer.version;
  state.labelled = answer.labelled;
  answer.pages.forEach((summary) => { state.pages[summary.page] = summary; });
  for (const change of answer.changes) {
    if (change.page !== page.page) continue;
    page.blocks[change.block].label = change.to;
    blockList.dress(page.blocks, change.block);
    pageFrame.dress(page.blocks, change.block);
  }
  if (missed) await reload();
  if (goOn) goOn();
  else describeCurrent();
  count();
}

let busy = Promise.resolve();

// One thing after the other: a key is for the block that is selected when those before it are done.
function act(work) {
  busy = busy.then(work).catch(trouble);
  return busy;
}

async function label(name, wanted) {
  if (!page?.blocks.length) return;
  const chosen = wanted ?? document.querySelector("#scope input:checked").value;
  const answer = await give(page, current, name, chosen);
  const number = answer.changes.length;
  if (chosen !== "block") say(`${name ?? "no label"}: ${number} blocks on ${answer.pages.length} pages`);
  await applied(answer, name === null ? null : forward);
}

const steps = {
  down: () => select(current + 1),
  up: () => select(current - 1),
  select,
  open: (n) => open(n),
  label,
  accept: () => page?.blocks.length && label(page.blocks[current].predicted),
  clear: () => label(null),
  acceptAbove: async () => {
    const answer = await acceptAbove(page, current);
    say(answer ? `${answer.changes.length} blocks above accepted` : "all blocks above have labels");
    await applied(answer);
  },
  undo: async () => {
    const answer = await undo();
    if (!answer) return say("there is nothing to undo");
    const { changes, skipped } = answer;
    say(`undone: ${changes.length} blocks${skipped ? `; ${skipped} have been labelled anew since` : ""}`);
    const first = changes[0];
    if (first && first.page !== page.page) await open(first.page, first.block);
    await applied(answer, first ? () => select(first.block) : null);
  },
  unsure: () => {
    const n = page ? leastSure() : -1;
    if (n < 0) say("all blocks of this page have labels");
    else select(n);
  },
  scopeShape: () => scope("shape"),
  scopeSite: () => scope("site"),
  scopeBlock: () => scope("block"),
  nextPage: () => turn(1),
  previousPage: () => turn(-1),
  help: () => find("help").showModal(),
};

const inTurn = ([name, step]) => [name, (...of) => act(() => step(...of))];
const actions = Object.fromEntries(Object.entries(steps).map(inTurn));

function forward() {
  if (find("in-order").checked) return select(current + 1);
  const n = leastSure();
  if (n >= 0) return select(n);
  select(current);
  say("all blocks of this page have labels: ] is the next page");
}

// ---- what others do

async function reload() {
  const fresh = await server.state();
  const first = !state;
  const retrained = state && fresh.model !== state.model;
  state = fresh;
  if (first || retrained || fresh.pages.length !== order.length) sortPages();
  if (page) {
    const answer = await server.page(page.page);
    page = answer;
    page.blocks.forEach((_, n) => blockList.dress(page.blocks, n));
    pageFrame.dressAll(page.blocks);
    if (page.blocks.length) describeCurrent();
    if (retrained) explain();
  }
  showPages();
}

async function look() {
  const fresh = await server.state(state.version);
  showTraining(fresh.training, fresh.model ?? state.model, state.model_out);
  if (fresh.trouble) trouble(fresh.trouble);
  else if (broken) trouble(null);
  broken = Boolean(fresh.trouble);
  if (fresh.version !== state.version) {
    const notice = fresh.notice !== state.notice && fresh.notice;
    await reload();
    if (notice) say(notice);
  }
}

function watch() {
  setTimeout(() => act(async () => {
    try {
      if (!document.hidden) await look();
    } catch (error) {
      trouble(error);
      broken = true;
    }
    watch();
  }), LOOK);
}

// ---- the page itself

function makeLabels() {
  for (const name of state.labels) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `l-${name}`;
    button.dataset.label = name;
    button.setAttribute("aria-keyshortcuts", keyOf(name));
    const key = document.createElement("kbd");
    key.textContent = keyOf(name);
    button.append(key, ` ${name}`);
    button.addEventListener("click", () => actions.label(name));
    find("labels").append(button);
  }
}

function makeTabs() {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const show = (tab) => {
    tabs.forEach((other) => {
      other.setAttribute("aria-selected", String(other === tab));
      other.tabIndex = other === tab ? 0 : -1;
    });
    document.body.dataset.view = tab.getAttribute("aria-controls");
    if (current >= 0) {
      blockList.select(current, current);
      pageFrame.select(current, current);
    }
  };
  tabs.forEach((tab, n) => {
    tab.addEventListener("click", () => show(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const other = tabs[(n + step + tabs.length) % tabs.length];
      show(other);
      other.focus();
    });
  });
  show(tabs[0]);
}

function makeButtons() {
  const buttons = {
    previous: "previousPage", next: "nextPage", undo: "undo", accept: "accept", "accept-above": "acceptAbove",
    clear: "clear", unsure: "unsure", "show-help": "help",
  };
  for (const [id, action] of Object.entries(buttons)) {
    find(id).addEventListener("click", () => actions[action]());
  }
  find("pages").addEventListener("change", (event) => actions.open(Number(event.target.value)));
  find("in-order").checked = localStorage.getItem("saring-in-order") === "yes";
  find("in-order").addEventListener("change", (event) => {
    localStorage.setItem("saring-in-order", event.target.checked ? "yes" : "no");
  });
  describe(find("help-labels"), find("help-keys"));
}

async function begin() {
  const wanted = Number(location.hash.slice(1) || NaN);
  // The link works once: it is not kept in the address.
  history.replaceState(null, "", `/${location.hash}`);
  state = undefined;
  await reload();
  makeLabels();
  makeTabs();
  makeButtons();
  listen(actions);
  blockList.onSelect(actions.select);
  pageFrame.onSelect(actions.select);
  listenToTraining({ refresh: look, say, trouble });
  showTraining(state.training, state.model, state.model_out);
  if (state.left_out) say(`${state.left_out} pages beyond --max-pages are not opened`);
  await open(state.pages[wanted] ? wanted : order[0]);
  find("list").focus({ preventScroll: true });
  document.body.dataset.ready = "yes";
  watch();
}

begin().catch(trouble);
