// Keys of one letter: not while somebody writes, and not for who has switched them off (WCAG 2.1.4).
import { onLoad } from "./behaviour";
import { device } from "./device";

const OFF = "amends-shortcuts-off";
const WRITING = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

/** Tell whether a key pressed just now may do something by itself. */
export function isShortcut(event: KeyboardEvent): boolean {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return false;
  if (device.getItem(OFF) !== null || document.querySelector("dialog.modal[open]")) return false;
  return !(event.target instanceof Element && event.target.matches(WRITING));
}

onLoad("[data-shortcuts-switch]", (control) => {
  if (!(control instanceof HTMLInputElement)) return;
  control.checked = device.getItem(OFF) === null;
  control.addEventListener("change", () => {
    if (control.checked) device.removeItem(OFF);
    else device.setItem(OFF, "1");
  });
});
