// In a frame of the platform's site: begins without a press of the button, says how high the page is and when the visit
// is over. Only the sites that may show the page are told.
const parents = document.querySelector<HTMLMetaElement>("meta[name=amends-parents]")?.content.split(" ") ?? [];

function told(): string[] {
  const around = window.location.ancestorOrigins?.[0] ?? (document.referrer ? new URL(document.referrer).origin : "");
  return parents.includes(around) ? [around] : parents;
}

function tell(message: Record<string, unknown>): void {
  for (const origin of told()) window.parent.postMessage(message, origin);
}

function begin(): void {
  let height = 0;
  const measure = (): void => {
    const now = Math.ceil(document.body.getBoundingClientRect().height);
    if (now !== height) tell({ type: "amends:height", height: (height = now) });
  };
  new ResizeObserver(measure).observe(document.body);
  measure();
  if (document.body.hasAttribute("data-over")) tell({ type: "amends:over" });
  document.querySelector<HTMLFormElement>("form[data-press]")?.requestSubmit();
}

if (window.parent !== window && parents.length > 0) begin();
