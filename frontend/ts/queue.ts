// The review queue keeps up: shown anew at once while nobody is in it, otherwise offered, so that no line moves away
// under a pointer or from under the focus.
import htmx from "htmx.org";
import type { CaseNotice } from "./live";

const GATHER_MS = 400;
const TIMES_MS = 60_000;
let timer = 0;
let isAsking = false;
let isNews = false;
let hasChanged = false;

function queue(): HTMLElement | null {
  return document.querySelector<HTMLElement>("[data-queue]");
}

function isInUse(list: HTMLElement): boolean {
  return list.matches(":hover") || list.contains(document.activeElement);
}

/** Ask for the queue and show it; what changes before the answer is there, the answer may not know yet. */
async function show(news: boolean): Promise<void> {
  const list = queue();
  if (!list) return;
  isAsking = true;
  isNews = news;
  hasChanged = false;
  try {
    await htmx.ajax("get", location.href, { source: list, target: list, select: "#queue", swap: "outerHTML show:none" });
  } catch {
    // Nothing came: the next change asks again.
  } finally {
    isAsking = false;
  }
  if (hasChanged) changed();
}

// Whoever came to it meanwhile keeps it.
document.addEventListener("htmx:beforeSwap", (event) => {
  const list = event.target as HTMLElement;
  const detail = (event as CustomEvent<{ requestConfig: { elt: Element }; shouldSwap: boolean }>).detail;
  if (list !== queue() || detail.requestConfig.elt !== list || !isInUse(list)) return;
  detail.shouldSwap = false;
  hasChanged ||= isNews;
});

function changed(): void {
  clearTimeout(timer);
  if (isAsking) {
    hasChanged = true;
    return;
  }
  timer = window.setTimeout(() => {
    const list = queue();
    if (!list) return;
    if (!isInUse(list)) {
      void show(true);
      return;
    }
    const pill = list.querySelector<HTMLElement>("[data-queue-news]");
    if (pill) pill.hidden = false;
    const status = document.querySelector("[data-queue-status]");
    if (status) status.textContent = pill?.querySelector("span")?.textContent ?? "";
  }, GATHER_MS);
}

document.addEventListener("amends:case", (event) => {
  const { id, version } = (event as CustomEvent<CaseNotice>).detail;
  if (Number(document.getElementById(`row-${id}`)?.dataset["version"] ?? -1) < version) changed();
});
document.addEventListener("amends:reload", changed);

// How long each case has waited goes on, whether anything happens or not.
setInterval(() => {
  const list = queue();
  if (list && !isAsking && !document.hidden && !isInUse(list)) void show(false);
}, TIMES_MS);
