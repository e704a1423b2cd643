// Shows what others did to the case that is open, or to any of a list, without touching what is being typed.
import { onLoad } from "./behaviour";
import type { CaseNotice } from "./live";
import { say } from "./toasts";

const PAUSE_MS = 200;

// A stream tells again what happened shortly before it began: an event that is shown, or that is older than what is
// shown, is no news.
function isShown(notice: CaseNotice): boolean {
  const version = Number(document.getElementById("timeline")?.dataset["version"] ?? -1);
  return notice.version < version || (notice.version === version && document.getElementById(notice.event_id) !== null);
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
    const notice = (event as CustomEvent<CaseNotice>).detail;
    if (!shown || (notice.id === shown && !isShown(notice))) refresh();
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
