// What lies over the points: labels that never cover each other, rings, arrows, axes.

const FONT = '"Source Sans", "Source Sans 3", system-ui, sans-serif';
const SERIF = '"Source Serif", "Source Serif 4", Georgia, serif';
const TRIED = 4_000; // words looked at for labels in one frame
const RINGED = 30; // words of a set that get a ring each; of more, the most telling are named
const CLOSE = 3; // zoom from which words are named that tell little
const PIXELS_A_LABEL = 9_000;
const BUTTONS = [58, 156]; // width and height of the corner where the buttons lie over the map

/** Boxes in screen pixels; ``take`` refuses one that would cover another. */
const makeRoom = (width, height) => {
  const cell = 48;
  const columns = Math.ceil(width / cell) + 1;
  const cells = new Map();
  const of = (box) => {
    const found = [];
    for (let i = Math.floor(box[0] / cell); i <= Math.floor(box[2] / cell); i++)
      for (let j = Math.floor(box[1] / cell); j <= Math.floor(box[3] / cell); j++)
        found.push(j * columns + i);
    return found;
  };
  return (box, isForced = false) => {
    if (!isForced && (box[0] < 0 || box[1] < 0 || box[2] > width || box[3] > height)) return false;
    const own = of(box);
    for (const key of own)
      for (const other of cells.get(key) ?? [])
        if (box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])
          if (!isForced) return false;
    for (const key of own) cells.set(key, [...(cells.get(key) ?? []), box]);
    return true;
  };
};

export const makeOverlay = (canvas) => {
  const brush = canvas.getContext("2d");
  const widths = new Map();

  const measure = (text, font) => {
    const key = `${font}${text}`;
    if (!widths.has(key)) {
      brush.font = font;
      widths.set(key, brush.measureText(text).width);
    }
    return widths.get(key);
  };
  const write = (text, x, y, font, colour, paper) => {
    brush.font = font;
    brush.lineJoin = "round";
    brush.lineWidth = 4;
    brush.strokeStyle = paper;
    brush.strokeText(text, x, y);
    brush.fillStyle = colour;
    brush.fillText(text, x, y);
  };
  const boxOf = (x, y, width, size) => [x - width / 2 - 3, y - size / 2 - 2, x + width / 2 + 3, y + size / 2 + 2];

  const ring = ([x, y], radius, colour) => {
    brush.beginPath();
    brush.arc(x, y, radius, 0, 2 * Math.PI);
    brush.lineWidth = 1.5;
    brush.strokeStyle = colour;
    brush.stroke();
  };

  /**
   * A word beside its ring, at the first free of eight places, if it can be over no other of the
   * ``rings``; forced for the word in focus.
   */
  const nameRing = (room, text, [x, y], font, palette, isForced, rings) => {
    const width = measure(text, font);
    const side = width / 2 + 12;
    const around = [[0, -16], [0, 16], [side, 0], [-side, 0], [side, -12], [-side, -12], [side, 12], [-side, 12]];
    const isOver = (box) =>
      rings.some(([ringX, ringY]) => ringX > box[0] - 4 && ringX < box[2] + 4 && ringY > box[1] - 4 && ringY < box[3] + 4);
    for (const isStrict of [true, false])
      for (const [dx, dy] of around) {
        const box = boxOf(x + dx, y + dy, width, 13);
        if ((isStrict && isOver(box)) || !room(box)) continue;
        write(text, x + dx, y + dy, font, palette.ink, palette.paper);
        return;
      }
    if (isForced) {
      room(boxOf(x, y - 16, width, 13), true);
      write(text, x, y - 16, font, palette.ink, palette.paper);
    }
  };

  const arrow = ([x0, y0], [x1, y1], colour, width, isDashed) => {
    const length = Math.hypot(x1 - x0, y1 - y0);
    if (length < 14) return;
    const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
    const bend = Math.min(length * 0.14, 40);
    const [cx, cy] = [(x0 + x1) / 2 - uy * bend, (y0 + y1) / 2 + ux * bend];
    const [ex, ey] = [x1 - ux * 7, y1 - uy * 7];
    const turn = Math.atan2(ey - cy, ex - cx);
    brush.strokeStyle = brush.fillStyle = colour;
    brush.lineWidth = width;
    brush.setLineDash(isDashed ? [6, 4] : []);
    brush.beginPath();
    brush.moveTo(x0 + ux * 6, y0 + uy * 6);
    brush.quadraticCurveTo(cx, cy, ex, ey);
    brush.stroke();
    brush.setLineDash([]);
    brush.beginPath();
    brush.moveTo(ex + Math.cos(turn) * 5, ey + Math.sin(turn) * 5);
    for (const side of [-0.45, 0.45])
      brush.lineTo(ex - Math.cos(turn + side) * (5 + width * 2), ey - Math.sin(turn + side) * (5 + width * 2));
    brush.fill();
  };

  /**
   * Draw all of it. ``scene``: {plot, words, palette, regions, axes, focus, near, chosen, pulled}.
   * Returns how many words are written.
   */
  return (scene) => {
    const { plot, words, palette } = scene;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const ratio = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    brush.clearRect(0, 0, width, height);
    brush.textAlign = "center";
    brush.textBaseline = "middle";
    const room = makeRoom(width, height);
    room([width - BUTTONS[0], height - BUTTONS[1], width, height], true);
    const small = `13px ${FONT}`;
    const bold = `600 14px ${FONT}`;
    const isInside = ([x, y]) => x >= 0 && y >= 0 && x <= width && y <= height;
    let written = 0;

    if (scene.axes) drawAxes(scene, width, height, small, write, room);
    for (const { from, to, effect, strength } of scene.pulled) {
      const side = effect < 0 ? palette.raises : palette.lowers;
      arrow(plot.at(from), plot.at(to), side, 1.2 + 2.4 * strength, effect > 0);
    }
    const ringed = scene.pulled.length
      ? [...new Set(scene.pulled.flatMap(({ from, to }) => [from, to]))]
      : scene.focus >= 0
        ? [scene.focus, ...scene.near.map(([row]) => row)]
        : scene.chosen.length <= RINGED
          ? scene.chosen
          : [];
    const rings = ringed.map((row) => plot.at(row));
    ringed.forEach((row, at) => {
      const place = rings[at];
      if (!isInside(place)) return;
      const isFirst = at === 0 && (scene.focus >= 0 || scene.pulled.length > 0);
      ring(place, isFirst ? 7 : 5, palette.ink);
      if (isFirst) room([place[0] - 6, place[1] - 6, place[0] + 6, place[1] + 6], true); // no word over it
    });
    ringed.forEach((row, at) => {
      const place = rings[at];
      if (!isInside(place)) return;
      const isFirst = at === 0 && (scene.focus >= 0 || scene.pulled.length > 0);
      nameRing(room, words.names[row], place, isFirst ? bold : small, palette, isFirst, rings);
      written++;
    });
    if (ringed.length) return written;
    const among = scene.chosen.length ? new Set(scene.chosen) : null;

    const zoom = plot.zoom();
    const serif = `600 ${zoom < 1.6 ? 15 : 14}px ${SERIF}`;
    if (zoom < 5 && !among)
      for (const { text, x, y } of scene.regions) {
        const place = plot.of(x, y);
        const wide = measure(text, serif);
        for (const [dx, dy] of [[0, 0], [0, -18], [0, 18], [0, -36], [0, 36], [-wide / 3, 0], [wide / 3, 0]])
          if (room(boxOf(place[0] + dx, place[1] + dy, wide, 16))) {
            write(text, place[0] + dx, place[1] + dy, serif, palette.ink, palette.paper);
            break;
          }
      }
    const most = Math.min((width * height) / PIXELS_A_LABEL, 12 + 30 * (zoom - 1) + 10);
    let tried = 0;
    for (const row of words.order) {
      if (written >= most || tried >= TRIED) break;
      if (words.weight[row] <= 0 && zoom < CLOSE && !among) break;
      if (among && !among.has(row)) continue;
      const [x, y] = plot.at(row);
      if (x < 0 || y < 0 || x > width || y > height) continue;
      tried++;
      const text = words.names[row];
      if (room(boxOf(x, y - 10, measure(text, small), 13))) {
        write(text, x, y - 10, small, among ? palette.ink : palette.ink_soft, palette.paper);
        written++;
      }
    }
    return written;
  };
};

const drawAxes = ({ plot, axes, palette }, width, height, font, write, room) => {
  room([width / 2 - 160, height - 26, width / 2 + 160, height], true);
  write(axes.across, width / 2, height - 13, font, palette.ink_soft, palette.paper);
  for (let power = 0; power < 9; power++) {
    const y = plot.of(0, power)[1];
    if (y < 8 || y > height - 30) continue;
    room([0, y - 9, 74, y + 9], true);
    write((10 ** power).toLocaleString("en"), 38, y, font, palette.ink_soft, palette.paper);
  }
  room([0, 0, 150, 18], true);
  write(axes.up, 70, 9, font, palette.ink_soft, palette.paper);
};
