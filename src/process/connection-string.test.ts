import { describe, expect, test } from '@jest/globals';
import { connectionStringFault, readConnectionString } from './connection-string.js';
import { lastWords } from './start-error.js';

const at = (rest: string): string => `postgres://app:hunter2@${rest}`;

describe('a connection string', () => {
  test.each([
    ['two hosts', at('a,b/econ'), 'one host alone'],
    ['two hosts in its parameters', at('/econ?host=a,b'), 'one host alone'],
    ['no host in its parameters', at('a/econ?host='), 'must name a host'],
    ['a port that is none', at('a:99999/econ'), 'cannot be read as a connection string'],
    ['a port that is none in its parameters', at('a/econ?port=99999'), 'a port from 1 to 65535'],
    ['an sslmode that the driver cannot do', at('a/econ?sslmode=prefer'), 'sslmode of disable'],
    ['an sslmode that is none', at('a/econ?sslmode=nonsense'), 'sslmode of disable'],
    ['verify-ca without an authority', at('a/econ?sslmode=verify-ca'), 'sslrootcert'],
  ])('with %s is refused in words without its secret', (_what, url, words) => {
    const fault = connectionStringFault(url);
    expect(fault).toContain(words);
    expect(fault).not.toContain('hunter2');
  });

  test.each([
    ['disable', false],
    ['require', { rejectUnauthorized: false }],
    ['verify-full', {}],
  ])('with the sslmode %s means what it means in libpq', (mode, ssl) => {
    const url = at(`a/econ?sslmode=${mode}`);
    expect(connectionStringFault(url)).toBeUndefined();
    expect(readConnectionString(url).ssl).toEqual(ssl);
  });

  test('of a socket names its folder', () => {
    const url = at('/econ?host=/run/postgresql');
    expect(connectionStringFault(url)).toBeUndefined();
    expect(readConnectionString(url)).toMatchObject({ host: '/run/postgresql', database: 'econ' });
  });
});

test.each([
  [Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), /certificate/],
  [new Error('The server does not support SSL connections'), /takes no TLS/],
  [new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'), /asks for a password/],
])('%s ends a process with one sentence', (error, sentence) => {
  const words = lastWords(error, 3000, 'PORT');
  expect(words).toMatch(sentence);
  expect(words).not.toMatch(/\n/);
});
