// Exports that are being written: their bars move with the stream, a line renews itself when its export is finished,
// and the file of one that was asked for in the dialog is fetched as soon as it is there.
import htmx from "htmx.org";
import { onLoad } from "./behaviour";
import type { ExportNotice } from "./live";

document.addEventListener("amends:export", (event) => {
  const notice = (event as CustomEvent<ExportNotice>).detail;
  for (const line of document.querySelectorAll<HTMLElement>(`[data-export="${CSS.escape(notice.id)}"]`)) {
    if (line.dataset["state"] === notice.state) show(line, notice.progress);
    else htmx.trigger(line, "refresh", {});
  }
});

// A line that asks for itself again while nothing has changed stays, so that no press of its button goes lost.
document.addEventListener("htmx:beforeSwap", (event) => {
  const line = event.target as HTMLElement;
  const detail = (event as CustomEvent<{ elt: HTMLElement; serverResponse: string; shouldSwap: boolean }>).detail;
  if (detail.elt !== line || !line.matches("[data-export]")) return;
  const fresh = new DOMParser().parseFromString(detail.serverResponse, "text/html").querySelector<HTMLElement>("[data-export]");
  const state = fresh?.querySelector(".export-state");
  if (!state || fresh?.dataset["state"] !== line.dataset["state"]) return;
  detail.shouldSwap = false;
  line.querySelector(".export-state")?.replaceWith(document.importNode(state, true));
});

function show(line: HTMLElement, percent: number): void {
  const bar = line.querySelector<HTMLProgressElement>("[data-progress]");
  const words = line.querySelector("[data-percent]");
  if (bar) bar.value = percent;
  if (words) words.textContent = `${percent}\u202f%`;
}

onLoad("[data-download-when-ready] [data-export-file]", (link) => {
  link.closest("[data-download-when-ready]")?.removeAttribute("data-download-when-ready");
  link.click();
});
