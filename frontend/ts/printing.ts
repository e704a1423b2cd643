// A button that prints the page; without scripts it is not there.
import { onLoad } from "./behaviour";

onLoad("[data-print]", (button) => {
  button.hidden = false;
  button.addEventListener("click", () => print());
});
