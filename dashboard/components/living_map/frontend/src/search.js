// The search box: completes while one types, takes the first suggestion on Enter.

const SHOWN = 8;

/** ``heard``: {pick(row), unknown(text)}. */
export const makeSearch = (input, list, heard) => {
  let words = null;
  let found = [];
  let at = -1;

  const close = () => {
    found = [];
    at = -1;
    list.hidden = true;
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const pick = (row) => {
    input.value = words.names[row];
    close();
    heard.pick(row);
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
    found = words.complete(input.value, SHOWN);
    at = -1;
    list.replaceChildren(
      ...found.map((row, place) => {
        const item = document.createElement("li");
        item.id = `found-${place}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        const name = document.createElement("span");
        name.textContent = words.names[row];
        const count = document.createElement("small");
        count.textContent = words.count[row] ? words.count[row].toLocaleString("en") : "";
        item.append(name, count);
        item.addEventListener("pointerdown", (event) => {
          event.preventDefault(); // the box keeps the focus
          pick(row);
        });
        return item;
      }),
    );
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(found.length > 0));
  };
  input.addEventListener("input", show);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    event.stopPropagation(); // Streamlit has shortcuts of its own
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!found.length) show();
      if (found.length) mark(at < 0 && event.key === "ArrowUp" ? -1 : at + (event.key === "ArrowDown" ? 1 : -1));
      event.preventDefault();
    } else if (event.key === "Enter") {
      const text = input.value.trim();
      if (!found.length) found = words?.complete(text, SHOWN) ?? [];
      if (found.length) pick(found[Math.max(at, 0)]);
      else if (text) heard.unknown(text);
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
    write(text) {
      if (input.getRootNode().activeElement !== input) input.value = text;
    },
  };
};
