// The points, drawn by regl-scatterplot; this file and renderer.js alone know that library.

import createScatterplot from "regl-scatterplot";

import { addTouch } from "./touch.js";

const MARGIN = 0.94; // of the picture that the points fill
const REACH = 10; // pixels from a word at which the mouse is on it
const STILL = 10; // pixels that the mouse moves at most while it clicks

/** The scale that the library keeps at what is in view: pixels of a place in -1..1. */
const makeScale = () => {
  let domain = [-1, 1];
  let range = [0, 1];
  const scale = (value) =>
    range[0] + ((value - domain[0]) / (domain[1] - domain[0])) * (range[1] - range[0]);
  scale.domain = (given) => (given ? ((domain = [...given]), scale) : domain);
  scale.range = (given) => (given ? ((range = [...given]), scale) : range);
  /** Pixels of a step of 1. */
  scale.step = () => (range[1] - range[0]) / (domain[1] - domain[0]);
  scale.invert = (pixel) => domain[0] + (pixel - range[0]) / scale.step();
  return scale;
};

/** Coordinates to -1..1 in both directions, with a margin. */
const normalise = (values) => {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const span = high - low || 1;
  const middle = (high + low) / 2;
  return {
    values: Float32Array.from(values, (value) => ((value - middle) / span) * 2 * MARGIN),
    of: (value) => ((value - middle) / span) * 2 * MARGIN,
  };
};

const sizeOf = (n) => (n < 2_000 ? 7 : n < 12_000 ? 5 : n < 40_000 ? 4 : 2.5);

/**
 * A plot on ``canvas`` by ``renderer``. ``heard``: {hover(row), click(row, isMore), lasso(rows), view()}.
 */
export const makePlot = (canvas, renderer, heard) => {
  const across = makeScale();
  const up = makeScale();
  const shape = () => (canvas.clientWidth ? canvas.clientWidth / canvas.clientHeight : 1);
  let fitted = shape();
  const plot = createScatterplot({
    renderer,
    canvas,
    xScale: across,
    yScale: up,
    width: "auto",
    height: "auto",
    aspectRatio: fitted,
    // Otherwise it tells of a click or a hover only after it has drawn them, a whole frame later.
    syncEvents: true,
    actionKeyMap: { lasso: "shift" },
    lassoClearEvent: "lassoEnd",
    deselectOnDblClick: false,
    deselectOnEscape: false,
    pointScaleMode: "asinh",
    pointSizeSelected: 1,
    pointOutlineWidth: 0,
    // The mouse finds its word here ('under'): the library would draw every point again for each.
    pointSizeMouseDetection: -1e6,
    opacityInactiveMax: 0.16,
    opacityInactiveScale: 1,
  });
  let words = null;
  let placed = null;
  let isMore = false;
  let isCircling = false; // since the button was pressed
  let pressed = null; // where
  let hovered = -1;
  /** The word under the mouse: the nearest within REACH (of several at one place the first), or -1. */
  const under = (event) => {
    if (!placed || event.target !== canvas) return -1;
    const box = canvas.getBoundingClientRect();
    const x = across.invert(event.clientX - box.left);
    const y = up.invert(event.clientY - box.top);
    const [ofX, ofY] = [across.step(), up.step()];
    let found = -1;
    let least = REACH * REACH;
    for (let row = 0; row < words.n; row++) {
      const dx = (placed.x[row] - x) * ofX;
      const dy = (placed.y[row] - y) * ofY;
      const gap = dx * dx + dy * dy;
      if (gap < least) [found, least] = [row, gap];
    }
    return found;
  };
  const hover = (row) => {
    if (row === hovered) return;
    hovered = row;
    canvas.style.cursor = row < 0 ? "" : "pointer";
    heard.hover(row);
  };
  const press = (event) => {
    isMore = event.ctrlKey || event.metaKey || event.shiftKey;
    isCircling = false;
    pressed = event;
    hover(-1);
  };
  const move = (event) => hover(event.buttons ? -1 : under(event));
  const leave = () => hover(-1);
  const click = (event) => {
    // A circle that ends where it began is no click on the word there, nor is a map that was moved.
    const isStill = pressed && Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY) < STILL;
    const row = isCircling || !isStill ? -1 : under(event);
    if (isCircling || row >= 0) event.stopPropagation();
    if (row >= 0) heard.click(row, isMore);
  };
  const frame = canvas.parentElement;
  const listeners = { mousedown: press, mousemove: move, mouseleave: leave, click };
  for (const [kind, listener] of Object.entries(listeners)) frame.addEventListener(kind, listener, true);
  const dropTouch = addTouch(canvas, () => plot.get("camera"), () => plot.redraw());
  plot.subscribe("view", leave);
  plot.subscribe("lassoStart", () => {
    isCircling = true;
    hover(-1);
  });
  plot.subscribe("select", ({ points }) => isCircling && heard.lasso([...points]));
  plot.subscribe("drawing", () => heard.view());
  const observer = new ResizeObserver(() => {
    if (!canvas.clientWidth || shape() === fitted) return; // hidden; or drawn so already
    fitted = shape();
    plot.set({ aspectRatio: fitted });
  });
  observer.observe(canvas);

  const paint = (colours, palette) =>
    plot.set({
      backgroundColor: palette.paper,
      lassoColor: palette.ink,
      pointColor: colours,
      pointColorActive: colours,
      colorBy: "category",
    });

  return {
    /** Draw other words; resolves when they are on the screen. */
    async draw(given, colours, palette) {
      hover(-1); // the row is another word's now
      words = given;
      const x = normalise(words.x);
      const y = normalise(words.y);
      placed = { x: x.values, y: y.values, ofX: x.of, ofY: y.of };
      // Set at once: the library's promise of it waits for a frame. Two categories at least: with
      // one, the library takes the colours for a scale.
      paint(colours.length > 1 ? colours : [...colours, ...colours], palette);
      plot.set({ pointSize: sizeOf(words.n), opacity: words.n > 40_000 ? 0.55 : 0.72 });
      await plot.draw(
        { x: placed.x, y: placed.y, z: words.colour },
        { zDataType: "categorical" },
      );
    },
    paint,
    /** Pixels of a row, and of a place in the data. */
    at: (row) => [across(placed.x[row]), up(placed.y[row])],
    of: (x, y) => [across(placed.ofX(x)), up(placed.ofY(y))],
    zoom: () => 2 / (across.domain()[1] - across.domain()[0] || 2),
    /** What a lasso or click leaves coloured; the others fade. */
    select: (rows) =>
      rows.length ? plot.select(rows, { preventEvent: true }) : plot.deselect({ preventEvent: true }),
    frame: (rows) =>
      plot.zoomToPoints(rows, { padding: 0.9, transition: true, transitionDuration: 350 }),
    whole: () => plot.zoomToOrigin({ transition: true, transitionDuration: 350 }),
    closer: (factor) => {
      plot.get("camera").scale([factor, factor], [0, 0]);
      plot.redraw();
    },
    useLasso: (isOn) => plot.set({ mouseMode: isOn ? "lasso" : "panZoom" }),
    redraw: () => plot.redraw(),
    destroy() {
      observer.disconnect();
      dropTouch();
      for (const [kind, listener] of Object.entries(listeners)) frame.removeEventListener(kind, listener, true);
      plot.destroy();
      renderer.destroy();
    },
  };
};
