import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where the sample runs. */
const server = process.env['SAMPLE'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  server: {
    port: 5173,
    strictPort: true,
    // `ws: true` forwards the upgrade. Without it the client says `upgrade_not_forwarded`; without
    // the whole entry, Vite answers its own page and the client says `path_wrong`.
    proxy: { '/ws': { target: server, ws: true } },
  },
});
