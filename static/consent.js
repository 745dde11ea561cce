// Boxes that belong together follow each other. Without this script the same choices can be made one by one, and the server
// reads them alike.
"use strict";
for (const group of document.querySelectorAll(".group")) {
  const all = [...group.querySelectorAll("input[type=checkbox]")];
  const everything = group.querySelector("[data-needs-all]");
  const parts = (box) => {
    const pick = box.closest(".pick");
    const [whole, ...kinds] = pick ? pick.querySelectorAll("input[type=checkbox]") : [];
    return { whole, kinds };
  };
  const settle = () => {
    for (const { whole, kinds } of all.map(parts)) {
      if (whole) whole.indeterminate = whole.checked && kinds.some((kind) => !kind.checked);
    }
  };
  group.addEventListener("change", (event) => {
    const box = event.target;
    const { whole, kinds } = parts(box);
    if (box === everything) {
      if (box.checked) for (const other of all) other.checked = true;
    } else if (box === whole) {
      for (const kind of kinds) kind.checked = box.checked;
    } else if (whole) {
      whole.checked = kinds.some((kind) => kind.checked);
    }
    if (everything && !all.every((other) => other.checked)) everything.checked = false;
    settle();
  });
  settle();
  const bulk = group.querySelector(".bulk");
  if (bulk) {
    bulk.hidden = false;
    bulk.addEventListener("click", (event) => {
      const wish = event.target.dataset.tick;
      if (!wish) return;
      for (const box of all) box.checked = wish === "all";
      settle();
    });
  }
}
