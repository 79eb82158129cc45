import type { ClientOptions } from '@drawbridge/client';

/**
 * Empty: through Vite's proxy, on the page's own origin. `VITE_SERVER=http://localhost:8080`: straight
 * to the server, whose DevCorsFilter lets every port of localhost in while in dev mode.
 */
const server: string = import.meta.env['VITE_SERVER'] ?? '';

export const options: ClientOptions = {
  // Named, that server is asked and no other.
  ...(server ? { configUrls: [`${server}/ws/config`] } : {}),
  // A real application asks its login instead; this route exists in dev mode only. The provider asks
  // the function of the latest options, so one that closes over state may be made at each render.
  getToken: async ({ signal }) => {
    const response = await fetch(`${server}/ws/dev-token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sub: 'alice' }),
      signal,
    });
    if (!response.ok) throw new Error(`the dev-token route answered ${response.status}`);
    return ((await response.json()) as { token: string }).token;
  },
};

declare module '@drawbridge/client' {
  interface DrawbridgeMessages {
    echo: { send: string; ack: string };
  }
}
