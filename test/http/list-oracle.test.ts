/**
 * Every list of the OpenAPI document against an oracle that filters what the test has made: in two titles that have the
 * same players, codes, keys and references, with every combination of filters, in pages of 1, of 2 and of all. Small
 * pages are many: where a run asks something in pages of 1 of one title, it asks it in pages of 2 of the other one.
 */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { tellSample, tryAll, wayAt } from '../harness/sample.js';
import { openApi, type Api } from './api.js';
import { listOracles, type ListOracle } from './apart/list-oracles.js';
import { seed } from './apart/seed.js';
import { addressOf, filtersOf, pageOf, inLanes, questionsOf, walk, type Question } from './apart/walk.js';
import { Installation, type World } from './apart/world.js';
import { listsOf, operationsOf } from './document.js';

// Each test sends hundreds of requests, however busy the machine is.
jest.setTimeout(240_000);

let api: Api;
let worlds: [World, World];
beforeAll(async () => {
  tellSample();
  // Whatever is answered here is answered without Temporal.
  api = await openApi({ env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } });
  const installation = new Installation(api);
  worlds = [await installation.makeWorld('north', 1), await installation.makeWorld('south', 7)];
  await Promise.all(worlds.map(seed));
});
afterAll(() => api.close());

const oracles = Object.entries(listOracles);

test('there is an oracle for each list of the document, with exactly its parameters', async () => {
  const lists = listsOf(await operationsOf(api));
  const parameters = lists.map(({ path, parameters: { path: inPath, query } }) => [
    path,
    inPath,
    query.filter((name) => name !== 'limit' && name !== 'cursor').sort(),
  ]);
  expect(parameters).toEqual(
    expect.arrayContaining(
      oracles.map(([path, oracle]) => [path, Object.keys(oracle.path ?? {}), Object.keys(oracle.filters ?? {}).sort()]),
    ),
  );
  expect(parameters).toHaveLength(oracles.length);
});

describe('a list has exactly its rows, newest first, each once, with every filter, in pages of', () => {
  async function expectRows(template: string, oracle: ListOracle, world: World, limit: number): Promise<void> {
    const questions = questionsOf(template, oracle, world);
    const found = new Map<string, number>();
    const isAsked = (place: number): boolean =>
      tryAll || limit === 100 || (wayAt(place) === 0) === ((world === worlds[0]) === (limit === 1));
    for (const { filter, asked } of questions)
      for (const [name, value] of Object.entries(filter))
        found.set(`${name}=${value}`, (found.get(`${name}=${value}`) ?? 0) + oracle.rows(world, asked).length);
    const chosen = questions.filter((_, place) => isAsked(place));
    await inLanes(chosen, async (question) => {
      const address = `${world.title} ${addressOf(question)}`;
      const expected = oracle.rows(world, question.asked);
      const pages = await walk(world, question, limit);
      expect([address, pages.flat().map(oracle.shown)]).toEqual([address, expected]);
      if (oracle.mayBeShort?.(question.asked) !== true) {
        const sizes = expected
          .map((_, index) => index)
          .filter((index) => index % limit === 0)
          .map((index) => Math.min(limit, expected.length - index));
        expect([address, pages.map((page) => page.length)]).toEqual([address, sizes.length === 0 ? [0] : sizes]);
      }
    });
    // A filter that lets everything or nothing through whatever it is would be no filter to this test.
    const all = Math.max(...questions.map(({ asked }) => oracle.rows(world, asked).length));
    expect(all).toBeGreaterThan(1);
    for (const [name, values] of Object.entries(filtersOf(oracle, world)))
      expect([name, values.some((value) => (found.get(`${name}=${value}`) ?? 0) > 0)]).toEqual([name, true]);
  }

  for (const limit of [1, 2, 100]) {
    test.each(oracles)(`${limit}: %s`, async (template, oracle) => {
      for (const world of worlds) await expectRows(template, oracle, world, limit);
    });
  }
});

describe('a cursor', () => {
  /** The questions that have a second page, each with the cursor of that. */
  async function cursors(template: string, oracle: ListOracle, world: World): Promise<[Question, string][]> {
    const found: [Question, string][] = [];
    await inLanes(questionsOf(template, oracle, world), async (question) => {
      const { next } = await pageOf(world, addressOf(question, { limit: '1' }));
      if (next !== null) found.push([question, next]);
    });
    return found;
  }

  async function expectRefused(world: World, address: string): Promise<void> {
    const { status, body } = await world.send('GET', address);
    expect({ address, status, body }).toMatchObject({ status: 400, body: { code: 'cursor-invalid' } });
  }

  /** What is asked differently. */
  const changed = (a: Question, b: Question): string[] =>
    Object.keys({ ...a.asked, ...b.asked }).filter((name) => a.asked[name] !== b.asked[name]);

  /** For each place the question without it, if there is such a one, and one with another value there. */
  function changedInOnePlace(question: Question, questions: readonly Question[]): Question[] {
    const found = new Map<string, Question>();
    for (const other of questions) {
      const [name = '', ...more] = changed(question, other);
      if (name !== '' && more.length === 0)
        found.set(`${name} ${other.asked[name] === undefined ? 'left out' : ''}`, other);
    }
    return [...found.values()];
  }

  test.each(oracles)(
    'of %s is refused with a filter or a path that is another in one place',
    async (template, oracle) => {
      const [world] = worlds;
      const questions = questionsOf(template, oracle, world);
      const found = await cursors(template, oracle, world);
      expect(found.length).toBeGreaterThan(0);
      const seen = new Set<string>();
      await inLanes(found, async ([question, cursor]) => {
        expect(await pageOf(world, addressOf(question, { cursor, limit: '3' }))).toMatchObject({
          data: expect.any(Array),
        });
        for (const other of changedInOnePlace(question, questions)) {
          await expectRefused(world, addressOf(other, { cursor }));
          for (const name of changed(question, other)) seen.add(name);
        }
      });
      const names = [
        ...Object.keys(oracle.filters ?? {}),
        ...Object.keys(oracle.path ?? {}).filter((name) => name !== 'title'),
      ];
      expect([...seen].sort()).toEqual(names.sort());
    },
  );

  test.each(oracles)('of %s is refused in every other list', async (template, oracle) => {
    const [world] = worlds;
    const [first] = await cursors(template, oracle, world);
    const others = oracles.filter(([path]) => path !== template);
    for (const [path, other] of others) {
      for (const question of questionsOf(path, other, world)) {
        // The one that has the same values, where there is such a one, and the one without any.
        const same = Object.entries(question.asked).every(([name, value]) => first?.[0].asked[name] === value);
        if (same || Object.keys(question.filter).length === 0)
          await expectRefused(world, addressOf(question, { cursor: first?.[1] ?? '' }));
      }
    }
  });

  test.each(oracles.filter(([path]) => path !== '/v1/titles'))(
    "of %s is refused in another title's",
    async (template, oracle) => {
      const [world, other] = worlds;
      await inLanes(await cursors(template, oracle, world), async ([question, cursor]) => {
        const path = template.includes('{title}') ? question.path.replace(world.title, other.title) : question.path;
        await expectRefused(other, addressOf({ ...question, path }, { cursor }));
      });
    },
  );
});

// These add rows that the oracles do not know, so they come last.
describe('what is added while a list is read neither hides nor repeats anything', () => {
  test.each(oracles)('%s', async (template, oracle) => {
    const [world] = worlds;
    const questions = questionsOf(template, oracle, world).filter(({ filter }) => Object.keys(filter).length <= 1);
    const tried = new Set<string>();
    for (const question of questions) {
      const before = (await walk(world, question, 100)).flat().map(oracle.shown);
      const kind = Object.keys(question.filter).join();
      if (before.length < 2 || tried.has(kind) || oracle.canAdd?.(world, question.asked) === false) continue;
      tried.add(kind);
      let turns = 0;
      const pages = await walk(world, question, 1, async () => {
        if (turns++ % 4 === 0) await oracle.add(world, question.asked);
      });
      expect([addressOf(question), pages.flat().map(oracle.shown)]).toEqual([addressOf(question), before]);
      const after = (await walk(world, question, 100)).flat().map(oracle.shown);
      expect([addressOf(question), after.length > before.length]).toEqual([addressOf(question), true]);
    }
    // A filter that names one row can have no more.
    const growing = Object.keys(oracle.filters ?? {}).filter((name) =>
      questions.some(({ filter, asked }) => name in filter && oracle.canAdd?.(world, asked) !== false),
    );
    expect([...tried].sort()).toEqual(['', ...growing].sort());
  });
});
