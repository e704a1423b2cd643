// Says how high the head of a case is, so that what sticks below it knows where to begin.
import { onLoad } from "./behaviour";

onLoad("#case-header", (head) => {
  new ResizeObserver(() => {
    document.documentElement.style.setProperty("--case-head", `${head.offsetHeight}px`);
  }).observe(head);
});
