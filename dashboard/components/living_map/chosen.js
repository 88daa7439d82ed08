// The other half of the living map: what was picked on it, told to the server by a component so small
// that it can be run again for every pick, and what the server knows of it, told to the map.

let heard = null;

const hear = ({ detail }) => heard?.(detail);
window.addEventListener("clif-map-chosen", hear);

export default ({ data, setTriggerValue }) => {
  const own = (detail) => setTriggerValue("picked", detail);
  heard = own;
  window.clifMapShown = data;
  window.dispatchEvent(new CustomEvent("clif-map-shown"));
  return () => {
    if (heard === own) heard = null;
  };
};
