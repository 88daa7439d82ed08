// The words of the model that the map does not draw, for its search box: only once they are wanted.

let ask = null;

window.addEventListener("clif-map-wanted", () => ask?.());

export default ({ data, setTriggerValue }) => {
  const own = () => setTriggerValue("wanted", true);
  ask = own;
  window.clifMapOthers = data;
  window.dispatchEvent(new CustomEvent("clif-map-others"));
  return () => {
    if (ask !== own) return;
    ask = null;
    window.clifMapOthers = null;
  };
};
