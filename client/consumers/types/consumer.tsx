import {
  createClient,
  type ClientOptions,
  type ConnectionError,
  type DrawbridgeClient,
  type MessageError,
} from '@drawbridge/client';
import {
  ConnectionStatus,
  createHooks,
  DrawbridgeProvider,
  useConnectionState,
  useMessage,
  useRequest,
  useSend,
} from '@drawbridge/client/react';
import { sessionToken } from '@drawbridge/client/session';
import { shareTabs } from '@drawbridge/client/tabs';
import { createMockServer, type MockServer } from '@drawbridge/client/testing';

declare module '@drawbridge/client' {
  interface DrawbridgeMessages {
    'chat.send': { send: { to: string; text: string }; ack: { sentAt: number } };
    'chat.message': { receive: { from: string; text: string } };
  }
}

interface My {
  'other.send': { send: number; ack: string };
}

const options: ClientOptions = { getToken: async ({ reason }) => (reason === 'rejected' ? null : 'a.b.c') };
const client = createClient(options);
const mine: DrawbridgeClient<My> = createClient<My>(options);
const shared = shareTabs<My>({ ...options, getToken: sessionToken(), scope: '/' });
export const server: MockServer = createMockServer();
server.on('chat.send', ({ text }: { text: string }) => ({ sentAt: text.length }));

export const sent: Promise<{ sentAt: number }> = client.request('chat.send', { to: 'bob', text: 'hello' });
export const other: Promise<string> = mine.request('other.send', 1);
// @ts-expect-error not a type of the map
client.send('chat.sent', {});
// @ts-expect-error not received
client.on('chat.send', () => {});
client.once('chat.message', ({ from }) => from.trim());
client.onAny((type, data: unknown) => [type.trim(), data]);
sent.catch((error: ConnectionError | MessageError) => error.action);

const hooks = createHooks<My>();

function Chat({ className }: { className?: string }) {
  const [send, { pending, data, error }] = useRequest('chat.send');
  const [ask, state] = hooks.useRequest('other.send');
  const quick = useSend('chat.send');
  const { status } = useConnectionState();
  useMessage('chat.message', ({ text }) => void send({ to: 'bob', text: text.trim() }));
  const code: string | undefined = error?.code ?? state.error?.code;
  return (
    <button disabled={pending} onClick={() => quick({ to: 'bob', text: status }) && ask(1)}>
      <ConnectionStatus className={className} />
      {data?.sentAt.toFixed()} {state.data?.trim()} {code}
    </button>
  );
}

export const pages = [
  <DrawbridgeProvider client={client} />,
  <DrawbridgeProvider client={mine} enabled={undefined} />,
  <DrawbridgeProvider client={shared}>
    <Chat />
  </DrawbridgeProvider>,
  <DrawbridgeProvider options={options} enabled={false}>
    <Chat className="chat" />
  </DrawbridgeProvider>,
  <DrawbridgeProvider />,
];
