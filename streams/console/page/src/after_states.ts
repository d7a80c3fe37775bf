import type { Store } from "./store";

const QUIET_MS = 500; // regions of one minute come one after the other

/** Call once what is known of the city has changed and no more comes for a moment. */
export function afterStates(store: Store, call: () => void): void {
  let timer: number | undefined;
  let old = "";
  const soon = (): void => {
    if (store.past) return; // nothing is new of now
    window.clearTimeout(timer);
    timer = window.setTimeout(call, QUIET_MS);
  };
  store.on("states", soon);
  store.on("health", ({ old_regions }) => {
    const now = old_regions.join();
    if (now !== old) soon();
    old = now;
  });
  soon();
}
