import { useConnectionState, useRequest } from '@drawbridge/client/react';

export function Echo() {
  const { welcome } = useConnectionState();
  const [echo, { data, error }] = useRequest('echo');
  return (
    <>
      <p id="welcome">{welcome ? `Welcome, ${welcome.user.displayName}` : ''}</p>
      <button id="echo" type="button" onClick={() => void echo('hello').catch(() => {})}>
        Say hello
      </button>
      <p id="answer">{error ? error.message : data}</p>
    </>
  );
}
