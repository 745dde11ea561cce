// Arrow keys in the list of patients. Tab and Enter work without this script.
"use strict";
for (const list of document.querySelectorAll("[data-arrow-keys]")) {
  const rows = [...list.querySelectorAll("button")];
  const query = document.getElementById("query");
  const hint = document.querySelector("[data-keys-hint]");
  if (hint) hint.hidden = false;
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const at = rows.indexOf(document.activeElement);
    if (at < 0 && document.activeElement !== query) return;
    const targets = { ArrowDown: rows[Math.min(at + 1, rows.length - 1)], ArrowUp: at > 0 ? rows[at - 1] : query };
    if (at >= 0) Object.assign(targets, { Home: rows[0], End: rows[rows.length - 1] });
    const target = targets[event.key];
    if (!target) return;
    event.preventDefault();
    target.focus();
  });
}
