// The table by keyboard. A key of one letter does nothing while somebody writes, and can be switched off (WCAG 2.1.4).
import { onLoad } from "./behaviour";
import { device } from "./device";
import { currentRow, moveBy } from "./rows";
import { clear, toggle } from "./selection";

const OFF = "amends-shortcuts-off";
const WRITING = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

function areOff(): boolean {
  return device.getItem(OFF) !== null;
}

function select(range: boolean): void {
  const box = currentRow()?.querySelector<HTMLInputElement>('input[name="case"]');
  if (box) toggle(box, range);
}

function help(): void {
  const dialog = document.getElementById("shortcuts");
  if (dialog instanceof HTMLDialogElement) dialog.showModal();
}

const KEYS: Record<string, (event: KeyboardEvent) => void> = {
  j: () => moveBy(1),
  k: () => moveBy(-1),
  x: () => select(false),
  X: () => select(true),
  "/": () => document.querySelector<HTMLInputElement>("[data-search]")?.select(),
  "?": help,
};

function escape(event: KeyboardEvent): void {
  if (event.target instanceof HTMLInputElement && event.target.matches("[data-search]")) event.target.blur();
  else if (!event.defaultPrevented) clear();
}

function open(event: KeyboardEvent): void {
  const row = (event.target as Element).matches('input[name="case"]') ? currentRow() : null;
  if (!row) return;
  event.preventDefault();
  location.assign(row.dataset["href"] ?? "");
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!document.querySelector("[data-cases]") || document.querySelector("dialog[open]")) return;
  const target = event.target as Element;
  if (event.key === "Escape") escape(event);
  else if (event.key === "Enter") open(event);
  else if (!areOff() && !target.matches(WRITING)) {
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act(event);
  }
});

onLoad("[data-shortcuts-toggle]", (control) => {
  if (!(control instanceof HTMLInputElement)) return;
  control.checked = !areOff();
  control.addEventListener("change", () => {
    if (control.checked) device.removeItem(OFF);
    else device.setItem(OFF, "1");
  });
});
