// What pages keep on the device. A browser may allow none, as in a frame of another site: then it is kept for as long
// as the page is open.
const memory = new Map<string, string>();

function storage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

const kept = storage();

export const device = {
  keys: (): string[] => (kept ? Object.keys(kept) : [...memory.keys()]),
  getItem: (key: string): string | null => (kept ? kept.getItem(key) : (memory.get(key) ?? null)),
  setItem(key: string, value: string): void {
    if (kept) kept.setItem(key, value);
    else memory.set(key, value);
  },
  removeItem(key: string): void {
    if (kept) kept.removeItem(key);
    else memory.delete(key);
  },
};
