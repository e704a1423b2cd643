// Inserts a placeholder into a text where the cursor is, and has its preview renewed.
import { onLoad } from "./behaviour";

onLoad("[data-insert]", (button) => {
  button.addEventListener("click", () => {
    const text = document.getElementById(button.dataset.into ?? "");
    if (!(text instanceof HTMLTextAreaElement)) return;
    text.setRangeText(button.dataset.insert ?? "", text.selectionStart, text.selectionEnd, "end");
    text.focus();
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });
});

onLoad("[data-without-script]", (element) => {
  element.hidden = true;
});
