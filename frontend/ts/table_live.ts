// The table keeps up: rows that change are shown anew where they stand, and what is new is offered, not pushed in.
import htmx from "htmx.org";
import { onLoad } from "./behaviour";
import type { CaseNotice } from "./live";
import { released } from "./pressing";

const GATHER_MS = 300;
const MOST = 50;
const TIMES_MS = 5 * 60_000;
const heard = new Map<string, number>();
const waiting = new Set<string>();
let timer = 0;

function table(): HTMLElement | null {
  return document.querySelector<HTMLElement>("[data-cases]");
}

function rowOf(pid: string): HTMLElement | null {
  return document.getElementById(`row-${pid}`);
}

document.addEventListener("amends:case", (event) => {
  const { id, version } = (event as CustomEvent<CaseNotice>).detail;
  if (!table() || Number(rowOf(id)?.dataset["version"] ?? -1) >= version) return;
  heard.set(id, version);
  clearTimeout(timer);
  timer = window.setTimeout(() => void ask(), GATHER_MS);
});

for (const name of ["amends:reload", "amends:stale"]) document.addEventListener(name, reload);

// How long there is left to answer goes on, whether anything happens or not.
setInterval(() => {
  if (document.hidden || !table()) return;
  for (const row of document.querySelectorAll<HTMLElement>("[data-row]")) {
    heard.set(row.dataset["row"] ?? "", Number(row.dataset["version"]));
  }
  void ask();
}, TIMES_MS);

/** Show the whole table anew, as its address says. */
function reload(): void {
  const cases = table();
  if (cases) void htmx.ajax("get", location.href, { source: cases, target: cases, select: "#cases", swap: "outerHTML" });
}

async function ask(): Promise<void> {
  const cases = table();
  if (!cases || heard.size === 0) return;
  const asked = [...heard].slice(0, MOST);
  for (const [pid] of asked) heard.delete(pid);
  const address = new URL(`${cases.dataset["rowsUrl"] ?? ""}?${cases.dataset["query"] ?? ""}`, location.href);
  for (const [pid] of asked) address.searchParams.append("case", pid);
  const answer = await fetch(address, { headers: { "HX-Request": "true" } });
  const news = answer.ok ? await answer.text() : null;
  await released();
  if (news === null) return;
  if (table() === cases) put(new DOMParser().parseFromString(news, "text/html"));
  else for (const [pid, version] of asked) heard.set(pid, Math.max(version, heard.get(pid) ?? version)); // another table, maybe older
  await ask();
}

function put(news: Document): void {
  const tabs = news.getElementById("tabs");
  if (tabs) adopt(document.getElementById("tabs"), tabs);
  for (const row of news.querySelector("template")?.content.querySelectorAll<HTMLElement>("[data-row]") ?? []) {
    replaceRow(row);
  }
  const matching = (news.querySelector<HTMLElement>("[data-matching]")?.dataset["matching"] ?? "").split(" ");
  for (const pid of matching) if (pid && !rowOf(pid)) waiting.add(pid);
  offer();
}

function replaceRow(row: HTMLElement): void {
  const old = document.getElementById(row.id);
  if (!old || Number(old.dataset["version"]) > Number(row.dataset["version"])) return; // an answer that came late
  const box = old.querySelector<HTMLInputElement>('input[name="case"]');
  const focused = old.contains(document.activeElement) ? document.activeElement?.closest("td, th")?.className : undefined;
  const fresh = adopt(old, row);
  const freshBox = fresh.querySelector<HTMLInputElement>('input[name="case"]');
  if (box && freshBox) freshBox.checked = box.checked;
  if (old.dataset["version"] !== fresh.dataset["version"]) {
    fresh.classList.add("is-changed");
    fresh.addEventListener("animationend", () => fresh.classList.remove("is-changed"), { once: true });
  }
  if (focused !== undefined) {
    const cell = [...fresh.children].find((one) => one.className === focused);
    cell?.querySelector<HTMLElement>("a, input")?.focus({ preventScroll: true });
  }
}

function adopt(old: Element | null, element: HTMLElement): HTMLElement {
  const fresh = document.importNode(element, true);
  old?.replaceWith(fresh);
  htmx.process(fresh);
  return fresh;
}

/** Offer what has come into the table since it was shown. */
function offer(): void {
  const pill = document.querySelector<HTMLElement>("[data-news-pill]");
  if (!pill || waiting.size === 0) return;
  const n = waiting.size;
  const text = (n === 1 ? pill.dataset["one"] : pill.dataset["many"]?.replace("{n}", String(n))) ?? "";
  const words = pill.querySelector("[data-news-words]");
  if (words) words.textContent = text;
  pill.hidden = false;
  const region = document.querySelector("[data-table-news]");
  if (region) region.textContent = text;
}

onLoad("[data-cases]", () => {
  waiting.clear();
  const count = document.querySelector("[data-shown]")?.textContent ?? "";
  const region = document.querySelector("[data-table-news]");
  if (region && document.body.dataset["seen"] !== undefined) region.textContent = count;
  document.body.dataset["seen"] = "";
});
