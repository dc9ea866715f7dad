import { expect } from '@jest/globals';
import { fact, leg } from './fact-types.js';

type Must = (status: number, method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;
type Post = (status: number, path: string, body: unknown) => Promise<Record<string, unknown>>;
type News = () => Promise<unknown>;

/** Books a transfer and reverses it. */
export async function bookAndReverse(post: Post, news: News): Promise<void> {
  const legs = [leg('system:mint', 'player:ann', '300'), leg('player:ann', 'player:bob', '10')];
  const { id } = (await post(201, '/v1/transfers', { legs, reason: 'quest', reference: 'quest-7' })) as { id: string };
  const sequence = expect.any(Number);
  expect(await news()).toEqual({
    ledger: [fact('transfer.posted', id, { sequence, kind: 'transfer', reason: 'quest', reference: 'quest-7', legs })],
  });
  const reversal = (await post(201, `/v1/transfers/${id}/reversal`, { reason: 'by mistake' })) as { id: string };
  const back = [leg('player:ann', 'system:mint', '300'), leg('player:bob', 'player:ann', '10')];
  const parts = ['300', '10'].map((amount, place) => ({ leg: place, amount, reversed: amount }));
  const data = { sequence, kind: 'reversal', reason: 'by mistake', reverses: id, parts, legs: back };
  expect(await news()).toEqual({ ledger: [fact('transfer.posted', reversal.id, data)] });
}

/** Sets an account each way, and the same again, which is not told. */
export async function setAccount(must: Must, news: News): Promise<void> {
  const operated = { operator: 'olga', reason: 'It is night.' };
  const steps = [
    ['debt-limit', { debtLimit: '30' }, { setting: 'debtLimit', from: '0', to: '30' }],
    ['state', { state: 'frozen' }, { setting: 'state', from: 'open', to: 'frozen' }],
    ['state', { state: 'closed' }, { setting: 'state', from: 'frozen', to: 'closed' }],
    ['state', { state: 'open' }, { setting: 'state', from: 'closed', to: 'open' }],
  ] as const;
  for (const [what, set, change] of steps) {
    const path = `/v1/players/odd/balances/gold/${what}`;
    const answer = await must(200, 'PUT', path, { ...set, ...operated });
    const told = fact('account.changed', 'player:odd', { asset: 'gold', ...change, ...operated });
    expect(await news()).toEqual({ ledger: [told] });
    expect(await must(200, 'PUT', path, { ...set, ...operated, reason: 'again' })).toEqual(answer);
    expect(await news()).toEqual({});
  }
}

/** Takes what a player does not have, gives them what pays it, and writes off what they do not have. */
export async function forceAndPay(post: Post, news: News): Promise<void> {
  const book = async (from: string, to: string, amount: string, rest: object = {}): Promise<unknown[]> => {
    const sent = { legs: [leg(from, to, amount)], reason: 'why', ...rest };
    const { id, legs, forced } = await post(201, '/v1/transfers', sent);
    const data = {
      sequence: expect.any(Number),
      kind: 'transfer',
      reason: 'why',
      ...(forced !== undefined && { forced }),
      legs,
    };
    return [id, fact('transfer.posted', String(id), data)];
  };
  const debt = (verb: string, transfer: unknown, amount: string, owes: string): unknown =>
    fact(`debt.${verb}`, 'player:odd', { asset: 'gold', transfer, amount, owes });
  const [forced, posted] = await book('player:odd', 'system:store', '30', { debit: { policy: 'debt' } });
  expect(await news()).toEqual({ ledger: [posted, debt('made', forced, '30', '30')] });
  const [first, firstPosted] = await book('system:mint', 'player:odd', '20');
  expect(await news()).toEqual({ ledger: [firstPosted, debt('paid', first, '20', '10')] });
  const [second, secondPosted] = await book('system:mint', 'player:odd', '20');
  expect(await news()).toEqual({ ledger: [secondPosted, debt('paid', second, '10', '0')] });
  const [frozen, frozenPosted] = await book('player:cold', 'system:store', '7', { debit: { policy: 'freeze' } });
  const froze = { asset: 'gold', setting: 'state', from: 'open', to: 'frozen', operator: 'veltrix' };
  expect(await news()).toEqual({
    ledger: [
      frozenPosted,
      fact('debt.made', 'player:cold', { asset: 'gold', transfer: frozen, amount: '7', owes: '7' }),
      fact('account.changed', 'player:cold', { ...froze, reason: `${String(frozen)} has taken more than there was.` }),
    ],
  });
  const writeOff = { policy: 'available', writeOff: 'system:mint' };
  const [, split] = await book('player:odd', 'system:store', '30', { debit: writeOff });
  expect(await news()).toEqual({ ledger: [split] });
  expect((split as { data: unknown }).data).toMatchObject({
    legs: [leg('player:odd', 'system:store', '10'), leg('system:mint', 'system:store', '20')],
  });
}
