// The words of a map as the server sent them (an Arrow table), and what is looked up in them.

const ACCENTS = /[\u0300-\u036f]/g;
const QUOTES = /[\u2018\u2019\u201B\u02BC\u2032\uFF07`\u00B4]/g;

/** The one spelling of a word to compare by: "Juliet" finds "juliet", "new york" "New_York". */
export const fold = (text) =>
  text
    .normalize("NFD")
    .replace(ACCENTS, "")
    .replace(QUOTES, "'")
    .toLowerCase()
    .replace(/ß/g, "ss")
    .trim()
    .replace(/\s+/g, "_");

/** Every spelling folded: one long text at once, which takes a tenth of the time. */
const foldAll = (names) => {
  const folded = names
    .join("\n")
    .normalize("NFD")
    .replace(ACCENTS, "")
    .replace(QUOTES, "'")
    .toLowerCase()
    .replace(/ß/g, "ss")
    .replace(/[^\S\n]+/g, "_")
    .split("\n");
  return folded.length === names.length ? folded : names.map(fold);
};

/** The strings of an Arrow column. Nearly always ASCII: then they are decoded in one go. */
const strings = (column) => {
  const { values, valueOffsets: at, length } = column.data[0];
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const all = decoder.decode(values.subarray(at[0], at[length]));
  const isAscii = all.length === at[length] - at[0];
  return Array.from({ length }, (_, i) =>
    isAscii
      ? all.slice(at[i] - at[0], at[i + 1] - at[0])
      : decoder.decode(values.subarray(at[i], at[i + 1])),
  );
};

/** Completes by words in the order of their frequency; ``find(text, k)`` gives rows. */
export const makeIndex = (names) => {
  let folded = null;
  return {
    names,
    find(text, k) {
      folded ??= foldAll(names);
      return complete(folded, fold(text), k);
    },
  };
};

/** The words of an Arrow table that has no other columns. */
export const readNames = (table) => strings(table.getChild("word"));

/** Typed arrays over an Arrow table; the columns are those of ``table.py``. */
export const readWords = (table) => {
  const column = (name) => table.getChild(name).toArray();
  const names = strings(table.getChild("word"));
  const places = { x: column("x"), y: column("y") };
  const count = column("count");
  const cluster = column("cluster");
  const colour = column("colour");
  const weight = column("weight");
  const order = column("order");
  const row = new Map(names.map((name, at) => [name, at]));
  const vectors = table.getChild("vector");
  const values = vectors?.data[0]?.children[0]?.values;
  const dim = values ? values.length / names.length : 0;
  return {
    n: names.length,
    names,
    ...places,
    count,
    cluster,
    colour,
    weight,
    order, // the most telling rows first
    row,
    nearest: (word, k) => nearest(values, dim, names.length, word, k),
    index: makeIndex(names),
  };
};

/** The ``k`` rows with the largest cosine, nearest first, as [row, cosine]. */
const nearest = (vectors, dim, n, word, k) => {
  const query = Float32Array.from(vectors.subarray(word * dim, (word + 1) * dim));
  const length = (start) => {
    let sum = 0;
    for (let i = 0; i < dim; i++) sum += vectors[start + i] ** 2;
    return Math.sqrt(sum) || 1;
  };
  const own = length(word * dim);
  const found = [];
  let least = -Infinity;
  for (let row = 0, at = 0; row < n; row++) {
    let dot = 0;
    let square = 0;
    for (let i = 0; i < dim; i++, at++) {
      dot += query[i] * vectors[at];
      square += vectors[at] * vectors[at];
    }
    const cosine = dot / (own * Math.sqrt(square) || 1);
    if (row === word || (found.length === k && cosine <= least)) continue;
    const place = found.findIndex(([, other]) => other < cosine);
    found.splice(place < 0 ? found.length : place, 0, [row, cosine]);
    if (found.length > k) found.pop();
    least = found[found.length - 1][1];
  }
  return found;
};

/**
 * Rows whose word is the text, rows whose word begins with it, and rows that contain it; rows go by
 * frequency.
 */
const complete = (folded, text, k) => {
  if (!text) return { exact: [], begin: [], contain: [] };
  const exact = [];
  const begin = [];
  const contain = [];
  for (let row = 0; row < folded.length && begin.length < k; row++) {
    const at = folded[row].indexOf(text);
    if (at === 0) (folded[row].length === text.length ? exact : begin).push(row);
    else if (at > 0 && text.length > 2 && contain.length < k) contain.push(row);
  }
  if (!exact.length) {
    const whole = folded.indexOf(text);
    if (whole >= 0) exact.push(whole);
  }
  return { exact, begin, contain };
};
