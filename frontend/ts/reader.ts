// Tells the server what only the browser knows: its time zone. And switches the theme at once.
import { onLoad } from "./behaviour";

function remember(name: string, value: string): void {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${encodeURIComponent(value)}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}

remember("amends_tz", Intl.DateTimeFormat().resolvedOptions().timeZone);

const THEMES: Record<string, string> = { light: "amends", dark: "amends-dark" };

onLoad("[data-theme-choice]", (button) => {
  button.addEventListener("click", () => {
    const choice = button.dataset["themeChoice"] ?? "system";
    const theme = THEMES[choice];
    if (theme) document.documentElement.dataset["theme"] = theme;
    else delete document.documentElement.dataset["theme"];
    remember("amends_theme", choice);
    for (const other of document.querySelectorAll("[data-theme-choice]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
  });
});
