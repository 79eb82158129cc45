import { ConnectionStatus, DrawbridgeProvider } from '@drawbridge/client/react';
import { Echo } from './Echo';
import { options } from './connection';

export function App() {
  return (
    <DrawbridgeProvider options={options}>
      <h1>Drawbridge behind Vite</h1>
      <p>
        <ConnectionStatus />
      </p>
      <Echo />
    </DrawbridgeProvider>
  );
}
