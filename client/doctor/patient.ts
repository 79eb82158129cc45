import type { Connector } from './connector.js';
import type { Frames } from './frames.js';
import type { Answer } from './http1.js';
import type { Line } from './line.js';
import type { Options } from './options.js';

/** What the steps have learnt of a server for those behind them. */
export class Patient {
  /** Of the step that is under way, by `performance.now()`. */
  until = 0;
  /** Where the name leads; the first of those that answer is asked. */
  addresses: string[] = [];
  /** Empty until it is known that something listens. */
  chosen = '';
  /** By ALPN; empty for a server that speaks no HTTP/2, and without TLS. */
  application = '';
  /** The discovery document; undefined where there is none that can be read. */
  config: unknown;
  /** Whether answers are Drawbridge's. */
  drawbridge = false;
  /** Server's clock minus ours; 0 while unknown. */
  clockOffsetMs = 0;
  /** The answer of `/ws/diagnose` to the token; undefined when it was not asked or not there. */
  diagnosis: Answer | undefined;
  /** The id of the try, as the server records it. */
  attempt = '';
  /** What the upgrade has opened; undefined until then. */
  line: Line | undefined;
  frames: Frames | undefined;
  /** By `performance.now()`, when the upgrade was answered, and when the last frame came; 0 before. */
  openedAt = 0;
  heardAt = 0;
  /** How long the watch has lasted, which is done while the heartbeat is looked at. */
  heldMs = 0;

  constructor(
    readonly options: Options,
    readonly connector: Connector,
  ) {}
}
