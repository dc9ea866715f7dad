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
  const data = { sequence, kind: 'reversal', reason: 'by mistake', reverses: id, legs: back };
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
