// Below the timeline: a reply, a comment or an internal note, one at a time.
import { onLoad } from "./behaviour";

onLoad("[data-compose]", (tab) => {
  tab.addEventListener("click", (event) => {
    const form = document.getElementById(`compose-${tab.dataset["compose"] ?? ""}`);
    const composer = document.querySelector("[data-composer]");
    if (!form || !composer) return;
    event.preventDefault();
    for (const other of composer.querySelectorAll<HTMLElement>("form[data-act]")) other.hidden = other !== form;
    for (const other of composer.querySelectorAll("[data-compose]")) {
      if ((other as HTMLElement).dataset["compose"] === tab.dataset["compose"]) other.setAttribute("aria-current", "true");
      else other.removeAttribute("aria-current");
    }
    composer.scrollIntoView({ block: "nearest" });
    form.querySelector<HTMLElement>("[data-message]")?.focus();
  });
});
