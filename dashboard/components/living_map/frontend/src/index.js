// The living map: a Streamlit component. Words come once for each model and layout; everything that
// a pointer does is answered here. What was picked is told to ``chosen.js`` by an event of the
// window, and what the server knows of it comes back by another, so that this component, with all
// its words, is not run again.

import { makeOverlay } from "./overlay.js";
import { makePlot } from "./plot.js";
import { makeRenderer } from "./renderer.js";
import { makeSearch } from "./search.js";
import { readNames, readWords } from "./words.js";

const NEAR = 10;
const CHOSEN = "clif-map-chosen";
const SHOWN = "clif-map-shown";
const OTHERS = "clif-map-others";
const WANTED = "clif-map-wanted";
const instances = new WeakMap();

const make = (parent, renderer) => {
  const find = (name) => parent.querySelector(`.${name}`);
  const root = find("living-map");
  const scene = { words: null, regions: [], axes: null, focus: -1, near: [], chosen: [], pulled: [] };
  let data = null;
  let paint = null;
  let asked = false;

  // --- drawing

  const drawOver = () => {
    asked = false;
    if (!scene.words || !root.isConnected) return;
    root.dataset.labels = String(overlay(scene));
    root.dataset.zoom = plot.zoom().toFixed(2);
  };
  /** Draw what lies over the points with the next frame, or before it where the points are drawn. */
  const refresh = () => {
    if (asked || !scene.words) return;
    asked = true;
    requestAnimationFrame(() => asked && drawOver());
  };
  const overlay = makeOverlay(find("over"));
  // The points fade in the frame after the answer: to draw all of them takes longer than the rest.
  let lit = null;
  const fade = (rows) => {
    if (lit === null) requestAnimationFrame(() => requestAnimationFrame(select));
    lit = rows;
  };
  const select = () => {
    if (root.isConnected) plot.select(lit);
    lit = null;
  };
  const tip = find("tip");
  const spot = find("spot");
  const hover = (row) => {
    tip.hidden = spot.hidden = row < 0;
    root.dataset.hovered = row < 0 ? "" : scene.words.names[row];
    if (row < 0) return;
    const { words } = scene;
    tip.querySelector("b").textContent = words.names[row];
    const facts = [];
    if (words.count[row]) facts.push(data.text.times.replace("{count}", words.count[row].toLocaleString("en")));
    facts.push(data.names[words.cluster[row]] ?? data.text.no_cluster);
    tip.querySelector("span").textContent = facts.join(" · ");
    const [x, y] = plot.at(row);
    const isRight = x > root.clientWidth / 2;
    tip.style.left = isRight ? "" : `${x + 14}px`;
    tip.style.right = isRight ? `${find("stage").clientWidth - x + 14}px` : "";
    tip.style.top = `${Math.max(y - 20, 4)}px`;
    spot.style.transform = `translate(${x}px, ${y}px)`;
  };

  // --- what is picked

  const tell = () => {
    const { words } = scene;
    window.dispatchEvent(
      new CustomEvent(CHOSEN, {
        detail: {
          word: scene.focus >= 0 ? words.names[scene.focus] : "",
          words: scene.chosen.map((row) => words.names[row]),
        },
      }),
    );
  };
  const show = () => {
    scene.near = scene.focus >= 0 ? scene.words.nearest(scene.focus, NEAR) : [];
    scene.pulled = [];
    fade(scene.focus >= 0 ? [scene.focus, ...scene.near.map(([row]) => row)] : scene.chosen);
    root.dataset.word = scene.focus >= 0 ? scene.words.names[scene.focus] : "";
    root.dataset.near = scene.near.map(([row]) => scene.words.names[row]).join(" ");
    root.dataset.chosen = String(scene.chosen.length);
    find("clear").hidden = scene.focus < 0 && !scene.chosen.length;
    if (scene.focus >= 0) search.write(scene.words.names[scene.focus]);
    refresh();
  };
  const pickWord = (row) => {
    scene.focus = row;
    scene.chosen = [];
    show();
    tell();
  };
  const pickWords = (rows) => {
    scene.focus = -1;
    scene.chosen = rows;
    search.write("");
    show();
    tell();
  };
  const clear = () => {
    if (scene.focus < 0 && !scene.chosen.length) return;
    search.write("");
    pickWords([]);
  };
  // Half of the nearest words: those that lie around the word on the map, too.
  const nearOnMap = (row) => {
    const { x, y } = scene.words;
    const gap = (other) => Math.hypot(x[other] - x[row], y[other] - y[row]);
    const rows = scene.near.map(([near]) => near).sort((a, b) => gap(a) - gap(b));
    return rows.slice(0, NEAR / 2);
  };
  const heard = {
    hover,
    click(row, isMore) {
      if (!isMore) return pickWord(row);
      const already = scene.focus >= 0 ? [scene.focus] : scene.chosen;
      const rows = already.includes(row) ? already.filter((r) => r !== row) : [...already, row];
      return rows.length === 1 ? pickWord(rows[0]) : pickWords(rows);
    },
    lasso(rows) {
      setLasso(false);
      if (rows.length === 1) pickWord(rows[0]);
      else if (rows.length) pickWords(rows.sort((a, b) => a - b)); // the most frequent first
    },
    view: drawOver,
  };
  const plot = makePlot(find("points"), renderer, heard);
  scene.plot = plot;

  // --- controls

  const search = makeSearch(find("search"), find("found"), {
    pick(row) {
      pickWord(row);
      plot.frame([row, ...nearOnMap(row)]);
    },
    unknown: (text) =>
      window.dispatchEvent(new CustomEvent(CHOSEN, { detail: { word: text, words: [] } })),
    clear,
    wanted: () => window.dispatchEvent(new CustomEvent(WANTED)),
  });
  const setLasso = (isOn) => {
    find("lasso").setAttribute("aria-pressed", String(isOn));
    root.classList.toggle("is-lassoing", isOn);
    plot.useLasso(isOn);
  };
  find("lasso").addEventListener("click", () =>
    setLasso(find("lasso").getAttribute("aria-pressed") !== "true"),
  );
  find("closer").addEventListener("click", () => plot.closer(1.5));
  find("farther").addEventListener("click", () => plot.closer(1 / 1.5));
  find("whole").addEventListener("click", () => plot.whole());
  find("clear").addEventListener("click", clear);
  const escape = (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    setLasso(false);
    clear();
  };
  window.addEventListener("keydown", escape);

  // --- what the server says of it

  const rowsOf = (words) => words.map((word) => scene.words.row.get(word)).filter((row) => row >= 0);
  const takeShown = () => {
    const shown = window.clifMapShown;
    if (!shown || !scene.words) return;
    const focus = scene.words.row.get(shown.word) ?? -1;
    const chosen = rowsOf(shown.words);
    const isSame = focus === scene.focus && chosen.join() === scene.chosen.join();
    if (isSame) return;
    scene.focus = focus;
    scene.chosen = focus >= 0 ? [] : chosen;
    if (focus < 0) search.write(shown.word); // which may be a word that is not drawn
    show();
  };
  window.addEventListener(SHOWN, takeShown);
  const takeOthers = () => {
    const { n = 0, words } = window.clifMapOthers ?? {};
    search.useOthers(n, words && readNames(words));
  };
  window.addEventListener(OTHERS, takeOthers);
  takeOthers();

  // A sentence under the pointer or the keyboard's focus says which words it pulls.
  const pull = (event) => {
    const card = event.target.closest?.("[data-pulls]");
    const text = card?.dataset.pulls ?? "";
    if ((root.dataset.pulls ?? "") === text) return;
    root.dataset.pulls = text;
    const { row } = scene.words ?? {};
    const found = text && row ? JSON.parse(text) : [];
    scene.pulled = found
      .filter(([from, to]) => row.has(from) && row.has(to))
      .map(([from, to, effect, strength]) => ({ from: row.get(from), to: row.get(to), effect, strength }));
    if (!scene.words) return;
    root.dataset.pulled = String(scene.pulled.length);
    const ends = [...new Set(scene.pulled.flatMap(({ from, to }) => [from, to]))];
    if (ends.length) fade(ends);
    else show();
    refresh();
  };
  document.addEventListener("pointerover", pull);
  document.addEventListener("focusin", pull);

  const update = async (given) => {
    data = given;
    scene.palette = data.palette;
    scene.regions = data.regions;
    scene.axes = data.axes;
    const now = JSON.stringify([data.version, data.colours, data.palette]);
    if (now === paint) return;
    const isOther = !paint || JSON.parse(paint)[0] !== data.version;
    paint = now;
    if (isOther) {
      const kept = scene.words && { word: scene.words.names[scene.focus] ?? "", words: scene.chosen.map((r) => scene.words.names[r]) };
      const words = readWords(data.words);
      scene.words = null;
      lit &&= [];
      plot.select([]);
      await plot.draw(words, data.colours, data.palette);
      scene.words = words;
      search.use(words);
      scene.focus = kept ? (words.row.get(kept.word) ?? -1) : -1;
      scene.chosen = kept ? rowsOf(kept.words) : [];
      takeShown();
      show();
    } else {
      await plot.paint(data.colours, data.palette);
      plot.redraw();
    }
    root.dataset.ready = data.version;
    root.dataset.paper = data.palette.paper;
    root.dataset.drawn = String(scene.words?.n ?? 0);
    refresh();
    document.fonts?.ready.then(refresh);
  };

  return {
    update,
    destroy() {
      window.removeEventListener("keydown", escape);
      window.removeEventListener(SHOWN, takeShown);
      window.removeEventListener(OTHERS, takeOthers);
      document.removeEventListener("pointerover", pull);
      document.removeEventListener("focusin", pull);
      plot.destroy();
    },
  };
};

const wordIt = (parent, text) => {
  for (const element of parent.querySelectorAll("[data-text]"))
    element.textContent = text[element.dataset.text];
  for (const element of parent.querySelectorAll("[data-label]")) {
    const label = text[element.dataset.label];
    element.setAttribute("aria-label", label);
    if (element.tagName === "INPUT") element.placeholder = label;
    if (element.tagName === "BUTTON") element.title = label;
  }
};

export default ({ data, parentElement, setTriggerValue }) => {
  if (!data?.words) return undefined;
  let found = instances.get(parentElement);
  if (!found) {
    const renderer = makeRenderer(parentElement.querySelector(".points"));
    if (!renderer) {
      setTriggerValue("without_webgl", true);
      return undefined;
    }
    found = make(parentElement, renderer);
    instances.set(parentElement, found);
  }
  const own = {};
  found.run = own;
  wordIt(parentElement, data.text);
  found.update(data);
  // Streamlit also cleans up after a run that newer data overtook; the newer run has the map then.
  return () => {
    if (found.run !== own) return;
    instances.delete(parentElement);
    found.destroy();
  };
};
