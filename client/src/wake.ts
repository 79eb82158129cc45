/** What a page goes through that a connection must know of. */
export interface PageEvents {
  /** Shown, back from sleep or from the back/forward cache, online again. */
  readonly wake: () => void;
  /** About to go, perhaps into the back/forward cache, which a page with an open socket cannot enter. */
  readonly leave: () => void;
}

/** Listens until the signal aborts. Does nothing where there is no page. */
export function watchPage({ wake, leave }: PageEvents, signal: AbortSignal): void {
  const { window, document } = globalThis;
  if (!document) return;
  const shown = () => document.hidden || wake();
  // Deliberately not on `offline`: localhost works without a network, and a VPN that switches comes back.
  for (const type of ['online', 'pageshow']) window.addEventListener(type, wake, { signal });
  // `resume`: a page thawed by the browser does not always become visible.
  for (const type of ['visibilitychange', 'resume'])
    document.addEventListener(type, shown, { signal });
  window.addEventListener('pagehide', leave, { signal });
}
