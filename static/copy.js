// Copy buttons. They are hidden in the page and appear only where the browser can copy.
"use strict";
{
  const status = document.querySelector("[data-copy-status]");
  for (const button of navigator.clipboard ? document.querySelectorAll("[data-copy]") : []) {
    const label = button.querySelector("span");
    const before = label.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
      } catch {
        return; // The browser refused; the text is still on the page to be selected.
      }
      label.textContent = button.dataset.copied;
      if (status) status.textContent = button.dataset.copied;
      setTimeout(() => {
        label.textContent = before;
        if (status) status.textContent = "";
      }, 2000);
    });
  }
}
