// Shows the step of a story: every step is in the page, so that none waits for the server. The server
// is told afterwards, for the address. Keys: those of presentation software and of clickers.
const NEXT = ["ArrowRight", "PageDown", "ArrowDown", " ", "Enter"];
const BACK = ["ArrowLeft", "PageUp", "ArrowUp", "Backspace"];
const stories = new WeakMap();

function makeStory(root) {
  const story = { step: 0, html: null, seen: null };
  const find = (selector) => root.querySelector(selector);
  const main = find(".stage"), back = find("[data-go=back]"), next = find("[data-go=next]");
  const dots = find(".dots"), full = find("[data-go=full]");

  const draw = () => {
    root.dataset.step = story.step;
    for (const part of main.querySelectorAll("[data-steps]")) {
      const isShown = part.dataset.steps.split(" ").includes(String(story.step));
      part.classList.toggle("is-shown", isShown);
      part.toggleAttribute("inert", !isShown);
    }
    [...dots.children].forEach((dot, at) => {
      const isHere = at + 1 === story.step;
      dot.classList.toggle("is-past", at + 1 < story.step);
      if (isHere) dot.setAttribute("aria-current", "step"); else dot.removeAttribute("aria-current");
    });
    back.disabled = story.step === 1;
    next.textContent = story.data.next[story.step - 1];
    find(".told").textContent = story.data.titles[story.step - 1];
  };
  const show = (step) => {
    const wanted = Math.min(Math.max(step, 1), story.data.titles.length);
    if (wanted === story.step) return false;
    story.step = wanted;
    main.scrollTop = 0;
    draw();
    return true;
  };
  const go = (step) => {
    if (!show(step)) return;
    story.component.setStateValue("step", story.step);
  };
  const ask = (what) => story.component.setTriggerValue("asked", what);
  const forward = () => {
    if (story.step === story.data.titles.length) ask("report"); else go(story.step + 1);
  };
  const toggleFull = () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen?.().catch(() => {});
  };

  story.onKey = (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    const on = event.target;
    if (on instanceof Element && on.closest("input, textarea, select, [contenteditable=true]")) return;
    const isPress = event.key === " " || event.key === "Enter";
    if (isPress && on instanceof Element && on.closest("button, a")) return; // presses that button
    const isScroll = event.key === "ArrowDown" || event.key === "ArrowUp";
    if (isScroll && main.scrollHeight > main.clientHeight + 1) return;
    if (NEXT.includes(event.key)) { if (story.step < story.data.titles.length) go(story.step + 1); }
    else if (BACK.includes(event.key)) go(story.step - 1);
    else if (event.key === "Home") go(1);
    else if (event.key === "End") go(story.data.titles.length);
    else if (event.key === "Escape") ask("leave");
    else if (event.key === "f" || event.key === "F") toggleFull();
    else return;
    event.preventDefault();
  };
  back.onclick = () => go(story.step - 1);
  next.onclick = forward;
  full.onclick = toggleFull;
  find("[data-go=leave]").onclick = () => ask("leave");
  main.onclick = (event) => {
    const button = event.target.closest("[data-ask]");
    if (!button) return;
    if (button.dataset.busy) { button.textContent = button.dataset.busy; button.disabled = true; }
    ask(button.dataset.ask);
  };

  story.update = (component) => {
    const { data } = component;
    Object.assign(story, { component, data });
    if (data.html !== story.html) {
      story.html = data.html;
      main.innerHTML = data.html; // every value in it was escaped by its template
      if (story.step) draw();
    }
    if (dots.children.length !== data.titles.length) {
      dots.replaceChildren(...data.titles.map((title, at) => {
        const dot = document.createElement("button");
        dot.type = "button";
        dot.ariaLabel = `${at + 1}. ${title}`;
        dot.title = title;
        dot.onclick = () => go(at + 1);
        return dot;
      }));
    }
    for (const [name, text] of Object.entries(data.labels)) {
      const button = find(`[data-go=${name}]`);
      button.ariaLabel = button.title = text;
    }
    const problem = find(".problem");
    problem.textContent = data.problem;
    problem.hidden = !data.problem;
    // The server answers late: only a step to which it turned by itself is news.
    if (data.turn !== story.seen) show(data.step);
    story.seen = data.turn;
    root.hidden = false;
  };
  return story;
}

export default function (component) {
  const root = component.parentElement.querySelector(".present");
  if (!stories.has(root)) stories.set(root, makeStory(root));
  const story = stories.get(root);
  document.addEventListener("keydown", story.onKey); // once, however often the server answers
  story.update(component);
  return () => document.removeEventListener("keydown", story.onKey);
}
