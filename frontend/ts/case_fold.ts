// On a phone the cards beside the timeline begin folded; a link into a folded card opens it.
import { onLoad } from "./behaviour";

const NARROW = matchMedia("(max-width: 63.99rem)");

onLoad("details[data-fold]", (card) => {
  if (NARROW.matches && !card.querySelector(":target") && !card.matches(":target")) card.removeAttribute("open");
});

function openAround(): void {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const card = named?.closest("details[data-fold]");
  if (!named || !card || card.hasAttribute("open")) return;
  card.setAttribute("open", "");
  named.scrollIntoView({ block: "center" });
}

addEventListener("hashchange", openAround);
