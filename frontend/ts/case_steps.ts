// Goes to the next and the previous case of the table by j and k, as in the table itself.
import { onLoad } from "./behaviour";

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

onLoad("[data-case-step]", (link) => {
  const key = link.dataset["caseStep"];
  document.addEventListener("keydown", (event) => {
    if (event.key !== key || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]") || !link.isConnected) return;
    event.preventDefault();
    link.click();
  });
});
