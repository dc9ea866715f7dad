import { createHash } from 'node:crypto';
import { newId } from '../../../src/ids.js';
import { fits, newestFirst } from './account-oracles.js';
import type { ListOracle } from './list-oracles.js';
import type { World } from './world.js';

interface MadeRun {
  id: string;
  kind: string;
  state: string;
  verdict: string | undefined;
}

interface MadeBreak {
  run: string;
  type: number;
  class: string;
  priority: string;
  subject: string;
}

interface MadeCase extends Omit<MadeBreak, 'run'> {
  id: string;
  state: string;
  age: string;
  owner: string | undefined;
}

interface Made {
  runs: MadeRun[];
  breaks: MadeBreak[];
  cases: MadeCase[];
}

/** What each title has, oldest first. */
const all = new WeakMap<World, Made>();
const made = (world: World): Made => {
  const of = all.get(world) ?? { runs: [], breaks: [], cases: [] };
  all.set(world, of);
  return of;
};

const types = {
  7: { class: 'manual', priority: 'P2' },
  12: { class: 'auto', priority: 'P2' },
  31: { class: 'manual', priority: 'P1' },
} as const;
const typesOf: readonly (keyof typeof types)[] = [7, 12, 31];
const subjects = ['player:ann', 'player:bob'];
const ages: Record<string, number> = { '0-1': 1, '2-7': 3, '8-30': 20, 'over-30': 40 };
const uuid = (id: string): string => id.slice(4);
let number = 0;

async function addRun(world: World, kind: string, verdict?: string): Promise<string> {
  const id = newId('rec');
  const hash = createHash('sha256').update(id).digest();
  await world.api.session.query(
    `insert into reconciliation.runs (id, kind, title, period, state, cuts, verdict, counts, chain, digest, hash,
       finished_at, workflow)
     values ($1, $2, $3, $4, $5, $6, $7, '{}', $8, $9, $9, $10, $4)`,
    verdict === undefined
      ? [uuid(id), kind, world.title, `asked/${id}`, 'accepted', null, null, null, null, null]
      : [uuid(id), kind, world.title, `asked/${id}`, 'finished', '{}', verdict, ++number, hash, new Date()],
  );
  made(world).runs.push({ id, kind, state: verdict === undefined ? 'accepted' : 'finished', verdict });
  return id;
}

/** What is asked of breaks and cases, with what makes one that fits. */
function kindOf(asked: { type?: string; class?: string; priority?: string }): keyof typeof types | undefined {
  return typesOf.find(
    (type) =>
      fits(asked.type, String(type)) &&
      fits(asked.class, types[type].class) &&
      fits(asked.priority, types[type].priority),
  );
}

async function addBreak(world: World, run: string, type: keyof typeof types, subject: string): Promise<void> {
  await world.api.session.query(
    `insert into reconciliation.breaks (id, run, number, type, check_name, place, title, subject, detail, since,
       case_id, is_new)
     values ($1, $2, $3, $4, 'books', $5, $6, $5, 'It is wrong.', now(), $1, true)`,
    [uuid(newId('brk')), uuid(run), ++number, type, subject, world.title],
  );
  made(world).breaks.push({ run, type, ...types[type], subject });
}

async function addCase(
  world: World,
  of: { type: keyof typeof types; subject: string; age: string; state: string; owner: string | undefined },
): Promise<void> {
  const id = newId('cas');
  const { type, subject, age, state, owner } = of;
  await world.api.session.query(
    `insert into reconciliation.cases (id, type, fingerprint, period, check_name, place, title, subject, detail, since,
       class, priority, owner, opened_by, opened_chain, seen_by, opened_at, seen_at, cleared_at, cleared_by)
     values ($1, $2, $3, now(), 'books', $4, $5, $4, 'It is wrong.', now(), $6, $7, $8, $1, 1, $1,
       now() - make_interval(days => $9), now(), case when $10 = 'cleared' then now() end,
       case when $10 = 'cleared' then $1::uuid end)`,
    [
      uuid(id),
      ...[type, id, subject, world.title, types[type].class, types[type].priority, owner ?? null, ages[age], state],
    ],
  );
  made(world).cases.push({ id, ...types[type], ...of });
}

/** Gives a title runs of every kind and verdict, breaks in two of them, and cases of every state and age. */
export async function seedReconciliation(world: World): Promise<void> {
  await addRun(world, 'hot');
  for (const kind of ['full', 'hot', 'full']) await addRun(world, kind, 'BREAKS');
  const runs = [await addRun(world, 'full', 'INCOMPLETE'), await addRun(world, 'history', 'RECONCILED')];
  for (const run of runs)
    for (const [place, type] of [...typesOf, ...typesOf].entries())
      await addBreak(world, run, type, subjects[place % 2] ?? '');
  for (const [place, age] of [...Object.keys(ages), ...Object.keys(ages)].entries())
    await addCase(world, {
      type: typesOf[place % 3] ?? 7,
      subject: subjects[place % 2] ?? '',
      age,
      state: place % 3 === 0 ? 'cleared' : 'open',
      owner: place % 2 === 0 ? 'olga' : undefined,
    });
}

const filters = {
  type: ['7', '31'],
  class: ['auto', 'manual'],
  priority: ['P1', 'P2'],
  subject: [...subjects, 'nobody'],
};

/** The lists of runs, of what they have found, and of cases. */
export const reconciliationOracles: Readonly<Record<string, ListOracle>> = {
  '/v1/reconciliations': {
    filters: {
      kind: ['hot', 'full'],
      state: ['accepted', 'finished'],
      verdict: ['BREAKS', 'INCOMPLETE'],
    },
    shown: ({ id, kind, state }) => ({ id, kind, state }),
    rows: (world, { kind, state, verdict }) =>
      newestFirst(made(world).runs)
        .filter((one) => fits(kind, one.kind) && fits(state, one.state) && fits(verdict, one.verdict))
        .map(({ id, kind: of, state: is }) => ({ id, kind: of, state: is })),
    add: (world, { kind = 'full', state = 'finished', verdict = 'BREAKS' }) =>
      addRun(world, kind, state === 'accepted' ? undefined : verdict),
    canAdd: (_world, { state, verdict }) => state !== 'accepted' || verdict === undefined,
  },
  '/v1/reconciliations/{id}/breaks': {
    path: { id: (world) => [...new Set(made(world).breaks.map(({ run }) => run))] },
    filters,
    shown: ({ type, class: of, priority, subject }) => ({ type, class: of, priority, subject }),
    rows: (world, { id, ...asked }) =>
      newestFirst(made(world).breaks)
        .filter((one) => one.run === id && isAsked(one, asked))
        .map(({ run: _, ...one }) => one),
    add: (world, { id = '', subject = 'player:ann', ...asked }) => addBreak(world, id, kindOf(asked) ?? 7, subject),
    canAdd: (_world, asked) => kindOf(asked) !== undefined && asked['subject'] !== 'nobody',
  },
  '/v1/reconciliation-cases': {
    filters: {
      state: ['open', 'cleared'],
      age: ['0-1', 'over-30'],
      owner: ['olga'],
      ...filters,
      subject: ['player:ann', 'nobody'],
      type: ['31'],
    },
    shown: ({ id, state, age, type }) => ({ id, state, age, type }),
    rows: (world, { state, age, owner, ...asked }) =>
      newestFirst(made(world).cases)
        .filter((one) => fits(state, one.state) && fits(age, one.age) && fits(owner, one.owner) && isAsked(one, asked))
        .map(({ id, state: is, age: old, type }) => ({ id, state: is, age: old, type })),
    add: (world, { state = 'open', age = '0-1', owner, subject = 'player:ann', ...asked }) =>
      addCase(world, { type: kindOf(asked) ?? 7, subject, age, state, owner }),
    canAdd: (_world, asked) => kindOf(asked) !== undefined && asked['subject'] !== 'nobody',
  },
};

function isAsked(
  one: Omit<MadeBreak, 'run'>,
  asked: { type?: string; class?: string; priority?: string; subject?: string },
): boolean {
  return (
    fits(asked.type, String(one.type)) &&
    fits(asked.class, one.class) &&
    fits(asked.priority, one.priority) &&
    fits(asked.subject, one.subject)
  );
}
