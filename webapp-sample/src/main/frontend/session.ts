import { ConnectionError, createClient, type DrawbridgeClient } from '@drawbridge/client';

/** Relative to the page, so that the application works under any context path. */
const at = (path: string) => new URL(path, document.baseURI);

/** What the page needs of `/ws/config` before anyone connects. */
export interface ServerInfo {
  readonly mode: 'dev' | 'prod';
  readonly devToken?: string;
}

export async function serverInfo(): Promise<ServerInfo | null> {
  try {
    const response = await fetch(at('ws/config'));
    return response.ok ? ((await response.json()) as ServerInfo) : null;
  } catch {
    return null;
  }
}

/** A fresh token for every try, as a real application would ask its identity provider. */
export function demoClient(subject: string): DrawbridgeClient {
  return createClient({
    getToken: async ({ signal }) => {
      const response = await fetch(at('ws/dev-token'), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ sub: subject }),
        signal,
      });
      if (!response.ok) throw noDevToken(response.status);
      return ((await response.json()) as { token: string }).token;
    },
  });
}

/** Production: the token comes from elsewhere, and lives as long as it lives. */
export function tokenClient(token: string): DrawbridgeClient {
  return createClient({ getToken: () => token });
}

function noDevToken(status: number): ConnectionError | Error {
  return status >= 500
    ? new Error(`the dev-token route answered ${status}`)
    : new ConnectionError({
        stage: 'token',
        code: 'dev_token_unavailable',
        title: `The server gives out no dev token (${status})`,
        action: 'fix_config',
        hint: 'Dev tokens exist in development mode, over localhost and with a secret as key',
      });
}
