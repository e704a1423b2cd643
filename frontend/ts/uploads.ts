// Files of a form go up while the message is being written: chosen, dropped or pasted. The form then names them.
import { onLoad } from "./behaviour";
import { say } from "./toasts";

interface Uploaded {
  readonly id: string;
  readonly name: string;
  readonly size: string;
  readonly thumbnail_url: string | null;
}

const running = new WeakMap<HTMLFormElement, Set<XMLHttpRequest>>();
const waiting = new WeakMap<HTMLFormElement, HTMLElement | null>();

class Uploads {
  private readonly form: HTMLFormElement;
  private readonly list: HTMLElement;
  private readonly template: HTMLTemplateElement;
  private readonly status: HTMLElement | null;

  constructor(private readonly root: HTMLElement) {
    this.form = root.closest("form") as HTMLFormElement;
    this.list = root.querySelector("[data-uploads-list]") as HTMLElement;
    this.template = root.querySelector("[data-upload-template]") as HTMLTemplateElement;
    this.status = root.querySelector("[data-uploads-status]");
    running.set(this.form, new Set());
    root.dataset["ready"] = "";
    const input = root.querySelector<HTMLInputElement>("input[type=file]");
    input?.addEventListener("change", () => {
      this.take([...(input.files ?? [])]);
      input.value = "";
    });
    this.form.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      this.take(files);
    });
    for (const row of this.list.querySelectorAll<HTMLElement>("[data-upload]")) {
      row.querySelector("[data-upload-remove]")?.addEventListener("click", (event) => {
        event.preventDefault();
        this.remove(row);
      });
    }
    this.watchDrops();
  }

  private watchDrops(): void {
    const over = (event: DragEvent, isOver: boolean): void => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      this.form.classList.toggle("drop-here", isOver);
    };
    this.form.addEventListener("dragover", (event) => over(event, true));
    this.form.addEventListener("dragleave", (event) => {
      if (!this.form.contains(event.relatedTarget as Node | null)) over(event, false);
    });
    this.form.addEventListener("drop", (event) => {
      over(event, false);
      this.take([...(event.dataTransfer?.files ?? [])]);
    });
  }

  /** How many go with the form: what cannot be added takes nobody's place. */
  private get count(): number {
    return this.list.querySelectorAll("[data-upload]:not(.upload-failed)").length;
  }

  private take(files: File[]): void {
    for (const file of files) {
      if (this.count >= Number(this.root.dataset["filesMax"])) {
        this.tell(this.root.dataset["tooMany"] ?? "", true);
        return;
      }
      this.add(file);
    }
  }

  private tell(text: string, isProblem = false): void {
    if (!this.status) return;
    this.status.textContent = text;
    this.status.classList.toggle("sr-only", !isProblem);
    this.status.classList.toggle("form-error", isProblem);
  }

  private add(file: File): void {
    const row = (this.template.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement;
    const name = row.querySelector("[data-upload-name]") as HTMLElement;
    name.textContent = file.name;
    this.list.append(row);
    this.list.hidden = false;
    const remove = row.querySelector("[data-upload-remove]") as HTMLElement;
    remove.setAttribute("aria-label", (this.root.dataset["remove"] ?? "").replace("{file}", file.name));
    const request = new XMLHttpRequest();
    remove.addEventListener("click", () => {
      request.abort();
      this.remove(row);
      this.done(request);
    });
    const problem = this.problemOf(file);
    if (problem) {
      this.fail(row, problem);
      return;
    }
    this.tell((this.root.dataset["uploading"] ?? "").replace("{file}", file.name));
    this.send(file, row, request);
  }

  private remove(row: HTMLElement): void {
    row.remove();
    this.list.hidden = !this.list.querySelector("[data-upload]");
    this.tell("");
    this.root.querySelector<HTMLElement>("input[type=file]")?.focus();
    this.changed();
  }

  private changed(): void {
    this.form.dispatchEvent(new Event("amends:files"));
  }

  /** What is wrong with a file, as far as its name and size tell before it goes up; the server looks at its content. */
  private problemOf(file: File): string {
    const { accept, fileMax, videoMax, tooLarge, wrongType, empty } = this.root.dataset;
    const name = file.name.toLowerCase();
    const known = (accept ?? "").split(",").some((one) => (one.startsWith(".") ? name.endsWith(one) : one === file.type));
    if (accept && wrongType && !known) return wrongType;
    if (empty && file.size === 0) return empty;
    const most = Number(file.type.startsWith("video/") ? videoMax : fileMax);
    return file.size > most ? (tooLarge ?? "").replace("{most}", this.inWords(most)) : "";
  }

  private inWords(bytes: number): string {
    const unit = { style: "unit", unit: "megabyte", maximumFractionDigits: 1 } as const;
    return new Intl.NumberFormat(document.documentElement.lang, unit).format(bytes / 1024 / 1024);
  }

  private send(file: File, row: HTMLElement, request: XMLHttpRequest): void {
    const progress = row.querySelector("progress") as HTMLProgressElement;
    running.get(this.form)?.add(request);
    request.open("POST", `${this.root.dataset["uploads"] ?? ""}?filename=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-CSRF-Token", this.form.querySelector<HTMLInputElement>("[name=_csrf_token]")?.value ?? "");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress.value = (event.loaded / event.total) * 100;
    });
    request.addEventListener("load", () => {
      if (request.status === 201) this.finish(row, JSON.parse(request.responseText) as Uploaded);
      else this.fail(row, problemIn(request.responseText) || this.root.dataset["failed"] || "");
      this.done(request);
    });
    request.addEventListener("error", () => {
      this.fail(row, this.root.dataset["failed"] ?? "");
      this.done(request);
    });
    request.send(file);
  }

  private finish(row: HTMLElement, file: Uploaded): void {
    const field = row.querySelector("input[name=attachment]") as HTMLInputElement;
    field.value = file.id;
    field.disabled = false;
    (row.querySelector("[data-upload-size]") as HTMLElement).textContent = file.size;
    row.querySelector("progress")?.remove();
    this.changed();
    const picture = row.querySelector("[data-upload-picture]");
    if (!file.thumbnail_url || !picture) return;
    const image = document.createElement("img");
    image.className = "upload-picture";
    image.alt = "";
    image.src = file.thumbnail_url;
    picture.replaceWith(image);
  }

  private fail(row: HTMLElement, problem: string): void {
    const slot = row.querySelector("[data-upload-problem]") as HTMLElement;
    slot.textContent = problem;
    slot.hidden = false;
    row.classList.add("upload-failed");
    row.querySelector("progress")?.remove();
    this.tell(problem);
    (this.status as HTMLElement | null)?.classList.add("sr-only");
  }

  private done(request: XMLHttpRequest): void {
    const left = running.get(this.form);
    left?.delete(request);
    if (left?.size || !waiting.has(this.form)) return;
    const button = waiting.get(this.form) ?? null;
    waiting.delete(this.form);
    button?.removeAttribute("aria-busy");
    this.form.requestSubmit(button);
  }
}

function problemIn(body: string): string {
  try {
    return (JSON.parse(body) as { error?: string | { message?: string } }).error?.toString() ?? "";
  } catch {
    return "";
  }
}

onLoad("[data-uploads]", (root) => void new Uploads(root));

// A form that is sent too early goes by itself when its files are up; one with a file that failed says so first.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target as HTMLFormElement;
    const failed = form.querySelector<HTMLElement>(".upload-failed [data-upload-remove]");
    if (!running.get(form)?.size && !failed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (failed) {
      failed.focus();
      say(failed.closest<HTMLElement>("[data-uploads]")?.dataset["blocked"] ?? "", "warning");
      return;
    }
    const button = event.submitter;
    button?.setAttribute("aria-busy", "true");
    waiting.set(form, button);
  },
  true,
);
