// Which key does what. Labels have the letter that stands out in their name.

export const LABEL_KEYS = {
  c: "content",
  h: "headline",
  i: "caption",
  b: "byline",
  r: "related",
  l: "headline_list",
  p: "promo",
  a: "ad",
  n: "navigation",
  s: "share",
  m: "comments",
  g: "legal",
  o: "other",
  x: "boilerplate",
};

// Keys, what is done, and the words of the help.
const KEYS = [
  [["ArrowDown", "j"], "down", "next block"],
  [["ArrowUp", "k"], "up", "block before"],
  [["Enter"], "accept", "the label that is predicted"],
  [["t"], "acceptAbove", "accept all above that have no label"],
  [["Delete", "Backspace"], "clear", "no label"],
  [["f"], "unsure", "the block that the model is least sure of"],
  [["y"], "scopeShape", "the next label is for all blocks of this shape"],
  [["w"], "scopeSite", "the next label is for this text on the whole site"],
  [["Escape"], "scopeBlock", "for this block alone"],
  [["u"], "undo", "undo"],
  [["]"], "nextPage", "next page"],
  [["["], "previousPage", "page before"],
  [["?"], "help", "these keys"],
];

const NAMES = { ArrowDown: "↓", ArrowUp: "↑", Enter: "↵", Delete: "Del", Backspace: "⌫", Escape: "Esc" };

export const keyOf = (label) => Object.keys(LABEL_KEYS).find((key) => LABEL_KEYS[key] === label);

// Calls the action of each key that is pressed, unless it is for a control that has the focus.
export function listen(actions) {
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]") || event.target.closest("select, input[type=text]")) return;
    if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey) {
      event.preventDefault();
      actions.undo();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const onControl = event.target.closest("button, a, input, [role=tab]");
    if (onControl && ["Enter", " ", "ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const label = LABEL_KEYS[event.key.toLowerCase()];
    const known = KEYS.find(([keys]) => keys.includes(event.key));
    if (known) actions[known[1]]();
    else if (label) actions.label(label, event.shiftKey ? "shape" : undefined);
    else return;
    event.preventDefault();
  });
}

// The keys as two lists of terms.
export function describe(labels, keys) {
  const add = (list, names, words) => {
    const term = document.createElement("dt");
    names.forEach((name) => {
      const key = document.createElement("kbd");
      key.textContent = NAMES[name] ?? name;
      term.append(key, " ");
    });
    const description = document.createElement("dd");
    description.textContent = words;
    list.append(term, description);
  };
  Object.entries(LABEL_KEYS).forEach(([key, label]) => add(labels, [key], label));
  KEYS.forEach(([names, , words]) => add(keys, names, words));
  add(keys, ["Shift"], "with a label: for all blocks of this shape");
}
