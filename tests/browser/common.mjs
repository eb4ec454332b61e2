// `saring label` as a process, and a browser to use it with.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { chromium } = createRequire(import.meta.url)(process.env.PLAYWRIGHT);

export const SARING = process.env.SARING;
export const ROOT = new URL("../..", import.meta.url).pathname;
export const SHOTS = join(ROOT, "target/label-tests/shots");
mkdirSync(SHOTS, { recursive: true });

export function folder(t) {
  const made = mkdtempSync(join(tmpdir(), "saring-label-"));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

// The pages that we wrote whose names begin with one of these.
export function ourPages(...names) {
  const pages = join(ROOT, "training-data/pages");
  const chosen = readdirSync(pages).filter((file) => names.some((name) => file.startsWith(name)));
  return chosen.sort().map((file) => join(pages, file));
}

// Starts the program, by way of a shell if there is something to do before; resolves when its link is there.
export async function start(t, cwd, args, shell) {
  const before = shell ? ["bash", "-c", shell] : [];
  const [program, ...rest] = [...before, SARING, "label", ...args];
  const child = spawn(program, rest, { cwd, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  const waiting = [];
  child.stderr.setEncoding("utf8").on("data", (text) => {
    said += text;
    waiting.forEach((look) => look());
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const links = () => [...said.matchAll(/http:\S+token=\w+/g)].map(([link]) => link);
  const link = async (nth) => {
    while (links().length <= nth) {
      await Promise.race([
        new Promise((resolve) => waiting.push(resolve)),
        ended.then((code) => { throw new Error(`saring label ended with ${code}: ${said}`); }),
      ]);
    }
    return links()[nth];
  };
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  t.after(kill);
  await link(0);
  return { link, kill, said: () => said, origin: links()[0].split("/?")[0] };
}

let browser;

export async function launch(t) {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync",
      // Names that lead to this machine, as an attacker's would; all others lead nowhere.
      "--host-resolver-rules=MAP attacker.example 127.0.0.1, MAP rebound.example 127.0.0.1, MAP *.invalid ~NOTFOUND",
    ],
  });
  return browser;
}

export async function close() {
  await browser?.close();
}

// A browser of its own, with what it asks for and what goes wrong in it.
export async function person(t, options = {}) {
  const context = await (await launch(t)).newContext({ viewport: { width: 1280, height: 800 }, ...options });
  t.after(() => context.close());
  const requests = [];
  const errors = [];
  context.on("request", (request) => requests.push(request.url()));
  const open = async (url) => {
    const page = await context.newPage();
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("dialog", (dialog) => { errors.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    page.on("console", (message) => { if (message.type() === "error") errors.push(message.text()); });
    await page.goto(url);
    await ready(page);
    return page;
  };
  return { context, open, requests, errors };
}

export async function ready(page) {
  await page.waitForSelector("body[data-ready=yes]", { timeout: 60_000 });
}

// The rows of a Block CSV as objects. Quoted fields of ours have no line breaks.
export function rows(file) {
  const lines = readFileSync(file, "utf8").trimEnd().split(/\r?\n/).map(fields);
  const header = lines.shift();
  return lines.map((line) => Object.fromEntries(header.map((name, n) => [name, line[n]])));
}

function fields(line) {
  const out = [];
  for (const [, quoted, plain] of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    out.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
  }
  return out;
}

export const labelled = (file) => rows(file).filter((row) => row.label);

// What the writer of our pages said of each block: the label column that `saring blocks` makes.
export function truth(cwd, pages) {
  const csv = join(cwd, "truth.csv");
  execFileSync(SARING, ["blocks", ...pages, "-o", csv], { stdio: "ignore" });
  const labels = new Map();
  for (const row of rows(csv)) {
    if (row.path === "html[1]>head[1]>title[1]") continue;
    if (!labels.has(row.page)) labels.set(row.page, []);
    labels.get(row.page).push(row.label);
  }
  return labels;
}
