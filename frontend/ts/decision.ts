// The decision panel: reasons that fit how one decides, their texts, and a button that says what it will do.
// Without it the same form shows every reason, and a button fills the texts in. The server has the last word.
import { onLoad } from "./behaviour";
import { amountOf, written } from "./offer";

interface Texts {
  readonly to_customer: string;
  readonly to_merchant: string;
}

class Decision {
  private readonly form: HTMLFormElement | null;
  private readonly reason: HTMLSelectElement | null;
  private readonly send: HTMLButtonElement | null;
  private readonly usual: string;
  /** What was filled in last, so that it may be replaced, but nothing that somebody wrote. */
  private filled: Texts = { to_customer: "", to_merchant: "" };

  constructor(private readonly fields: HTMLElement) {
    this.form = fields.closest("form");
    this.reason = fields.querySelector("[data-reason]");
    this.send = this.form?.querySelector<HTMLButtonElement>("[data-send]") ?? null;
    this.usual = this.send?.textContent ?? "";
    this.form?.addEventListener("input", () => this.update());
    this.form?.addEventListener("amends:restored", () => void this.restored());
    this.reason?.addEventListener("change", () => void this.fill(false));
    fields.querySelector("[data-use-texts]")?.addEventListener("click", (event) => {
      event.preventDefault();
      void this.fill(true);
    });
    this.update();
  }

  private get way(): HTMLInputElement | null {
    return this.fields.querySelector<HTMLInputElement>("[data-way]:checked");
  }

  private update(): void {
    const amount = this.amount();
    this.narrow(this.way?.dataset["fits"] ?? "");
    this.name(amount);
    this.count();
    const use = this.fields.querySelector("[data-reason-use]");
    if (use) use.textContent = this.reason?.selectedOptions[0]?.dataset["use"] ?? "";
  }

  /** Offer only the reasons that fit. */
  private narrow(fits: string): void {
    for (const option of this.reason?.options ?? []) {
      const isFitting = !option.value || !fits || (option.dataset["fits"] ?? "").split(" ").includes(fits);
      option.hidden = option.disabled = !isFitting;
      if (!isFitting && option.selected && option.value) this.drop();
    }
    for (const group of this.reason?.querySelectorAll("optgroup") ?? []) {
      group.hidden = [...group.children].every((option) => (option as HTMLOptionElement).hidden);
    }
  }

  /** Take back a reason that does not fit any more, with its texts: they would say what is not decided. */
  private drop(): void {
    if (this.reason) this.reason.value = "";
    for (const [area, name] of this.areas()) if (area.value.trim() === this.filled[name].trim()) area.value = "";
    this.filled = { to_customer: "", to_merchant: "" };
  }

  /** A draft is there again: what of it the reason had brought may still be replaced. */
  private async restored(): Promise<void> {
    const texts = await this.texts();
    if (texts) this.filled = texts;
    this.update();
  }

  private areas(): [HTMLTextAreaElement, keyof Texts][] {
    const names: (keyof Texts)[] = ["to_customer", "to_merchant"];
    return names.flatMap((name): [HTMLTextAreaElement, keyof Texts][] => {
      const area = this.fields.querySelector<HTMLTextAreaElement>(`[data-text=${name}]`);
      return area ? [[area, name]] : [];
    });
  }

  /** Return the texts of the chosen reason, filled in for the case. */
  private async texts(): Promise<Texts | null> {
    const code = this.reason?.value;
    if (!code) return null;
    const address = `${this.fields.dataset["reasons"] ?? ""}/${encodeURIComponent(code)}`;
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    const texts = answer.ok ? ((await answer.json()) as Texts) : null;
    return this.reason?.value === code ? texts : null; // another one was chosen meanwhile
  }

  /** Return the amount that will go back, as it is written; null: it is not possible. */
  private amount(): string | null {
    const data = this.fields.dataset;
    const field = this.fields.querySelector<HTMLInputElement>("[data-decision-amount]");
    const typed = field?.value.trim() ?? "";
    if (!field || !typed) return this.judge(field, data["whole"] ?? "");
    const places = Number(data["places"]);
    const value = amountOf(typed, places);
    const minor = value === null ? 0 : Math.round(value * 10 ** places);
    if (value === null || minor <= 0 || minor > Number(data["most"])) return this.judge(field, null);
    return this.judge(field, written(value, data["currency"] ?? "", places, data["home"] === "1"));
  }

  private judge(field: HTMLInputElement | null, amount: string | null): string | null {
    const hint = document.getElementById("decide-amount-hint");
    hint?.classList.toggle("form-error", amount === null);
    if (hint) {
      hint.dataset["right"] ??= hint.textContent ?? "";
      hint.textContent = (amount === null ? hint.dataset["wrong"] : hint.dataset["right"]) ?? "";
    }
    field?.setAttribute("aria-invalid", String(amount === null));
    return amount;
  }

  /** Say on the button, and beside the choice, what will move. */
  private name(amount: string | null): void {
    const way = this.way;
    const shown = amount ?? "…";
    for (const one of this.fields.querySelectorAll<HTMLInputElement>("[data-money]")) {
      const place = one.closest("label")?.querySelector("[data-way-money]");
      if (place) place.textContent = (one.dataset["money"] ?? "").replace("{amount}", shown);
    }
    if (!this.send) return;
    const words = way ? (way.dataset["button"] ?? "").replace("{amount}", shown) : this.usual;
    const stale = this.send.dataset["stale"];
    this.send.textContent = way && stale ? stale.replace("{action}", words) : words;
  }

  private count(): void {
    const place = this.fields.querySelector<HTMLElement>("[data-evidence-count]");
    const n = this.fields.querySelectorAll("input[name=evidence]:checked").length;
    if (place) place.textContent = n === 0 ? "" : ((n === 1 ? place.dataset["one"] : place.dataset["many"]?.replace("{n}", String(n))) ?? "");
  }

  /** Fill in the texts of the reason. What somebody wrote stays; only when asked for, a text is put below it. */
  private async fill(isAsked: boolean): Promise<void> {
    if (isAsked && !this.reason?.value) this.reason?.focus();
    const texts = await this.texts();
    if (!texts) return;
    for (const [area, name] of this.areas()) {
      const own = area.value.trim();
      if (!own || own === this.filled[name].trim()) area.value = texts[name];
      else if (isAsked && texts[name] && !own.includes(texts[name])) area.value = `${own}\n\n${texts[name]}`;
    }
    this.filled = texts;
    this.form?.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

onLoad("[data-decision]", (fields) => void new Decision(fields));
