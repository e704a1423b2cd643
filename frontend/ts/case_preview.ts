// Shows an attached image in a dialog; without it, or with a modifier key, the link opens the file itself.
import { onLoad } from "./behaviour";

onLoad("[data-preview]", (link) => {
  link.addEventListener("click", (event) => {
    const dialog = document.getElementById("preview");
    if (!(dialog instanceof HTMLDialogElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const name = link.dataset["previewName"] ?? "";
    const image = dialog.querySelector("img");
    const open = dialog.querySelector("a");
    const title = dialog.querySelector("[data-preview-title]");
    if (image) {
      image.src = link.dataset["preview"] ?? "";
      image.alt = name;
    }
    if (open) open.href = link.dataset["preview"] ?? "";
    if (title) title.textContent = name;
    dialog.showModal();
  });
});
