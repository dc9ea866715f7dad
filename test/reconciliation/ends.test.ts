import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { breakOf, RunsWorld, ScriptedCheck } from './runs-world.js';

let world: RunsWorld;
const books = new ScriptedCheck('books');
const money = new ScriptedCheck('money');

beforeAll(async () => {
  world = await RunsWorld.open([books, money]);
});
afterAll(() => world.close());
afterEach(async () => {
  for (const check of [books, money]) check.reset();
  await world.run();
});

const later = new Date(Date.now() + 3_600_000);

it.each([
  ['in one part, the pending one last', [breakOf('trd_1'), breakOf('trd_1', { breaksAt: later })], []],
  ['in one part, the pending one first', [breakOf('trd_1', { breaksAt: later }), breakOf('trd_1')], []],
  ['by two checks, the pending one last', [breakOf('trd_1')], [breakOf('trd_1', { breaksAt: later })]],
  ['by two checks, the pending one first', [breakOf('trd_1', { breaksAt: later })], [breakOf('trd_1')]],
])('what is a break and pending at once is a break: found %s', async (_, first, second) => {
  books.parts = [first];
  money.parts = [second];
  expect(await world.run()).toMatchObject({ verdict: 'BREAKS', breaks: 1, pending: 0 });
});

it('makes the same statements in every run, so that sessions prepare no more of them', async () => {
  const asked = jest.spyOn(pg.Client.prototype, 'query');
  try {
    books.parts = [[breakOf('trd_2')]];
    const ids = [(await world.run()).id];
    books.parts = [[]];
    ids.push((await world.run()).id);
    const texts = asked.mock.calls.map(([query]) =>
      typeof query === 'string' ? query : (query as { text: string }).text,
    );
    expect(texts.some((text) => text.includes('break.found'))).toBe(true);
    expect(texts.filter((text) => ids.some((id) => text.includes(id.slice(4))))).toEqual([]);
  } finally {
    asked.mockRestore();
  }
});

it('may take longer for its end than for a look, which goes page by page', async () => {
  await world.alter('create table limits (of_end text)');
  await world.alter(
    `create function note_limit() returns trigger language plpgsql as $$ begin
       insert into limits values (current_setting('statement_timeout'));
       return new;
     end $$`,
  );
  await world.alter(
    `create trigger note_limit before update on reconciliation.runs for each row
       when (new.state = 'finished') execute function note_limit()`,
  );
  await world.run();
  expect(await world.main.query('select of_end from limits')).toEqual([{ of_end: '10min' }]);
});
