import { createClient } from '@drawbridge/client';
import { DrawbridgeProvider } from '@drawbridge/client/react';
import { sessionToken } from '@drawbridge/client/session';
import { shareTabs } from '@drawbridge/client/tabs';
import { createMockServer } from '@drawbridge/client/testing';

globalThis.client = createClient();

/** Nobody calls it, so nothing that it uses is bundled. */
const unused = () => [DrawbridgeProvider, sessionToken, shareTabs, createMockServer];
