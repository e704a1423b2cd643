// The rows of the table: which one is current, and that a click anywhere on a row opens its case.
import { onLoad } from "./behaviour";

const INTERACTIVE = "a, button, input, label, select, textarea, summary";

/** The rows that are shown, in order. */
export function rows(): HTMLTableRowElement[] {
  return [...document.querySelectorAll<HTMLTableRowElement>("[data-rows] > [data-row]")];
}

/** The row that has the focus within it. */
export function currentRow(): HTMLTableRowElement | null {
  return document.activeElement?.closest<HTMLTableRowElement>("[data-row]") ?? null;
}

/** Move the focus to the row `step` places on; to the first one where none is current. */
export function moveBy(step: number): void {
  const all = rows();
  const current = currentRow();
  const place = current ? all.indexOf(current) + step : step > 0 ? 0 : all.length - 1;
  const row = all[Math.min(Math.max(place, 0), all.length - 1)];
  row?.querySelector<HTMLElement>("a")?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
}

function opens(event: MouseEvent): string | null {
  const target = event.target as Element;
  const row = target.closest<HTMLElement>("[data-row]");
  if (!row || target.closest(INTERACTIVE) || String(getSelection())) return null;
  return row.dataset["href"] ?? null;
}

document.addEventListener("click", (event) => {
  const href = opens(event);
  if (!href) return;
  if (event.metaKey || event.ctrlKey) window.open(href, "_blank", "noopener");
  else location.assign(href);
});

document.addEventListener("auxclick", (event) => {
  const href = event.button === 1 ? opens(event) : null;
  if (href) window.open(href, "_blank", "noopener");
});

// What is fixed at the sides stands out once something is hidden behind it.
onLoad("[data-table-scroll]", (box) => {
  const show = (): void => {
    const before = Math.abs(box.scrollLeft);
    box.classList.toggle("has-before", before > 1);
    box.classList.toggle("has-after", before < box.scrollWidth - box.clientWidth - 1);
  };
  box.addEventListener("scroll", show, { passive: true });
  new ResizeObserver(show).observe(box);
});
