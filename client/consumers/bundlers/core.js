import { createClient } from '@drawbridge/client';

globalThis.client = createClient();
