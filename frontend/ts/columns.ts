// The column editor: drag, or the arrows, or Alt and the arrow keys; where a column went is said aloud.
import { onLoad } from "./behaviour";

onLoad("[data-column-editor]", (form) => {
  const list = form.querySelector<HTMLElement>("[data-column-list]");
  const news = form.querySelector<HTMLElement>("[data-column-news]");
  if (!list || !news) return;

  const say = (item: HTMLElement): void => {
    const all = [...list.children];
    news.textContent = (news.dataset["text"] ?? "")
      .replace("{column}", item.querySelector("label")?.textContent?.trim() ?? "")
      .replace("{place}", String(all.indexOf(item) + 1))
      .replace("{all}", String(all.length));
  };

  const move = (item: HTMLElement, way: string): void => {
    const other = way === "up" ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    if (way === "up") other.before(item);
    else other.after(item);
    item.scrollIntoView({ block: "nearest" });
    say(item);
  };

  list.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-move]");
    const item = button?.closest<HTMLElement>("[data-column]");
    if (!button || !item) return;
    event.preventDefault();
    move(item, button.dataset["move"] ?? "");
    button.focus();
  });

  list.addEventListener("keydown", (event) => {
    const way = { ArrowUp: "up", ArrowDown: "down" }[event.key];
    const target = event.target as HTMLElement;
    const item = target.closest<HTMLElement>("[data-column]");
    if (!way || !item) return;
    event.preventDefault();
    if (event.altKey || target.matches("[data-move]")) {
      move(item, way);
      target.focus();
    } else {
      sibling(item, way)?.querySelector<HTMLElement>("input[type=checkbox]")?.focus();
    }
  });

  void import("sortablejs").then(({ default: Sortable }) => {
    Sortable.create(list, {
      handle: "[data-handle]",
      animation: 120,
      ghostClass: "is-dragged",
      onEnd: (event) => say(event.item),
    });
    list.dataset["ready"] = "";
  });
});

function sibling(item: Element, way: string): Element | null {
  return way === "up" ? item.previousElementSibling : item.nextElementSibling;
}
