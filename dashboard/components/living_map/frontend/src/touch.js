// Fingers: one moves the map (or draws the lasso), two zoom it. regl-scatterplot listens to a mouse
// only, so a finger is handed to it as one.

export const addTouch = (canvas, cameraOf, redraw) => {
  const fingers = new Map();
  let gap = 0;

  // In order, and the button goes down two frames after the mouse has come: the library moves the
  // map by what the mouse moved between frames while the button is down.
  let done = Promise.resolve();
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const pause = () => {
    done = done.then(frame).then(frame);
  };
  const asMouse = (kind, event, buttons) => {
    done = done.then(() => send(kind, event, buttons));
  };
  const send = (kind, event, buttons) =>
    (kind === "mousemove" || kind === "mouseup" ? window : canvas).dispatchEvent(
      new MouseEvent(kind, {
        clientX: event.clientX,
        clientY: event.clientY,
        buttons,
        bubbles: true,
        composed: true,
      }),
    );
  const spread = () => {
    const [a, b] = [...fingers.values()];
    return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  };
  const middle = () => {
    const [a, b] = [...fingers.values()];
    const box = canvas.getBoundingClientRect();
    const x = ((a.clientX + b.clientX) / 2 - box.left) / box.width;
    const y = ((a.clientY + b.clientY) / 2 - box.top) / box.height;
    return [(x * 2 - 1) * (box.width / box.height), 1 - y * 2];
  };

  const down = (event) => {
    if (event.pointerType !== "touch") return;
    event.preventDefault(); // no mouse events of the browser's own
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, event);
    if (fingers.size === 1) {
      asMouse("mouseenter", event, 0);
      asMouse("mousemove", event, 0);
      pause();
      asMouse("mousedown", event, 1);
    } else if (fingers.size === 2) {
      asMouse("mouseup", event, 0);
      gap = spread();
    }
  };
  const move = (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event);
    if (fingers.size === 1) asMouse("mousemove", event, 1);
    else if (fingers.size === 2) {
      const now = spread();
      cameraOf().scale([now / gap, now / gap], middle());
      gap = now;
      redraw();
    }
  };
  const up = (event) => {
    if (!fingers.delete(event.pointerId) || fingers.size) return;
    asMouse("mouseup", event, 0);
    if (event.type === "pointerup") asMouse("click", event, 0);
  };
  const handlers = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: up };
  for (const [kind, handler] of Object.entries(handlers)) canvas.addEventListener(kind, handler);
  // The browser's own mouse events come from touchend, and would click a second time.
  const still = (event) => event.cancelable && event.preventDefault();
  canvas.addEventListener("touchend", still, { passive: false });
  return () => {
    for (const [kind, handler] of Object.entries(handlers)) canvas.removeEventListener(kind, handler);
    canvas.removeEventListener("touchend", still);
  };
};
