// How a behaviour finds its elements: by a selector, when the page loads and whenever htmx brings new content.

type Start = (element: HTMLElement) => void;

const registered: [string, Start][] = [];
const started = new WeakMap<HTMLElement, Set<Start>>();

/** Run `start` once for each element that matches, now and later. */
export function onLoad(selector: string, start: Start): void {
  registered.push([selector, start]);
  if (document.readyState !== "loading") apply(document, selector, start);
}

function apply(root: ParentNode, selector: string, start: Start): void {
  const own = root instanceof HTMLElement && root.matches(selector) ? [root] : [];
  for (const element of [...own, ...root.querySelectorAll<HTMLElement>(selector)]) {
    const done = started.get(element) ?? new Set<Start>();
    if (done.has(start)) continue;
    started.set(element, done.add(start));
    start(element);
  }
}

function applyAll(root: ParentNode): void {
  for (const [selector, start] of registered) apply(root, selector, start);
}

document.addEventListener("DOMContentLoaded", () => applyAll(document));
document.addEventListener("htmx:load", (event) => applyAll((event.target as HTMLElement | null) ?? document));
