// Pictures of each view, in light and dark, at a desk and on a phone. With PICTURES=keep two of them go to
// docs/images.

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";

import { ROOT, SHOTS, close, folder, ourPages, person, start } from "./common.mjs";

after(close);

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

// Text against what is behind it, as WCAG reckons it: the least ratio on the page.
const leastContrast = () => {
  const parse = (colour) => {
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const part = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return parse(matchMedia("(prefers-color-scheme: dark)").matches ? "#000" : "#fff");
  };
  let least = [21, ""];
  const look = (document) => {
    for (const element of document.querySelectorAll("*")) {
      const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
      if (!own || !element.checkVisibility({ opacityProperty: true }) || element.closest(":disabled, #said")) continue;
      const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < least[0]) least = [ratio, `${element.tagName} ${element.className} ${element.textContent.slice(0, 30)}`];
    }
  };
  look(document);
  look(globalThis.document.getElementById("frame").contentDocument);
  return least;
};

async function contrast(page) {
  const [ratio, where] = await page.evaluate(leastContrast);
  assert.ok(ratio >= 4.5, `${where}: ${ratio}`);
}

test("every view, in light and dark, at a desk and on a phone", async (t) => {
  const cwd = folder(t);
  const pages = ourPages("wartasenja", "tribunhijau", "suarapelita");
  const server = await start(t, cwd, [...pages, "--data", "my.csv", "--model-out", "my.json"]);
  let nth = 0;
  for (const colorScheme of ["light", "dark"]) {
    const { open, errors } = await person(t, { colorScheme });
    const page = await open(await server.link(nth++));
    const shot = (name) => page.screenshot({ path: join(SHOTS, `${name}-${colorScheme}.png`) });
    for (const key of ["Enter", "Enter", "Enter", "n", "Enter"]) await page.keyboard.press(key);
    await page.waitForFunction(() => document.getElementById("reasons").textContent);
    await page.waitForTimeout(400);
    await shot("desk");
    await contrast(page);
    await page.keyboard.press("?");
    await shot("help");
    await contrast(page);
    await page.keyboard.press("Escape");
    await page.click("#retrain");
    await page.waitForSelector("#training[open]", { timeout: 300_000 });
    await shot("training");
    await contrast(page);
    assert.deepEqual(errors, []);
  }
  for (const colorScheme of ["light", "dark"]) {
    const { open, errors } = await person(t, { ...PHONE, colorScheme });
    const page = await open(await server.link(nth++));
    for (const view of ["page", "blocks", "why"]) {
      await page.tap(`#tab-${view}`);
      await page.waitForTimeout(400);
      await page.screenshot({ path: join(SHOTS, `phone-${view}-${colorScheme}.png`) });
      await contrast(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert.ok(!wide, "the page is wider than the phone");
    }
    assert.deepEqual(errors, []);
  }
  if (process.env.PICTURES !== "keep") return;
  const images = join(ROOT, "docs/images");
  mkdirSync(images, { recursive: true });
  copyFileSync(join(SHOTS, "desk-light.png"), join(images, "label.png"));
  copyFileSync(join(SHOTS, "phone-page-dark.png"), join(images, "label-phone.png"));
});
