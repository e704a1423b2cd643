// The forms of the case page as panels beside the case: opened at once, closed with Escape, sent with Ctrl and Enter.
// The address names the open one, so that a reload or a new sign-in finds it open again.
import { onLoad } from "./behaviour";
import { isShortcut } from "./shortcuts";

const FIRST = ["[data-way]:checked", "[data-way]:not(:disabled)", "[data-offer-amount]", "[data-message]", "[data-send]", "[data-close-panel]"];
// A keyboard on the screen covers half of it: it comes by itself only where something has to be written.
const FIRST_BY_TOUCH = ["[data-message][required]", "[data-send]", "[data-close-panel]"];

function panels(): HTMLDialogElement[] {
  return [...document.querySelectorAll<HTMLDialogElement>("dialog[data-panel]")];
}

function opener(name: string): HTMLAnchorElement | null {
  return document.querySelector(`[data-open-panel="${name}"]`);
}

function note(href: string | undefined): void {
  if (href) history.replaceState(history.state, "", href);
}

/** Open a panel and close the others; false when there is none of that name. */
export function openPanel(name: string): boolean {
  const wanted = panels().find((panel) => panel.dataset["panel"] === name);
  if (!wanted) return false;
  for (const panel of panels()) if (panel !== wanted) hide(panel);
  if (!wanted.open) wanted.show();
  opener(name)?.closest<HTMLDetailsElement>("details[open]")?.removeAttribute("open");
  note(opener(name)?.href);
  mark();
  begin(wanted);
  return true;
}

/** Put the focus where writing begins. */
function begin(panel: HTMLElement): void {
  const first = matchMedia("(pointer: coarse)").matches ? FIRST_BY_TOUCH : FIRST;
  const found = first.map((selector) => panel.querySelector<HTMLElement>(selector)).find((element) => element !== null);
  found?.focus({ preventScroll: true });
}

function hide(panel: HTMLDialogElement): void {
  if (panel.open) panel.close();
}

function closePanel(panel: HTMLDialogElement): void {
  const hadFocus = panel.contains(document.activeElement);
  hide(panel);
  note(panel.querySelector<HTMLAnchorElement>("[data-close-panel]")?.href);
  mark();
  if (hadFocus) (wayTo(panel.dataset["panel"] ?? "") ?? document.querySelector<HTMLElement>("#main"))?.focus();
}

/** Return what opens a panel, or the menu that it is in. */
function wayTo(name: string): HTMLElement | null {
  const button = opener(name);
  return button?.closest("details:not([open])")?.querySelector("summary") ?? button;
}

/** Say on the buttons of the bar which panel is open. */
function mark(): void {
  for (const button of document.querySelectorAll<HTMLElement>("[data-open-panel]")) {
    const panel = document.getElementById(`panel-${button.dataset["openPanel"] ?? ""}`);
    button.setAttribute("aria-expanded", String(panel instanceof HTMLDialogElement && panel.open));
  }
}

// Clicks and keys are heard on the document, so that what has just been put into the page answers at once.
document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  const target = event.target as Element;
  const button = target.closest<HTMLElement>("[data-open-panel]");
  const panel = target.closest("[data-close-panel]")?.closest("dialog");
  if (panel) closePanel(panel);
  else if (!button || !toggle(button.dataset["openPanel"] ?? "")) return;
  event.preventDefault();
});

function toggle(name: string): boolean {
  const open = panels().find((panel) => panel.open && panel.dataset["panel"] === name);
  if (open) closePanel(open);
  return open !== undefined || openPanel(name);
}

onLoad("[data-open-panel]", (button) => {
  button.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    button.click();
  });
  mark();
});

// A panel that the address has opened has the focus, unless it came back with something to say first.
onLoad("dialog[data-panel][open]", (panel) => {
  if (!panel.querySelector("[data-sent-back], [data-autofocus]")) begin(panel);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  const form = (event.target as Element).closest<HTMLFormElement>("form[data-act]");
  const button = form?.querySelector<HTMLButtonElement>("[data-send]");
  if (!form || !button || button.disabled) return;
  event.preventDefault();
  form.requestSubmit(button);
});

document.addEventListener("keydown", (event) => {
  if (!document.getElementById("panels")) return;
  if (event.key === "Escape" && !event.defaultPrevented) {
    const open = panels().find((panel) => panel.open);
    if (open && !document.querySelector("dialog.modal[open]")) closePanel(open);
    return;
  }
  if (!isShortcut(event)) return;
  if (event.key === "?") {
    event.preventDefault();
    const help = document.getElementById("case-shortcuts");
    if (help instanceof HTMLDialogElement) help.showModal();
    return;
  }
  const target = document.querySelector<HTMLElement>(
    `[data-open-panel][aria-keyshortcuts="${CSS.escape(event.key)}"], [data-compose][aria-keyshortcuts="${CSS.escape(event.key)}"]`,
  );
  if (!target) return;
  event.preventDefault();
  target.click();
});

// The page as it is after something was sent: what went wrong has the focus already; otherwise the case itself has it,
// with what is new on its timeline in view.
document.addEventListener("htmx:afterSettle", (event) => {
  const main = event.target;
  if (!(main instanceof HTMLElement) || main.id !== "main" || !document.getElementById("panels")) return;
  if (main.querySelector("[data-sent-back], #panel-lost")) return;
  const address = new URL(location.href);
  address.searchParams.delete("panel");
  note(address.href);
  main.querySelector("#timeline .events")?.lastElementChild?.scrollIntoView({ block: "nearest" });
  if (document.activeElement !== document.body) return; // somebody was quicker
  const title = main.querySelector<HTMLElement>("h1");
  title?.setAttribute("tabindex", "-1");
  title?.focus({ preventScroll: true });
});

// What others do to the case changes what can be done; forms in which somebody writes stay as they are.
onLoad("[data-case-live]", (source) => {
  const always = source.getAttribute("hx-select-oob") ?? "";
  source.addEventListener("htmx:beforeOnLoad", () => {
    const composer = document.getElementById("composer");
    const written = [...(composer?.querySelectorAll("textarea") ?? [])].some((area) => area.value !== "");
    const isIdle = !written && !composer?.contains(document.activeElement) && !composer?.querySelector("[data-upload]:not(template *)");
    const more = [panels().some((panel) => panel.open) ? "" : "#panels", isIdle ? "#composer" : ""].filter(Boolean);
    const usual = always.split(",").filter((part) => part !== "" && !document.querySelector(`${part} details[open][data-dropdown]`));
    source.setAttribute("hx-select-oob", [...usual, ...more].join(","));
  });
});
