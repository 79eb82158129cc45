/**
 * Tokens from a login of the application's own: the server's `SessionTokenServlet` gives one to whoever
 * its session knows.
 */
import { ConnectionError, type ConnectionErrorFields, type GetToken } from './drawbridge.js';

/** The members of the servlet's answers that matter here. */
interface Answer {
  readonly type?: unknown;
  readonly token?: unknown;
}

const failure = (fields: Partial<ConnectionErrorFields>) =>
  new ConnectionError({
    ...{ stage: 'token', code: 'token_unavailable', title: 'The session gives no token', action: 'wait' },
    ...fields,
  } as ConnectionErrorFields);

const loginRequired = (hint: string, action: 'login' | 'wait') =>
  failure({ code: 'login_required', title: "Log in by the application's own login", action, hint });

/**
 * A `getToken` that asks the application's session, anew for each try, with the browser's cookies.
 *
 * Who is not logged in gets the cause `login_required`, and the client stops: after the login call
 * `connect()`. A server that is away, busy or being deployed is asked again.
 *
 * @param url the servlet's address. Without one, `ws/token` is asked for beside the page and then in each
 *     folder above it, the next one only where something answers that is not the servlet, and the first
 *     that is it from then on
 */
export function sessionToken(url?: string | URL): GetToken {
  let known = url;
  return async ({ signal }) => {
    let stranger: ConnectionError | undefined;
    for (const address of known === undefined ? besidePage() : [String(known)]) {
      const answer = await fetch(address, {
        ...{ credentials: 'same-origin', cache: 'no-store', redirect: 'manual', signal },
        // Browsers that do not say which site asks are known by the second: no form and no link can send it.
        headers: { accept: 'application/json', 'x-requested-with': 'drawbridge' },
      });
      const { status, headers } = answer;
      const type = String(headers.get('content-type'));
      const json: unknown = /json/.test(type) ? await answer.json().catch(() => null) : null;
      const body = (json ?? {}) as Answer;
      if (status === 200 && typeof body.token === 'string') {
        known = address;
        return body.token;
      }
      const told = Number(headers.get('retry-after')) * 1_000;
      const wait = told > 0 ? { retryAfterMs: told } : {};
      // A refusal of the server's own says by its action whether asking again can help.
      if (/drawbridge/.test(String(body.type))) {
        known = address;
        throw failure({ ...(body as Partial<ConnectionErrorFields>), stage: 'token', ...wait });
      }
      const said = `${address} answered ${status || 'with a redirect'}`;
      // The application's own login stands in front. Another application above it must not be asked.
      if (status === 401 || answer.type === 'opaqueredirect' || (status >= 300 && status < 400))
        throw loginRequired(said, 'login');
      const hint = `${said} ${type}`;
      if (status >= 500 || status === 429 || status === 403) throw failure({ hint, ...wait });
      // A login page, or that of a dev server or a portal: the first needs a person, the others time.
      stranger ??=
        status === 200 && /html/.test(type)
          ? loginRequired(`${hint}: is it behind the login?`, 'wait')
          : failure({ hint: status === 404 ? `${hint}: map SessionTokenServlet` : hint });
    }
    throw stranger;
  };
}

/** As discovery goes: an application under a context path comes before the one at the root. */
function besidePage(): readonly string[] {
  const page = globalThis.document?.baseURI ?? globalThis.location?.href;
  if (!/^(blob:)?http/.test(page))
    throw failure({ code: 'url_invalid', title: 'There is no page', action: 'fix_client', hint: 'Pass sessionToken(url)' });
  const { pathname, origin } = new URL(page.replace(/^blob:/, ''));
  const folders = pathname.split('/').slice(1, -1);
  return [...folders, ''].map((_, up) =>
    [origin, ...folders.slice(0, folders.length - up), 'ws/token'].join('/'),
  );
}
