import { ConnectionError, createClient } from '@drawbridge/client';
import { at, devToken } from './session.js';

/** What a client of its own found out, for causes that this page's connection cannot have. */
export interface Finding {
  readonly code: string;
  readonly title: string;
  readonly hint?: string | undefined;
}

/** Tries one address with a good token, and gives the first cause. */
export async function tryAddress(who: string, url: string): Promise<Finding> {
  const token = await devToken({ sub: who });
  const client = createClient({ url, getToken: () => token });
  return new Promise((resolve) => {
    const stop = client.subscribe(() => {
      const { error } = client.getSnapshot();
      if (!error) return;
      stop();
      // Not from inside its own notification.
      setTimeout(client.close);
      resolve(error);
    });
    void client.connect();
  });
}

/** No server listens there: the port is one that nothing is registered for. */
export function noServer(): string {
  return `ws://${location.hostname}:59999/ws`;
}

/**
 * Connects from a sandboxed frame: its origin is opaque, and no server allows that. The frame gets the
 * client as text, because a foreign origin may not even load the script.
 */
export async function tryForeignOrigin(who: string): Promise<Finding> {
  const [token, code] = await Promise.all([
    devToken({ sub: who }),
    fetch(at('drawbridge/drawbridge.js')).then((response) => response.text()),
  ]);
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.hidden = true;
  frame.srcdoc = `<script type="module">
    const { code, url, token } = ${inScript({ code, url: at('ws').replace(/^http/, 'ws'), token })};
    const script = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
    const { createClient } = await import(script);
    const client = createClient({ url, getToken: () => token });
    client.subscribe(() => {
      const { error } = client.getSnapshot();
      if (!error) return;
      const { code, title, hint } = error;
      parent.postMessage({ code, title, hint }, '*');
      setTimeout(client.close);
    });
    client.connect();
  </script>`;
  try {
    return await new Promise<Finding>((resolve, reject) => {
      const timer = setTimeout(() => reject(unexplained()), 15_000);
      addEventListener('message', function heard({ source, data }: MessageEvent<Finding>) {
        if (source !== frame.contentWindow) return;
        removeEventListener('message', heard);
        clearTimeout(timer);
        resolve(data);
      });
      document.body.append(frame);
    });
  } finally {
    frame.remove();
  }
}

/** JSON that cannot end the script element it stands in. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

function unexplained(): ConnectionError {
  return new ConnectionError({
    stage: 'connect',
    code: 'open_timeout',
    title: 'The sandboxed frame said nothing',
    action: 'report',
  });
}
