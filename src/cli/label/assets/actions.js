// What a person does to blocks: which edits a label means, and how they are taken back.

import { server } from "./server.js";

const KEPT = 200;
const NAME = "saring-undo";

// What was done, the newest last; it survives a reload of this tab.
let done = JSON.parse(sessionStorage.getItem(NAME) ?? "[]");

function remember(changes) {
  done.push(changes);
  done = done.slice(-KEPT);
  keep();
}

function keep() {
  try {
    sessionStorage.setItem(NAME, JSON.stringify(done));
  } catch {
    // Too much to remember: older steps are given up.
    done = done.slice(-1);
  }
}

export const canUndo = () => done.length > 0;

// Blocks of the same shape that a label for this one is for, itself included.
export function sameShape(blocks, n) {
  const { shape } = blocks[n];
  if (shape === null) return [n];
  return blocks.flatMap((block, i) => (i === n || (block.shape === shape && !block.label) ? [i] : []));
}

// Gives a label; resolves to the server's answer.
export async function give(page, n, label, scope) {
  let answer;
  if (scope === "site" && label) {
    answer = await server.sameText(page.page, n, label);
  } else {
    const chosen = scope === "shape" ? sameShape(page.blocks, n) : [n];
    answer = await server.label(chosen.map((block) => (
      block === n ? { page: page.page, block, label } : { page: page.page, block, label, only_if: null }
    )));
  }
  if (answer.changes.length) remember(answer.changes);
  return answer;
}

// Gives the blocks above their predictions.
export async function acceptAbove(page, n) {
  const above = page.blocks.slice(0, n).map((block, i) => [block, i]).filter(([block]) => !block.label);
  if (!above.length) return null;
  const answer = await server.label(above.map(([block, i]) => (
    { page: page.page, block: i, label: block.predicted, only_if: null }
  )));
  if (answer.changes.length) remember(answer.changes);
  return answer;
}

// Takes the last step back, but for blocks that have another label by now.
export async function undo() {
  const changes = done.at(-1);
  if (!changes) return null;
  const edits = changes.map(({ page, block, from, to }) => ({ page, block, label: from, only_if: to }));
  const answer = await server.label(edits);
  done.pop();
  keep();
  return answer;
}
