// A person labels pages by keyboard, retrains and sees F1 rise, and loses nothing.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";

import { SARING, SHOTS, close, folder, labelled, ourPages, person, ready, rows, start, truth } from "./common.mjs";

after(close);

const KEYS = {
  content: "c", headline: "h", caption: "i", byline: "b", related: "r", headline_list: "l", promo: "p", ad: "a",
  navigation: "n", share: "s", comments: "m", legal: "g", other: "o", boilerplate: "x",
};

const selected = (page) => page.evaluate(() => {
  const item = document.querySelector("#list [aria-selected=true]");
  return { page: Number(document.getElementById("pages").value), block: Number(item?.dataset.b ?? -1), text: document.getElementById("current").textContent };
});

const count = async (page) => Number((await page.textContent("#counter")).match(/^\d+/)[0]);

// Presses a key and waits until as many labels are counted.
async function press(page, key, labels) {
  await page.keyboard.press(key);
  await page.waitForFunction((n) => document.getElementById("counter").textContent.startsWith(`${n} labelled`), labels);
}

// Turns the page and waits for its blocks.
async function nextPage(page) {
  const [before, rows] = [await page.inputValue("#pages"), await page.$("#list li")];
  await page.keyboard.press("]");
  await page.waitForFunction(([old, row]) => document.getElementById("pages").value !== old && !row.isConnected, [before, rows]);
  await page.waitForSelector("#list [aria-selected=true]");
}

test("keys label, undo, accept and spread; what is labelled is in the file at once", async (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, "a.html"), `<link rel=canonical href="https://kabar.example/a"><h1>Pasar Pindah</h1>
    <p>Pedagang pindah ke bangunan baru di seberang sungai sejak hari Senin, kata kepala pasar.</p>
    <ul class="menu"><li><a href="/1">Ekonomi</a></li><li><a href="/2">Budaya</a></li><li><a href="/3">Olahraga</a></li></ul>
    <p>Langganan sekarang</p>`);
  writeFileSync(join(cwd, "b.html"), `<link rel=canonical href="https://www.kabar.example/b"><h1>Jembatan</h1><p>Langganan sekarang</p>`);
  writeFileSync(join(cwd, "c.html"), `<link rel=canonical href="https://lain.example/c"><h1>Lain</h1><p>Langganan sekarang</p>`);
  const server = await start(t, cwd, ["a.html", "b.html", "c.html", "--data", "my.csv"]);
  const { open, errors } = await person(t);
  const page = await open(await server.link(0));
  assert.equal(new URL(page.url()).search, "", "the link is not kept in the address");
  await page.selectOption("#pages", "0");
  await page.waitForFunction(() => document.querySelectorAll("#list li").length === 6);
  await page.focus("#list");
  const csv = join(cwd, "my.csv");
  const label = (n) => rows(csv).filter((row) => row.page === "a.html")[n].label;

  for (let i = 0; i < 8; i++) await page.keyboard.press("ArrowUp");
  assert.equal((await selected(page)).text, "Pasar Pindah");
  await press(page, "h", 1);
  assert.equal(label(0), "headline");
  assert.equal(await page.getAttribute("#labels [data-label=headline]", "aria-pressed"), "false", "the next block is selected");

  // The rest of the menu with one key.
  for (let i = 0; i < 8; i++) await page.keyboard.press("k");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  assert.equal((await selected(page)).text, "Ekonomi");
  await press(page, "Shift+N", 4);
  assert.deepEqual([2, 3, 4].map(label), ["navigation", "navigation", "navigation"]);
  await press(page, "u", 1);
  assert.deepEqual([0, 2, 3, 4].map(label), ["headline", "", "", ""]);
  assert.equal((await selected(page)).text, "Ekonomi");
  await page.keyboard.press("y");
  assert.ok(await page.isChecked("#scope [value=shape]"));
  await press(page, "n", 4);
  assert.ok(await page.isChecked("#scope [value=block]"), "for one label only");

  // The same text on the site, and not on another.
  for (let i = 0; i < 8; i++) await page.keyboard.press("ArrowDown");
  assert.equal((await selected(page)).text, "Langganan sekarang");
  assert.equal(await page.textContent("#site-count"), "2");
  await page.keyboard.press("w");
  await press(page, "p", 6);
  assert.deepEqual(labelled(csv).filter((row) => row.label === "promo").map((row) => row.page), ["a.html", "b.html"]);
  assert.ok(!readFileSync(csv, "utf8").includes("c.html"));

  // The block that is left is the least sure one, and accepted with the others above.
  await page.keyboard.press("f");
  assert.match((await selected(page)).text, /^Pedagang pindah/);
  await page.keyboard.press("ArrowDown");
  await press(page, "t", 7);
  await press(page, "Control+z", 6);
  await page.keyboard.press("f");
  await press(page, "Enter", 7);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  await press(page, "Delete", 6);
  assert.equal(label(0), "");
  await press(page, "u", 7);
  await press(page, "u", 6);
  await press(page, "u", 4);

  // Clicks, on the page and in the list.
  await page.click("#list li:nth-child(1)");
  assert.equal((await selected(page)).text, "Pasar Pindah");
  const place = await page.frameLocator("#frame").locator("[data-b='3']").boundingBox();
  await page.mouse.click(place.x + 5, place.y + 5);
  assert.equal((await selected(page)).text, "Budaya");
  await page.click("#labels [data-label=share]");
  await page.waitForFunction(() => document.querySelector("#list li:nth-child(4) .name").textContent === "share");
  assert.equal(label(3), "share");
  assert.deepEqual(errors, []);
});

test("a fast hand labels what it means", async (t) => {
  const cwd = folder(t);
  const server = await start(t, cwd, [...ourPages("tribunhijau"), "--data", "my.csv"]);
  const { open, errors } = await person(t);
  const page = await open(await server.link(0));
  const blocks = () => page.evaluate(async () => (await (await fetch(`/api/pages/${document.getElementById("pages").value}`)).json()).blocks);
  const labels = (n) => page.waitForFunction((n) => document.getElementById("counter").textContent.startsWith(`${n} labelled`), n);
  // Twenty keys without a look at the screen.
  await page.evaluate(() => {
    for (let i = 0; i < 20; i++) document.getElementById("list").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  });
  await labels(20);
  const accepted = (await blocks()).filter((block) => block.label);
  assert.equal(accepted.length, 20);
  assert.ok(new Set(accepted.map((block) => block.label)).size > 1);
  for (const block of accepted) assert.equal(block.label, block.predicted, block.text);
  await page.check("#in-order");
  await page.click("#list li:nth-child(1)");
  await page.evaluate(() => {
    for (const key of ["x", "c", "ArrowDown", "x", "ArrowUp", "ArrowUp", "g"]) {
      document.getElementById("list").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    }
  });
  await page.waitForFunction(() => document.querySelector("#list li:nth-child(3) .name").textContent === "legal");
  const [first, second, third, fourth] = await blocks();
  assert.deepEqual([first, second, third, fourth].map((block) => block.label), ["boilerplate", "content", "legal", "boilerplate"]);
  assert.deepEqual(errors, []);
});

test("labels by keyboard, F1 rises after a training, a reload and a kill lose nothing", async (t) => {
  const cwd = folder(t);
  // A model of three sites that are not those of the pages.
  const small = join(cwd, "small.csv");
  execFileSync(SARING, ["blocks", ...ourPages("cakrabeton", "beregovoy", "cauceandino"), "-o", small], { stdio: "ignore" });
  execFileSync(SARING, ["train", small, "--out", join(cwd, "small.json"), "--held-out", "0"], { stdio: "ignore" });
  const pages = ourPages("wartasenja", "tribunhijau", "suarapelita", "posgeger");
  const labels = truth(cwd, pages);
  const args = [...pages, "--data", "my.csv", "--model", "small.json", "--model-out", "new.json"];
  const server = await start(t, cwd, args);
  const { open, context, errors } = await person(t);
  const page = await open(await server.link(0));
  let given = 0;
  for (let n = 0; n < pages.length; n++) {
    // The least sure ones of each page, as the page offers them.
    for (let i = 0; i < 18; i++) {
      const { page: number, block } = await selected(page);
      const label = labels.get(pages[number])[block];
      given += 1;
      await press(page, KEYS[label], given);
    }
    if (n + 1 < pages.length) await nextPage(page);
  }
  const csv = join(cwd, "my.csv");
  assert.equal(labelled(csv).length, given);
  for (const row of labelled(csv)) {
    const nth = rows(csv).filter((other) => other.page === row.page && other.path !== "html[1]>head[1]>title[1]");
    const block = nth.findIndex((other) => other.path === row.path && other.text === row.text);
    assert.equal(row.label, labels.get(row.page)[block]);
  }

  await page.click("#retrain");
  await page.waitForSelector("#training[open]", { timeout: 300_000 });
  const figures = await page.evaluate(() => [...document.querySelectorAll("#report tr:nth-child(2) td")].map((cell) => Number(cell.textContent)));
  t.diagnostic(`${given} labels: F1 before and after ${figures}`);
  assert.ok(figures[1] > figures[0], `F1 ${figures}`);
  assert.match(await page.textContent("#report"), /predicts from now on/);
  assert.match(await page.textContent("#report"), /seen no page of its site/);
  await page.screenshot({ path: join(SHOTS, "report.png") });
  await page.click("#save");
  await page.waitForFunction(() => document.getElementById("said").textContent.includes("saved"));
  execFileSync(SARING, ["train", csv, "--out", join(cwd, "trained.json"), "--held-out", "0"], { stdio: "ignore" });
  const model = (name) => JSON.parse(readFileSync(join(cwd, name), "utf8")).structured;
  assert.deepEqual(model("new.json"), model("trained.json"), "the button and the command train the same");

  await page.reload();
  await ready(page);
  assert.equal(await count(page), given);
  const before = await page.textContent("#list");
  await server.kill();
  await page.waitForSelector("#trouble:not([hidden])");
  assert.match(await page.textContent("#trouble"), /does not answer/);

  const again = await start(t, cwd, args);
  const tab = await context.newPage();
  await tab.goto(await again.link(0));
  await ready(tab);
  assert.equal(await count(tab), given);
  assert.equal((await tab.textContent("#list")).length > 0, before.length > 0);
  assert.deepEqual(errors.filter((error) => !error.includes("ERR_CONNECTION_REFUSED")), []);
});

test("too little to train on is said in words", async (t) => {
  const cwd = folder(t);
  const server = await start(t, cwd, [...ourPages("wartasenja"), "--data", "my.csv"]);
  const { open, errors } = await person(t);
  const page = await open(await server.link(0));
  await press(page, "Enter", 1);
  await page.click("#retrain");
  await page.waitForSelector("#training[open]");
  assert.match(await page.textContent("#report"), /Not trained: 1 blocks have a label: 20 are the least/);
  assert.deepEqual(errors, []);
});

test("two tabs and a spreadsheet lose no rows", async (t) => {
  const cwd = folder(t);
  const csv = join(cwd, "my.csv");
  const server = await start(t, cwd, [...ourPages("posgeger"), "--data", "my.csv"]);
  const { open, context, errors } = await person(t);
  const one = await open(await server.link(0));
  const two = await context.newPage();
  await two.goto(server.origin);
  await ready(two);
  await nextPage(two);
  // Both at the same time.
  await Promise.all([one, two].map(async (tab) => {
    for (let i = 0; i < 10; i++) await tab.keyboard.press("Enter");
  }));
  for (const tab of [one, two]) {
    await tab.waitForFunction(() => document.getElementById("counter").textContent.startsWith("20 labelled, 2 of"));
  }
  assert.equal(labelled(csv).length, 20);
  // The same block in both: the later one counts, and both say so.
  await two.selectOption("#pages", await one.inputValue("#pages"));
  await two.focus("#list");
  const { block } = await selected(one);
  await press(one, "a", 21);
  await two.click(`#list li:nth-child(${block + 1})`);
  await two.keyboard.press("g");
  for (const tab of [one, two]) {
    await tab.waitForFunction((n) => document.querySelector(`#list li:nth-child(${n}) .name`).textContent === "legal", block + 1);
  }
  // The first undoes what it has done, which is no longer the case: the other's label stays.
  await one.keyboard.press("u");
  await one.waitForFunction(() => document.getElementById("said").textContent.includes("1 have been labelled anew since"));
  assert.equal(labelled(csv).filter((row) => row.label === "legal").length >= 1, true);

  // A spreadsheet adds a label.
  const text = readFileSync(csv, "utf8");
  const open_row = text.split("\n").find((line) => /^[^"]*,,https/.test(line) && !line.includes(">title[1]"));
  writeFileSync(csv, text.replace(open_row, open_row.replace(",,https", ",other,https")));
  for (const tab of [one, two]) await tab.waitForFunction(() => document.getElementById("counter").textContent.startsWith("22 labelled"));
  // One that is broken is told, not overwritten.
  appendFileSync(csv, "x,y,iklan\n");
  await one.waitForSelector("#trouble:not([hidden])");
  assert.match(await one.textContent("#trouble"), /my\.csv:\d+: /);
  const broken = readFileSync(csv, "utf8");
  await one.keyboard.press("Enter");
  await one.waitForTimeout(300);
  assert.equal(readFileSync(csv, "utf8"), broken);
  writeFileSync(csv, broken.replace("x,y,iklan\n", ""));
  await one.waitForSelector("#trouble", { state: "hidden" });
  await press(one, "Enter", 23);
  assert.deepEqual(errors.filter((error) => !error.includes("507")), []);
});

test("a full disk is told, and what was there stays", async (t) => {
  const cwd = folder(t);
  const long = Array.from({ length: 400 }, (_, n) => `<p>Paragraf nomor ${n} dari halaman ini.`).join("");
  writeFileSync(join(cwd, "a.html"), "<p>Satu<p>Dua");
  writeFileSync(join(cwd, "b.html"), long);
  const server = await start(t, cwd, ["a.html", "b.html", "--data", "my.csv"], "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"");
  const { open } = await person(t);
  const page = await open(await server.link(0));
  await page.selectOption("#pages", "0");
  await page.waitForFunction(() => document.querySelectorAll("#list li").length === 2);
  await page.focus("#list");
  await press(page, "c", 1);
  await page.selectOption("#pages", "1");
  await page.waitForFunction(() => document.querySelectorAll("#list li").length === 400);
  await page.focus("#list");
  await page.keyboard.press("c");
  await page.waitForSelector("#trouble:not([hidden])");
  assert.match(await page.textContent("#trouble"), /my\.csv: not written: File too large/);
  assert.equal(await count(page), 1);
  assert.equal(await page.locator("#list .human").count(), 0);
  assert.equal(labelled(join(cwd, "my.csv")).length, 1);
});

test("ten thousand blocks can be worked on; bad pages are listed", async (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, "a.html"), Array.from({ length: 10_000 }, (_, n) => `<p class=k${n % 7}>Paragraf nomor ${n} dari halaman ini.`).join(""));
  writeFileSync(join(cwd, "b.html"), "<script>1</script>");
  writeFileSync(join(cwd, "c.html.gz"), "not gzip");
  const server = await start(t, cwd, ["a.html", "b.html", "c.html.gz", "--data", "my.csv"]);
  const { open, errors } = await person(t);
  const begin = Date.now();
  const page = await open(await server.link(0));
  const opened = Date.now() - begin;
  await press(page, "Enter", 1);
  const pressed = Date.now();
  for (let i = 2; i < 12; i++) await press(page, "Enter", i);
  const each = (Date.now() - pressed) / 10;
  t.diagnostic(`10,000 blocks: open in ${opened} ms, ${each} ms for each label`);
  assert.ok(opened < 20_000 && each < 1500, `${opened} ms, ${each} ms`);
  await page.selectOption("#pages", "1");
  await page.waitForFunction(() => document.getElementById("no-page").textContent === "This page has no text.");
  await page.keyboard.press("c");
  await page.selectOption("#pages", "2");
  await page.waitForFunction(() => document.getElementById("no-page").textContent.startsWith("This page cannot be read: "));
  assert.deepEqual(errors, []);
});
