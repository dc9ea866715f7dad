import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { adminKey, expectProblem, openApi, type Api } from './api.js';

describe('titles and keys', () => {
  let api: Api;
  beforeAll(async () => {
    api = await openApi();
  });
  afterAll(() => api.close());

  const asAdmin = (method: string, path: string, body?: unknown) =>
    api.send(method, path, { key: adminKey, ...(body !== undefined && { body }) });

  test('a title is made with a first key that has every scope', async () => {
    const made = await asAdmin('POST', '/v1/titles', { id: 'arena', name: 'Arena' });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe('/v1/titles/arena');
    expect(made.body).toEqual({
      id: 'arena',
      name: 'Arena',
      key: expect.stringMatching(/^vx_live_[0-9a-f]{32}_[0-9a-f]{64}$/),
    });
    const { status, body } = await asAdmin('GET', '/v1/titles/arena');
    expect({ status, body }).toEqual({
      status: 200,
      body: { id: 'arena', name: 'Arena', createdAt: expect.stringMatching(/^\d{4}-.*Z$/) },
    });
    const { body: keys } = await asAdmin('GET', '/v1/titles/arena/keys');
    expect(keys).toMatchObject({
      data: [{ name: 'first key', scopes: expect.arrayContaining(['trades:write', 'sagas:operate']) }],
      next: null,
    });
    expect((keys as { data: { scopes: string[] }[] }).data[0]?.scopes).toHaveLength(26);
  });

  test('a secret is kept as a hash alone', async () => {
    const key = await api.makeTitle('vault');
    const { rows } = await api.session.query<{ all: string }>(
      `select string_agg(k::text, '') || (select string_agg(o::text, '') from titles.outbox o) as all
       from titles.keys k`,
    );
    expect(rows[0]?.all).not.toContain(key.slice(-64));
    expect(JSON.stringify(api.logged)).not.toContain(key.slice(-64));
  });

  test('a title that exists is refused and keeps its name', async () => {
    await api.makeTitle('twice');
    expectProblem(await asAdmin('POST', '/v1/titles', { id: 'twice', name: 'Other' }), 409, 'title-exists');
    expect((await asAdmin('GET', '/v1/titles/twice')).body).toMatchObject({ name: 'The twice' });
    expect((await asAdmin('GET', '/v1/titles/twice/keys')).body).toMatchObject({ data: [{}] });
  });

  test('two who make one title at once get one title and one refusal', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => asAdmin('POST', '/v1/titles', { id: 'raced', name: 'Raced' })),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
  });

  test('a key with some scopes is made, read, listed and revoked', async () => {
    await api.makeTitle('keyed');
    const made = await asAdmin('POST', '/v1/titles/keyed/keys', {
      name: 'reader',
      scopes: ['trades:read'],
      expiresAt: '2099-01-01T00:00:00+02:00',
    });
    expect(made.status).toBe(201);
    const { id, key, ...rest } = made.body as { id: string; key: string };
    expect(rest).toEqual({
      name: 'reader',
      scopes: ['trades:read'],
      createdAt: expect.any(String),
      expiresAt: '2098-12-31T22:00:00.000Z',
      revokedAt: null,
      lastUsedAt: null,
    });
    expect(made.headers.get('location')).toBe(`/v1/titles/keyed/keys/${id}`);
    expect((await asAdmin('GET', `/v1/titles/keyed/keys/${id}`)).body).toEqual({ id, ...rest });
    expectProblem(await api.send('GET', '/v1/titles', { key }), 403, 'forbidden');
    for (let again = 0; again < 2; again++)
      expect((await asAdmin('DELETE', `/v1/titles/keyed/keys/${id}`)).status).toBe(204);
    expectProblem(await api.send('GET', '/v1/titles', { key }), 401, 'unauthenticated');
    const revoked = (await asAdmin('GET', `/v1/titles/keyed/keys/${id}`)).body as { revokedAt: string | null };
    expect(Date.parse(revoked.revokedAt ?? '')).toBeGreaterThan(Date.now() - 60_000);
  });

  test('a key ends at the moment it was given', async () => {
    await api.makeTitle('brief');
    let expiresAt = '';
    let key = '';
    // A key that has ended before it was used once says nothing, so the next one lives longer.
    for (let livesMs = 1_500, used = false; !used; livesMs *= 2) {
      expiresAt = new Date(Date.now() + livesMs).toISOString();
      key = (
        (await asAdmin('POST', '/v1/titles/brief/keys', { name: 'brief', scopes: ['trades:read'], expiresAt }))
          .body as { key: string }
      ).key;
      const answer = await api.send('GET', '/v1/titles', { key });
      used = Date.now() < Date.parse(expiresAt);
      if (used) expectProblem(answer, 403, 'forbidden');
    }
    await new Promise((resolve) => setTimeout(resolve, Date.parse(expiresAt) - Date.now() + 50));
    expectProblem(await api.send('GET', '/v1/titles', { key }), 401, 'unauthenticated');
  });

  test('a key is revoked also where a type is sent and no body, and not where the body says something', async () => {
    const key = await api.makeTitle('typed');
    const [, uuid = ''] = /^vx_live_([0-9a-f]{32})_/.exec(key) ?? [];
    const id = `key_${uuid.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}`;
    const path = `/v1/titles/typed/keys/${id}`;
    const headers = { 'content-type': 'application/json' };
    expectProblem(await asAdmin('DELETE', path, { soft: true }), 400, 'validation-failed');
    expect((await api.send('GET', '/v1/assets', { key })).status).toBe(200);
    expect((await api.send('DELETE', path, { key: adminKey, headers })).status).toBe(204);
    expectProblem(await api.send('GET', '/v1/assets', { key }), 401, 'unauthenticated');
  });

  test('a key that another process revoked ends within seconds also where the clock is set back', async () => {
    const key = await api.makeTitle('set-back');
    expect((await api.send('GET', '/v1/assets', { key })).status).toBe(200);
    await api.session.query(`update titles.keys set revoked_at = now() where title = 'set-back'`);
    const { now } = Date;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() - 3_600_000);
    try {
      await new Promise((resolve) => setTimeout(resolve, 2_100));
      expectProblem(await api.send('GET', '/v1/assets', { key }), 401, 'unauthenticated');
    } finally {
      clock.mockRestore();
    }
  });

  test('a key that another process revoked ends within seconds', async () => {
    const key = await api.makeTitle('elsewhere');
    expectProblem(await api.send('GET', '/v1/titles', { key }), 403, 'forbidden');
    await api.session.query(`update titles.keys set revoked_at = now() where title = 'elsewhere'`);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expectProblem(await api.send('GET', '/v1/titles', { key }), 401, 'unauthenticated');
  });

  test("another title's key is not found", async () => {
    await api.makeTitle('mine');
    await api.makeTitle('theirs');
    const { body } = await asAdmin('GET', '/v1/titles/theirs/keys');
    const { id } = (body as { data: [{ id: string }] }).data[0];
    expectProblem(await asAdmin('GET', `/v1/titles/mine/keys/${id}`), 404, 'not-found');
    expectProblem(await asAdmin('DELETE', `/v1/titles/mine/keys/${id}`), 404, 'not-found');
    expect((await asAdmin('GET', `/v1/titles/theirs/keys/${id}`)).body).toMatchObject({ revokedAt: null });
    expectProblem(await asAdmin('GET', '/v1/titles/nobody/keys'), 404, 'not-found');
    expectProblem(
      await asAdmin('POST', '/v1/titles/nobody/keys', { name: 'x', scopes: ['trades:read'] }),
      404,
      'not-found',
    );
  });

  test('every fact is in the outbox, once', async () => {
    await api.makeTitle('told');
    const { body } = await asAdmin('GET', '/v1/titles/told/keys');
    const { id } = (body as { data: [{ id: string }] }).data[0];
    for (let again = 0; again < 2; again++) await asAdmin('DELETE', `/v1/titles/told/keys/${id}`);
    const { rows } = await api.session.query(
      `select type, subject from titles.facts where title = 'told' order by id, place`,
    );
    expect(rows).toEqual([
      { type: 'title.created', subject: 'told' },
      { type: 'key.created', subject: id },
      { type: 'key.revoked', subject: id },
    ]);
  });

  test('the last use of a key is noted, at the latest when the process ends', async () => {
    const other = await openApi();
    const key = await other.makeTitle('used');
    const before = Date.now();
    await other.send('GET', '/v1/titles', { key });
    await other.app.close();
    const { rows } = await other.session.query<{ last_used_at: Date }>('select last_used_at from titles.keys');
    expect(rows[0]?.last_used_at.getTime()).toBeGreaterThanOrEqual(before);
    await other.close();
  });
});
