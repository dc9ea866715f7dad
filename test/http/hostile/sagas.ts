import { hostileTexts } from './bodies.js';
import { invalid, withValue, type HostileRow, type Refusal, type WriteRoute } from './rows.js';

const deal = 'trd_0198c0de-7a11-7000-8000-000000000002';

const parties = JSON.stringify([
  { player: 'ann', gives: { amounts: [{ asset: 'gold', amount: '5' }], items: [] } },
  { player: 'bob', gives: { amounts: [], items: [] } },
]);

/** A deal that an operator has turned back, so that its acts are answered without a run. */
export const closedDeal = `
  insert into trades.trades (
    id, title, key, fingerprint, state, reason_code, reason_detail, player_a, player_b, parties, closed_at)
  values ('${deal.slice(4)}', 'arena', 'hostile', '', 'compensated', 'compensated-by-operator', 'olga: asked for',
    'ann', 'bob', '${parties}', now())`;

const route = (act: string): WriteRoute => ({
  method: 'POST',
  path: `/v1/sagas/${deal}/${act}`,
  as: 'title',
  body: { operator: 'olga', reason: 'The player asked for it.' },
});

export const sagaRoutes: WriteRoute[] = [route('compensate'), route('resolve')];

/** What is closed is never tried again, so no body of this one is accepted. */
export const sagaRetry = route('retry');

const notFound: Refusal = { status: 404, code: 'not-found' };
const [sagaPark, sagaResume] = [route('park'), route('resume')];
const acts = [...sagaRoutes, sagaRetry, sagaPark, sagaResume];

function put(one: WriteRoute, name: string, what: string, value: unknown): HostileRow {
  return { ...one, what: `POST ${one.path}: ${name} is ${what}`, body: withValue(one.body, [name], value), ...invalid };
}

export const sagaRows: HostileRow[] = [
  ...acts.flatMap((one) =>
    ['operator', 'reason'].flatMap((name) => hostileTexts.map(([what, value]) => put(one, name, what, value))),
  ),
  ...acts.map((one) => put(one, 'operator', 'missing', undefined)),
  ...acts.map((one) => put(one, 'reason', 'missing', undefined)),
  ...acts.map((one) => put(one, 'reason', 'text of 201 characters', 'x'.repeat(201))),
  ...acts.map((one) => ({
    ...one,
    what: `${one.path} of no deal`,
    path: one.path.replace(/0002/, '0003'),
    ...notFound,
  })),
  ...acts.map((one) => ({ ...one, what: `${one.path} of no id`, path: one.path.replace(deal, 'trd_1'), ...invalid })),
  { ...sagaRetry, what: 'a retry of what is closed', status: 409, code: 'saga-not-stuck' },
  { ...sagaPark, what: 'what is closed cannot be parked', status: 409, code: 'too-late' },
  { ...sagaResume, what: 'what is closed cannot be resumed', status: 409, code: 'saga-not-parked' },
  { ...sagaRetry, what: 'an act that there is not', path: sagaRetry.path.replace('retry', 'terminate'), ...notFound },
  ...['trd_1', 'a%2fb', 'trade%2f1', deal.replace('trd', 'TRD')].map((id): HostileRow => ({
    what: `GET /v1/sagas/${id}`,
    method: 'GET',
    path: `/v1/sagas/${id}`,
    ...invalid,
  })),
  {
    what: 'GET a saga that is not there',
    method: 'GET',
    path: `/v1/sagas/${deal.replace('0002', '0003')}`,
    ...notFound,
  },
  {
    what: 'GET a saga by the id of a transfer',
    method: 'GET',
    path: `/v1/sagas/${deal.replace('trd', 'trf')}`,
    ...notFound,
  },
  { what: 'GET a saga with a query', method: 'GET', path: `/v1/sagas/${deal}?steps=no`, ...invalid },
  ...[
    'state=accepted',
    'state=',
    'state=stuck&state=parked',
    'kind=gift',
    'player=%D0%B0nn',
    'player=',
    'title=other',
  ].map((query): HostileRow => ({
    what: `GET /v1/sagas?${query}`,
    method: 'GET',
    path: `/v1/sagas?${query}`,
    ...invalid,
  })),
];

export const sagaLists: [string, 'admin' | 'title'][] = [['/v1/sagas', 'title']];
