// While somebody types: the preview and the contrast follow. Without this script the buttons do the same.
"use strict";
{
  const form = document.querySelector("[data-branding]");
  let preview = form.querySelector("[data-preview]");
  let waiting;

  const measure = async () => {
    const query = new URLSearchParams({ primary: form.elements.primary_colour.value, tint: form.elements.background_tint.value });
    const answer = await fetch(`${form.getAttribute("action")}?${query}`);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const measured = page.getElementById("contrast");
    if (measured) document.getElementById("contrast").replaceChildren(...measured.childNodes);
  };

  const show = () => {
    if (form.elements.display_name.value) form.requestSubmit(preview);
    measure().catch(() => {});
  };

  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 400);
  };

  for (const button of form.querySelectorAll("[data-preview]")) {
    button.addEventListener("click", () => {
      preview = button;
    });
  }
  for (const picker of form.querySelectorAll("[data-picks]")) {
    const text = form.elements[picker.dataset.picks];
    picker.parentElement.hidden = false;
    picker.addEventListener("input", () => {
      text.value = picker.value;
      soon();
    });
    text.addEventListener("input", () => {
      if (/^#[0-9a-f]{6}$/i.test(text.value)) picker.value = text.value;
    });
  }
  form.addEventListener("input", soon);
}
