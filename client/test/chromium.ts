import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** The browser's command; undefined where there is none and REQUIRE_BROWSERS does not ask for one. */
export const chromium = NAMES.find((name) => {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});
if (!chromium && process.env['REQUIRE_BROWSERS'] === 'true')
  throw new Error(`None of ${NAMES} is on the PATH, and REQUIRE_BROWSERS forbids to skip`);

interface Reply {
  readonly id?: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

export interface Tab {
  /** @returns the value, of a promise what it resolves with; rejects with what the page throws */
  readonly evaluate: <T>(expression: string) => Promise<T>;
  /** As its user does; a page's `pagehide` comes first. */
  readonly close: () => Promise<void>;
  /** As when its process dies: nothing of the page runs any more. */
  readonly crash: () => Promise<void>;
}

/** A real Chromium, driven by its own protocol. */
export class Chromium {
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #last = 0;

  private constructor(process: ChildProcess, profile: string, socket: WebSocket) {
    this.#process = process;
    this.#profile = profile;
    this.#socket = socket;
    socket.on('message', (text) => {
      const reply = JSON.parse(String(text)) as Reply;
      this.#waiting.get(reply.id ?? 0)?.(reply);
    });
  }

  static async start(): Promise<Chromium> {
    const profile = mkdtempSync(join(tmpdir(), 'drawbridge-chromium-'));
    const browser = spawn(
      chromium as string,
      [
        ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'],
        ...['--disable-background-networking', '--remote-debugging-port=0', `--user-data-dir=${profile}`],
        'about:blank',
      ],
      // A group of its own, so that its children end with it.
      { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
    );
    const address = await new Promise<string>((resolve, reject) => {
      let said = '';
      browser.stderr.on('data', (part) => {
        said += String(part);
        const found = /DevTools listening on (\S+)/.exec(said)?.[1];
        if (found) resolve(found);
      });
      browser.once('exit', (code) => reject(new Error(`Chromium ended with ${code}: ${said}`)));
    });
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return new Chromium(browser, profile, socket);
  }

  async open(url: string): Promise<Tab> {
    const { targetId } = await this.#call('Target.createTarget', { url: 'about:blank' });
    const attached = await this.#call('Target.attachToTarget', { targetId, flatten: true });
    const session = attached['sessionId'] as string;
    await this.#call('Page.navigate', { url }, session);
    const evaluate = async <T>(expression: string): Promise<T> => {
      const more = { expression, awaitPromise: true, returnByValue: true };
      const { result, exceptionDetails } = (await this.#call('Runtime.evaluate', more, session)) as {
        result: { value: T };
        exceptionDetails?: { exception?: { description?: string }; text: string };
      };
      if (exceptionDetails)
        throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      return result.value;
    };
    return {
      evaluate,
      close: async () => void (await this.#call('Target.closeTarget', { targetId })),
      // Nothing answers this call any more.
      crash: async () => {
        void this.#call('Page.crash', {}, session).catch(() => {});
        await this.#call('Target.getTargets', {});
      },
    };
  }

  async stop(): Promise<void> {
    // Not before its children have let go of the pipe: until then they write to the profile.
    const ended = new Promise((resolve) => this.#process.once('close', resolve));
    this.#socket.close();
    process.kill(-(this.#process.pid as number), 'SIGKILL');
    await ended;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }

  #call(method: string, params: object, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        this.#waiting.delete(id);
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result ?? {});
      });
      this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    });
  }
}
