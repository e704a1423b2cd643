// The list of payments begins where the case's own payment, and what was paid around it, is in view.
import { onLoad } from "./behaviour";

onLoad(".payment-this", (row) => {
  const box = row.closest<HTMLElement>(".card-scroll");
  const show = (): void => {
    if (!box || box.querySelector(":target")) return;
    const top = row.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop;
    if (top + row.offsetHeight > box.clientHeight) box.scrollTop = top - (box.clientHeight - row.offsetHeight) / 2;
  };
  box?.closest("details")?.addEventListener("toggle", show);
  show();
});
