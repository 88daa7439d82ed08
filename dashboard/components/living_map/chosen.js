// The other half of the living map: what was picked on it, told to the server by a component so small
// that it can be run again for every pick, and what the server knows of it, told to the map.

const LOST = 60_000; // milliseconds after which no answer to a pick is waited for

let heard = null;
let told = 0; // when the latest pick was told

const hear = ({ detail }) => {
  told = Date.now();
  heard?.({ ...detail, at: told });
};
window.addEventListener("clif-map-chosen", hear);

export default ({ data, setTriggerValue }) => {
  const own = (detail) => setTriggerValue("picked", detail);
  heard = own;
  // An answer to an earlier pick would undo the latest one.
  if (data.at >= told || Date.now() - told > LOST) {
    window.clifMapShown = data;
    window.dispatchEvent(new CustomEvent("clif-map-shown"));
  }
  return () => {
    if (heard === own) heard = null;
  };
};
