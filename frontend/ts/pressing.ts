// A press takes a moment, from going down to coming up. What is exchanged for something newer meanwhile would lose it.
const ELSEWHERE = "select, input:not([type=checkbox], [type=radio]), textarea"; // these may end in a window of their own
const waiting: (() => void)[] = [];
let isDown = false;

export function isPressed(): boolean {
  return isDown;
}

/** Wait until nothing is pressed. */
export function released(): Promise<void> {
  return isDown ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve();
}

function release(): void {
  isDown = false;
  for (const go of waiting.splice(0)) go();
}

function press(event: PointerEvent): void {
  isDown = event.isPrimary && event.button === 0 && !(event.target as Element).closest(ELSEWHERE);
  if (!isDown) release();
}

document.addEventListener("pointerdown", press, true);
for (const name of ["pointerup", "pointercancel", "dragend"]) {
  document.addEventListener(name, () => setTimeout(release), true); // the click comes between
}
document.addEventListener("pointermove", (event) => isDown && event.buttons === 0 && release(), { capture: true, passive: true });
