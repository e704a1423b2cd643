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
