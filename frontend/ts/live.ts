// Follows /api/v1/stream for the page's account or case and tells the page by events on the document: amends:case,
// amends:export, amends:reload and amends:connection. A tab that nobody sees lets go of its stream, because a browser
// has few connections to a server; it asks for what it missed when it is seen again.
import { onLoad } from "./behaviour";

export interface CaseNotice {
  readonly account_id: string;
  readonly id: string;
  readonly event_id: string;
  readonly reporter_type: "customer" | "merchant" | "platform" | "system";
  readonly status: string;
  readonly version: number;
  readonly created_at: string;
}

export interface ExportNotice {
  readonly account_id: string;
  readonly id: string;
  readonly state: string;
  readonly progress: number;
}

export interface Connection {
  readonly connected: boolean;
  /** It was lost before, so that what the stream does not tell again may have been missed. */
  readonly again: boolean;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const QUIET_MS = 3_000;
const HIDDEN_MS = 30_000;

function tell(name: string, detail: unknown): void {
  document.dispatchEvent(new CustomEvent(`amends:${name}`, { detail }));
}

class Live {
  private source: EventSource | null = null;
  private since: string;
  private failures = 0;
  private lost = false;
  private retry = 0;
  private word = 0;
  private hiding = 0;
  private readonly over = new AbortController();

  constructor(private readonly status: HTMLElement) {
    this.since = status.dataset["since"] ?? "";
    const { signal } = this.over;
    document.addEventListener("visibilitychange", () => this.seen(), { signal });
    window.addEventListener("pagehide", () => this.close(), { signal });
    window.addEventListener("pageshow", () => this.seen(), { signal });
    window.addEventListener("online", () => this.seen(), { signal });
    this.seen();
  }

  private seen(): void {
    clearTimeout(this.hiding);
    if (this.over.signal.aborted) return;
    if (document.hidden) this.hiding = window.setTimeout(() => this.close(), HIDDEN_MS);
    else if (!this.source) this.open();
  }

  private open(): void {
    clearTimeout(this.retry);
    this.source?.close();
    const query = new URLSearchParams({ since: this.since });
    const account = this.status.dataset["account"];
    if (account) query.set("account_id", account);
    const onlyCase = this.status.dataset["case"];
    if (onlyCase) query.set("case_id", onlyCase);
    const source = (this.source = new EventSource(`${this.status.dataset["live"] ?? ""}?${query}`));
    source.addEventListener("open", () => this.opened());
    source.addEventListener("error", () => this.failed());
    source.addEventListener("reconnect", () => this.again(Math.random() * 2_000));
    for (const name of ["case", "export", "reload"]) {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        if (event.lastEventId) this.since = event.lastEventId;
        tell(name, JSON.parse(event.data));
      });
    }
  }

  private opened(): void {
    const again = this.lost;
    this.failures = 0;
    this.lost = false;
    clearTimeout(this.word);
    this.status.textContent = "";
    this.status.dataset["state"] = "connected";
    tell("connection", { connected: true, again } satisfies Connection);
  }

  private failed(): void {
    if (!this.lost) {
      this.lost = true;
      this.status.dataset["state"] = "lost";
      this.word = window.setTimeout(() => (this.status.textContent = this.status.dataset["lost"] ?? ""), QUIET_MS);
      tell("connection", { connected: false, again: false } satisfies Connection);
    }
    this.failures += 1;
    this.again(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.failures) * (0.5 + Math.random() / 2));
  }

  private again(pauseMs: number): void {
    this.source?.close();
    this.source = null;
    clearTimeout(this.retry);
    this.retry = window.setTimeout(() => this.seen(), pauseMs);
  }

  /** Let go of the stream for good. */
  end(): void {
    this.over.abort();
    clearTimeout(this.hiding);
    clearTimeout(this.word);
    this.close();
  }

  private close(): void {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }
}

// A part of the page that is exchanged for a newer one brings a new place to say it, and with it a new stream.
let live: Live | null = null;
onLoad("[data-live]", (status) => {
  live?.end();
  live = new Live(status);
});
