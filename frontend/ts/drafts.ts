// What is typed into a form of a case stays on this device until it is sent, through reloads and new sign-ins.
import { onLoad } from "./behaviour";
import { device } from "./device";

interface Draft {
  readonly at: number;
  readonly fields: Record<string, string>;
}

const PREFIX = "amends-draft:";
const KEPT_MS = 30 * 24 * 3600 * 1000;
const PAUSE_MS = 300;
const TYPED = ["text", "date", "number", "radio"].map((type) => `input[type=${type}][name]`).join(", ");
const KEPT = `textarea[name], ${TYPED}, select[name]:not([name=reply]), input[type=checkbox][data-keep]`;

/** What keeps what was typed just now, by forms that have not done it yet. */
const unsaved = new Set<() => void>();

type Field = HTMLTextAreaElement | HTMLInputElement | HTMLSelectElement;

function read(key: string): Draft | null {
  try {
    const draft = JSON.parse(device.getItem(key) ?? "null") as Draft | null;
    return draft && typeof draft.at === "number" && Date.now() - draft.at < KEPT_MS ? draft : null;
  } catch {
    return null;
  }
}

function keep(key: string, fields: Record<string, string>): void {
  try {
    device.setItem(key, JSON.stringify({ at: Date.now(), fields } satisfies Draft));
  } catch {
    // The device has no room or allows none: what is typed stays in the page.
  }
}

for (const key of device.keys()) {
  if (key.startsWith(PREFIX) && !read(key)) device.removeItem(key);
}

function fieldsOf(form: Element): Field[] {
  return [...form.querySelectorAll<Field>(KEPT)];
}

function isRadio(field: Field): field is HTMLInputElement {
  return field.type === "radio";
}

/** A box of several with one name is kept by its value, too. */
function nameOf(field: Field): string {
  return field.type === "checkbox" ? `${field.name}=${field.value}` : field.name;
}

/** What stands in a form, by name; of radio buttons the chosen one's value. */
function valuesIn(form: Element): Map<string, string> {
  const values = new Map<string, string>();
  for (const field of fieldsOf(form)) {
    if (field.type === "checkbox") values.set(nameOf(field), (field as HTMLInputElement).checked ? "1" : "");
    else if (!isRadio(field) || field.checked) values.set(field.name, field.value);
    else if (!values.has(field.name)) values.set(field.name, "");
  }
  return values;
}

function restore(field: Field, value: string | undefined): void {
  if (value === undefined) return;
  if (field.type === "checkbox") (field as HTMLInputElement).checked = value === "1";
  else if (isRadio(field)) field.checked = field.value === value;
  else field.value = value;
}

function show(form: HTMLElement, there: boolean): void {
  for (const note of form.querySelectorAll<HTMLElement>("[data-draft-note]")) note.hidden = !there;
  const button = document.querySelector<HTMLElement>(`[data-open-panel="${form.dataset["act"] ?? ""}"]`);
  button?.classList.toggle("has-draft", there);
  if (there) button?.setAttribute("aria-description", form.querySelector("[data-draft-note]")?.textContent?.trim() ?? "");
  else button?.removeAttribute("aria-description");
}

window.addEventListener("pagehide", () => {
  for (const save of unsaved) save();
});

onLoad("form[data-draft]", (form) => {
  const key = PREFIX + (form.dataset["draft"] ?? "");
  const usual = valuesIn(form);
  const draft = read(key);
  if (draft && form.dataset["sentBack"] === undefined) {
    for (const field of fieldsOf(form)) restore(field, draft.fields[nameOf(field)]);
    form.dispatchEvent(new Event("amends:restored"));
    show(form, true);
  }
  let waiting = 0;
  const save = (): void => {
    clearTimeout(waiting);
    unsaved.delete(save);
    const changed = [...valuesIn(form)].filter(([name, value]) => value !== (usual.get(name) ?? ""));
    if (changed.some(([, value]) => value.trim() !== "")) {
      keep(key, Object.fromEntries(changed));
    } else device.removeItem(key);
    show(form, device.getItem(key) !== null);
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    unsaved.add(save);
    waiting = window.setTimeout(save, PAUSE_MS);
  });
  form.addEventListener("submit", save);
  // Whoever is led away from where the form went has been heard; a form that comes back stays a draft.
  form.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr } = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail;
    const sentTo = new URL((form as HTMLFormElement).action).pathname;
    if (xhr.status === 200 && new URL(xhr.responseURL).pathname !== sentTo) device.removeItem(key);
  });
});
