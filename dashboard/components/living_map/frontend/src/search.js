// The search box: completes while one types, takes the first suggestion on Enter.

import { fold, makeIndex } from "./words.js";

const SHOWN = 8;
const isSame = (name, text) => fold(name) === fold(text);

/**
 * ``heard``: {pick(row), unknown(text), clear(), wanted()}; ``wanted`` asks the server for the words
 * that are not drawn.
 */
export const makeSearch = (input, list, heard) => {
  let words = null;
  let others = { n: 0, index: null }; // of the model, but not on the map
  let found = []; // [name, row], row -1 of a word that is not drawn
  let at = -1;
  let isTyping = false;

  const close = () => {
    found = [];
    at = -1;
    isTyping = false;
    list.hidden = true;
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const pick = ([name, row]) => {
    input.value = name;
    close();
    if (row >= 0) heard.pick(row);
    else heard.unknown(name);
  };
  const complete = (text) => {
    const drawn = words.index.find(text, SHOWN);
    const other = others.index?.find(text, SHOWN);
    const named = ["exact", "begin", "contain"].flatMap((how) => [
      ...drawn[how].map((row) => [words.names[row], row]),
      ...(other?.[how] ?? []).map((row) => [others.index.names[row], -1]),
    ]);
    return named.slice(0, SHOWN);
  };
  const mark = (next) => {
    at = (next + found.length) % found.length;
    [...list.children].forEach((item, place) =>
      item.setAttribute("aria-selected", String(place === at)),
    );
    input.setAttribute("aria-activedescendant", list.children[at].id);
  };
  const show = () => {
    if (!words) return;
    found = complete(input.value);
    at = -1;
    list.replaceChildren(
      ...found.map(([name, row], place) => {
        const item = document.createElement("li");
        item.id = `found-${place}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        const label = document.createElement("span");
        label.textContent = name;
        const count = document.createElement("small");
        count.textContent = words.count[row] ? words.count[row].toLocaleString("en") : "";
        item.append(label, count);
        item.addEventListener("pointerdown", (event) => {
          event.preventDefault(); // the box keeps the focus
          pick(found[place]);
        });
        return item;
      }),
    );
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(found.length > 0));
  };
  const want = () => {
    if (others.n && !others.index) heard.wanted();
  };
  input.addEventListener("focus", want);
  input.addEventListener("input", () => {
    isTyping = true;
    show();
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    event.stopPropagation(); // Streamlit has shortcuts of its own
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!found.length) show();
      if (found.length) mark(at < 0 && event.key === "ArrowUp" ? -1 : at + (event.key === "ArrowDown" ? 1 : -1));
      event.preventDefault();
    } else if (event.key === "Enter") {
      const text = input.value.trim();
      if (!found.length) found = words && text ? complete(text) : [];
      // While the words that are not drawn are on their way, the server knows whether it is one.
      const isSure = at >= 0 || !others.n || others.index || (found.length && isSame(found[0][0], text));
      if (found.length && isSure) pick(found[Math.max(at, 0)]);
      else if (text) {
        close();
        heard.unknown(text);
      }
    } else if (event.key === "Escape") {
      input.value = "";
      close();
      heard.clear();
    }
  });
  return {
    use(given) {
      words = given;
    },
    /** ``n`` words are not drawn; ``names``, which, once they were asked for. */
    useOthers(n, names) {
      others = { n, index: names && makeIndex(names) };
      if (input.getRootNode().activeElement !== input) return;
      want();
      if (names && isTyping) show();
    },
    /** What was picked elsewhere, or by Back; what somebody is typing stays. */
    write(text) {
      if (!isTyping || input.getRootNode().activeElement !== input) input.value = text;
    },
  };
};
