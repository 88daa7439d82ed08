// What regl-scatterplot draws with, in place of its own renderer. That one draws into a picture of
// four floats a pixel, puts it on a hidden canvas of four samples a pixel and copies that one. A
// machine without a graphics card pays for each of them, and few phones can blend such floats. Here
// the points go to the canvas of the map.

import createRegl from "regl";

const EXTENSIONS = ["OES_texture_float", "OES_element_index_uint"]; // places, and lines of a lasso
const EMPTY = { color: [0, 0, 0, 0], depth: 1 };

let isAble = true; // until the browser refused

const makeRegl = (canvas) => {
  try {
    const gl = canvas.getContext("webgl", { antialias: false }); // points have soft edges already
    return gl && createRegl({ gl, extensions: EXTENSIONS });
  } catch {
    return null; // an extension is missing
  }
};

/** The renderer of ``canvas``, or null where the browser has no WebGL that will do. */
export const makeRenderer = (canvas) => {
  const regl = isAble && makeRegl(canvas);
  isAble = Boolean(regl);
  if (!regl) return null;
  const listeners = new Set();
  const frame = regl.frame(() => listeners.forEach((listener) => listener()));
  let isDestroyed = false;
  return {
    canvas,
    regl,
    gamma: 1,
    isSupported: true,
    get isDestroyed() {
      return isDestroyed;
    },
    render(draw) {
      regl.clear(EMPTY);
      draw();
    },
    onFrame(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    resize() {}, // the library sets the size of the canvas
    refresh: () => regl.poll(),
    destroy() {
      isDestroyed = true;
      frame.cancel();
      regl.destroy();
    },
  };
};
