import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { adminKey, expectProblem, openApi, type Answer, type Api } from './api.js';

interface Page {
  data: { id: string; name: string }[];
  next: string | null;
}

describe('lists', () => {
  let api: Api;
  beforeAll(async () => {
    api = await openApi();
    await api.makeTitle('arena');
    await api.makeTitle('other');
    for (let i = 1; i <= 6; i++) await makeKey('arena', `key ${i}`);
    await makeKey('other', 'key of the other');
  });
  afterAll(() => api.close());

  const get = (path: string): Promise<Answer> => api.send('GET', path, { key: adminKey });
  const makeKey = (title: string, name: string): Promise<Answer> =>
    api.send('POST', `/v1/titles/${title}/keys`, { key: adminKey, body: { name, scopes: ['trades:read'] } });

  /**
   * The names on each page, by following `next` from the first page. @param between what happens before each further
   * page
   */
  async function pages(limit: number, between: () => Promise<unknown> = () => Promise.resolve()): Promise<string[][]> {
    const found: string[][] = [];
    for (let cursor = ''; ;) {
      const { body, headers } = await get(`/v1/titles/arena/keys?limit=${limit}${cursor}`);
      const { data, next } = body as Page;
      found.push(data.map(({ name }) => name));
      const link = headers.get('link');
      if (next === null) {
        expect(link).toBeNull();
        return found;
      }
      expect(link).toBe(`</v1/titles/arena/keys?limit=${limit}&cursor=${next}>; rel="next"`);
      cursor = `&cursor=${next}`;
      await between();
    }
  }

  const newestFirst = ['key 6', 'key 5', 'key 4', 'key 3', 'key 2', 'key 1', 'first key'];

  test.each([1, 2, 3, 6, 7, 100])('pages of %d show everything once, newest first', async (limit) => {
    const found = await pages(limit);
    expect(found.flat()).toEqual(newestFirst);
    expect(found.slice(0, -1).every((page) => page.length === limit)).toBe(true);
    expect(found.at(-1)?.length).toBeGreaterThan(0);
  });

  test('a page has 50 where no limit is sent', async () => {
    for (let i = 0; i < 53; i++) await makeKey('other', `many ${i}`);
    const { data, next } = (await get('/v1/titles/other/keys')).body as Page;
    expect(data).toHaveLength(50);
    expect(next).not.toBeNull();
  });

  test('the link leads to the next page', async () => {
    const first = await get('/v1/titles/arena/keys?limit=5');
    const address = /^<([^>]+)>/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    expect(((await get(address)).body as Page).data.map(({ name }) => name)).toEqual(['key 1', 'first key']);
  });

  test('what is added meanwhile neither hides nor repeats anything', async () => {
    let added = 0;
    const found = await pages(2, () => makeKey('arena', `later ${++added}`));
    expect(found.flat()).toEqual(newestFirst);
    expect(added).toBe(3);
    expect((await pages(100)).flat().slice(0, 3)).toEqual(['later 3', 'later 2', 'later 1']);
  });

  test("a cursor is refused when changed anywhere, in another title's list and in another list", async () => {
    const { next } = (await get('/v1/titles/arena/keys?limit=1')).body as Page;
    const cursor = next as string;
    expect((await get(`/v1/titles/arena/keys?cursor=${cursor}`)).status).toBe(200);
    for (let i = 0; i < cursor.length; i++) {
      const changed = cursor.slice(0, i) + (cursor[i] === 'A' ? 'B' : 'A') + cursor.slice(i + 1);
      expectProblem(await get(`/v1/titles/arena/keys?cursor=${changed}`), 400, 'cursor-invalid');
    }
    for (const changed of [`${cursor}A`, `${cursor}=`, cursor.slice(0, -1), `${cursor}%20`]) {
      expectProblem(await get(`/v1/titles/arena/keys?cursor=${changed}`), 400, 'cursor-invalid');
    }
    expectProblem(await get(`/v1/titles/other/keys?cursor=${cursor}`), 400, 'cursor-invalid');
    expectProblem(await get(`/v1/titles?cursor=${cursor}`), 400, 'cursor-invalid');
  });

  test('a cursor of another process with the same admin key is accepted, and with another key is not', async () => {
    const { next } = (await get('/v1/titles/arena/keys?limit=1')).body as Page;
    const env = { DATABASE_URL: api.databaseUrl };
    const same = await openApi({ env });
    const other = await openApi({ env: { ...env, VELTRIX_ADMIN_KEY: 'another-key-than-the-others' } });
    expect((await same.send('GET', `/v1/titles/arena/keys?cursor=${next}`, { key: adminKey })).status).toBe(200);
    expectProblem(
      await other.send('GET', `/v1/titles/arena/keys?cursor=${next}`, { key: 'another-key-than-the-others' }),
      400,
      'cursor-invalid',
    );
    await same.close();
    await other.close();
  });
});
