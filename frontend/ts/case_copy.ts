// Copies an id to the clipboard; the button is there only where the browser can.
import { onLoad } from "./behaviour";
import { say } from "./toasts";

onLoad("[data-copy]", (button) => {
  if (!("clipboard" in navigator)) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    void navigator.clipboard.writeText(button.dataset["copy"] ?? "").then(() => say(button.dataset["copied"] ?? ""));
  });
});
