// Shows what others did to the case that is open, or to any of a list, without touching what is being typed.
import { onLoad } from "./behaviour";
import type { CaseNotice } from "./live";
import { isPressed, released } from "./pressing";
import { say } from "./toasts";

const PAUSE_MS = 200;

// A stream tells again what happened shortly before it began: an event that is shown, or that is older than what is
// shown, is no news.
function isShown(notice: CaseNotice): boolean {
  const version = Number(document.getElementById("timeline")?.dataset["version"] ?? -1);
  return notice.version < version || (notice.version === version && document.getElementById(notice.event_id) !== null);
}

let waiting = 0;
let news: CaseNotice[] = [];
let isUnknown = false;

/** The page's source of news: a new one each time that something was sent, as it is a part of what is shown then. */
function source(): HTMLElement | null {
  return document.querySelector<HTMLElement>("[data-case-live]");
}

function isNew(notice: CaseNotice): boolean {
  const shown = source()?.dataset["caseLive"]; // empty: a list
  return shown === "" || (notice.id === shown && !isShown(notice));
}

function later(): void {
  clearTimeout(waiting);
  waiting = window.setTimeout(async () => {
    await released();
    const isDue = isUnknown || news.some(isNew); // by now, what was sent from here may have brought it
    news = [];
    isUnknown = false;
    if (isDue) source()?.dispatchEvent(new Event("refresh"));
  }, PAUSE_MS);
}

function reload(): void {
  isUnknown = true;
  later();
}

document.addEventListener("amends:case", (event) => {
  const notice = (event as CustomEvent<CaseNotice>).detail;
  if (!isNew(notice)) return;
  news.push(notice);
  later();
});
document.addEventListener("amends:reload", reload);

onLoad("[data-case-live]", (source) => {
  let opened: string[] = [];
  source.addEventListener("htmx:beforeOnLoad", (event) => {
    // Older, maybe, than what is shown since something was sent; or what is being pressed would go.
    if (!source.isConnected || isPressed()) {
      event.preventDefault();
      reload();
      return;
    }
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
