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
  target.querySelector<HTMLElement>("[autofocus], [data-first]")?.focus();
});
