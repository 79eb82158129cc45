import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { clean, duration, masked, time } from './text.js';

/** Where a WebSocket is. */
export interface Address {
  readonly secure: boolean;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** With its question mark, or empty; may hold a secret, so it is never shown. */
  readonly query: string;
  /** As it stands in `Host`. */
  readonly authority: string;
  /** The name as certificates and SNI have it: without the dot of a name that is complete. */
  readonly serverName: string;
  /** That of its own pages, as browsers send it. */
  readonly origin: string;
  /** Without the query, and without a token that stands in the path. */
  readonly shown: string;
}

export interface Options {
  readonly address: Address;
  readonly token: string | null;
  readonly origin: string | null;
  readonly protocols: readonly string[];
  readonly watchMs: number;
  readonly timeoutMs: number;
  readonly caFile: string | null;
  /** Where the connection goes in place of what DNS says. */
  readonly connectTo: string | null;
  readonly report: string | null;
  readonly json: boolean;
  readonly color: boolean;
  /** Of the environment, which names a proxy that others would use to get there. */
  readonly proxyVariable: string | null;
}

/** What `--help` says; that of the Java program is the same. */
export const HELP = `Usage: drawbridge-doctor [options] URL

Tells from outside why a WebSocket connection does not come about or does not last.

  URL                 wss://host/path of the endpoint; ws, https and http, too

  --token-file FILE   the token; - reads it from standard input
  --token-env NAME    the environment variable that holds the token
  --origin ORIGIN     the origin of the page, such as https://app.example.org
  --protocol NAME     a subprotocol to offer to a server that is not Drawbridge; may be repeated
  --watch TIME        hold the connection open that long, such as 90s: sees heartbeat and idle cuts
  --timeout TIME      the most that a step may take, 10s
  --ca-file FILE      more authorities to trust, in PEM
  --connect-to IP     connect to this address in place of those of the name
  --json              one JSON object in place of the text
  --report FILE       write that object to a file, too
  --no-color          no colours, as with NO_COLOR set
  --help, --version

Exit status: 0 all is well, 2 usage, 10 dns, 11 tcp, 12 tls, 13 http, 14 discovery, 15 origin,
16 token, 17 user, 18 limit, 19 server, 20 upgrade, 21 http2, 22 protocol, 23 heartbeat, 24 watch,
25 drain, 130 interrupted, 1 the doctor itself has failed.
`;

const MOST_TOKEN = 65_536;
const VALUED = /^(--(?:token-file|token-env|origin|protocol|watch|timeout|ca-file|connect-to|report))=(.*)$/s;
/** As browsers write it: no user, no path, no capitals; `file://` is Android's WebView. */
const ORIGIN = /^(?:[a-z][a-z0-9+.-]*:\/\/[a-z0-9._:[\]-]{1,300}|file:\/\/)$/;

/** A command line that cannot be followed; the message says the rule, never a value that may be a secret. */
export class UsageError extends Error {}

export function addressOf(text: string): Address {
  // By hand, as in the Java program, so that both take and refuse the same.
  const parts = /^(wss?|https?):\/\/([^/?#]*)([^]*)$/i.exec(text);
  if (!parts) throw new UsageError('the URL must begin with wss://, ws://, https:// or http://');
  const [scheme, named, rest] = parts.slice(1) as [string, string, string];
  if (text.includes('#')) throw new UsageError('the URL must have no fragment');
  if (named.includes('@')) throw new UsageError('the URL must hold no user and no password');
  const server = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/i.exec(named);
  if (!server) throw new UsageError('the URL must name a host in ASCII, a name of other letters by its xn-- form');
  if (!/^[A-Za-z0-9._~!$&'()*+,;=:@%/?[\]-]*$/.test(rest)) throw new UsageError('the URL must be one of RFC 3986');
  const secure = /^(wss|https)$/i.test(scheme);
  const usual = secure ? 443 : 80;
  const port = server[2] === undefined ? usual : Number(server[2]);
  if (port < 1 || port > 65_535) throw new UsageError('the port must be in [1, 65535]');
  const host = (server[1] as string).replace(/[[\]]/g, '').toLowerCase();
  const path = rest.replace(/\?.*/, '') || '/';
  const query = rest.includes('?') ? rest.slice(rest.indexOf('?')) : '';
  const name = host.includes(':') ? `[${host}]` : host;
  const authority = port === usual ? name : `${name}:${port}`;
  return {
    secure,
    host,
    port,
    path,
    query,
    authority,
    serverName: host.replace(/\.$/, ''),
    origin: `${secure ? 'https' : 'http'}://${authority}`,
    shown: `${secure ? 'wss' : 'ws'}://${authority}${masked(path)}`,
  };
}

const token = (text: string, option: string): string => {
  const found = text.replace(/^\uFEFF?[ \t\r\n]+|^\uFEFF|[ \t\r\n]+$/g, '');
  if (!found) throw new UsageError(`${option} holds no token`);
  if (found.length > MOST_TOKEN) throw new UsageError(`${option} must hold at most ${MOST_TOKEN} characters`);
  return found;
};

/** What is named may be the token itself, by mistake, so it is not said back. */
const tokenOfFile = (name: string): string => {
  let bytes: Buffer;
  try {
    bytes = readFileSync(name === '-' ? 0 : name);
  } catch (why) {
    const there = (why as NodeJS.ErrnoException).code !== 'ENOENT';
    throw new UsageError(`--token-file must name a file that ${there ? 'can be read' : 'is there'}`);
  }
  // As PowerShell writes it.
  const wide = bytes[0] === 0xff && bytes[1] === 0xfe;
  return token(bytes.toString(wide ? 'utf16le' : 'utf8'), '--token-file');
};

const tokenOfVariable = (name: string, environment: NodeJS.ProcessEnv): string => {
  const value = environment[name];
  if (value === undefined) throw new UsageError('--token-env must name a variable that is set');
  return token(value, '--token-env');
};

const timeOf = (option: string, text: string, most: number): number => {
  const millis = duration(text);
  if (millis === undefined || millis > most)
    throw new UsageError(
      `${option} must be a time up to ${time(most)}, such as 500ms, 90s or 5m: ${clean(text)}`,
    );
  return millis;
};

/** As most programs read it; a proxy is not used here, and who meets a wall should know. */
const proxyVariable = ({ secure, serverName }: Address, environment: NodeJS.ProcessEnv): string | null => {
  const passed = [environment.NO_PROXY, environment.no_proxy].flatMap((names) => (names ?? '').split(/[,\s]+/));
  const past = passed.some((each) => {
    const name = each.replace(/^\*?\./, '').toLowerCase();
    return each === '*' || (name !== '' && `.${serverName}`.endsWith(`.${name}`));
  });
  const scheme = secure ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  return past ? null : ([scheme, scheme.toLowerCase(), 'ALL_PROXY', 'all_proxy'].find((name) => environment[name]) ?? null);
};

export function parse(given: readonly string[], environment: NodeJS.ProcessEnv): Options {
  const left = [...given];
  const values: Record<string, string> = {};
  const protocols: string[] = [];
  let url: string | undefined;
  let watchMs = 0;
  let timeoutMs = 10_000;
  let json = false;
  let color = !environment.NO_COLOR;
  while (left.length) {
    // `--watch=90s` is `--watch 90s`.
    const [whole = '', name, given] = VALUED.exec(left[0] as string) ?? [left[0]];
    const argument = name ?? whole;
    left.splice(0, 1, ...(given === undefined ? [] : [given]));
    const value = (): string => {
      const next = left.shift();
      if (!next || next.startsWith('--')) throw new UsageError(`${argument} must be followed by a value`);
      return next;
    };
    switch (argument) {
      case '--token-file':
      case '--token-env':
      case '--origin':
      case '--ca-file':
      case '--connect-to':
      case '--report':
        values[argument] = value();
        if (argument === '--connect-to' && (!isIP(values[argument]) || values[argument].includes('%'))) throw new UsageError(`${argument} must be an address of IPv4 or IPv6`);
        break;
      case '--protocol':
        protocols.push(value());
        break;
      case '--watch':
        watchMs = timeOf(argument, value(), 86_400_000);
        break;
      case '--timeout':
        timeoutMs = timeOf(argument, value(), 300_000);
        break;
      case '--json':
        json = true;
        break;
      case '--no-color':
        color = false;
        break;
      default:
        if (argument === '--token' || argument.startsWith('--token='))
          throw new UsageError(
            'a token on the command line is seen by all users of the machine: --token-file or --token-env',
          );
        if (argument.startsWith('-')) throw new UsageError(`no such option: ${clean(argument.replace(/=.*/, ''))}`);
        if (url !== undefined) throw new UsageError('there must be one URL');
        url = argument;
    }
  }
  const { '--token-file': file, '--token-env': variable, '--origin': origin } = values;
  if (url === undefined) throw new UsageError('there must be a URL');
  if (file !== undefined && variable !== undefined)
    throw new UsageError('the token must come from --token-file or --token-env, not both');
  if (timeoutMs === 0) throw new UsageError('--timeout must be longer than 0');
  if (protocols.some((each) => !/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/.test(each)))
    throw new UsageError('--protocol must be a token of RFC 9110');
  if (origin !== undefined && origin !== 'null' && (!ORIGIN.test(origin) || /^(https:.*:443|http:.*:80)$/.test(origin)))
    throw new UsageError('--origin must be one as browsers send it: https://app.example.org');
  const address = addressOf(url);
  return {
    address,
    token: file !== undefined ? tokenOfFile(file) : variable !== undefined ? tokenOfVariable(variable, environment) : null,
    origin: origin ?? null,
    protocols,
    watchMs,
    timeoutMs,
    caFile: values['--ca-file'] ?? null,
    connectTo: values['--connect-to'] ?? null,
    report: values['--report'] ?? null,
    json,
    color,
    proxyVariable: proxyVariable(address, environment),
  };
}
