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

onLoad("details[data-dropdown]", (details) => {
  document.addEventListener("click", (event) => {
    if (!details.contains(event.target as Node)) details.removeAttribute("open");
  });
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    details.removeAttribute("open");
    details.querySelector("summary")?.focus();
  });
});
