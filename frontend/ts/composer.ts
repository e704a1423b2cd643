// Below the timeline: a reply, a comment or an internal note, one at a time. The address may name the one to begin with.
import { onLoad } from "./behaviour";

function compose(name: string): boolean {
  const composer = document.querySelector("[data-composer]");
  const form = document.getElementById(`compose-${name}`);
  if (!form || !composer) return false;
  for (const other of composer.querySelectorAll<HTMLElement>("form[data-act]")) other.hidden = other !== form;
  for (const tab of composer.querySelectorAll<HTMLElement>("[data-compose]")) {
    if (tab.dataset["compose"] === name) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
  composer.scrollIntoView({ block: "nearest" });
  form.querySelector<HTMLElement>("[data-message]")?.focus();
  return true;
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  const tab = (event.target as Element).closest<HTMLElement>("[data-compose]");
  if (tab && compose(tab.dataset["compose"] ?? "")) event.preventDefault();
});

onLoad("[data-composer]", () => {
  const wanted = new URLSearchParams(location.search).get("panel");
  if (wanted && !document.querySelector("[data-sent-back]")) compose(wanted);
});
