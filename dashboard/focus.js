// A key that presses a button may have the button drawn anew, and the focus would fall to the whole
// page. It goes to what came in the button's place: of the same key, else the only one of its name,
// else the first thing to use near where it stood. Otherwise it is left where it is.
(() => {
  const USED = "button, a[href], input, textarea, select, summary, [tabindex='0']";
  const LONG = 5000; // milliseconds after the press
  const OFTEN = 150;
  const nameOf = (element) => element.getAttribute("aria-label") || element.innerText?.trim() || "";
  const isSeen = (element) => element.getClientRects().length > 0 && !element.disabled;
  const seen = (selector, within = document) => [...within.querySelectorAll(selector)].filter(isSeen);

  /** The keys of the containers that an element stands in, the nearest first. */
  const keysOf = (element) => {
    const keys = [];
    for (let e = element; e && !e.matches("[data-testid=stMainBlockContainer]"); e = e.parentElement)
      keys.push(...[...e.classList].filter((name) => name.startsWith("st-key-")));
    return keys;
  };

  const instead = ({ tag, name, keys }) => {
    const ofKey = keys.length ? seen(`.${CSS.escape(keys[0])} ${tag}`) : [];
    if (ofKey.length === 1) return ofKey[0];
    const ofName = seen(tag).filter((element) => nameOf(element) === name);
    if (ofName.length === 1) return ofName[0];
    return keys.flatMap((key) => seen(`.${CSS.escape(key)}`)).flatMap((near) => seen(USED, near))[0];
  };

  let timer = 0;
  const follow = ({ key, target }) => {
    clearInterval(timer);
    const pressed = target.closest?.("button, a[href], summary");
    if ((key !== "Enter" && key !== " ") || !pressed) return;
    const last = { tag: pressed.tagName, name: nameOf(pressed), keys: keysOf(pressed) };
    const since = Date.now();
    timer = setInterval(() => {
      if (Date.now() - since > LONG) clearInterval(timer);
      const isDrawing = document.querySelector("[data-test-script-state=running]");
      if (isDrawing || document.activeElement !== document.body) return;
      if (pressed.isConnected) clearInterval(timer); // left on purpose
      else instead(last)?.focus({ preventScroll: true });
    }, OFTEN);
  };
  document.addEventListener("keydown", follow, true);
})();
