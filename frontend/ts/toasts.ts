// Messages that say what happened. They stay until they are closed, or for a while when nothing is wrong.
import { onLoad } from "./behaviour";

const SHOWN_MS = 8_000;

onLoad("[data-toast]", (toast) => {
  const close = (): void => toast.remove();
  toast.querySelector("[data-toast-close]")?.addEventListener("click", close);
  if (toast.dataset["toast"] === "passing") setTimeout(close, SHOWN_MS);
});

/** Show a message as the server would. */
export function say(text: string, tone: "success" | "warning" = "success"): void {
  const region = document.getElementById("toasts");
  const template = document.querySelector<HTMLTemplateElement>(`template[data-toast-template="${tone}"]`);
  const copy = template?.content.cloneNode(true);
  if (!region || !(copy instanceof DocumentFragment)) return;
  const slot = copy.querySelector("[data-toast-text]");
  if (slot) slot.textContent = text;
  region.append(copy);
  document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: region } }));
}
