// The list of blocks. Rows that cannot be seen are not laid out (app.css), so thousands are no burden.

const list = document.getElementById("list");

function part(row, name, text) {
  const span = document.createElement("span");
  span.className = name;
  span.textContent = text;
  row.append(span);
  return span;
}

function row(block, n) {
  const item = document.createElement("li");
  item.id = `block-${n}`;
  item.role = "option";
  item.dataset.b = n;
  part(item, "mark", "");
  part(item, "name", "");
  part(item, "probability", "");
  part(item, "text", block.text).dir = "auto";
  return item;
}

// What a row says of its block.
function dress(item, block) {
  const label = block.label ?? block.predicted;
  item.className = `l-${label}${block.label ? " human" : ""}${block.hidden ? " hidden" : ""}`;
  const [mark, name, probability] = item.children;
  mark.textContent = block.label ? "✓" : "·";
  name.textContent = label;
  probability.textContent = block.probability.toFixed(2);
  probability.title = "How probable it is that the block is kept";
  const said = block.label ? "labelled" : "predicted";
  item.setAttribute("aria-label", `${label}, ${said}, ${block.probability.toFixed(2)}: ${block.text}`);
}

export const blockList = {
  show(blocks) {
    const rows = blocks.map((block, n) => {
      const item = row(block, n);
      dress(item, block);
      return item;
    });
    list.replaceChildren(...rows);
    list.scrollTop = 0;
  },

  dress(blocks, n) {
    dress(list.children[n], blocks[n]);
  },

  select(n, before) {
    list.children[before]?.setAttribute("aria-selected", "false");
    const item = list.children[n];
    if (!item) {
      list.removeAttribute("aria-activedescendant");
      return;
    }
    item.setAttribute("aria-selected", "true");
    list.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  },

  onSelect(select) {
    list.addEventListener("click", (event) => {
      const item = event.target.closest("li");
      if (item) select(Number(item.dataset.b));
    });
  },
};
