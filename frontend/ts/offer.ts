// Says what an offer would do while it is being typed. The server has the last word.
import { onLoad } from "./behaviour";

function decimalSign(): string {
  const parts = new Intl.NumberFormat(document.documentElement.lang).formatToParts(1.5);
  return parts.find((part) => part.type === "decimal")?.value ?? ".";
}

/** Read an amount as the reader writes it, or plainly with a point; null: it cannot be read, or is too exact. */
export function amountOf(text: string, places: number): number | null {
  const plain = text.trim().replace(/[\s'’]/g, "");
  const sign = decimalSign();
  const isPlain = sign !== "." && /^\d+\.\d{1,2}$/.test(plain);
  const number = isPlain ? plain : plain.replaceAll(sign === "," ? "." : ",", "").replace(sign, ".");
  if (!/^\d+(\.\d+)?$/.test(number) || (number.split(".")[1] ?? "").length > places) return null;
  return Number(number);
}

export function written(amount: number, currency: string, places: number, isHome: boolean): string {
  const text = new Intl.NumberFormat(document.documentElement.lang, {
    style: "currency",
    currency,
    minimumFractionDigits: places,
    maximumFractionDigits: places,
  }).format(amount);
  return isHome || text.includes(currency) ? text : `${text}\u00a0${currency}`;
}

onLoad("[data-offer]", (fields) => {
  const data = fields.dataset;
  const amount = fields.querySelector<HTMLInputElement>("[data-offer-amount]");
  const days = fields.querySelector<HTMLSelectElement>("[data-offer-days]");
  const remedy = fields.querySelector<HTMLInputElement>("[data-offer-remedy]");
  const preview = fields.querySelector<HTMLElement>("[data-offer-preview]");
  const places = Number(data["places"]);
  const say = (): [string, boolean] => {
    const until = days?.selectedOptions[0]?.dataset["until"] ?? "";
    const typed = amount?.value.trim() ?? "";
    if (!typed) return [remedy?.value.trim() ? (data["textRemedy"] ?? "").replace("{until}", until) : "", true];
    const value = amountOf(typed, places);
    if (value === null) return [data["textUnreadable"] ?? "", false];
    if (value <= 0 || Math.round(value * 10 ** places) > Number(data["most"])) return [data["textBounds"] ?? "", false];
    const shown = written(value, data["currency"] ?? "", places, data["home"] === "1");
    return [(data["text"] ?? "").replace("{amount}", shown).replace("{until}", until), true];
  };
  const update = (): void => {
    if (!preview) return;
    const [text, isRight] = say();
    preview.textContent = text;
    preview.hidden = text === "";
    preview.classList.toggle("offer-preview-wrong", !isRight);
  };
  fields.addEventListener("input", update);
  fields.closest("form")?.addEventListener("amends:restored", update);
  update();
});
