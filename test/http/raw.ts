import { connect } from 'node:net';
import type { Answer } from './api.js';

/**
 * Sends bytes as they are, which fetch never would, and answers the first response that comes back, after any 100
 * Continue.
 */
export function sendRaw(port: number, request: string | Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => void socket.write(request));
    let received = Buffer.alloc(0);
    const finish = (): void => {
      const answer = parse(received);
      socket.destroy();
      if (answer === undefined) reject(new Error(`No whole response: ${JSON.stringify(received.toString())}`));
      else resolve(answer);
    };
    socket.setTimeout(10_000, finish);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (parse(received) !== undefined) finish();
    });
    socket.on('end', finish);
    socket.on('error', reject);
  });
}

/** Sends bytes as they are, and answers all that came back until the connection was closed, and how long that took. */
export function sendAndListen(port: number, request: string): Promise<{ said: string; seconds: number }> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const socket = connect(port, '127.0.0.1', () => void socket.write(request));
    let said = '';
    socket.on('data', (chunk) => (said += chunk.toString('latin1')));
    socket.on('close', () => resolve({ said, seconds: (performance.now() - began) / 1_000 }));
    socket.on('error', reject);
  });
}

function parse(received: Buffer): Answer | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine = '', ...lines] = received.subarray(0, end).toString('latin1').split('\r\n');
  const headers = new Headers(
    lines.map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const body = received.subarray(end + 4);
  if (statusLine === 'HTTP/1.1 100 Continue') return parse(body);
  if (body.length < Number(headers.get('content-length') ?? 0)) return undefined;
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    body: body.length === 0 ? undefined : (JSON.parse(body.toString()) as unknown),
  };
}
