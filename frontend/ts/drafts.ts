// What is typed into a form of a case stays on this device until it is sent, through reloads and new sign-ins.
import { onLoad } from "./behaviour";

interface Draft {
  readonly at: number;
  readonly fields: Record<string, string>;
}

const PREFIX = "amends-draft:";
const KEPT_MS = 30 * 24 * 3600 * 1000;
const PAUSE_MS = 300;
const KEPT = "textarea[name], input[type=text][name], select[name]:not([name=reply])";

type Field = HTMLTextAreaElement | HTMLInputElement | HTMLSelectElement;

function read(key: string): Draft | null {
  try {
    const draft = JSON.parse(localStorage.getItem(key) ?? "null") as Draft | null;
    return draft && typeof draft.at === "number" && Date.now() - draft.at < KEPT_MS ? draft : null;
  } catch {
    return null;
  }
}

function keep(key: string, fields: Record<string, string>): void {
  try {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), fields } satisfies Draft));
  } catch {
    // The device has no room or allows none: what is typed stays in the page.
  }
}

for (const key of Object.keys(localStorage)) {
  if (key.startsWith(PREFIX) && !read(key)) localStorage.removeItem(key);
}

function fieldsOf(form: Element): Field[] {
  return [...form.querySelectorAll<Field>(KEPT)];
}

function show(form: HTMLElement, there: boolean): void {
  for (const note of form.querySelectorAll<HTMLElement>("[data-draft-note]")) note.hidden = !there;
  const button = document.querySelector<HTMLElement>(`[data-open-panel="${form.dataset["act"] ?? ""}"]`);
  button?.classList.toggle("has-draft", there);
  if (there) button?.setAttribute("aria-description", form.querySelector("[data-draft-note]")?.textContent?.trim() ?? "");
  else button?.removeAttribute("aria-description");
}

onLoad("form[data-draft]", (form) => {
  const key = PREFIX + (form.dataset["draft"] ?? "");
  const usual = new Map(fieldsOf(form).map((field) => [field.name, field.value]));
  const draft = read(key);
  if (draft && form.dataset["sentBack"] === undefined) {
    for (const field of fieldsOf(form)) field.value = draft.fields[field.name] ?? field.value;
    form.dispatchEvent(new Event("amends:restored"));
    show(form, true);
  }
  let waiting = 0;
  const save = (): void => {
    clearTimeout(waiting);
    waiting = 0;
    const changed = fieldsOf(form).filter((field) => field.value !== (usual.get(field.name) ?? ""));
    if (changed.some((field) => field.value.trim() !== "")) {
      keep(key, Object.fromEntries(changed.map((field) => [field.name, field.value])));
    } else localStorage.removeItem(key);
    show(form, localStorage.getItem(key) !== null);
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = window.setTimeout(save, PAUSE_MS);
  });
  window.addEventListener("pagehide", () => waiting && save());
  form.addEventListener("submit", save);
  // Whoever is led away from where the form went has been heard; a form that comes back stays a draft.
  form.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr } = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail;
    const sentTo = new URL((form as HTMLFormElement).action).pathname;
    if (xhr.status === 200 && new URL(xhr.responseURL).pathname !== sentTo) localStorage.removeItem(key);
  });
});
