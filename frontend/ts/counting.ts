// How many characters are left, once that matters. Nothing is cut off: what is too long can be shortened by hand.
import { onLoad } from "./behaviour";

const SHOWN_FROM = 0.8;

onLoad("textarea[data-counted]", (element) => {
  const field = element as HTMLTextAreaElement;
  const note = document.getElementById(field.dataset["counted"] ?? "");
  if (!note) return;
  const most = Number(field.dataset["most"]);
  const usual = note.textContent;
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const count = (): void => {
    const left = most - [...field.value.trim()].length;
    const words = note.dataset[left < 0 ? "over" : "left"] ?? "";
    note.textContent = left > most * (1 - SHOWN_FROM) ? usual : words.replace("{n}", number.format(Math.abs(left)));
    note.classList.toggle("report-over", left < 0);
  };
  field.addEventListener("input", count);
  field.form?.addEventListener("amends:restored", count);
  count();
});
