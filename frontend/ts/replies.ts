// Saved replies as a menu with a search box: the chosen one is filled in for this case and put where the caret is.
import { onLoad } from "./behaviour";
import { say } from "./toasts";

interface Filled {
  readonly text: string;
  readonly remark: string;
}

function insert(area: HTMLTextAreaElement, text: string): void {
  const before = area.value.slice(0, area.selectionStart);
  const gap = before && !before.endsWith("\n") && !before.endsWith(" ") ? "\n" : "";
  area.focus();
  area.setRangeText(gap + text, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

async function choose(place: HTMLElement, reply: string): Promise<void> {
  const area = document.getElementById(place.dataset["into"] ?? "");
  if (!(area instanceof HTMLTextAreaElement)) return;
  const answer = await fetch(`${place.dataset["replies"] ?? ""}/${reply}`, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const filled = (await answer.json()) as Filled;
  insert(area, filled.text);
  if (filled.remark) say(filled.remark);
}

function menu(place: HTMLElement, plain: HTMLElement, select: HTMLSelectElement): HTMLElement {
  const details = document.createElement("details");
  details.className = "dropdown dropdown-end replies-menu";
  details.dataset["dropdown"] = "";
  const summary = document.createElement("summary");
  summary.className = "btn btn-ghost btn-xs font-medium whitespace-nowrap";
  const arrow = place.querySelector("template")?.content.cloneNode(true);
  summary.append(select.options[0]?.text ?? "", ...(arrow ? [arrow] : []));
  const panel = document.createElement("div");
  panel.className = "dropdown-content menu-panel replies-panel";
  const search = document.createElement("input");
  search.className = "input input-sm w-full";
  search.type = "search";
  search.setAttribute("aria-label", plain.querySelector("label")?.textContent ?? "");
  const list = document.createElement("ul");
  const items = [...select.options].slice(1).map((option) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "menu-item w-full truncate";
    button.textContent = option.text;
    button.addEventListener("click", () => {
      details.open = false;
      void choose(place, option.value);
    });
    item.append(button);
    return item;
  });
  list.append(...items);
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLocaleLowerCase();
    for (const item of items) item.hidden = !item.textContent?.toLocaleLowerCase().includes(wanted);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    items.find((item) => !item.hidden)?.querySelector("button")?.click();
  });
  details.addEventListener("toggle", () => details.open && search.focus());
  panel.append(search, list);
  details.append(summary, panel);
  return details;
}

onLoad("[data-replies]", (place) => {
  const plain = place.querySelector<HTMLElement>(".replies-plain");
  const select = plain?.querySelector("select");
  if (!plain || !select) return;
  plain.replaceWith(menu(place, plain, select));
});
