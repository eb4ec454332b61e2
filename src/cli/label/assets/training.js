// Retraining: what is under way, what came of it, and which model predicts.

import { server } from "./server.js";

const find = (id) => document.getElementById(id);
const percent = (figure) => (figure === undefined ? "–" : (100 * figure).toFixed(1));

function paragraph(text, name) {
  const p = document.createElement("p");
  p.textContent = text;
  if (name) p.className = name;
  return p;
}

function table(report) {
  const rows = [["F1", "f1"], ["precision", "precision"], ["recall", "recall"], ["F1 over the labels", "macro_f1"]];
  const result = document.createElement("table");
  const line = (cells, kind) => {
    const tr = result.insertRow();
    cells.forEach((cell, n) => {
      const element = document.createElement(n === 0 || kind === "th" ? "th" : "td");
      element.textContent = cell;
      element.scope = kind === "th" ? "col" : "row";
      tr.append(element);
    });
  };
  line(["", "before", "after"], "th");
  for (const [words, name] of rows) {
    if (report.after[name] !== undefined) line([words, percent(report.before[name]), percent(report.after[name])]);
  }
  return result;
}

function words(report, flattered) {
  const others = report.by === "site"
    ? "Each page is scored by a model that has seen no page of its site."
    : "Each page is scored by a model that has seen the others: with fewer than three sites this tells how it will do on more pages of them, not on other sites.";
  const labels = report.after.macro_f1 > report.before.macro_f1;
  const verdict = report.better
    ? "The new model is as good as the one of the start or better, and predicts from now on."
    : labels
      ? "The new model is not as good yet as the one of the start at what is kept, but better at the labels. The old one goes on predicting: more labels help, and pages that are labelled for the check alone tell which one to use."
      : "The new model is not as good yet as the one of the start, which goes on predicting. More labels help, and so does --with another labelled CSV.";
  const parts = [
    paragraph(verdict, report.better ? "good" : "bad"),
    paragraph(`${report.rows} labelled blocks, ${report.pages} pages, ${report.sites} ${report.sites === 1 ? "site" : "sites"}, ${report.seconds} s. Content and headline against all else, in percent. ${others}`),
  ];
  if (flattered) {
    parts.push(paragraph("The model of the start was trained on a file of this name: its figures are likely too good.", "bad"));
  }
  return parts;
}

function history(reports) {
  if (reports.length < 2) return [];
  const told = reports.map((r) => `${r.rows} blocks ${percent(r.after.f1)}`).join(", ");
  return [paragraph(`F1 of each training: ${told}.`)];
}

let seen = 0;

// Shows how the training stands.
export function showTraining(training, model, modelOut) {
  const { running, failed, reports } = training;
  const button = find("retrain");
  button.disabled = Boolean(running);
  button.textContent = running ? "Training…" : "Retrain";
  button.title = running ? `${running.step}, ${running.seconds} s` : "Fit a model on the labels so far";
  const last = reports.at(-1);
  find("show-training").hidden = !last && !failed;
  const parts = [];
  if (running) parts.push(paragraph(`${running.step} … ${running.seconds} s`));
  if (failed) parts.push(paragraph(`Not trained: ${failed}.`, "bad"));
  if (last && !running) parts.push(...words(last, training.flattered), table(last), ...history(reports));
  find("report").replaceChildren(...parts);
  find("use-trained").hidden = !last || model === "trained" || Boolean(running);
  find("use-start").hidden = model !== "trained" || Boolean(running);
  find("save").hidden = !last || !modelOut;
  find("save").title = modelOut ?? "";
  find("download").hidden = !last || Boolean(modelOut);
  const outcomes = reports.length + (failed ? 1 : 0);
  const news = !running && button.dataset.asked === "yes";
  seen = outcomes;
  if (news) {
    button.dataset.asked = "";
    if (!find("training").open) find("training").showModal();
  }
}

export function listenToTraining({ refresh, say, trouble }) {
  const act = (id, work) => find(id).addEventListener("click", () => work().catch(trouble));
  act("retrain", async () => {
    await server.retrain();
    find("retrain").dataset.asked = "yes";
    await refresh();
  });
  act("use-trained", async () => { await server.use("trained"); await refresh(); });
  act("use-start", async () => { await server.use("start"); await refresh(); });
  act("save", async () => {
    const { saved } = await server.save();
    say(`saved ${saved}`);
    find("training").close();
  });
  find("show-training").addEventListener("click", () => find("training").showModal());
  find("close-training").addEventListener("click", () => find("training").close());
}
