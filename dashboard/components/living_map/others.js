// The words of the model that the map does not draw, for its search box: only once they are wanted.

let ask = null;

window.addEventListener("clif-map-wanted", () => ask?.());

const show = (data) => {
  window.clifMapOthers = data;
  window.dispatchEvent(new CustomEvent("clif-map-others"));
};

export default ({ data, setTriggerValue }) => {
  const own = () => setTriggerValue("wanted", true);
  ask = own;
  show(data);
  return () => {
    if (ask !== own) return;
    ask = null;
    show(null);
  };
};
