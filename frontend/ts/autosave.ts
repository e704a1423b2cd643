// What is typed into a form that the server keeps goes there after a pause, and when the page is left.
// It says which draft it began with, so that what arrives late does not take the place of what was kept since; one
// after the other therefore.
import { onLoad } from "./behaviour";

const PAUSE_MS = 1500;

onLoad("form[data-autosave]", (element) => {
  const form = element as HTMLFormElement;
  const note = document.querySelector<HTMLElement>("[data-autosave-note]");
  const revision = form.querySelector<HTMLInputElement>("input[name=revision]");
  let waiting = 0;
  let isGone = false;
  let isSaving = false;
  let again = false;
  let sending = new AbortController();

  const save = async (): Promise<void> => {
    clearTimeout(waiting);
    waiting = 0;
    again = isSaving;
    if (isGone || isSaving) return;
    isSaving = form.toggleAttribute("data-saving", true);
    await send();
    isSaving = form.toggleAttribute("data-saving", false);
    if (again) void save();
  };
  const send = async (): Promise<void> => {
    const body = new FormData(form);
    body.delete("files");
    body.set("go", "save");
    sending = new AbortController();
    try {
      const answer = await fetch(form.action, { method: "POST", body, keepalive: true, signal: sending.signal });
      if (answer.status !== 204) return;
      if (revision) revision.value = answer.headers.get("Draft-Revision") ?? revision.value;
      if (note?.dataset["kept"]) note.textContent = note.dataset["kept"];
    } catch {
      // Without a connection this device keeps it; what is sent with the form need not be kept before.
    }
  };
  const later = (): void => {
    clearTimeout(waiting);
    waiting = window.setTimeout(save, PAUSE_MS);
  };
  const leave = (): void => {
    if (waiting && form.isConnected) void save();
  };

  form.addEventListener("input", (event) => {
    if ((event.target as HTMLInputElement).type !== "file") later();
  });
  form.addEventListener("amends:files", () => void save());
  form.addEventListener("submit", (event) => {
    clearTimeout(waiting);
    waiting = 0;
    isGone = !event.defaultPrevented;
    if (isGone) sending.abort();
  });
  window.addEventListener("pageshow", () => (isGone = false));
  window.addEventListener("pagehide", leave);
});
