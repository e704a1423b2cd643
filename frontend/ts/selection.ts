// Selecting rows: one by one, a range with Shift, all of the page; the bar says how many.
import { onLoad } from "./behaviour";

// The case that was touched last, as its row may be shown anew since.
let last: string | null = null;

function boxes(form: Element): HTMLInputElement[] {
  return [...form.querySelectorAll<HTMLInputElement>('input[name="case"]')];
}

/** Select or clear a row; with `range`, all rows between it and the last one that was touched. */
export function toggle(box: HTMLInputElement, range: boolean): void {
  box.checked = !box.checked;
  touched(box, range);
}

function touched(box: HTMLInputElement, range: boolean): void {
  const form = box.form;
  if (!form) return;
  const all = boxes(form);
  const from = all.findIndex((one) => one.value === last);
  if (range && from >= 0) {
    const to = all.indexOf(box);
    for (const between of all.slice(Math.min(from, to), Math.max(from, to) + 1)) between.checked = box.checked;
  }
  last = box.value;
  show(form);
}

/** Say how many rows are selected. */
export function show(form: HTMLFormElement): void {
  const all = boxes(form);
  const n = all.filter((box) => box.checked).length;
  const page = form.querySelector<HTMLInputElement>("[data-select-page]");
  if (page) {
    page.checked = n > 0 && n === all.length;
    page.indeterminate = n > 0 && n < all.length;
  }
  const count = form.querySelector<HTMLElement>("[data-selected-count]");
  if (!count || n === 0) return;
  const many = (count.dataset["many"] ?? "").replace("{n}", n.toLocaleString(document.documentElement.lang));
  count.textContent = n === 1 ? (count.dataset["one"] ?? "") : many;
}

/** Select nothing; tells whether anything was. */
export function clear(): boolean {
  const form = document.querySelector<HTMLFormElement>("[data-selection]");
  const chosen = form ? boxes(form).filter((box) => box.checked) : [];
  for (const box of chosen) box.checked = false;
  if (form) show(form);
  return chosen.length > 0;
}

onLoad("[data-selection]", (form) => {
  if (!(form instanceof HTMLFormElement)) return;
  last = null;
  const page = form.querySelector<HTMLInputElement>("[data-select-page]");
  page?.removeAttribute("hidden");
  page?.addEventListener("change", () => {
    for (const box of boxes(form)) box.checked = page.checked;
    show(form);
  });
  form.addEventListener("click", (event) => {
    const box = event.target;
    if (box instanceof HTMLInputElement && box.name === "case") touched(box, event.shiftKey);
  });
  form.addEventListener("reset", () => setTimeout(() => show(form)));
  show(form);
});
