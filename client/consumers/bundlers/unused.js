import { createClient } from '@drawbridge/client';
import { withChannels } from '@drawbridge/client/channels';
import { useChannel } from '@drawbridge/client/channels-react';
import { DrawbridgeProvider } from '@drawbridge/client/react';
import { sessionToken } from '@drawbridge/client/session';
import { shareTabs } from '@drawbridge/client/tabs';
import { createMockServer } from '@drawbridge/client/testing';

globalThis.client = createClient();

/** Nobody calls it, so nothing that it uses is bundled. */
const unused = () => [withChannels, useChannel, DrawbridgeProvider, sessionToken, shareTabs, createMockServer];
