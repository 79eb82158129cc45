import {
  createClient,
  type ClientOptions,
  type ConnectionError,
  type DrawbridgeClient,
  type MessageError,
} from '@drawbridge/client';
import { withChannels, type ChannelMessage, type Published } from '@drawbridge/client/channels';
import { useChannel, useChannelState, usePresence } from '@drawbridge/client/channels-react';
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

declare module '@drawbridge/client/channels' {
  interface DrawbridgeChannels {
    'room:': {
      'chat.message': { publish: { text: string }; receive: { text: string; at: number } };
      'room.closed': { receive: null };
    };
    'room:vip:': { 'vip.message': { publish: number; receive: number } };
    '~': { 'chat.sent': { receive: string } };
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

const channels = withChannels(client);
const room = channels.channel('room:1');
room.on('chat.message', (data, { from }) => [data.text.trim(), data.at.toFixed(), from?.trim()]);
room.on('room.closed', (data: null) => data);
// @ts-expect-error nobody receives that there
room.on('vip.message', () => {});
export const published: Promise<Published> = room.publish('chat.message', { text: 'hi' }, { key: 'a1' });
// @ts-expect-error only the application publishes it
void room.publish('room.closed', null);
// @ts-expect-error not what the type carries
void room.publish('chat.message', { txt: 'hi' });
// The longest prefix wins.
channels.channel('room:vip:1').on('vip.message', (data) => data.toFixed());
channels.channel(`room:${sent}`).on('chat.message', (data) => data.text);
channels.channel('~').on('chat.sent', (data) => data.trim());
// Of what the map does not know, anything goes.
channels.channel('other:1').on('any', (data: unknown) => data);
room.subscribe({
  onMessage: (message) => (message.type === 'chat.message' ? message.data.text : message.data satisfies null),
  onStatus: ({ status, error }) => [status.trim(), error?.code],
  onResync: (reason, afterMs) => [reason === 'too_old', afterMs.toFixed()],
  onPresence: ({ members, count }) => [members[0]?.displayName, count],
  state: async () => ({ data: 1, epoch: 'k3ZqTbWx', seq: 1 }),
  onState: (data) => data.toFixed(),
});

export function Room({ id }: { id: string | null }) {
  const { status, error, publish } = useChannel(id === null ? null : `room:${id}`, {
    'chat.message': (data, message: ChannelMessage) => [data.text, message.seq],
  });
  const { members } = usePresence('room:1');
  const { state } = useChannelState(
    'room:1',
    async () => ({ data: ['a'], epoch: 'k3ZqTbWx', seq: 1 }),
    (lines, message) => (message.type === 'chat.message' ? [...lines, message.data.text] : lines),
  );
  return (
    <p onClick={() => void publish('chat.message', { text: status })}>
      {error?.code} {members.map((one) => one.displayName)} {state?.join()}
    </p>
  );
}

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
