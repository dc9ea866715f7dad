import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expectProblem, openApi, rowCounts, secretsKey, type Api } from '../http/api.js';

/* The accounts of titles at the payment provider: who sees what of their secrets, and how they are kept. */

const path = '/v1/payment-accounts/stripe';
const secret = 'sk_test_4eC39HqLyjWDarjtT1zdp7dc';
const webhookSecret = 'whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH';
const terms = { secretKey: secret, webhookSecrets: [webhookSecret], settlementCurrency: 'EUR', spentGoods: 'debt' };
const shown = {
  provider: 'stripe',
  mode: 'test',
  secretKey: '…p7dc',
  webhookSecrets: ['…e8FH'],
  settlementCurrency: 'EUR',
  spentGoods: 'debt',
};

let api: Api;
let key: string;
beforeAll(async () => {
  api = await openApi();
  key = await api.makeTitle('arena');
});
afterAll(() => api.close());

/** What the database holds of all accounts, as text: no byte of a secret may be readable in it. */
async function stored(): Promise<string> {
  const { rows } = await api.session.query<{ text: string }>(
    `select (select string_agg(a::text || encode(secret_key, 'escape') || encode(webhook_secrets, 'escape'), ' ')
       from payments.accounts a) || (select string_agg(facts::text, ' ') from payments.outbox) as text`,
  );
  return rows[0]?.text ?? '';
}

async function sealedBy(): Promise<string[]> {
  const { rows } = await api.session.query<{ sealed_by: string }>('select sealed_by from payments.accounts');
  return rows.map((row) => row.sealed_by);
}

test('an account is written, read, written anew, and shown with the ends of its secrets alone', async () => {
  const made = await api.send('PUT', path, { key, body: terms });
  expect(made).toMatchObject({ status: 200, body: shown });
  expect(made.headers.get('etag')).toBe('"1"');
  expect(await api.send('PUT', path, { key, body: terms })).toMatchObject({ status: 200, body: made.body });
  const read = await api.send('GET', path, { key });
  expect(read).toMatchObject({ status: 200, body: made.body });
  expect(read.headers.get('etag')).toBe('"1"');

  const live = { ...terms, secretKey: 'rk_live_51HqLyjWDarjtT1zdpABCD', webhookSecrets: [webhookSecret, 'whsec_b'] };
  const changed = await api.send('PUT', path, { key, body: live, headers: { 'if-match': '"1"' } });
  expect(changed).toMatchObject({
    status: 200,
    body: { ...shown, mode: 'live', secretKey: '…ABCD', webhookSecrets: ['…e8FH', '…'] },
  });
  expect(changed.headers.get('etag')).toBe('"2"');
  expectProblem(
    await api.send('PUT', path, { key, body: terms, headers: { 'if-match': '"1"' } }),
    412,
    'precondition-failed',
  );
  expect(await api.send('PUT', path, { key, body: { ...terms, webhookSecrets: undefined } })).toMatchObject({
    status: 200,
    body: { ...shown, webhookSecrets: [] },
  });
  const { rows } = await api.session.query('select type, subject, data from payments.facts order by id');
  const data = { mode: 'test', settlementCurrency: 'EUR', spentGoods: 'debt' };
  expect(rows).toEqual([
    { type: 'payment-account.created', subject: 'stripe', data: { ...data, version: 1 } },
    { type: 'payment-account.updated', subject: 'stripe', data: { ...data, mode: 'live', version: 2 } },
    { type: 'payment-account.updated', subject: 'stripe', data: { ...data, version: 3 } },
  ]);
});

test('no secret is in the database, in the log or in what is said of a wrong one', async () => {
  await api.send('PUT', path, { key, body: terms });
  const wrong = { ...terms, secretKey: secret.replace('sk_', 'pk_'), webhookSecrets: [`${webhookSecret} `] };
  const answer = await api.send('PUT', path, { key, body: wrong });
  expectProblem(answer, 400, 'validation-failed');
  expect(await stored()).toContain('e8FH');
  for (const text of [await stored(), JSON.stringify(api.logged), JSON.stringify(answer.body)])
    for (const part of ['4eC39HqLyjWD', '5WbX5kEWLlfz']) expect(text).not.toContain(part);
});

test('the account of a title is not found by another, and is not changed by it', async () => {
  await api.send('PUT', path, { key, body: terms });
  const other = await api.makeTitle('other');
  expectProblem(await api.send('GET', path, { key: other }), 404, 'not-found');
  expect(await api.send('PUT', path, { key: other, body: { ...terms, spentGoods: 'freeze' } })).toMatchObject({
    status: 200,
  });
  expect(await api.send('GET', path, { key })).toMatchObject({ body: { spentGoods: 'debt' } });
});

test('without VELTRIX_SECRETS_KEY an account is not written, and can be read', async () => {
  await api.send('PUT', path, { key, body: terms });
  const without = await openApi({ env: { DATABASE_URL: api.databaseUrl, VELTRIX_SECRETS_KEY: '' } });
  try {
    const before = await rowCounts(api.session);
    const body = { ...terms, spentGoods: 'absorb' };
    expectProblem(await without.send('PUT', path, { key, body }), 503, 'secrets-key-missing');
    expect(await rowCounts(api.session)).toEqual(before);
    expect(await without.send('GET', path, { key })).toMatchObject({ status: 200, body: shown });
  } finally {
    await without.close();
  }
});

const next = '2'.repeat(64);

/** `npm run reseal` with these keys. */
function run(keys: string): Promise<{ stdout: string }> {
  const reseal = fileURLToPath(new URL('../../dist/src/reseal.js', import.meta.url));
  return promisify(execFile)(process.execPath, [reseal], {
    env: { PATH: process.env['PATH'], DATABASE_URL: api.databaseUrl, VELTRIX_SECRETS_KEY: keys },
  });
}

test('a key is rotated: a new one in front, all sealed anew, and the old one away', async () => {
  await api.send('PUT', path, { key, body: terms });
  const [before] = await sealedBy();
  await expect(run(next)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('The account of arena at stripe was not'),
  });
  expect(new Set(await sealedBy())).toEqual(new Set([before]));
  expect((await run(`${next},${secretsKey}`)).stdout).toMatch(/^2 payment accounts were sealed anew/);
  const [after] = await sealedBy();
  expect(after).not.toBe(before);
  expect((await run(`${next},${secretsKey}`)).stdout).toMatch(/^0 payment accounts/);
  const rotated = await openApi({ env: { DATABASE_URL: api.databaseUrl, VELTRIX_SECRETS_KEY: next } });
  try {
    const version = (await rotated.send('GET', path, { key })).headers.get('etag');
    // The secrets are the same, so this says nothing new.
    expect((await rotated.send('PUT', path, { key, body: terms })).headers.get('etag')).toBe(version);
  } finally {
    await rotated.close();
  }
  // The process that knows the old key alone cannot open it any more, and writes it anew.
  expect(await api.send('PUT', path, { key, body: terms })).toMatchObject({ status: 200 });
  expect(await sealedBy()).toContain(before);
});

test('what was sealed for another title is not opened, is named, and keeps no other account back', async () => {
  expect(await api.send('PUT', path, { key, body: terms })).toMatchObject({ status: 200 });
  await api.session.query(
    `update payments.accounts a
     set secret_key = b.secret_key, webhook_secrets = b.webhook_secrets, sealed_by = b.sealed_by
     from payments.accounts b where a.title = 'arena' and b.title = 'other'`,
  );
  await expect(run(`${'3'.repeat(64)},${next},${secretsKey}`)).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringContaining('1 payment accounts were sealed anew.'),
    stderr: expect.stringContaining('The account of arena at stripe was not'),
  });
  const before = await api.send('GET', path, { key });
  expect(await api.send('PUT', path, { key, body: terms })).toMatchObject({ status: 200, body: shown });
  expect((await api.send('GET', path, { key })).headers.get('etag')).not.toBe(before.headers.get('etag'));
});
