/**
 * Tells of what a page goes through, until the signal aborts. Does nothing where there is no page.
 *
 * @param wake shown or hidden, thawed, back from the back/forward cache, online: time to look whether
 *     the connection still lives
 * @param leave about to go, perhaps into the back/forward cache, which a page with an open socket
 *     cannot enter
 */
export function watchPage(wake: (event: Event) => void, leave: () => void, signal: AbortSignal): void {
  // Capturing, the window also sees what happens to the document.
  const options = { signal, capture: true };
  // Not `offline`: localhost works without a network, and a VPN that switches comes back.
  for (const type of ['online', 'pageshow', 'visibilitychange', 'resume'])
    globalThis.window?.addEventListener(type, wake, options);
  globalThis.window?.addEventListener('pagehide', leave, options);
}
