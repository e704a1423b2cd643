// Files that went up and were not sent are listed again when their form is opened again, for as long as the server keeps
// them. Comes before uploads.ts, which then treats them as any other.
import { onLoad } from "./behaviour";
import { device } from "./device";

interface KeptFile {
  readonly id: string;
  readonly name: string;
  readonly size: string;
}

interface Kept {
  readonly at: number;
  readonly files: readonly KeptFile[];
}

const PREFIX = "amends-draft-files:";
const KEPT_MS = 20 * 3600 * 1000;

function read(key: string): readonly KeptFile[] {
  try {
    const kept = JSON.parse(device.getItem(key) ?? "null") as Kept | null;
    return kept && Date.now() - kept.at < KEPT_MS ? kept.files : [];
  } catch {
    return [];
  }
}

function keep(key: string, files: readonly KeptFile[]): void {
  if (files.length === 0) {
    device.removeItem(key);
    return;
  }
  try {
    device.setItem(key, JSON.stringify({ at: Date.now(), files } satisfies Kept));
  } catch {
    // The device has no room or allows none: the files stay in the page.
  }
}

for (const key of device.keys()) {
  if (key.startsWith(PREFIX) && read(key).length === 0) device.removeItem(key);
}

function part(row: HTMLElement, name: string): HTMLElement {
  return row.querySelector(`[data-upload-${name}]`) as HTMLElement;
}

/** Return the files of a form that are up. */
function filesIn(uploads: HTMLElement): KeptFile[] {
  return [...uploads.querySelectorAll<HTMLElement>("li[data-upload]")].flatMap((row) => {
    const id = row.querySelector<HTMLInputElement>("input[name=attachment]:enabled")?.value;
    if (!id || !part(row, "name")) return [];
    return [{ id, name: part(row, "name").textContent ?? "", size: part(row, "size").textContent ?? "" }];
  });
}

function list(uploads: HTMLElement, file: KeptFile): void {
  const template = uploads.querySelector("template") as HTMLTemplateElement;
  const row = (template.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement;
  part(row, "name").textContent = file.name;
  part(row, "size").textContent = file.size;
  part(row, "remove").setAttribute("aria-label", (uploads.dataset["remove"] ?? "").replace("{file}", file.name));
  part(row, "remove").addEventListener("click", () => {
    if (!row.isConnected) return; // uploads.ts was quicker
    row.remove();
    uploads.closest("form")?.dispatchEvent(new Event("amends:files"));
  });
  row.querySelector("progress")?.remove();
  const field = row.querySelector("input[name=attachment]") as HTMLInputElement;
  field.value = file.id;
  field.disabled = false;
  const rows = uploads.querySelector<HTMLElement>("[data-uploads-list]") as HTMLElement;
  rows.append(row);
  rows.hidden = false;
}

onLoad("form[data-draft]", (form) => {
  const uploads = form.querySelector<HTMLElement>("[data-uploads]");
  if (!uploads) return;
  const key = PREFIX + (form.dataset["draft"] ?? "");
  if (form.dataset["sentBack"] === undefined) for (const file of read(key)) list(uploads, file);
  form.addEventListener("amends:files", () => keep(key, filesIn(uploads)));
  form.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr } = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail;
    const sentTo = new URL((form as HTMLFormElement).action).pathname;
    if (xhr.status === 200 && new URL(xhr.responseURL).pathname !== sentTo) device.removeItem(key);
  });
});
