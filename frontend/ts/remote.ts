// Dialogs whose content comes from the server: what htmx puts into #remote-content is shown, and forgotten when closed.
import { onLoad } from "./behaviour";

const CONTENT = "remote-content";

onLoad("[data-remote-dialog]", (dialog) => {
  if (!(dialog instanceof HTMLDialogElement)) return;
  dialog.addEventListener("close", () => {
    const stale = dialog.querySelector("[data-reload-after]") !== null;
    dialog.querySelector(`#${CONTENT}`)?.replaceChildren();
    if (stale) dialog.dispatchEvent(new CustomEvent("amends:stale", { bubbles: true }));
  });
});

document.addEventListener("htmx:afterSwap", (event) => {
  const target = event.target as HTMLElement | null;
  const dialog = target?.closest("dialog");
  if (target?.id !== CONTENT || !dialog) return;
  if (!dialog.open) dialog.showModal();
  const first = target.querySelector<HTMLElement>("[autofocus], [data-first]");
  if (first) focus(first);
});

/** Focus an element as soon as it is visible: a dialog may take a frame or two to appear. */
function focus(element: HTMLElement, frames = 5): void {
  element.focus();
  if (document.activeElement !== element && frames > 0) requestAnimationFrame(() => focus(element, frames - 1));
}
