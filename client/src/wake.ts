/**
 * Tells of what a page or a worker goes through, until the signal aborts. Does nothing where there are
 * no such events, as in Node and React Native.
 *
 * @param wake shown or hidden, thawed, back from the back/forward cache, online or not: time to look
 *     whether the connection still lives; or a policy has forbidden an address
 * @param leave about to go, perhaps into the back/forward cache, which a page with an open socket
 *     cannot enter
 */
export function watchPage(wake: (event: Event) => void, leave: () => void, signal: AbortSignal): void {
  // Capturing, the window also sees what happens to the document.
  for (const type of 'online offline pageshow visibilitychange resume securitypolicyviolation pagehide'.split(' '))
    globalThis.addEventListener?.(type, type === 'pagehide' ? leave : wake, { signal, capture: true });
}
