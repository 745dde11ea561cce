// While a step runs: what is watched follows, every two seconds, until nothing runs. Without this script a link does the same.
"use strict";
{
  const follow = async () => {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) {
      // A server that is busy or starting anew answers later. Anything else is for the reader to see: who was signed out signs in.
      if (answer.status >= 500 || answer.status === 429) soon();
      else location.reload();
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.querySelector("[data-watch]");
    const shown = document.querySelector("[data-watch]");
    if (!now) {
      // It is over: the page has more to show.
      location.reload();
      return;
    }
    if (now.innerHTML !== shown.innerHTML) shown.replaceChildren(...now.childNodes);
    soon();
  };
  const soon = () => setTimeout(() => follow().catch(soon), 2000);
  if (document.querySelector("[data-watch]")) soon();
}
