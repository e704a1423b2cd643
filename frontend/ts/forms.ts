// A form is sent once: its button waits until the answer is there.
import { onLoad } from "./behaviour";

onLoad("form", (form) => {
  form.addEventListener("submit", (event) => {
    const button = (event as SubmitEvent).submitter;
    if (event.defaultPrevented || !(button instanceof HTMLButtonElement) || form.dataset["again"] !== undefined) return;
    setTimeout(() => {
      button.setAttribute("aria-busy", "true");
      button.disabled = true;
    });
    const wake = (): void => {
      button.removeAttribute("aria-busy");
      button.disabled = false;
    };
    addEventListener("pageshow", wake, { once: true });
    form.addEventListener("htmx:afterRequest", wake, { once: true });
  });
});

onLoad("[data-auto-submit]", (control) => {
  control.addEventListener("change", () => control.closest("form")?.requestSubmit());
});

onLoad("[data-autofocus]", (control) => control.focus());
