// Shows what others did to the case that is open, or to any of a list, without touching what is being typed.
import { onLoad } from "./behaviour";
import { say } from "./toasts";

const PAUSE_MS = 200;

interface CaseNotice {
  readonly id: string;
}

onLoad("[data-case-live]", (source) => {
  let waiting = 0;
  let opened: string[] = [];
  const refresh = (): void => {
    clearTimeout(waiting);
    waiting = window.setTimeout(() => source.dispatchEvent(new Event("refresh")), PAUSE_MS);
  };
  document.addEventListener("amends:case", (event) => {
    const shown = source.dataset["caseLive"]; // empty: a list
    if (!shown || (event as CustomEvent<CaseNotice>).detail.id === shown) refresh();
  });
  document.addEventListener("amends:reload", refresh);
  source.addEventListener("htmx:beforeOnLoad", () => {
    opened = [...document.querySelectorAll<HTMLInputElement>(".written-toggle:checked")].map((toggle) => toggle.id);
  });
  source.addEventListener("htmx:afterRequest", () => {
    const last = document.querySelector<HTMLElement>("#timeline .events")?.lastElementChild;
    const newest = last?.id ?? "";
    for (const id of opened) {
      const toggle = document.getElementById(id);
      if (toggle instanceof HTMLInputElement) toggle.checked = true;
    }
    const isNews = newest !== source.dataset["newest"] && !last?.hasAttribute("data-own");
    if (isNews && source.dataset["news"]) say(source.dataset["news"]);
    source.dataset["newest"] = newest;
  });
  source.dataset["newest"] = document.querySelector("#timeline .events")?.lastElementChild?.id ?? "";
});
