// Goes to the next and the previous case of the table by j and k, as in the table itself.
import { isShortcut } from "./shortcuts";

document.addEventListener("keydown", (event) => {
  const link = document.querySelector<HTMLElement>(`[data-case-step="${CSS.escape(event.key)}"]`);
  if (!link || !isShortcut(event) || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  link.click();
});
