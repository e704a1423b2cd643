// Opens and closes <dialog>s by buttons that name them; a click beside a dialog closes it.
import { onLoad } from "./behaviour";

onLoad("[data-open-dialog]", (button) => {
  button.addEventListener("click", (event) => {
    const dialog = document.getElementById(button.dataset["openDialog"] ?? "");
    if (!(dialog instanceof HTMLDialogElement)) return;
    event.preventDefault();
    dialog.showModal();
  });
});

onLoad("[data-close-dialog]", (button) => {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    button.closest("dialog")?.close();
  });
});

onLoad("dialog", (dialog) => {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog && dialog instanceof HTMLDialogElement) dialog.close();
  });
});

// A click elsewhere, and Escape, close what has dropped down.
document.addEventListener("click", (event) => closeDropdowns(event.target as Node));

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = (event.target as Element | null)?.closest?.<HTMLDetailsElement>("details[data-dropdown][open]");
  if (!open) return;
  event.preventDefault();
  open.open = false;
  open.querySelector("summary")?.focus();
});

function closeDropdowns(but: Node): void {
  for (const details of document.querySelectorAll<HTMLDetailsElement>("details[data-dropdown][open]")) {
    if (!details.contains(but)) details.open = false;
  }
}
