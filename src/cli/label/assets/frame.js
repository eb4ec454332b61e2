// The page that is labelled, in a frame without scripts. It is as high as its text and does not scroll;
// a pane of glass over it takes clicks, since browsers differ in what they tell of clicks inside.

const section = document.getElementById("page");
const frame = document.getElementById("frame");
const glass = document.getElementById("glass");

let blocks = [];

function fit() {
  const body = frame.contentDocument?.body;
  if (!body) return;
  frame.height = 0;
  frame.height = body.scrollHeight;
}

function dress(element, block) {
  if (!element) return;
  const label = block.label ?? block.predicted;
  for (const name of [...element.classList]) {
    if (name.startsWith("l-")) element.classList.remove(name);
  }
  element.classList.add(`l-${label}`);
  element.classList.toggle("human", Boolean(block.label));
  element.classList.toggle("open-question", !block.label && block.uncertainty > 0.4);
  element.title = `${label} ${block.probability.toFixed(2)}`;
}

export const pageFrame = {
  // Loads a page; the promise is kept when its blocks can be marked.
  show(page) {
    return new Promise((resolve) => {
      frame.addEventListener("load", () => {
        blocks = [];
        frame.contentDocument.querySelectorAll("[data-b]").forEach((element) => {
          blocks[Number(element.dataset.b)] = element;
        });
        resolve();
      }, { once: true });
      frame.contentWindow.location.replace(`/pages/${page}`);
    });
  },

  dressAll(all) {
    all.forEach((block, n) => dress(blocks[n], block));
    fit();
  },

  dress(all, n) {
    dress(blocks[n], all[n]);
  },

  select(n, before) {
    blocks[before]?.classList.remove("current");
    const element = blocks[n];
    if (!element) return;
    element.classList.add("current");
    const { top, bottom } = element.getBoundingClientRect();
    const [above, height] = [section.scrollTop, section.clientHeight];
    if (top < above + 40 || bottom > above + height - 40) {
      section.scrollTop = Math.max(0, top - height / 3);
    }
  },

  onSelect(select) {
    glass.addEventListener("click", (event) => {
      const { left, top } = frame.getBoundingClientRect();
      const hit = frame.contentDocument.elementFromPoint(event.clientX - left, event.clientY - top);
      const block = hit?.closest("[data-b]");
      if (block) select(Number(block.dataset.b));
    });
    new ResizeObserver(fit).observe(section);
  },
};
