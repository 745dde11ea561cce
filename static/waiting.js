// Says that a form is on its way after 400 ms, and what to do after 10 s. Sends no form twice.
"use strict";
for (const form of document.querySelectorAll("form[data-wait]")) {
  const place = form.querySelector("[data-waiting]");
  let timers = [];
  form.addEventListener("submit", (event) => {
    if (form.getAttribute("aria-busy") === "true") {
      event.preventDefault();
      return;
    }
    form.setAttribute("aria-busy", "true");
    if (!place) return;
    timers = [
      setTimeout(() => { place.textContent = place.dataset.soon; }, 400),
      setTimeout(() => { place.textContent = place.dataset.long; form.removeAttribute("aria-busy"); }, 10000),
    ];
  });
  // Coming back with the Back button shows the page as it was left: make it usable again.
  window.addEventListener("pageshow", () => {
    timers.forEach(clearTimeout);
    form.removeAttribute("aria-busy");
    if (place) place.textContent = "";
  });
}
