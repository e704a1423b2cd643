// The filters' form: nothing empty goes into the address, typing searches, a day that is set makes the range a custom one.
import { onLoad } from "./behaviour";

const SEARCH_AFTER_MS = 350;
const OPTIONS_AFTER_MS = 200;
let lookedFor: string | null = null;

function later(ms: number, act: () => void): () => void {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = window.setTimeout(act, ms);
  };
}

onLoad("[data-filters]", (form) => {
  if (!(form instanceof HTMLFormElement)) return;
  const search = form.querySelector<HTMLInputElement>("[data-search]");
  form.addEventListener("htmx:configRequest", (event) => {
    const sent = (event as CustomEvent<{ formData: FormData }>).detail.formData;
    lookedFor = search?.value ?? null;
    for (const name of new Set(sent.keys())) {
      const values = sent.getAll(name).filter((value) => value !== "");
      sent.delete(name);
      for (const value of values) sent.append(name, value);
    }
  });
  search?.addEventListener("input", later(SEARCH_AFTER_MS, () => search.isConnected && form.requestSubmit()));
});

// A panel that has no room to its end turns round.
onLoad("details.filter", (filter) => {
  filter.addEventListener("toggle", () => {
    filter.classList.remove("is-turned");
    const panel = filter.querySelector(".filter-panel")?.getBoundingClientRect();
    const isOut = panel && (panel.right > innerWidth || panel.left < 0);
    filter.classList.toggle("is-turned", Boolean(isOut));
  });
});

onLoad("[data-date-control]", (control) => {
  control.addEventListener("input", (event) => {
    const custom = control.querySelector<HTMLInputElement>('input[type="radio"][value="custom"]');
    if (custom && event.target instanceof HTMLInputElement && event.target.type === "date") custom.checked = true;
  });
});

// Products are looked for as somebody types; what is chosen stays.
onLoad("[data-option-search]", (search) => {
  if (!(search instanceof HTMLInputElement)) return;
  const list = search.parentElement?.querySelector<HTMLElement>("[data-options]");
  if (!list) return;
  let asked = 0;
  const find = async (): Promise<void> => {
    const turn = ++asked;
    const address = new URL(search.dataset["optionSearch"] ?? "", location.href);
    for (const box of list.querySelectorAll<HTMLInputElement>(":checked")) address.searchParams.append(box.name, box.value);
    address.searchParams.set("find", search.value);
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    const options = answer.ok ? await answer.text() : null;
    if (options !== null && turn === asked) list.innerHTML = options;
  };
  search.addEventListener("input", later(OPTIONS_AFTER_MS, () => void find()));
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
});

// The search box is a new one after each answer: whoever writes in it goes on writing.
let writing: { value: string; start: number | null; end: number | null } | null = null;

document.addEventListener("htmx:beforeSwap", () => {
  const box = document.activeElement;
  const is = box instanceof HTMLInputElement && box.matches("[data-search]");
  writing = is ? { value: box.value, start: box.selectionStart, end: box.selectionEnd } : null;
});

document.addEventListener("htmx:afterSwap", () => {
  const box = document.querySelector<HTMLInputElement>("[data-search]");
  if (!writing || !box) return;
  box.value = writing.value;
  box.focus({ preventScroll: true });
  box.setSelectionRange(writing.start, writing.end);
  writing = null;
  // What was typed while the answer came has not been looked for yet, and waited at the box that is gone.
  if (box.value !== (lookedFor ?? box.defaultValue)) queueMicrotask(() => box.dispatchEvent(new Event("input", { bubbles: true })));
});
